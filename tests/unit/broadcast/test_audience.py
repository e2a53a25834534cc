from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from mailguard.broadcast.audience import AudienceProfile, AudienceReport, AudienceTerms, judge_audience
from mailguard.broadcast.audience_processes import PIECE
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.facts import Suppression
from mailguard.policy.limits import Limits
from mailguard.policy.severity import Severity
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.settings import Identity
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.source_row import Flaw, Row
from mailguard.store import bounces
from mailguard.store.database import Database
from mailguard.store.suppressions import Suppressed, suppress
from tests.audiences import Rows, check, codes, prototype
from tests.builders import NOW, message
from tests.customers import ANN, JANE, customer, put
from tests.ledger import mail, take
from tests.unit.store.written import wrote


def found(report: AudienceReport) -> dict[str, Severity]:
    return {one.code: one.severity for one in report.findings}


def suppressed(anchor: str, kind: Suppression) -> Suppressed:
    return Suppressed(anchor, kind, NOW, "test", "")


def test_audience_without_anything_to_say_is_clean(database: Database) -> None:
    with check(database, "ann@people.example", "bob@people.example") as report:
        assert report.findings == ()
        assert (report.counts.rows, report.counts.persons, report.counts.clean, report.counts.left_out) == (2, 2, 2, 0)
        assert list(report.members()) == ["ann@people.example", "bob@people.example"]


def test_clean_and_left_out_are_all_rows(database: Database) -> None:
    given = ("ann@people.example", "Ann@people.example", "nobody", "x@y.invalid", Flaw(6, "a quote is opened and never closed"))
    with check(database, *given) as report:
        counts = report.counts
        assert (counts.clean, counts.left_out, counts.rows) == (1, 4, 5)
        assert (counts.invalid, counts.duplicate, counts.unreadable) == (3, 1, 1)
        assert codes(report) == [
            ("unknown_person",),
            ("duplicate", "unknown_person"),
            ("invalid_address",),
            ("impossible_domain",),
            ("unreadable_row",),
        ]


def test_no_row_that_can_be_written_to_is_an_error(database: Database) -> None:
    with check(database, "nobody") as report:
        assert found(report) == {"empty_audience": Severity.ERROR, "invalid_address": Severity.ERROR}
    with check(database) as report:
        assert found(report) == {"empty_audience": Severity.ERROR}


def test_three_invalid_rows_of_a_hundred_are_an_error_and_two_a_warning(database: Database) -> None:
    people = [f"p{number}@people.example" for number in range(98)]
    with check(database, *people, "a", "b") as report:
        assert found(report) == {"invalid_address": Severity.WARNING}
    with check(database, *people[1:], "a", "b", "c") as report:
        assert found(report) == {"invalid_address": Severity.ERROR}


def test_one_person_at_two_mailboxes_is_a_duplicate_and_the_one_on_record_is_kept(database: Database) -> None:
    with database.write() as connection:
        put(connection, customer(emails=("j.doe@x.example",)))
    rows: list[str | tuple[str, ...]] = [("jane@home.example", "Jane", "Doe", "1961-04-17", "", "crm:4711"), "j.doe@x.example"]
    with check(database, *rows) as report:
        assert found(report) == {"duplicate": Severity.ERROR}
        assert [row.is_clean for row in report.judged()] == [False, True]
        assert (report.counts.persons, report.counts.mailboxes, report.counts.duplicate) == (1, 2, 1)
    with check(database, *rows, is_clean=True) as report:
        assert found(report) == {"duplicate": Severity.WARNING}


def test_mailbox_of_two_persons_is_written_to_once(database: Database) -> None:
    with database.write() as connection:
        put(connection, customer(), customer(source_key="2", full_name="John Doe", date_of_birth="1990-01-02"))
    rows = [("j.doe@x.example", "Jane", "Doe", "1961-04-17"), ("j.doe@x.example", "John", "Doe", "1990-01-02")]
    with check(database, *rows) as report:
        assert (report.counts.persons, report.counts.clean, report.counts.duplicate) == (2, 1, 1)


