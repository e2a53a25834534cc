"""mailguard.cli.template: the check as a person and as a program sees it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.cli import template as module
from tests.unit.cli.conftest import Mailguard

FIXTURES = Path(__file__).parents[3] / "fixtures" / "templates"


def test_good_template_is_status_0(mailguard: Mailguard) -> None:
    ran = mailguard("template", "check", str(FIXTURES / "card-request-en.eml"))
    assert ran.status == 0
    assert '{% elif reply_state == "acknowledged" %}' in ran.out
    assert "values were made up for: given_name" in ran.out
    assert ran.out.endswith("0 errors, 0 warnings\n")


def test_bad_template_is_status_1_and_names_file_and_line(mailguard: Mailguard) -> None:
    ran = mailguard("template", "check", str(FIXTURES / "bad-dead-end.eml"))
    assert ran.status == 1
    assert f"{FIXTURES / 'bad-dead-end.eml'}:10" in ran.out.replace("\n", "")
    assert "empty_branch" in ran.out


def test_program_gets_one_document(mailguard: Mailguard) -> None:
    files = [str(FIXTURES / name) for name in ("invoice-it.eml", "bad-dead-end.eml")]
    ran = mailguard("template", "check", *files, "--data", str(FIXTURES / "bad-dead-end.csv"), "--json")
    assert ran.status == 1
    assert ran.document["verdict"] == "fail"
    first, second = ran.document["templates"]
    assert first["findings"][0] | {"examples": []} == {
        "code": "undefined_name",
        "severity": "error",
        "file": files[0],
        "part": "subject",
        "line": 3,
        "text": "'invoice' is undefined",
        "count": 36,
        "examples": [],
    }
    assert [branch["walked"] for branch in second["branches"]] == ["walked", "walked", "forced", "forced"]
    assert second["mails"] > 0


def test_class_and_language_are_those_asked_for(mailguard: Mailguard) -> None:
    name = str(FIXTURES / "bad-parts.eml")
    ran = mailguard("template", "check", name, "--class", "bulk", "--language", "it", "--language", "de", "--json")
    (report,) = ran.document["templates"]
    assert (report["classes"], report["languages"]) == (["bulk"], ["it", "de"])
    assert "missing_unsubscribe" in {finding["code"] for finding in report["findings"]}


def test_relay_that_adds_the_way_out_is_known(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text('[replies]\nunsubscribe_url = "https://mail.shop/u"\n')
    ran = mailguard("template", "check", str(FIXTURES / "bad-parts.eml"), "--class", "bulk", "--json")
    assert "missing_unsubscribe" not in ran.out


def test_rendered_mails_are_written(mailguard: Mailguard, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PAGES", 3)
    ran = mailguard("template", "check", str(FIXTURES / "card-request-en.eml"), "--out", "look/here")
    assert ran.status == 0
    assert {"index.html", "1-001.eml", "1-001.txt", "1-001.html"} <= {file.name for file in (here / "look" / "here").iterdir()}
    assert "open look/here/index.html" in ran.err
    assert "only the first 3 of 4 distinct mails were written" in ran.err


def test_mistakes_are_status_2(mailguard: Mailguard, here: Path) -> None:
    assert "a.eml cannot be read" in mailguard("template", "check", "a.eml").err
    (here / "file").write_text("")
    ran = mailguard("template", "check", str(FIXTURES / "welcome-en.txt"), "--out", "file")
    assert (ran.status, "file cannot be written" in ran.err) == (2, True)
