"""The leaves of a message's MIME tree (RFC 2045, 2046), found within bounds, decoded when asked for.

A leaf knows its media type, whether it is an attachment, and which alternative it belongs to. It refuses to know what its
text says, and it does not look into an enclosed message: that is an attachment like another. Time is linear in the size; no
single call into C takes more than a few megabytes, so that other sessions go on.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from urllib.parse import unquote_to_bytes

from mailguard.mail.charset import decode_charset
from mailguard.mail.header import Header, UnreadableError, scan

MAX_PARTS = 500
MAX_DEPTH = 30
MAX_PARAMETERS = 100
MAX_BOUNDARY_OCTETS = 200  # RFC 2046 5.1.1 allows 70
MAX_NEAR_BOUNDARIES = 10_000
"""Lines that begin like a boundary and are none, in one multipart."""
MAX_SEARCHED_OCTETS = 209_715_200
"""Octets that are searched for boundaries, those in nested parts counted again."""
_SLICE_OCTETS = 2_097_152

# A parameter (RFC 2045 5.1). Possessive, and no run of octets fits in two places: linear.
_PARAMETER = re.compile(r';\s*+([^\s=;"]++)\s*+=\s*+(?:"([^"\\]*+(?:\\.[^"\\]*+)*+)"|([^;]*+))', re.DOTALL)
_MEDIA_TYPE = re.compile(r"[^\s/;()]+/[^\s/;()]+")
_CONTINUED = re.compile(r"([^*]+)\*(?:(\d{1,3})(\*?))?")  # RFC 2231 3 and 4
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf: `content_type` is lower case and without parameters, whose names are lower case.

    `disposition` is "attachment", "inline" or "". `container` is the subtype of the multipart around it ("" at the root).
    `choice` numbers the outermost multipart/alternative that it stands in (0: none), `branch` its alternative there, simplest
    first. The body is `octets[start:stop]` of the message, still in its transfer `encoding`. `header` is the part's own.
    """

    content_type: str
    parameters: Mapping[str, str]
    disposition: str
    encoding: str
    container: str
    choice: int
    branch: int
    octets: bytes
    start: int
    stop: int
    header: Header

    @property
    def size(self) -> int:
        """The number of octets as they were sent."""
        return self.stop - self.start

    @property
    def charset(self) -> str:
        """The named character set, "" where none is named."""
        return self.parameters.get("charset", "")

    def decoded(self, *, most: int | None = None) -> bytes:
        """Return the body without its transfer encoding (RFC 2045 6); `most` bounds the encoded octets that are looked at."""
        stop = self.stop if most is None else min(self.stop, self.start + most)
        return b"".join(_decoded_slices(self.octets, self.encoding, start=self.start, stop=stop))

    def sha256(self, *, beyond: int = 0) -> bytes:
        """Return the sha256 of the decoded body, of that beyond the first so many encoded octets where `beyond` is given."""
        digest = sha256()
        for octets in _decoded_slices(self.octets, self.encoding, start=min(self.start + beyond, self.stop), stop=self.stop):
            digest.update(octets)
        return digest.digest()

    def text(self, *, most: int) -> str:
        """Return the text of the first `most` encoded octets; lines end with LF, some with CRLF."""
        return decode_charset(self.decoded(most=most), self.charset)


def walk(header: Header, octets: bytes) -> tuple[Part, ...]:
    """Return the leaves in order, the message's own body where it is no multipart.

    Raises UnreadableError beyond the bounds named above.
    """
    walker = _Walker(octets)
    walker.enter(header, stop=len(octets), within=_ROOT)
    return tuple(walker.leaves)