def test_deliverable_mailbox_of_a_person_is_kept_where_another_bounces(database: Database) -> None:
    with database.write() as connection:
        put(connection, customer(emails=("j.doe@x.example", "jane@home.example")))
        bounces.record(connection, [bounces.Bounce("j.doe@x.example", NOW - timedelta(days=1), True, "5.1.1", "M", 1)])
    with check(database, "j.doe@x.example", "jane@home.example") as report:
        assert [row.is_clean for row in report.judged()] == [False, True]
        assert codes(report)[0] == ("suppressed",)


@pytest.mark.parametrize("is_clean", [False, True])
def test_suppressed_and_open_reply_are_errors_unless_left_out(database: Database, *, is_clean: bool) -> None:
    with database.write() as connection:
        suppress(connection, suppressed("ann@people.example", Suppression.UNSUBSCRIBED))
    wrote(database, "bob", anchor="bob@people.example", at=NOW - timedelta(days=1))
    with check(database, "ann@people.example", "bob@people.example", "eve@people.example", is_clean=is_clean) as report:
        severity = Severity.WARNING if is_clean else Severity.ERROR
        assert found(report) == {"suppressed": severity, "open_reply": severity}
        assert (report.counts.suppressed, report.counts.open_reply, report.counts.clean) == (1, 1, 1)
        assert "1 unsubscribed" in report.findings[0].text
        assert next(row.reason for row in report.judged()) == "the recipient has unsubscribed"


def test_what_a_class_lets_through_is_no_error(database: Database) -> None:
    wrote(database, "bob", anchor="bob@people.example", at=NOW - timedelta(days=1))
    mail = prototype(mail_class=MailClass.CRITICAL)
    with check(database, "bob@people.example", mail=mail) as report:
        assert report.counts.clean == 1
        assert Severity.ERROR not in found(report).values()


def test_who_has_had_the_text_is_named_with_its_date(database: Database) -> None:
    with database.write() as connection:
        sent = mail(message("offer", "f"), "ann@people.example", at=-timedelta(days=2))
        near = mail(message("hi offer", "f", core="offer"), "bob@people.example", at=-timedelta(days=2))
        take(connection, sent, near)
    broadcast = prototype(message("offer", "f"))
    with check(database, "ann@people.example", "bob@people.example", "eve@people.example", mail=broadcast) as report:
        assert found(report) == {"repeat": Severity.WARNING, "near_repeat": Severity.WARNING}
        assert report.counts.recently_sent == 2
        assert report.findings[0].examples == (f"line 2: ann@people.example: repeat of {sent.id} of 2026-11-14",)


def test_broadcast_that_everybody_has_had_has_nobody_left(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("offer", "f"), "ann@people.example", at=-timedelta(days=2)))
    with check(database, "ann@people.example", mail=prototype(message("offer", "f"))) as report:
        assert found(report) == {"repeat": Severity.WARNING, "nobody_left": Severity.ERROR}
        assert report.counts.clean == 0


def test_neither_fan_out_nor_the_message_id_of_the_file_says_anything(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("other"), "ann@people.example"))
    people = [f"p{number}@people.example" for number in range(80)]
    with check(database, *people, "ann@people.example", limits=Limits(fan_out_limit=5, max_hidden_recipients=5)) as report:
        assert report.findings == ()


