"""mailguard.cli.check: what is read, what is written, and the exit status."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.cli import check as module
from mailguard.policy.facts import Suppression
from mailguard.relay import broadcast_check
from mailguard.store.database import Database
from mailguard.store.suppressions import Suppressed, suppress
from tests.check_documents import NEWSLETTER, PEOPLE, TEMPLATE, audience
from tests.ledger import open_ledger
from tests.unit.cli.conftest import Mailguard


@pytest.fixture
def newsletter(here: Path) -> str:
    """The newsletter, and beside it an audience of three and a ledger."""
    open_ledger(f"sqlite:///{here}/mailguard.db").close()
    (here / "news.eml").write_bytes(NEWSLETTER)
    audience(here)
    return "news.eml"


@pytest.fixture
def unsubscribed(newsletter: str, here: Path) -> str:
    """The first of the three wants no more of it."""
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        suppress(connection, Suppressed(PEOPLE[0], Suppression.UNSUBSCRIBED, datetime.now(UTC), "ada", "by link"))
    database.close()
    return newsletter


def files(here: Path) -> set[str]:
    return {file.name for file in here.iterdir() if "mailguard.db" not in file.name}


def test_good_broadcast_is_status_0(mailguard: Mailguard, newsletter: str) -> None:
    ran = mailguard("check", newsletter, "--to", "audience.csv")
    assert ran.status == 0, ran.out
    assert "pass: 0 errors" in ran.out


def test_bad_one_is_status_1_and_is_not_signed(mailguard: Mailguard, unsubscribed: str) -> None:
    ran = mailguard("check", unsubscribed, "--to", "audience.csv", "--sign")
    assert ran.status == 1
    assert "suppressed" in ran.out
    assert "not signed: it fails; mend the errors and check it again" in ran.err
    assert "Mailguard-Check" not in ran.out


def test_program_gets_one_document(mailguard: Mailguard, unsubscribed: str) -> None:
    ran = mailguard("check", unsubscribed, "--to", "audience.csv", "--json")
    assert ran.status == 1
    assert ran.document["audience"]["suppressed"] == 1
    assert ran.document["token"] is None
    assert ran.document["message"]["from"] == "news@shop.example"


def test_token_is_printed_with_how_to_use_it(mailguard: Mailguard, newsletter: str) -> None:
    ran = mailguard("check", newsletter, "--to", "audience.csv", "--sign", "--valid", "2h")
    assert ran.status == 0
    (line,) = [line for line in ran.out.splitlines() if line.startswith("Mailguard-Check: c1.")]
    assert len(line) < 200


def test_clean_and_left_out_and_report_are_written(mailguard: Mailguard, unsubscribed: str, here: Path) -> None:
    ran = mailguard("check", unsubscribed, "--to", "audience.csv", "--clean", "clean.csv", "--html", "report.html", "--sign")
    assert ran.status == 0, ran.out
    assert files(here) == {"news.eml", "audience.csv", "clean.csv", "clean.left-out.csv", "report.html"}
    assert (here / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert PEOPLE[0] in (here / "clean.left-out.csv").read_text(encoding="utf-8")
    assert "the rows that are left out are in clean.left-out.csv" in ran.err
    again = mailguard("check", unsubscribed, "--to", "audience.csv", "--clean", "clean.csv", "--left-out", "out.csv")
    assert again.status == 0
    assert "out.csv" in files(here)


def test_message_may_come_from_standard_input(mailguard: Mailguard, newsletter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NEWSLETTER)))
    ran = mailguard("check", "-", "--to", "audience.csv", "--json")
    assert (ran.status, ran.document["message"]["name"], ran.document["message"]["kind"]) == (0, "stdin", "eml")


def test_audience_may_be_in_a_database(mailguard: Mailguard, newsletter: str) -> None:
    query = "SELECT 'ada@lovelace.example' AS mail, 'en' AS language"
    for option in ("--to", "--from-sql"):
        ran = mailguard("check", newsletter, option, "sqlite:///mailguard.db", "--query", query, "--json")
        assert ran.document["audience"]["rows"] == 1
        assert ran.document["audience"]["source"].startswith("sqlite:///mailguard.db")


def test_template_gets_the_data_that_goes_with_every_row(mailguard: Mailguard, newsletter: str, here: Path) -> None:
    (here / "news.eml").write_bytes(TEMPLATE.replace(b"{{ city }}", b"{{ city }} {{ season }}"))
    (here / "data.json").write_text('{"season": "winter"}')
    assert mailguard("check", newsletter, "--to", "audience.csv").status == 1
    ran = mailguard("check", newsletter, "--to", "audience.csv", "--data", "data.json")
    assert ran.status == 0, ran.out


def test_client_gives_the_class_and_options_stand_above(mailguard: Mailguard, newsletter: str, here: Path) -> None:
    clients = "".join(
        f'[[client]]\nname = "{name}"\nnetworks = ["127.0.0.{at}/32"]\n' for at, name in enumerate(("shop", "crm"), 1)
    )
    (here / "mailguard.toml").write_text(clients)
    base = ("check", newsletter, "--to", "audience.csv", "--json")
    assert mailguard(*base, "--client", "shop").document["message"]["class"] == "service"
    assert mailguard(*base).document["message"]["class"] == "bulk"
    said = mailguard(*base, "--client", "shop", "--class", "critical", "--template", "sale").document["message"]
    assert (said["class"], said["template"]) == ("critical", "sale")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["news.eml"], "say who is to get it"),
        (["news.eml", "--to", "a.csv", "--from-sql", "sqlite:///b"], "say who is to get it"),
        (["nowhere.eml", "--to", "audience.csv"], "nowhere.eml cannot be read: No such file or directory"),
        ([".", "--to", "audience.csv"], ". cannot be read: Is a directory"),
        (["news.eml", "--to", "nowhere.csv"], "nowhere.csv is not there"),
        (["news.eml", "--to", "."], ". is no regular file"),
        (["news.eml", "--to", "empty.csv"], "empty.csv is empty"),
        (["empty.csv", "--to", "audience.csv"], "empty.csv is empty"),
        (["news.eml", "--to", "cities.csv"], "no column holds addresses; name it with --map email=COLUMN"),
        (["news.eml", "--to", "audience.csv", "--map", "email=Mail"], "there is no column 'Mail'"),
        (["picture.png", "--to", "audience.csv"], "picture.png is neither a mail nor a template nor HTML"),
        (["news.eml", "--to", "audience.csv", "--clean", "audience.csv"], "audience.csv is named twice"),
        (["news.eml", "--to", "audience.csv", "--html", "no/report.html"], "no/report.html cannot be written: there is no such"),
        (["news.eml", "--to", "audience.csv", "--html", "."], ". cannot be written: it is a folder"),
        (["news.eml", "--to", "audience.csv", "--valid", "32d"], "--valid takes a time of up to 31 days"),
        (["words.txt", "--to", "audience.csv", "--sign"], "words.txt has no subject, so no mail that leaves is like it"),
        (["news.eml", "--to", "audience.csv", "--client", "x"], "there is no client 'x'; the clients are local"),
        (["news.eml", "--to", "audience.csv", "--data", "nowhere.json"], "nowhere.json cannot be read"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_and_status_2(
    mailguard: Mailguard, newsletter: str, here: Path, arguments: Sequence[str], said: str
) -> None:
    (here / "empty.csv").touch()
    (here / "cities.csv").write_text("name;city\nAda;Rome\n")
    (here / "words.txt").write_text("The tulips are here.\n")
    (here / "picture.png").write_bytes(b"\x89PNG\r\n\0\0")
    before = files(here)
    ran = mailguard("check", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1), ran.err
    assert said in ran.err
    assert files(here) == before


def test_message_that_no_mail_can_be_is_refused(mailguard: Mailguard, newsletter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OCTETS", 10)
    assert "is larger than 10 octets" in mailguard("check", newsletter, "--to", "audience.csv").err


def test_interrupted_check_says_what_is_left(
    mailguard: Mailguard, newsletter: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(broadcast_check, "message_findings", interrupted)
    ran = mailguard("check", newsletter, "--to", "audience.csv", "--clean", "clean.csv", "--sign")
    assert ran.status not in {0, 1}
    assert "stopped: no file was written, and nothing is signed" in ran.err
    assert files(here) == {"news.eml", "audience.csv"}


def test_report_that_cannot_be_written_leaves_nothing(
    mailguard: Mailguard, newsletter: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    ran = mailguard("check", newsletter, "--to", "audience.csv", "--html", "report.html")
    assert (ran.status, "report.html cannot be written: No space left on device" in ran.err) == (2, True)
    assert files(here) == {"news.eml", "audience.csv"}
