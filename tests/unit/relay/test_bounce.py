from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from ulid import ULID

from mailguard.mail.envelope import BodyType, Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.entry import Entry
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.parcel import Attempt, Destination, Outcome, Parcel
from mailguard.relay.bounce import notices, rejection_notices
from mailguard.store.queue import OwnMail
from tests import builders
from tests.unit.relay.parcels import NOW, OCTETS, destination, parcel

ARRIVED = datetime(2026, 11, 20, 8, tzinfo=UTC)
MESSAGE = str(ULID.from_datetime(ARRIVED))
ACCEPTED = SmtpReply(250, "2.0.0", "01J accepted, 1 of 2 recipients rejected")
REFUSED = "550 5.1.1 no such user"


def outcome(
    n: int = 0, state: State = State.FAILED, *answers: str, message: str = MESSAGE, is_relayed: bool = False
) -> Outcome:
    attempts = tuple(Attempt(NOW, "mx.x.example:25", answer) for answer in answers)
    return Outcome(message, n, state, attempts, None, is_relayed=is_relayed)


def told(mail: Parcel, *outcomes: Outcome) -> list[OwnMail]:
    return notices([mail], outcomes, hostname="relay.example", now=NOW)


def of(*destinations: Destination, **fields: object) -> Parcel:
    return parcel(*destinations, message=MESSAGE, **fields)  # type: ignore[arg-type]


