"""A mail as a person will see it, taken from its octets for a page that shows it: bounded, and with nothing that runs.

What would be loaded from elsewhere is left to the page to forbid; pictures that the mail brings along are put in.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mime import Part, walk

MOST_TEXT: Final = 1_048_576
"""Encoded octets of a part that are shown."""
MOST_PICTURE: Final = 524_288
MOST_PICTURES: Final = 2_097_152
"""Encoded octets of one picture of the mail's own, and of all together, that are put in."""

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_CID: Final = re.compile(r"""cid:([^\s"'<>)\\]{1,200})""", re.IGNORECASE)
_ELSEWHERE: Final = re.compile(r"""<img\b[^<>]{0,2000}?\ssrc\s{0,20}=\s{0,20}["']?(?:https?:)?//""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown: the fields as a mail program shows them, and the HTML part, or the text where there is none.

    `pictures_elsewhere`: pictures that would be loaded from the network.
    """

    subject: str
    sender: str
    html: str
    text: str
    attachments: tuple[str, ...] = ()
    pictures_elsewhere: int = 0


def preview_of(octets: bytes) -> Preview:
    """Return what a mail program would show; nothing where the mail cannot be read within bounds."""
    try:
        header = scan(octets)
        leaves = walk(header, octets)
    except UnreadableError:
        return Preview("", "", "", "")
    shown = [leaf for leaf in leaves if leaf.disposition != "attachment"]
    html = next((_text(leaf) for leaf in shown if leaf.content_type in _HTML), "")
    text = next((_text(leaf) for leaf in shown if leaf.content_type == "text/plain"), "")
    return Preview(
        decode_words(header.first("subject")),
        decode_words(header.first("from")),
        _with_pictures(html, leaves),
        text,
        tuple(_name(leaf) for leaf in leaves if leaf.disposition == "attachment"),
        len(_ELSEWHERE.findall(html)),
    )


def _text(leaf: Part) -> str:
    """Return the text with line ends that are LF alone, as it can be written in UTF-8."""
    text = leaf.text(most=MOST_TEXT).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", "replace").decode()


def _name(leaf: Part) -> str:
    disposition = leaf.header.first("content-disposition")
    found = re.search(r'filename\s{0,20}=\s{0,20}"?([^";]{1,255})', disposition, re.IGNORECASE)
    return decode_words(found[1] if found else leaf.parameters.get("name", "")) or leaf.content_type


def _with_pictures(html: str, leaves: Iterable[Part]) -> str:
    """Return the HTML with the mail's own pictures (RFC 2392) in it."""
    if "cid:" not in html.lower():
        return html
    pictures: dict[str, Part] = {}
    for leaf in leaves:
        name = leaf.header.first("content-id").strip().strip("<>")
        if name and leaf.content_type in _PICTURES and leaf.size <= MOST_PICTURE:
            pictures.setdefault(name, leaf)
    room = MOST_PICTURES

    def put_in(found: re.Match[str]) -> str:
        nonlocal room
        leaf = pictures.get(unquote(found[1]))
        if leaf is None or leaf.size > room:
            return found[0]
        room -= leaf.size
        return f"data:{leaf.content_type};base64,{b64encode(leaf.decoded()).decode()}"

    return _CID.sub(put_in, html)