def parse_content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return media type and parameters of a Content-Type; text/plain where it is none (RFC 2045 5.2)."""
    found = _MEDIA_TYPE.match(value.strip())
    media_type = found[0].lower() if found else "text/plain"
    semicolon = value.find(";")
    return media_type, _parameters(value[semicolon:]) if semicolon >= 0 else {}


def _parameters(text: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    pieces: dict[str, dict[int, str]] = {}
    for number, each in enumerate(islice(_PARAMETER.finditer(text), MAX_PARAMETERS + 1)):
        if number == MAX_PARAMETERS:
            raise UnreadableError(f"a field of it has more than {MAX_PARAMETERS} parameters")
        name = each[1].lower()
        value = each[3].strip() if each[2] is None else re.sub(r"\\(.)", r"\1", each[2], flags=re.DOTALL)
        continued = _CONTINUED.fullmatch(name) if "*" in name else None
        if continued is None:
            parameters.setdefault(name, value)
        else:
            encoded = continued[2] is None or continued[3] == "*"
            pieces.setdefault(continued[1], {})[int(continued[2] or 0)] = unquote_extended(value) if encoded else value
    for name, numbered in pieces.items():
        parameters.setdefault(name, "".join(numbered[at] for at in sorted(numbered)))
    return parameters


def unquote_extended(value: str) -> str:
    """Return the text of an extended parameter value (RFC 2231 4), `charset'language'percent-encoded`."""
    charset, _, rest = value.partition("'")
    _, quote, encoded = rest.partition("'")
    if not quote:
        return decode_charset(unquote_to_bytes(value), "utf-8")
    return decode_charset(unquote_to_bytes(encoded), charset)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the tree: how deep, the multipart's subtype, and which alternative of which choice."""

    depth: int
    container: str
    choice: int
    branch: int


_ROOT = _Place(0, "", 0, 0)


class _Walker:
    """Collects the leaves of one message."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.leaves: list[Part] = []
        self._parts = 0
        self._choices = 0
        self._searched = 0

    def enter(self, header: Header, *, stop: int, within: _Place) -> None:
        """Take the part that begins with `header` and ends before `stop`: a leaf, or the leaves under it."""
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise UnreadableError(f"it has more than {MAX_PARTS} parts")
        media_type, parameters = _media_type(header, within)
        start = min(header.body_start, stop)
        if media_type.startswith("multipart/") and self._descend(
            media_type[10:], parameters.get("boundary", ""), start=start, stop=stop, within=within
        ):
            return
        self.leaves.append(
            Part(
                "text/plain" if media_type.startswith("multipart/") else media_type,
                parameters,
                header.first("content-disposition").partition(";")[0].strip().lower(),
                header.first("content-transfer-encoding").partition(";")[0].strip().lower(),
                within.container,
                within.choice,
                within.branch,
                self.octets,
                start,
                stop,
                header,
            )
        )

    def _descend(self, subtype: str, boundary: str, *, start: int, stop: int, within: _Place) -> bool:
        """Walk the parts of a multipart; False where no boundary stands in it, so that it is shown as it is."""
        if not boundary:
            return False
        if within.depth == MAX_DEPTH:
            raise UnreadableError(f"its parts are nested deeper than {MAX_DEPTH}")
        delimiter = b"--" + boundary.rstrip().encode("utf-8", "replace")
        if len(delimiter) > MAX_BOUNDARY_OCTETS + 2:
            raise UnreadableError(f"a boundary of it is longer than {MAX_BOUNDARY_OCTETS} octets")
        self._searched += stop - start
        if self._searched > MAX_SEARCHED_OCTETS:
            raise UnreadableError("too much of it is nested too deep")
        choice = within.choice
        if subtype == "alternative" and not choice:
            self._choices += 1
            choice = self._choices
        own = choice != within.choice
        branch = -1
        for branch, (begin, end) in enumerate(_sections(self.octets, delimiter, start=start, stop=stop)):
            place = _Place(within.depth + 1, subtype, choice, branch if own else within.branch)
            self.enter(scan(self.octets, start=begin, stop=end), stop=end, within=place)
        return branch >= 0


def _media_type(header: Header, within: _Place) -> tuple[str, dict[str, str]]:
    value = header.first("content-type")
    if value:
        return parse_content_type(value)
    return ("message/rfc822" if within.container == "digest" else "text/plain"), {}  # RFC 2046 5.1.5


def _sections(octets: bytes, delimiter: bytes, *, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield where each part of a multipart begins and ends (RFC 2046 5.1.1); the line end before a boundary belongs to it."""
    begin = -1
    for before, after, is_last in _delimiters(octets, delimiter, start=start, stop=stop):
        if begin >= 0:
            yield begin, max(begin, before)
        begin = -1 if is_last else after
        if is_last:
            return
    if begin >= 0:
        yield begin, stop


