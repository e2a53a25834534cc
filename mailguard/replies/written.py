"""What was newly written in a mail: its text without quotation, signature and disclaimers.

Plain text is read first: it is short, and lines tell what was quoted. HTML is read where there is no plain text, or where only
the HTML marks the quotation. It refuses to know what the words mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from mailguard.mail.mime import Part
from mailguard.mail.text import is_text
from mailguard.mail.words import composed
from mailguard.replies.flowed import unflow_reply
from mailguard.replies.html_lines import html_lines
from mailguard.replies.quotation import Unquoted, joined_segments, unquote_text
from mailguard.replies.quotation_html import marks_quotation
from mailguard.replies.signature import without_signature

MAX_READ_OCTETS = 262_144
"""Encoded octets of a text part that are read."""
MAX_WRITTEN_CHARACTERS = 65_536
"""Newly written characters that are kept."""
_MOST_PARTS = 20
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_NO_TEXT = frozenset({"text/x-amp-html"})
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200e\u200f\u2060\ufeff\u00ad"))


@dataclass(frozen=True, slots=True)
class Written:
    """`text` is what was newly written, "" where nothing was; `html` the first HTML part, cut, where one was decoded."""

    text: str
    html: str = ""


def read_written(parts: Sequence[Part]) -> Written:
    """Return the newly written words of a message's leaves, lines stripped, paragraphs one blank line apart."""
    texts = list(islice((part for part in parts if is_text(part) and part.content_type not in _NO_TEXT), _MOST_PARTS))
    branches = {part.choice: part.branch for part in reversed(texts) if part.choice}
    plain = [part for part in texts if branches.get(part.choice, part.branch) == part.branch]
    unquoted = _unquoted(plain)
    marked = [part for part in texts if part.choice and part.content_type in _HTML and part not in plain]
    html = ""
    if marked and not (unquoted.is_quoting and unquoted.segments):
        html = marked[0].text(most=MAX_READ_OCTETS)
        if not unquoted.segments or marks_quotation(html):
            better = unquote_text(html_lines(html))
            unquoted = better if better.is_quoting or not unquoted.segments else unquoted
    segments = [kept for segment in unquoted.segments if (kept := without_signature(segment))]
    text = joined_segments(segments)[:MAX_WRITTEN_CHARACTERS]
    return Written(composed(text.translate(_INVISIBLE) if not text.isascii() else text).strip(), html)


def _unquoted(parts: Sequence[Part]) -> Unquoted:
    return unquote_text("\n\n".join(map(_text, parts)))


def _text(part: Part) -> str:
    text = part.text(most=MAX_READ_OCTETS)
    if part.content_type in _HTML:
        return html_lines(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    if part.parameters.get("format", "").lower() == "flowed":
        return unflow_reply(text, deletes_spaces=part.parameters.get("delsp", "").lower() == "yes")
    return text
