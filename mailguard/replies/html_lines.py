"""A reply's HTML in lines as a mail program shows it: a `<div>` is a line, a `<p>` a paragraph, a marked quotation QUOTED."""

from __future__ import annotations

import re

from mailguard.mail.html_text import render
from mailguard.replies.quotation_html import without_quotations

_BOX = "\ufdd1"
"""Stands before each tag that begins or ends a line without space around it: no character, so that no text holds it."""
_DIV = re.compile(r"(?=</?div\b)", re.IGNORECASE)
# Outlook sets its paragraphs without space between them.
_DIV_OR_PARAGRAPH = re.compile(r"(?=</?(?:div|p)\b)", re.IGNORECASE)
_GAP = re.compile(rf"{_BOX}[\s{_BOX}\u200b]*+")


def html_lines(html: str) -> str:
    """Return the text without what was quoted. Links' targets stand behind their texts, as `render` puts them."""
    html = without_quotations(html.replace(_BOX, ""))
    boxes = _DIV_OR_PARAGRAPH if "MsoNormal" in html else _DIV
    text = render(boxes.sub(_BOX, html)).text
    pieces: list[str] = []
    kept_to = 0
    for gap in _GAP.finditer(text):
        before = text[kept_to : gap.start()]
        line = before.rstrip()
        pieces += (line, _line_ends(before[len(line) :] + gap[0]))
        kept_to = gap.end()
    return "".join([*pieces, text[kept_to:]])


def _line_ends(gap: str) -> str:
    """Return the line ends that a gap between two lines of text stands for."""
    gap = gap.replace(f"{_BOX}\n\n", _BOX)
    is_blank = "\n\n" in gap or not {"\n", "\xa0"}.isdisjoint(gap.partition(_BOX)[2])
    return "\n\n" if is_blank else "\n"
