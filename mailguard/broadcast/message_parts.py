"""What a mail is made of: a text beside the HTML, both saying the same, and pictures that are not all it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.parts_difference import difference

MISSING_TEXT_PART: Final = "missing_text_part"
EMPTY_PART: Final = "empty_part"
PARTS_DIFFER: Final = "parts_differ"

_IMAGE: Final = re.compile(r"<img\b([^<>]{0,200000})>", re.IGNORECASE)
_ALT: Final = re.compile(r"(?:^|[\s\"'])alt\s{0,5}(?:=|[\s/]|$)", re.IGNORECASE)
_SOURCE: Final = re.compile(r"\bsrc\s{0,5}=\s{0,5}[\"']?([^\s\"'<>]{1,200})", re.IGNORECASE)
_COUNTS_OPENS: Final = re.compile(
    r"\b(?:width|height)\s{0,5}[=:]\s{0,5}[\"']?[0-2](?:px)?(?![\d.%])|display\s{0,5}:\s{0,5}none", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_LINK: Final = re.compile(r"<[^<>\s]{1,4000}>")
_FEW_WORDS: Final = 20
"""Words up to which pictures say what the text does not."""


def part_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:  # noqa: ARG001 - every rule takes the same two
    """Yield texts that are missing, say nothing, or say something else than the HTML does."""
    says_html, says_text = bool(view.shown.strip()) or bool(_pictures(view.html)), bool(view.text.strip())
    if view.parts and not view.seen.strip() and not says_html and len(view.texts) == len(view.parts):
        # An alert may be its subject alone.
        say = warning if view.message.subject.strip() else error
        yield say(EMPTY_PART, "the text of the mail is empty; write one")
    elif view.html and not says_html:
        yield error(EMPTY_PART, "the HTML part is empty, and it is what most programs show; fill it, or leave it out")
    elif view.html and not says_text:
        has_part = any(part.content_type == "text/plain" for part in view.texts)
        text = "the text part beside the HTML is empty" if has_part else "there is no text part beside the HTML"
        text += "; add one that says the same, for who cannot see the HTML, and for filters"
        yield warning(EMPTY_PART if has_part else MISSING_TEXT_PART, text)
    elif view.html:
        said, words = difference(view.text, view.html)
        if said:
            yield warning(PARTS_DIFFER, f"{said}; let both say the same", *words)


def image_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:  # noqa: ARG001 - every rule takes the same two
    """Yield pictures that say nothing to who does not see them."""
    pictures = _pictures(view.html)
    silent = [source for source, has_alternative in pictures if not has_alternative]
    if silent:
        yield warning(
            "image_without_alt", 'pictures have no alt text, which many see first; say what they show, alt="" for none', *silent
        )
    words = len(_WORD.findall(_LINK.sub(" ", view.shown)))
    if pictures and words < _FEW_WORDS:
        text = f"nearly all is said in pictures, which many programs do not load ({words} words beside them); write it as text"
        yield warning("only_images", text)


def _pictures(html: str) -> list[tuple[str, bool]]:
    """Return the source of each picture that is to be seen, and whether it has an alternative text, be it empty."""
    found: list[tuple[str, bool]] = []
    for image in _IMAGE.finditer(html):
        if not _COUNTS_OPENS.search(image[1]):
            source = _SOURCE.search(image[1])
            found.append((source[1] if source else "", _ALT.search(image[1]) is not None))
    return found