def read(mail: OwnMail) -> EmailMessage:
    message = email.message_from_bytes(mail.octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def status_fields(mail: OwnMail) -> list[dict[str, str]]:
    """The fields of each recipient in the part for programs."""
    report = list(read(mail).iter_parts())[1]
    return [dict(block.items()) for block in report.get_payload()[1:] if block.items()]  # type: ignore[union-attr, index]


def explanation(mail: OwnMail) -> str:
    return str(next(read(mail).iter_parts()).get_content())


def test_refused_mail_is_told_of_to_its_reverse_path() -> None:
    (notice,) = told(of(destination(0, orcpt="rfc822;first@x.example"), envid="id1"), outcome(0, State.FAILED, REFUSED))
    assert [mailbox.wire for mailbox in notice.recipients] == ["app@a.example"]
    assert notice.template == "dsn"
    assert notice.subject == read(notice)["Subject"]
    assert f"<{notice.message_id}>" == read(notice)["Message-ID"]
    assert (notice.body, notice.smtputf8) == (BodyType.SEVEN_BIT, False)
    (fields,) = status_fields(notice)
    assert fields["Final-Recipient"] == "rfc822; r0@x.example"
    assert fields["Original-Recipient"] == "rfc822; first@x.example"
    assert (fields["Action"], fields["Status"]) == ("failed", "5.1.1")
    assert fields["Diagnostic-Code"] == f"smtp; {REFUSED}"
    assert fields["Remote-MTA"] == "dns; mx.x.example"
    assert b"Original-Envelope-Id: id1\r\n" in notice.octets
    assert b"Arrival-Date: Fri, 20 Nov 2026 08:00:00 +0000\r\n" in notice.octets


def test_all_of_a_message_are_told_of_in_one_notification() -> None:
    mail = of(*(destination(n) for n in range(4)))
    (notice,) = told(
        mail, outcome(0, State.FAILED, REFUSED), outcome(1, State.DELIVERED, "250 Ok"), outcome(3, State.EXPIRED, "451 no")
    )
    assert [fields["Final-Recipient"] for fields in status_fields(notice)] == ["rfc822; r0@x.example", "rfc822; r3@x.example"]


def test_outcomes_of_other_messages_are_not_mixed_in() -> None:
    assert told(of(destination(0)), outcome(0, State.FAILED, REFUSED, message=str(ULID()))) == []


@pytest.mark.parametrize("state", [State.DELIVERED, State.DEFERRED, State.CANCELLED, State.DROPPED])
def test_nothing_is_told_of_what_has_not_failed(state: State) -> None:
    assert told(of(), outcome(0, state, "451 4.7.1 later")) == []


def test_mail_from_the_null_reverse_path_is_told_of_to_nobody() -> None:
    assert told(of(reverse_path=""), outcome(0, State.FAILED, REFUSED)) == []


def test_reverse_path_that_is_no_mailbox_is_not_written_to() -> None:
    assert told(of(reverse_path="not a mailbox"), outcome(0, State.FAILED, REFUSED)) == []


@pytest.mark.parametrize(
    ("notify", "count"), [("", 1), ("FAILURE", 1), ("success,failure", 1), ("NEVER", 0), ("SUCCESS", 0), ("DELAY", 0)]
)
def test_notify_is_honoured(notify: str, count: int) -> None:
    assert len(told(of(destination(0, notify=notify)), outcome(0, State.FAILED, REFUSED))) == count


@pytest.mark.parametrize(
    ("answer", "status"),
    [("550 no", "5.0.0"), ("550 5.7.1 no", "5.7.1"), ("554 4.3.0 odd", "5.3.0"), ("5.6.7 this mail needs SMTPUTF8", "5.6.7")],
)
def test_status_is_the_hops_own_and_permanent(answer: str, status: str) -> None:
    (notice,) = told(of(), outcome(0, State.FAILED, answer))
    assert status_fields(notice)[0]["Status"] == status


def test_what_mailguard_found_itself_is_no_diagnostic_of_the_hop() -> None:
    (notice,) = told(of(), outcome(0, State.FAILED, "5.6.7 this mail needs SMTPUTF8"))
    assert not {"Diagnostic-Code", "Remote-MTA"} & status_fields(notice)[0].keys()
    assert "this mail needs SMTPUTF8" in explanation(notice)


def test_expired_mail_says_what_the_last_try_came_to() -> None:
    (notice,) = told(of(), outcome(0, State.EXPIRED, "451 4.7.1 later", "no connection to mx.x.example:25: refused"))
    (fields,) = status_fields(notice)
    assert (fields["Action"], fields["Status"]) == ("failed", "5.4.7")
    assert fields["Last-Attempt-Date"] == "Sat, 21 Nov 2026 12:00:00 +0000"
    assert "no connection to mx.x.example:25: refused" in explanation(notice)


def test_held_mail_that_nobody_released_says_so() -> None:
    (notice,) = told(of(), outcome(0, State.EXPIRED))
    assert status_fields(notice)[0]["Status"] == "5.7.1"
    assert "held for review" in explanation(notice)
    assert "Last-Attempt-Date" not in status_fields(notice)[0]


def test_original_is_named_and_returned() -> None:
    octets = b"Message-ID: <m1@a.example>\r\nSubject: s\r\n\r\nbody\r\n"
    (notice,) = told(of(octets=octets), outcome(0, State.FAILED, REFUSED))
    assert read(notice)["In-Reply-To"] == "<m1@a.example>"
    assert octets in notice.octets
    (notice,) = told(of(octets=octets, ret="HDRS"), outcome(0, State.FAILED, REFUSED))
    assert b"body" not in notice.octets


def test_eight_bit_and_internationalised_notifications_are_declared() -> None:
    eight_bit = of(octets=b"Subject: s\r\n\r\n\xc3\xbc\r\n", reverse_path="jürgen@a.example")
    (notice,) = told(eight_bit, outcome(0, State.FAILED, REFUSED))
    assert (notice.body, notice.smtputf8) == (BodyType.EIGHT_BIT, True)


def test_original_whose_header_cannot_be_read_is_told_of_all_the_same() -> None:
    octets = b"a: b\r\n" * 200_000 + b"\r\nx\r\n"
    assert len(told(of(octets=octets), outcome(0, State.FAILED, REFUSED))) == 1


@pytest.mark.parametrize(("notify", "count"), [("SUCCESS", 1), ("FAILURE,SUCCESS", 1), ("", 0), ("FAILURE", 0), ("NEVER", 0)])
def test_success_that_the_next_hop_cannot_report_is_told_of_as_relayed(notify: str, count: int) -> None:
    relayed = outcome(0, State.DELIVERED, "250 2.6.0 Ok", is_relayed=True)
    found = told(of(destination(0, notify=notify)), relayed)
    assert len(found) == count
    for notice in found:
        fields = status_fields(notice)[0]
        assert (fields["Action"], fields["Status"]) == ("relayed", "2.6.0")


# Rejected beside others


def mixed(
    *states: State, answer: SmtpReply = ACCEPTED, notify: str = "",
    reverse_path: str = "app@a.example",
) -> Entry:  # fmt: skip
    paths = tuple(ForwardPath(parse_mailbox(f"r{n}@x.example"), notify=notify) for n in range(len(states)))
    submission = replace(
        builders.submission(builders.message()), received_at=NOW - timedelta(minutes=1), envelope=Envelope(reverse_path, paths)
    )
    repeat = RecipientDecision(Action.REJECT, (Finding(Code.REPEAT, "repeat of 01JC of 2026-11-16", ("01JC",)),))
    good = RecipientDecision(Action.DELIVER, ())
    decided = tuple(repeat if state is State.REJECTED else good for state in states)
    return Entry(
        submission=submission,
        decision=Decision(Action.REJECT, decided),
        id=MESSAGE,
        first_ordinal=0,
        answer=answer,
        octets=OCTETS,
        states=states,
        skip=frozenset(),
        hidden_outside=0,
        audience=b"",
    )


def test_recipient_rejected_beside_others_is_told_of_with_the_finding() -> None:
    (notice,) = rejection_notices(mixed(State.QUEUED, State.REJECTED), "relay.example")
    (fields,) = status_fields(notice)
    assert (fields["Final-Recipient"], fields["Status"]) == ("rfc822; r1@x.example", "5.7.1")
    text = " ".join(explanation(notice).split())
    assert "repeat: repeat of 01JC of 2026-11-16" in text


def test_rejection_in_the_dialogue_needs_no_notification() -> None:
    refused = SmtpReply(550, "5.7.1", "01J repeat of 01JC")
    assert rejection_notices(mixed(State.REJECTED, answer=refused), "relay.example") == []


def test_accepted_mail_needs_no_notification() -> None:
    assert rejection_notices(mixed(State.QUEUED, State.HELD), "relay.example") == []


def test_rejection_honours_notify_and_the_null_reverse_path() -> None:
    assert rejection_notices(mixed(State.QUEUED, State.REJECTED, notify="NEVER"), "relay.example") == []
    assert rejection_notices(mixed(State.QUEUED, State.REJECTED, reverse_path=""), "relay.example") == []
