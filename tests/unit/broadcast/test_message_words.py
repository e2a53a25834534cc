"""mailguard.broadcast.message_words: leftovers are found, and ordinary mail may write what it likes."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_words import word_findings
from tests.unit.broadcast.checked_mail import HTML, TEXT, said, terms, view

LEFT = [
    "Hello {{ name }}, how are you?",
    "Hello %FIRSTNAME%!",
    "Our dear [NAME], this is for you.",
    "Dear ,",
    "Dear null,",
    "Dear undefined,",
    "Lorem ipsum dolor sit amet.",
    "TODO: write this",
    "The price is XXX euros.",
    "Your order *|ORDER|* is ready.",
    "Total: NaN",
    "Total: null",
    "Total: None",
    "Sum = nan",
    "You have None in your basket.",
    "<<first name>> [[NAME]]",
    "*** TEST ***",
]
MAY_BE_MEANT = [
    "Venue: TBD",
    "Speaker: TBC, programme to follow",
    "Join us at HACK the North.",
    "Put it on your TODO list.",
    "Allergens: None",
    "Side effects?\nNone.",
    "See [[Main page]] for the rest.",
    "<< back >>",
    "The function is undefined at zero.",
    "Is that so????",
    "Zinsen: null",
    "This is not all blah blah.",
    "Please do not send us your password.",
]
ORDINARY = [
    "Your test results are in, and the test drive is on Friday.",
    "Jennifer Null and MS JENNIFER NULL won.",
    "Null Prozent Zinsen, null Risiko; my nan bakes naan.",
    "None of our shops is open on Sunday. None is.",
    "100 % cotton, 20% off, -50%!",
    "Dear Mr Null,",
    "Hello,",
    "Dear customers,",
    "Super! Great?! {small, large} [1]",
    "YOUR TEST RESULTS",
    "Your TEST results",
]


@pytest.mark.parametrize("line", LEFT)
def test_leftover_is_an_error(line: str) -> None:
    assert "error" in {severity for severity, _ in said(word_findings, view(f"{line}\n\n{TEXT}"))}


@pytest.mark.parametrize("line", MAY_BE_MEANT)
def test_what_an_ordinary_mail_may_mean_is_a_warning(line: str) -> None:
    assert {severity for severity, _ in said(word_findings, view(f"{TEXT}\n{line}\n\nmore text"))} <= {"warning"}


@pytest.mark.parametrize("line", ORDINARY)
def test_ordinary_words_pass(line: str) -> None:
    assert said(word_findings, view(f"{line}\n\n{TEXT}")) == []


@pytest.mark.parametrize("subject", ["TEST: tulips", "[Test] tulips", "Test", "Tulips for {{ name }}", "TODO"])
def test_leftover_in_the_subject_is_an_error(subject: str) -> None:
    (found,) = word_findings(view(fields={"Subject": subject}), terms())
    assert (found.severity.value, found.code) == ("error", "placeholder")
    assert found.text.startswith("in the subject, ")


def test_each_place_is_named_and_each_kind_counted() -> None:
    found = list(word_findings(view("{{ a }} {{ b }} {{ a }}", html=HTML.replace("Your shop", "lorem ipsum")), terms()))
    assert [(one.count, one.examples) for one in found] == [(2, ("{{ a }}", "{{ b }}")), (1, ("lorem ipsum",))]
    assert [one.text.partition(",")[0] for one in found] == ["in the text", "in the HTML"]


@pytest.mark.parametrize(
    "code",
    ["<code>{{ name }}</code>", "<pre class=x>{% if x %}\n<b>{{ y }}</b></pre>", "<PRE><code>{{ a }}</code>\n{{ b }}</PRE >"],
)
def test_code_in_a_mail_to_programmers_is_a_warning(code: str) -> None:
    html = HTML.replace("Your shop", f"{code} gives None, NaN or foobar, as TODO says.")
    assert {severity for severity, _ in said(word_findings, view(html=html))} == {"warning"}


@pytest.mark.parametrize("code", ["`{{ name }}`", "```\n{{ name }}\n{% endif %}\n```"])
def test_code_between_backticks_is_a_warning(code: str) -> None:
    assert said(word_findings, view(f"In a template\n{code}\nis filled in.")) == [("warning", "placeholder")]


def test_placeholder_beside_code_is_an_error_all_the_same() -> None:
    found = said(word_findings, view(html=f"<p>Dear {{{{ name }}}},</p><p>Hello None,</p><code>{{{{ x }}}}</code>{HTML}"))
    assert [severity for severity, _ in found].count("error") == 2


@pytest.mark.parametrize("html", ["<code>{{ name }} is left", "</code>{{ name }}<code>", "```{{ name }}"])
def test_code_that_does_not_end_is_none(html: str) -> None:
    assert ("error", "placeholder") in said(word_findings, view(html, html=f"<p>{html}</p>"))


def test_long_text_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("<code>", "</code>", "```", "`a", "None: ", "<pre", "Total: ", "dear "):
        said(word_findings, view(piece * (30_000 // len(piece)), html=piece * (30_000 // len(piece))))


def test_what_to_do_fits_the_place_and_the_thing() -> None:
    subject, text = word_findings(view("Hello {{ name }}!", fields={"Subject": "TEST"}), terms())
    assert subject.text.endswith("; take it out")
    assert text.text.endswith(
        "; take it out, or mark it as code if it is meant to be read, or have it rendered with Mailguard-Render: jinja2"
    )
