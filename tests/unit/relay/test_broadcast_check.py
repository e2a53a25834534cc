"""mailguard.relay.broadcast_check: one check, put together, against a real ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.classify import Rule
from mailguard.policy.facts import Suppression
from mailguard.relay.broadcast_request import Signing
from mailguard.relay.settings import Client, Policy
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience
from mailguard.store.suppressions import Suppressed, suppress
from tests.builders import NOW
from tests.check_documents import NEWSLETTER, PEOPLE, TEMPLATE
from tests.checks import Checks, Heard, checks_in, codes
from tests.customers import customer, put

ADA = PEOPLE[0]


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[Checks]:
    made = checks_in(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def unsubscribed(checks: Checks) -> Checks:
    """Ada wants no more of it."""
    with checks.database.write() as connection:
        suppress(connection, Suppressed(ADA, Suppression.UNSUBSCRIBED, NOW, "ada", "by link"))
    return checks


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def test_good_mail_to_good_people_passes(checks: Checks) -> None:
    heard = Heard()
    found = checks.run(checks.request(), heard)
    assert (found.document.verdict, found.document.token, found.is_refused) == ("pass", None, False)
    assert found.mail == NEWSLETTER
    assert (heard.stages, heard.done) == (["message", "audience", "result"], 3)


def test_who_must_not_get_it_is_an_error_unless_left_out(unsubscribed: Checks) -> None:
    found = unsubscribed.check().document
    assert (found.verdict, found.audience.suppressed) == ("fail", 1)
    cleaned = unsubscribed.check(is_clean=True).document
    assert (cleaned.verdict, cleaned.audience.suppressed, cleaned.clean_rows) == ("pass", 1, 2)


def test_files_are_written_under_the_columns_of_the_audience(unsubscribed: Checks) -> None:
    clean, left_out = unsubscribed.folder / "clean.csv", unsubscribed.folder / "out.csv"
    unsubscribed.check(is_clean=True, clean_file=clean, left_out_file=left_out)
    assert [row["email"] for row in rows_of(clean)] == list(PEOPLE[1:])
    assert [(row["email"], row["mailguard_code"]) for row in rows_of(left_out)] == [(ADA, "suppressed")]
    assert [file.name for file in unsubscribed.folder.iterdir() if file.name.startswith(".")] == []


def test_rows_come_with_what_was_found(unsubscribed: Checks) -> None:
    first, *_ = unsubscribed.check(keeps_rows=True).rows
    assert (first.mailbox, first.is_clean) == (ADA, False)
    assert "suppressed" in first.codes
    assert unsubscribed.check().rows == ()


def test_file_that_cannot_be_written_is_said_in_a_line(checks: Checks) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        checks.check(clean_file=checks.folder / "nowhere" / "clean.csv")


def test_interruption_leaves_no_file_and_no_broadcast(checks: Checks) -> None:
    request = checks.request(clean_file=checks.folder / "clean.csv", signing=Signing("ann"))
    with pytest.raises(KeyboardInterrupt):
        checks.run(request, Heard(interrupts_at="signing"))
    assert {file.name for file in checks.folder.iterdir() if "clean" in file.name} == set()
    assert checks.check().document.audience.last is None


def test_passed_check_is_signed_and_is_the_last_one_for_the_next(checks: Checks) -> None:
    signed = checks.check(signing=Signing("ann"), template="sale").document
    assert (signed.token or "").startswith("c1.")
    again = checks.check(template="sale").document
    assert again.audience.last is not None
    assert (again.audience.last.broadcast, again.audience.last.rows) == (signed.broadcast, 3)
    assert checks.check(template="other").document.audience.last is None


def test_failed_check_is_not_signed(unsubscribed: Checks) -> None:
    found = unsubscribed.check(signing=Signing("ann"))
    assert (found.document.token, found.is_refused) == (None, True)


def test_class_and_template_are_what_the_relay_finds_unless_said(checks: Checks) -> None:
    client = Client(name="shop", mail_class=MailClass.SERVICE)
    found = checks.check(client=client).document.message
    assert found.mail_class == "service"
    assert found.template.startswith("text:")
    rules = (Rule(client="shop", subject="winter*", template="sale", mail_class=MailClass.BULK),)
    checks.settings = replace(checks.settings, policy=Policy(rules=rules))
    found = checks.check(client=client).document.message
    assert (found.mail_class, found.template) == ("bulk", "sale")
    found = checks.check(client=client, mail_class=MailClass.CRITICAL, template="other").document.message
    assert (found.mail_class, found.template) == ("critical", "other")


def test_template_is_rendered_with_its_audience(checks: Checks) -> None:
    found = checks.check(octets=TEMPLATE)
    assert (found.document.message.kind, found.document.message.mails) == ("template", 1)
    assert b"Mailguard-Render" in found.mail
    broken = checks.check(octets=TEMPLATE.replace(b"city", b"town")).document
    assert (broken.verdict, "undefined_name" in codes(broken.message.findings)) == ("fail", True)


def test_keys_are_those_of_the_source_that_was_named(checks: Checks) -> None:
    with checks.database.write() as connection:
        put(connection, customer(source="crm", source_key="17"))
    file = checks.folder / "keys.csv"
    file.write_text("email,customer_id\nnew@people.example,17\n", encoding="utf-8")
    source = open_audience(str(file))
    request = replace(checks.request(), source=source, columns=find_columns(source))
    assert checks.run(request).document.audience.others["unknown"] == 1
    assert checks.run(replace(request, key_source="crm")).document.audience.others["unknown"] == 0


def test_values_are_for_templates(checks: Checks) -> None:
    with pytest.raises(UsageError, match="is no template"):
        checks.check(values=[{"a": 1}])


def test_what_is_no_text_is_refused(checks: Checks) -> None:
    with pytest.raises(UsageError, match=r"picture\.png is neither a mail nor a template nor HTML"):
        checks.check(octets=b"\x89PNG\r\n\0\0", name="picture.png")