def _delimiters(octets: bytes, delimiter: bytes, *, start: int, stop: int) -> Iterator[tuple[int, int, bool]]:
    """Yield for each boundary line: where what is before it ends, where what is after it starts, whether it is the last."""
    near = 0
    at = _find(octets, delimiter, start=start, stop=stop)
    while at >= 0:
        line_end = octets.find(b"\n", at, min(stop, at + 1_000))
        line_end = min(stop, at + 1_000) if line_end < 0 else line_end
        rest = octets[at + len(delimiter) : line_end].strip()
        if (at == start or octets[at - 1] == 0x0A) and rest in {b"", b"--"}:
            yield _line_end_before(octets, at, start=start), min(line_end + 1, stop), rest == b"--"
        near += 1
        if near > MAX_NEAR_BOUNDARIES:
            raise UnreadableError(f"more than {MAX_NEAR_BOUNDARIES} lines of it look like a boundary")
        at = _find(octets, delimiter, start=max(line_end, at + 1), stop=stop)


def _find(octets: bytes, wanted: bytes, *, start: int, stop: int) -> int:
    """Return where `wanted` stands, looking at a slice at a time; -1 where it does not."""
    for at in range(start, stop, _SLICE_OCTETS):
        found = octets.find(wanted, at, min(stop, at + _SLICE_OCTETS + len(wanted)))
        if found >= 0:
            return found
    return -1


def _line_end_before(octets: bytes, at: int, *, start: int) -> int:
    at -= at > start
    return at - (at > start and octets[at - 1] == 0x0D)


def _decoded_slices(octets: bytes, encoding: str, *, start: int, stop: int) -> Iterator[bytes]:
    match encoding:
        case "base64":
            return _from_base64(octets, start=start, stop=stop)
        case "quoted-printable":
            return _from_quoted_printable(octets, start=start, stop=stop)
        case _:
            return (octets[at : min(stop, at + _SLICE_OCTETS)] for at in range(start, stop, _SLICE_OCTETS))


def _from_base64(octets: bytes, *, start: int, stop: int) -> Iterator[bytes]:
    """Yield what base64 encodes (RFC 2045 6.8), every octet outside its alphabet ignored, the padding too."""
    left = b""
    for at in range(start, stop, _SLICE_OCTETS):
        letters = left + octets[at : min(stop, at + _SLICE_OCTETS)].translate(None, _NOT_BASE64)
        whole = len(letters) - len(letters) % 4
        yield binascii.a2b_base64(letters[:whole])
        left = letters[whole:]
    if len(left) > 1:  # one letter alone is less than an octet
        yield binascii.a2b_base64(left + b"==")


def _from_quoted_printable(octets: bytes, *, start: int, stop: int) -> Iterator[bytes]:
    """Yield what quoted-printable encodes (RFC 2045 6.7), cut between lines or, without lines, not within an encoded octet."""
    while start < stop:
        end = min(stop, start + _SLICE_OCTETS)
        if end < stop:
            newline = octets.rfind(b"\n", start, end)
            equals = octets.rfind(b"=", end - 2, end)
            end = newline + 1 if newline >= 0 else end if equals < 0 else equals
        yield binascii.a2b_qp(octets[start:end])
        start = end
