"""Signature and footer are found at the end, and content is not taken for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.footer import Region, find_footer, is_contact
from mailguard.mail.link import LINK

BODY = "Your parcel is on its way.\n\n"


def _outside(text: str) -> str:
    """Return what is neither signature nor footer."""
    done, pieces = 0, []
    for region in find_footer(text):
        pieces.append(text[done : region.start])
        done = region.stop
    return " ".join([*pieces, text[done:]])


@pytest.mark.parametrize(
    "end",
    [
        "Kind regards,\nAnn Lee\nACME",
        "Best regards, Ann",
        "Mit freundlichen Grüßen\n\nIhr Shop-Team\n\nMusterstr. 12, 10115 Berlin",
        "Cordialement,\nL'équipe Shop",
        "С уважением,\nЕлена, регистратура",
        "敬具\n株式会社",
        "Thanks,\nAnn",
        "The Shop Team",
        "Ihr Shop-Team",
        "Shop am Markt",
        "Shop am Markt\nBerlin",
        "Shop\nTel. +49 30 1234",
        "-- \nAnn Lee\nOrder 12",
        "This email was sent to you because you signed up.",
        "Do not reply to this mail.\n\n© 2026 Shop",
        "______\nTo unsubscribe click here",
        "Bitte antworten Sie nicht auf diese E-Mail.",
        "このメールは自動送信です。",
        "Shop am Markt\n\nThis message was sent automatically, it is confidential.",
        "Kind regards\n" + "This e-mail and all that is attached to it is confidential and only for you. " * 8,
    ],
)
def test_signature_and_footer(end: str) -> None:
    assert _outside(BODY + end).split() == BODY.split() + (["______"] if end.startswith("___") else [])


@pytest.mark.parametrize(
    "end",
    [
        "It comes tomorrow.",
        "Status: delivered",
        f"Track it {LINK}",
        "- one item",
        "Code 4711",
        "one\ntwo\nthree\nfour",
        "Thanks, we are glad that you have ordered with us again, as you do each year.",
        "Your parcel arrives today. Do not reply to this mail.",
        "Thank you!\n\nIt comes tomorrow.",
        "Regards to your wife who has always been so kind.",
        "a line of the last paragraph that is longer than sixty characters and no sentence",
    ],
)
def test_content_is_no_footer(end: str) -> None:
    assert _outside(BODY + end).split() == (BODY + end).split()


def test_a_postscript_and_a_long_paragraph_after_the_closing_are_content() -> None:
    long = "There is something else that we want to say at length. " * 8
    assert (
        _outside(f"{BODY}Kind regards,\nAnn\n\nP.S. Call me.\n\n{long}\n\nShop").split()
        == f"{BODY} P.S. Call me. {long}".split()
    )


def test_a_long_paragraph_closes_nothing() -> None:
    text = BODY + "Kind regards are what we send you. " * 8
    assert find_footer(text) == ()


def test_a_mail_of_one_paragraph_has_no_signature() -> None:
    assert find_footer("Shop am Markt") == ()
    assert find_footer("") == ()
    assert find_footer("---\n\n***") == ()


def test_what_follows_the_signature_mark_is_a_card() -> None:
    text = "Body text.\n\nAnn\n-- \nAnn Lee\n+49 30 1234\n"
    assert [region.is_card for region in find_footer(text)] == [False, True, True, True]
    assert _outside(text).split() == ["Body", "text."]


def test_a_broken_line_is_one() -> None:
    broken = "This email was sent to you because you once told us that you would\nlike to know of new things."
    assert _outside(f"{BODY}{broken}").split() == BODY.split()


def test_a_closing_ends_a_broken_line() -> None:
    text = "This is a line of a paragraph that is as long as those that are broken,\nKind regards\nAnn"
    assert _outside(text).split()[-1] == "broken,"


def test_only_the_end_is_looked_at() -> None:
    text = "Kind regards,\nAnn\n\n" + "word. " * 700
    assert find_footer(text) == ()


@pytest.mark.parametrize(("line", "expected"), [("tel. +49 30 1234", True), ("order 12", False), ("tel. 1" + " " * 200, False)])
def test_contact_lines(line: str, expected: bool) -> None:  # noqa: FBT001 - a table of cases
    assert is_contact(line) is expected


PIECES = ("Kind regards", "Ann", ",", "\n", "-- ", "---", "P.S.", "©", "The team", ".", " ", "Thanks,", "1", "unsubscribe")


@given(st.lists(st.sampled_from(PIECES)))
def test_regions_are_in_order_and_do_not_overlap(pieces: list[str]) -> None:
    text = "".join(pieces)
    done = 0
    for region in find_footer(text):
        assert isinstance(region, Region)
        assert done <= region.start <= region.stop <= len(text)
        done = region.stop
