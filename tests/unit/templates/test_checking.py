"""mailguard.templates.checking: whole checks, of the templates in fixtures and of what may be wrong with one."""

from __future__ import annotations

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.severity import Verdict
from mailguard.templates import checking
from mailguard.templates.checking_report import Walked
from mailguard.templates.checking_template import CheckedTemplate, read_templates
from mailguard.templates.template import RenderLimits
from tests.unit.templates.checked import checked, codes, fixture, one


@pytest.mark.parametrize(
    "names", [("card-request-en.eml",), ("newsletter-de.eml",), ("invoice-it.eml",), ("welcome-en.txt", "welcome-en.html")]
)
def test_good_template_passes_without_a_finding(names: tuple[str, ...]) -> None:
    report = fixture(*names)
    assert report.findings == ()
    assert report.verdict is Verdict.PASS
    assert all(branch.walked is Walked.BY_CASES for branch in report.branches)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("bad-dead-end.eml", {"empty_branch", "never_reached"}),
        ("bad-undefined.txt", {"undefined_name", "misspelt_name"}),
        ("bad-syntax.txt", {"syntax_error"}),
        ("bad-placeholders.eml", {"placeholder", "greeting", "dead_link", "missing_unsubscribe", "parts_differ"}),
        ("bad-parts.eml", {"empty_part", "parts_differ"}),
        ("bad-html-only.html", {"missing_text_part"}),
    ],
)
def test_bad_template_is_told_what_is_wrong(name: str, wrong: set[str]) -> None:
    report = fixture(name)
    assert codes(report) == wrong
    assert report.verdict is (Verdict.PASS if wrong == {"missing_text_part"} else Verdict.FAIL)


def test_every_kind_of_leftover_and_dead_link_is_named() -> None:
    said = " ".join(each.text for each in fixture("bad-placeholders.eml").findings)
    for words in (
        "TEST",
        "Dear ,",
        "Lorem ipsum",
        "TODO",
        "%%first_name%%",
        "${code}",
        "[[NAME]]",
        "<<number>>",
        "Hallo Frau ,",
    ):
        assert words in said
    for words in ("{{ handlebars }}", "no target", ": #", "#nowhere", "example.com", "javascript:", "/relative"):
        assert words in said


def test_branch_that_the_values_do_not_reach_is_rendered_all_the_same() -> None:
    rows = [{"name": "Ada", "choice": "billing"}, {"name": "Bea", "choice": "outage"}]
    report = fixture("bad-dead-end.eml", rows=rows)
    assert [branch.walked for branch in report.branches] == [Walked.BY_CASES, Walked.BY_CASES, Walked.FORCED, Walked.FORCED]
    undefined = [each for each in report.findings if each.code.value == "undefined_name"]
    assert [(each.line, each.text) for each in undefined] == [
        (11, "'cancellation' is undefined"),
        (13, "'nmae_of_customer' is undefined"),
    ]
    assert undefined[0].examples == ('forced into {% elif choice == "cancel" %} (line 11)',)


def test_branch_that_cannot_be_forced_is_never_walked() -> None:
    report = checked("{% macro m() %}{% if a %}x{% endif %}{% endmacro %}Hello")
    assert [branch.walked for branch in report.branches] == [Walked.NEVER]
    assert "could not be rendered at all" in one(report, "never_reached").text


def test_each_undefined_name_is_counted_with_its_cases() -> None:
    found = one(checked("Hello {{ name }}", rows=[{}, {}]), "undefined_name")
    assert (found.line, found.count, len(found.examples)) == (1, 36, 5)


def test_template_that_takes_too_long_fails() -> None:
    report = fixture("bad-hostile.txt", limits=RenderLimits(seconds=0.2))
    assert (one(report, "render_failed").line, report.verdict) == (1, Verdict.FAIL)


def test_file_that_cannot_be_read_fails() -> None:
    report = checking.check_template(CheckedTemplate("a.txt", (), problem="it is not UTF-8"), checking.CheckRequest())
    assert one(report, "syntax_error").text == "it cannot be read: it is not UTF-8"


def test_classes_and_languages_are_those_asked_for() -> None:
    report = checked("{{ last_reply_language or '-' }} {{ would }}", languages=("it", "de"), classes=(MailClass.BULK,))
    assert (report.languages, report.classes, report.cases) == (("it", "de"), ("bulk",), 12)
    assert {mail.parts["text"] for mail in report.mails} == {"- deliver", "it hold", "de hold", "it deliver", "de deliver"}


def test_link_that_unsubscribes_is_a_name_only_where_it_is_configured() -> None:
    assert codes(checked("{{ unsubscribe_url }}")) == {"undefined_name"}
    assert checked("{{ unsubscribe_url }}", unsubscribe_url="https://m.mail/u").findings == ()


def test_field_that_is_not_rendered_fails_where_it_looks_like_a_template() -> None:
    (read,) = read_templates(
        [("a.eml", b"Subject: Hi\r\nReply-To: {{ desk }}@x.mail\r\nMailguard-Class: service\r\n\r\nhello")]
    )
    report = checking.check_template(read, checking.CheckRequest())
    found = one(report, "placeholder")
    assert (found.line, report.verdict) == (2, Verdict.FAIL)
    assert found.text == "only the subject and the texts are rendered; this leaves as it stands: reply-to: {{ desk }}"


def test_values_of_the_mail_itself_are_used() -> None:
    octets = b"Subject: Hi {{ name }}\r\nMailguard-Data: eyJuYW1lIjogIkFkYSJ9\r\nMailguard-Class: service\r\n\r\n{{ nam }}"
    (read,) = read_templates([("a.eml", octets)])
    report = checking.check_template(read, checking.CheckRequest())
    assert report.made_up == ()
    assert one(report, "undefined_name").text == "'nam' is undefined"
    assert report.mails[0].parts["subject"] == "Hi Ada"


def test_what_was_not_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_MAILS", 3)
    monkeypatch.setattr(checking, "MOST_CASES", 9)
    report = checked("Hello {{ n }}", rows=[{"n": number} for number in range(10)])
    assert [each.text for each in report.findings] == [
        "only the first 9 of 10 rows were rendered",
        "only the first 3 distinct mails were looked over for words and links",
    ]
    assert len(report.mails) == 3


def test_mails_are_looked_over_up_to_so_many_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "MOST_CHARACTERS", 20)
    report = checked("Hello {{ n }}", rows=[{"n": number} for number in range(10)])
    assert len(report.mails) == 2
    assert codes(report) == {"incomplete"}
