"""mailguard.broadcast.message: what a file is, the mails that it leaves as, and all that is said of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.broadcast.message import (
    MOST_VIEWED,
    CheckedMessage,
    MessageKind,
    is_mail,
    kind_of,
    kind_of_files,
    message_findings,
    read_checked,
)
from mailguard.broadcast.message_rendered import Rendering
from mailguard.broadcast.message_view import read_view
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.mail.reader import read_message
from mailguard.mail.seal import holds
from mailguard.policy.severity import Severity, Verdict, verdict_of
from tests.builders import NOW
from tests.unit.broadcast.checked_mail import HTML, TEXT, octets, terms

FIXTURES = Path(__file__).parents[3] / "fixtures"
RENDERED = octets("Dear {{ name }},\n\n" + TEXT, fields={"Mailguard-Render": "jinja2", "Subject": "For {{ name }}"})
MERGED = octets("Dear {{ name }},\n\n" + TEXT, fields={"Subject": "For {{ name }}"})
ADA = Rendering(subject="For Ada", text=f"Dear Ada,\n\n{TEXT}", cases=("row 1", "row 3"))
GRACE = Rendering(subject="For Grace", text=f"Dear Grace,\n\n{TEXT}", cases=("row 2",))


def checked(content: bytes, *renderings: Rendering, name: str = "news.eml") -> CheckedMessage:
    return read_checked([(name, content)], now=NOW, renderings=renderings)


def codes(message: CheckedMessage, severity: Severity = Severity.ERROR, **changed: object) -> list[str]:
    found = message_findings(message, terms(**changed))
    return [one.code for one in found if one.severity is severity]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("news.eml", octets(), MessageKind.EML),
        ("NEWS.EML", b"hello", MessageKind.EML),
        ("news.eml", RENDERED, MessageKind.TEMPLATE),
        ("news.eml.j2", RENDERED, MessageKind.TEMPLATE),
        ("news.eml.j2", MERGED, MessageKind.TEMPLATE),
        ("-", octets(), MessageKind.EML),
        ("news.html", HTML.encode(), MessageKind.HTML),
        ("news.htm", b"<p>{{ name }}</p>", MessageKind.TEMPLATE),
        ("news.html.j2", HTML.encode(), MessageKind.TEMPLATE),
        ("news.txt", b"hello", MessageKind.TEMPLATE),
        ("news.txt", octets(), MessageKind.TEMPLATE),
        ("news.j2", octets(), MessageKind.EML),
        ("-", b"<p>hello</p>", MessageKind.HTML),
        ("-", b"X: " + b"x" * 300_000, MessageKind.HTML),
    ],
)
def test_kind_of_a_file_is_told(name: str, content: bytes, kind: MessageKind) -> None:
    assert kind_of(name, content) is kind
    assert is_mail(name, content) is (kind is MessageKind.EML or content in {RENDERED, MERGED})


def test_empty_file_is_refused_with_what_to_give() -> None:
    with pytest.raises(UsageError, match="is empty; give the mail"):
        checked(b" \r\n")


def test_several_files_are_a_template_s_text_and_html_or_refused() -> None:
    assert kind_of_files([("news.html", HTML.encode()), ("news.txt", b"hello")]) is MessageKind.TEMPLATE
    for files in ([("a.eml", octets()), ("b.eml", octets())], [("news.txt", b"hello"), ("b.eml", octets())]):
        with pytest.raises(UsageError, match="is a whole mail; check one mail at a time"):
            read_checked(files, now=NOW)


def test_ordinary_newsletter_passes_without_a_word() -> None:
    assert message_findings(checked(octets(html=HTML)), terms()) == ()


def test_mail_leaves_as_it_is_and_its_seal_holds_for_it_alone() -> None:
    message = checked(octets())
    assert (message.mails, message.cases, message.source, message.has_header) == ((octets(),), ((),), None, True)
    (sealed,) = message.seals
    assert message.first.seal is not None
    assert holds(sealed, message.first.seal)
    changed = checked(octets(TEXT.replace("red", "blue"))).first.seal
    assert changed is not None
    assert not holds(sealed, changed)


def test_html_file_is_a_mail_of_its_title() -> None:
    html = HTML.replace("<body>", "<head><title>Tulips &amp; more</title></head><body>")
    message = checked(html.encode(), name="news.html")
    assert (message.kind, message.first.subject, message.has_header) == (MessageKind.HTML, "Tulips & more", False)
    assert codes(message, Severity.WARNING) == ["missing_text_part", "no_header"]
    assert codes(message) == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("\ufeff<p>Grüße</p>".encode(), "Grüße"),
        ("<meta charset=iso-8859-2><p>Žluťoučký</p>".encode("iso-8859-2"), "Žluťoučký"),
        ("<p>Grüße</p>".encode("cp1252"), "Grüße"),
    ],
)
def test_html_file_is_read_in_its_character_set(content: bytes, text: str) -> None:
    assert text in read_view(checked(content, name="news.html").mails[0], now=NOW).html


def test_template_leaves_as_its_renderings() -> None:
    message = checked(RENDERED, ADA, GRACE)
    subjects = [
        read_message(each, received_at=NOW, fallback_message_id="x@y", trusts_fields=False).subject for each in message.mails
    ]
    assert subjects == ["For Ada", "For Grace"]
    assert message.cases == (("row 1", "row 3"), ("row 2",))
    assert (message.first.subject, message.first.greets, message.first.control.render) == ("For Ada", "Ada", "jinja2")
    assert message.source is not None
    assert message.source.subject == "For {{ name }}"
    assert codes(message) == []


def test_template_that_the_relay_renders_is_sealed_as_it_is_handed_over() -> None:
    message = checked(RENDERED, ADA, GRACE)
    assert message.source is not None
    assert message.source.seal is not None
    assert [holds(each, message.source.seal) for each in message.seals] == [True]


def test_whole_mail_that_the_sender_renders_seals_what_it_leaves_as() -> None:
    message = checked(MERGED, ADA, GRACE, name="news.eml.j2")
    assert (message.source, message.has_header, message.first.subject) == (None, True, "For Ada")
    left = read_message(message.mails[1], received_at=NOW, fallback_message_id="<x@y.example>", trusts_fields=True, seals=True)
    assert left.seal is not None
    assert [holds(each, left.seal) for each in message.seals] == [False, True]


def test_template_that_the_sender_renders_seals_each_of_its_texts() -> None:
    texts = [Rendering(text=f"Hello {name}, our tulips are {colour}.") for name, colour in (("Ada", "red"), ("Bea", "blue"))]
    message = read_checked([("a.txt", b"Hello {{ name }}, our tulips are {{ colour }}.")], now=NOW, renderings=texts)
    other = checked(b"Hello Ada, our tulips are red.", name="b.html").first.seal
    assert other is not None
    assert [holds(each, other) for each in message.seals] == [True, False]


def test_template_that_nothing_renders_is_looked_at_as_it_is() -> None:
    assert checked(RENDERED).mails == (RENDERED,)


def test_bare_template_has_no_header() -> None:
    text = Rendering(text="Dear Ada,\n\nhello", html="<p>Dear Ada,</p><p>hello</p>", cases=("row 1",))
    files = [("a.txt", b"Dear {{ name }},\n\nhello"), ("a.html", b"<p>Dear {{ name }},</p><p>hello</p>")]
    message = read_checked(files, now=NOW, renderings=[text])
    assert (message.name, message.kind, message.has_header) == ("a.txt, a.html", MessageKind.TEMPLATE, False)
    assert codes(message, Severity.WARNING) == ["no_header"]


def test_what_a_template_check_says_is_not_said_again() -> None:
    left = Rendering(subject="TEST", text="Dear ,\n\nTODO https://yourdomain.com", cases=("row 1",))
    message = checked(octets(fields={"Mailguard-Render": "jinja2", "List-Unsubscribe": None}), left)
    assert codes(message) == []
    plain = checked(octets(left.text, fields={"Subject": "TEST", "List-Unsubscribe": None}))
    assert set(codes(plain)) == {"placeholder", "greeting", "dead_link", "missing_unsubscribe"}


def test_one_thing_in_several_renderings_is_said_once_with_its_cases() -> None:
    insecure = [Rendering(text=f"see http://shop.example/{number}", cases=(f"row {number}",)) for number in range(9)]
    (found,) = [one for one in message_findings(checked(RENDERED, *insecure), terms()) if one.code == "http_link"]
    assert (found.count, found.examples[0], len(found.examples)) == (9, "http://shop.example/0 (row 0)", 5)


def test_thing_without_words_is_said_with_its_case() -> None:
    html = [Rendering(html="<img src=a.png alt=x>", cases=("row 1",))]
    message = read_checked([("a.html.j2", b"<p>{{ x }}</p>")], now=NOW, renderings=html)
    (found,) = [one for one in message_findings(message, terms()) if one.code == "only_images"]
    assert (found.count, found.examples) == (1, ("row 1",))


def test_more_renderings_than_are_looked_at_are_said_so() -> None:
    many = [Rendering(text=f"Hello {number}") for number in range(MOST_VIEWED + 1)]
    assert "incomplete" in codes(checked(RENDERED, *many), Severity.WARNING)
    assert "incomplete" not in codes(checked(RENDERED, *many[1:]), Severity.WARNING)


def test_name_written_in_a_template_is_an_error_and_one_filled_in_is_not() -> None:
    fixed = RENDERED.replace(b"Dear {{ name }},", b"Dear Ada,")
    assert codes(checked(fixed, ADA, ADA)) == ["single_greeting"]
    assert codes(checked(RENDERED, ADA, GRACE)) == []
    assert codes(checked(octets(f"Dear Ada,\n\n{TEXT}"))) == ["single_greeting"]


def test_errors_come_first() -> None:
    severities = [one.severity for one in message_findings(checked(octets("Dear Ada, see http://localhost/")), terms())]
    assert severities == sorted(severities)


def test_every_finding_says_what_to_do() -> None:
    found = [
        one
        for file in (FIXTURES / "mail").glob("*.eml")
        for one in message_findings(checked(file.read_bytes()), terms(languages={"xx": 1.0}, detect=lambda _: "yy"))
    ]
    assert len({one.code for one in found}) > 10
    assert [one for one in found if "; " not in one.text] == []


ORDINARY_ERRORS = {"missing_unsubscribe", "single_greeting", "mass_cc"}
"""What is wrong with mail to one person, or to several, when it goes to many."""


@pytest.mark.parametrize("file", sorted((FIXTURES / "mail").glob("*.eml")), ids=lambda file: file.stem)
def test_everyday_mail_has_no_other_error(file: Path) -> None:
    assert set(codes(checked(file.read_bytes()))) <= ORDINARY_ERRORS


NEWSLETTERS = [*(FIXTURES / "mail").glob("newsletter*.eml"), *(FIXTURES / "pairs").glob("*newsletter*/a.eml")]


@pytest.mark.parametrize("file", sorted(NEWSLETTERS), ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_everyday_newsletter_passes_but_for_its_unsubscription(file: Path) -> None:
    found = message_findings(checked(file.read_bytes()), terms())
    greets = {"single_greeting"} if checked(file.read_bytes()).first.greets else set()
    assert {one.code for one in found if one.severity is Severity.ERROR} <= {"missing_unsubscribe"} | greets


@pytest.mark.parametrize("file", sorted((FIXTURES / "mail").glob("*.eml")), ids=lambda file: file.stem)
def test_everyday_mail_to_one_person_passes(file: Path) -> None:
    found = message_findings(checked(file.read_bytes()), terms(mail_class=MailClass.SERVICE, persons=1))
    assert {one.code for one in found if one.severity is Severity.ERROR} <= {"mass_cc"}
    assert verdict_of(found) is (Verdict.FAIL if "mass_cc" in {one.code for one in found} else Verdict.PASS)


def test_newsletter_to_programmers_passes() -> None:
    text = (
        "Good morning,\n\nin Vue you write `{{ message }}` and in Jinja `{% if x %}`. None of them prints NaN, and the test\n"
        "results of our TODO app are at https://dev.example/app\n"
    )
    html = (
        "<p>Good morning,</p><p>in Vue you write <code>{{ message }}</code> and in Jinja <code>{% if x %}</code>. None of them "
        "prints NaN, and the test results of our TODO app are <a href='https://dev.example/app'>here</a>.</p>"
    )
    assert verdict_of(message_findings(checked(octets(text, html=html)), terms())) is Verdict.PASS
