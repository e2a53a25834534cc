"""What a person reads in a message: the text of its parts, the one alternative that is shown first, and what is hashed unread.

HTML is shown before plain text where it says enough (RFC 2046 5.1.4: the last alternative is the best). It refuses to know
what the text means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from mailguard.mail.html_text import Rendered, render
from mailguard.mail.mime import Part
from mailguard.mail.words import composed

MAX_TEXT_OCTETS = 2_097_152
"""Encoded octets of a part's text that are decoded, and characters of HTML that are rendered; the rest is hashed."""
MAX_CHARACTERS = 1_048_576
"""Characters of all visible text together that are read; the rest is hashed."""

_PLAIN = frozenset({"text/plain", "text/enriched", "text/markdown", "text/x-markdown"})
_HTML = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html"})
_FEW_WORDS = 20  # in HTML with fewer, pictures say what words do not
_ENOUGH = 4  # HTML is shown where it has at least a quarter of the plain text's characters


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what is seen first; `others` the alternatives to it. `images` are sources of pictures in it.

    `unread` are digests of what lies beyond the bounds.
    """

    text: str
    others: tuple[str, ...]
    images: tuple[str, ...]
    unread: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Shown:
    """One text part as it is seen."""

    part: Part
    text: str
    is_html: bool
    images: tuple[str, ...]


def is_text(part: Part) -> bool:
    """Whether a mail program shows this part as text in the mail."""
    return part.disposition != "attachment" and (part.content_type in _PLAIN or part.content_type in _HTML)


def visible_text(parts: Sequence[Part]) -> str:
    """Return what a person reads, links included: for comparing two messages."""
    return read_visible(parts).text


def read_visible(parts: Sequence[Part]) -> Visible:
    """Return the visible text of a message's leaves."""
    shown = [_show(part) for part in parts if is_text(part)]
    first, others = _choose(shown)
    text = "\n\n".join(each.text for each in first)
    unread = [each.part.sha256(beyond=MAX_TEXT_OCTETS) for each in shown if each.part.size > MAX_TEXT_OCTETS]
    other_texts = tuple(each.text[:MAX_CHARACTERS] for each in others)
    if len(text) > MAX_CHARACTERS:
        unread.append(_digest(text[MAX_CHARACTERS:]))
        text = text[:MAX_CHARACTERS]
    images = tuple(image for each in first for image in each.images)
    return Visible(composed(text), tuple(map(composed, other_texts)), images, tuple(unread))


def _digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "replace")).digest()


def _show(part: Part) -> _Shown:
    text = part.text(most=MAX_TEXT_OCTETS)
    if part.content_type in _HTML:
        rendered = render(text)
        return _Shown(part, _with_pictures(rendered), is_html=True, images=rendered.images)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text.replace("\r\n", "\n"), deletes_spaces=part.parameters.get("delsp", "").lower() == "yes")
    return _Shown(part, text, is_html=False, images=())


def _with_pictures(rendered: Rendered) -> str:
    """Return the text, with the alternative texts of its pictures where it is hardly more than pictures."""
    if len(rendered.text.split(None, _FEW_WORDS)) > _FEW_WORDS:
        return rendered.text
    return "\n".join((rendered.text, *rendered.alternatives))


def unflow(text: str, *, deletes_spaces: bool) -> str:
    """Return format=flowed text with its paragraphs in one line each (RFC 3676 4.1)."""
    out: list[str] = []
    is_open = False
    for line in text.split("\n"):
        bare = line.lstrip(">")
        bare = bare.removeprefix(" ")
        flows = bare.endswith(" ") and bare != "-- "
        bare = bare[:-1] if flows and deletes_spaces else bare
        if is_open:
            out.append(bare)
        else:
            out.extend(("\n", bare))
        is_open = flows
    return "".join(out[1:])


def _choose(shown: Sequence[_Shown]) -> tuple[list[_Shown], list[_Shown]]:
    """Return the texts that are shown, in order, and the alternatives to them."""
    best: dict[int, int] = {}
    for choice in dict.fromkeys(each.part.choice for each in shown if each.part.choice):
        best[choice] = _best_branch([each for each in shown if each.part.choice == choice])
    first = [each for each in shown if best.get(each.part.choice, each.part.branch) == each.part.branch]
    return first, [each for each in shown if each not in first]


def _best_branch(alternatives: Sequence[_Shown]) -> int:
    """Return the branch to show: the HTML one where it says enough, else the first."""
    plain = max((len(each.text) for each in alternatives if not each.is_html), default=0)
    for each in alternatives:
        if each.is_html and each.part.content_type != "text/x-amp-html" and len(each.text.strip()) * _ENOUGH >= plain:
            return each.part.branch
    return alternatives[0].part.branch