def test_over_the_cap_and_known_data(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
        take(connection, mail(message("a"), "j.doe@x.example", at=-timedelta(days=1), mail_class=MailClass.BULK))
    asking = prototype(message("b"), asks=("date_of_birth",))
    with check(database, "j.doe@x.example", mail=asking, limits=Limits(bulk_per_person=1)) as report:
        assert set(found(report)) == {"frequency_cap", "known_data", "nobody_left"}
        assert (report.counts.over_cap, report.counts.known_data, report.counts.clean) == (1, 1, 0)


def test_typos_roles_tests_and_own_mailboxes_are_warned_of_and_stay(database: Database) -> None:
    given = [
        "p1@gmail.com",
        "p2@gmail.com",
        "p3@gmail.com",
        "x@gmial.com",
        "info@corp.test",
        "ada+test@corp.test",
        "me@own.example",
    ]
    with check(database, *given, limits=Limits(own_domains=frozenset({"own.example"}))) as report:
        assert set(found(report)) == {"likely_typo", "role_address", "test_address", "own_address"}
        assert set(found(report).values()) == {Severity.WARNING}
        assert report.counts.clean == 7
        assert codes(report)[3] == ("unknown_person", "likely_typo")
        counts = report.counts
        assert (counts.typo, counts.role, counts.test, counts.own) == (1, 1, 1, 1)


def test_person_of_another_brand_is_warned_of(database: Database) -> None:
    rows: list[str | tuple[str, ...]] = [
        ("ann@people.example", *[""] * 5, "acme"),
        ("bob@people.example", *[""] * 5, "Shop"),
        "eve@people.example",
    ]
    with check(database, *rows, brand="shop") as report:
        assert found(report) == {"other_brand": Severity.WARNING}
        assert report.counts.other_brand == 1
    with check(database, *rows) as report:
        assert report.findings == ()


def test_person_whose_record_names_another_brand_is_warned_of_and_the_row_s_own_word_counts_more(database: Database) -> None:
    with database.write() as connection:
        put(connection, customer(emails=("ann@people.example",), extra=(("Brand", "acme"), ("tier", "gold"))))
    with check(database, "ann@people.example", brand="shop") as report:
        assert found(report) == {"other_brand": Severity.WARNING}
    with check(database, ("ann@people.example", *[""] * 5, "shop"), brand="shop") as report:
        assert report.findings == ()


def test_few_rows_of_nobody_on_record_are_warned_of(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE, ANN)
    with check(database, "j.doe@x.example", "ann@people.example", "bob@people.example") as report:
        assert found(report) == {"unknown_person": Severity.WARNING}


def test_several_languages_are_told_with_their_shares(database: Database) -> None:
    rows = [(f"p{n}@people.example", "", "", "", "German" if n % 2 else "en-GB") for n in range(4)]
    with check(database, *rows) as report:
        assert found(report) == {"several_languages": Severity.WARNING}
        assert report.languages == {"de": 0.5, "en": 0.5}


def test_audience_is_compared_with_the_last_one(database: Database) -> None:
    last = AudienceProfile(10, domains={"other.example": 1.0})
    with check(database, "ann@people.example", last=last) as report:
        assert set(found(report)) == {"audience_size", "audience_changed"}


def test_digest_is_that_of_the_clean_mailboxes_whatever_their_order(database: Database) -> None:
    with (
        check(database, "ann@people.example", "bob@people.example") as one,
        check(database, "bob@people.example", "Ann@people.example", "ann@people.example", "nobody") as other,
        check(database, "bob@people.example") as third,
    ):
        assert one.digest == other.digest != third.digest
        assert len(one.digest) == 16


def test_progress_tells_how_many_of_about_how_many(database: Database) -> None:
    source = Rows(["ann@people.example", "bob@people.example"])
    with judge(database, source):
        assert source.heard == [(2, 2)]


def test_many_rows_are_judged_in_pieces_and_come_out_in_order(database: Database) -> None:
    people = [f"p{number}@people.example" for number in range(PIECE + 1)]
    source = Rows([*people, people[0]])
    with judge(database, source) as report:
        assert source.heard == [(PIECE, PIECE + 2), (PIECE + 2, PIECE + 2)]
        assert [row.mailbox for row in report.judged()] == [*people, people[0]]
        assert [row.line for row in report.judged() if not row.is_clean] == [PIECE + 3]
        (found,) = report.findings
        assert found.examples == (f"line {PIECE + 3}: {people[0]}",)


def test_source_that_fails_on_the_way_is_told_of(database: Database) -> None:
    with pytest.raises(UsageError, match="the disk is gone"):
        judge(database, Broken(["ann@people.example"]))


class Broken(Rows):
    def rows(self) -> Iterator[Row | Flaw]:
        yield from super().rows()
        raise UsageError("the disk is gone")


def judge(database: Database, source: Rows) -> AudienceReport:
    terms = AudienceTerms(database=database.url, limits=Limits())
    resolver = AudienceResolver(Identity(), Limits())
    return judge_audience(source, find_columns(source), prototype(), terms, resolver=resolver, progress=source.hear)
