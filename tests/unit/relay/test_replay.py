"""mailguard.relay.replay: recorded mail judged again, by what had happened before it as it was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.answer import Answers
from mailguard.policy.classify import Rule
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.relay.replay import Judged, Terms, judged, span
from mailguard.relay.replay_mail import Unjudged
from mailguard.relay.settings import Policy
from mailguard.store.own_mail import OwnMail, put_own
from tests.builders import NOW, mailboxes
from tests.ledger import open_ledger
from tests.unit.relay.replays import BOB, SHOP, Taken, letter, taking, terms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Taken]:
    with taking(tmp_path) as found:
        yield found


def again(taken: Taken, of: Terms, folder: Path, *, since: timedelta = timedelta()) -> list[Judged]:
    over = taken.span(of.policy, of.current, since=since)
    with closing(open_ledger(f"sqlite:///{folder}/again.db")) as scratch:
        return list(judged(taken.database, scratch, of, over))


def found(of: list[Judged]) -> list[tuple[str, set[Code]]]:
    return [(one.message, {code for each in one.recipients for code in each.codes}) for one in of]


def test_mail_before_the_span_is_known_and_not_judged(taken: Taken, tmp_path: Path) -> None:
    taken.take(letter("a parcel"))
    second = taken.take(letter("a parcel", number=2), after=2 * DAY)
    assert found(again(taken, terms(), tmp_path, since=DAY)) == [(second, {Code.REPEAT})]


def test_a_decision_rests_on_the_record_and_not_on_what_the_policy_would_have_done(taken: Taken, tmp_path: Path) -> None:
    # Under the policy that is tried the first would have been held for ever; it went out, and the second repeats it.
    taken.take(letter("a parcel", to="a@x.example, b@x.example"))
    taken.take(letter("a parcel", to="a@x.example, b@x.example", number=2), after=HOUR)
    judged_again = again(taken, terms(Policy(limits=Limits(max_visible_recipients=1))), tmp_path)
    assert [codes for _, codes in found(judged_again)] == [{Code.MASS_CC}, {Code.MASS_CC, Code.REPEAT}]
    assert [one.recipients[0].action for one in judged_again] == [Action.HOLD, Action.REJECT]
    assert [one.recipients[0].finding.code for one in judged_again if one.recipients[0].finding] == [Code.MASS_CC, Code.REPEAT]


def test_how_far_a_text_went_is_counted_within_the_window_of_each_mail(
    taken: Taken, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    # Sixty in as many minutes are never fifty in ten; but they are judged an hour at a time.
    for n in range(60):
        taken.take(letter("the timetable", to=f"p{n}@x.example", number=n), f"p{n}@x.example", after=timedelta(seconds=50))
    assert {codes for _, codes in ((id, frozenset(codes)) for id, codes in found(again(taken, terms(), tmp_path)))} == {
        frozenset()
    }
    narrower = terms(Policy(limits=Limits(fan_out_limit=11)))
    stopped = [n for n, (_, codes) in enumerate(found(again(taken, narrower, other))) if codes]
    assert stopped[:2] == [11, 12]


def test_the_client_s_way_of_answering_counts(taken: Taken, tmp_path: Path) -> None:
    taken.take(letter("a parcel"))
    taken.take(letter("a parcel", number=2), after=HOUR)
    polite = terms(clients=(replace(SHOP, answers=Answers.POLITE),))
    assert [one.recipients[0].action for one in again(taken, polite, tmp_path)] == [Action.DELIVER, Action.HOLD]


def test_new_rules_for_classes_are_tried(taken: Taken, tmp_path: Path) -> None:
    taken.take(letter("a parcel"))
    taken.take(letter("a parcel", number=2), after=HOUR)
    critical = terms(Policy(rules=(Rule(subject="a *", mail_class=MailClass.CRITICAL, template="parcels"),)))
    second = again(taken, critical, tmp_path)[1]
    assert (second.recipients[0].action, second.mail_class, second.template) == (Action.DELIVER, MailClass.CRITICAL, "parcels")


def test_what_is_not_judged_says_why(taken: Taken, tmp_path: Path) -> None:
    first = taken.take(letter("a parcel"), BOB)
    taken.take(letter("a parcel"), BOB)
    with taken.database.write() as connection:
        own = OwnMail(
            id="01JZ", message_id="n@relay.example", subject="n", template="dsn", recipients=mailboxes(BOB), octets=b"\r\n"
        )
        put_own(connection, [own], now=NOW + HOUR, expires_at=NOW + DAY)
    taken.take(letter("a bill", number=3), BOB, after=2 * HOUR)
    with taken.database.write() as connection:
        connection.exec_driver_sql(f"DELETE FROM content WHERE message = '{first}'")
    judged_again = again(taken, terms(), tmp_path)
    assert [one.unjudged for one in judged_again] == [Unjudged.CONTENT_GONE, Unjudged.REPLAY, Unjudged.OWN, None]
    assert [len(one.recipients) for one in judged_again] == [0, 0, 0, 1]
    assert judged_again[0].recorded[0].action is Action.DELIVER


def test_a_span_begins_as_early_as_the_longest_window_asks(taken: Taken) -> None:
    longer = Policy(rules=(Rule(repeat=timedelta(days=40)),))
    with taken.database.read() as connection:
        assert span(connection, NOW, [Policy()]).begin == NOW - timedelta(days=10)
        assert span(connection, NOW, [Policy(), longer]).begin == NOW - timedelta(days=40)
