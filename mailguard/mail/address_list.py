"""The mailboxes in a header field (RFC 5322 3.4, 4.4), read so that none is missed that any mail program would show.

A list that is well formed means the same to every program: what stands in its quotes and comments is no mailbox. Over anything
else (groups, stray quotes, odd separators, obsolete white space) programs differ, so what is read is the union: every `@`
with something that can be a local part before it and something that can be a domain after it, also in names and comments.
Each `@` costs a bounded amount; nothing is tried over the length of the value more than once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from mailguard.errors import AddressError
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.mailbox import Mailbox, canonical_form, fold_domain, unquote

MAX_MAILBOXES = 5_000
_REACH = 300  # characters looked at on each side of an @: RFC 5321 4.5.3.1 has 64 and 255

# Read backwards from the @: a quoted string, or atoms. White space stands beside a dot only (obs-local-part, RFC 5322 4.4).
_ATOMS = r'[^\s"(),:;<>@\[\]\\]++'
_BEFORE = re.compile(rf'\s*+("(?:[^"\\]|["\\]\\)*+"|{_ATOMS}(?:(?<=\.)\s++{_ATOMS}|\s++(?=\.){_ATOMS})*+)')
_TIGHT_BEFORE = re.compile(rf"\s*+({_ATOMS})")
# Read forwards: letters, digits, "-", ".", "_" and all beyond ASCII, or an address literal.
_NAME = r"[^\s\x00-,/:-@\[-^`{-\x7F]"
_AFTER = re.compile(rf"\s*+(\[[^\]\s,;<>@]++\]?+|{_NAME}++(?:(?<=\.)\s++{_NAME}++|\s++(?=\.){_NAME}++)*+)")
# One mailbox of a well-formed list and the comma after it (RFC 5322 3.4). Every repetition is possessive: linear.
_ATOM = r'[^\s"(),:;<>@\[\]\\\x00-\x1F\x7F]++'
_QUOTED = r'"(?:[^"\\\x00-\x1F\x7F]|\\[^\x00-\x1F\x7F])*+"'
_COMMENT = r"\((?:[^()\\\x00-\x1F\x7F]|\\[^\x00-\x1F\x7F])*+\)"
_GAP = rf"(?:[ \t]|{_COMMENT})*+"
_DOMAIN = rf"(?!\.){_NAME}(?:{_NAME}|\.(?!\.))*+|\[[^\s\[\]\\\x00-\x1F\x7F]++\]"
_WELL_FORMED = re.compile(
    rf"{_GAP}(?:(?P<name>(?:{_ATOM}|{_QUOTED}|[ \t]|{_COMMENT})*+)<(?P<local>{_ATOM}|{_QUOTED})@(?P<domain>{_DOMAIN})>"
    rf"|(?P<bare_local>{_ATOM}|{_QUOTED})@(?P<bare_domain>{_DOMAIN})){_GAP}(?:,|\Z)"
)
_SPACE = re.compile(r"\s+")
_PARENTHESIS = re.compile(r"[()]")
_SEPARATORS = re.compile(r"[,;:]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    mailbox: Mailbox
    is_in_brackets: bool


def parse_address_list(value: str) -> tuple[Mailbox, ...]:
    """Return the mailboxes of an unfolded field value, each wire form once, in order of appearance, at most MAX_MAILBOXES.

    Never raises. Encoded words are read decoded and as they are. What has no `@` is no mailbox.
    """
    listed = _well_formed(value)
    return _each_once(listed if listed is not None else (candidate.mailbox for candidate in _candidates(value)))


def _each_once(mailboxes: Iterable[Mailbox]) -> tuple[Mailbox, ...]:
    """Return the mailboxes by wire form; the first name that a mailbox has is kept."""
    found: dict[str, Mailbox] = {}
    for mailbox in mailboxes:
        known = found.get(mailbox.wire)
        if known is None or (mailbox.display_name and not known.display_name):
            found[mailbox.wire] = mailbox
        if len(found) == MAX_MAILBOXES:
            break
    return tuple(found.values())


def parse_originator(value: str) -> Mailbox | None:
    """Return the mailbox that a From field names: the first in angle brackets, else the first at all."""
    if (listed := _well_formed(value)) is not None:
        return listed[0]
    first: Mailbox | None = None
    for candidate in _candidates(value):
        if candidate.is_in_brackets:
            return candidate.mailbox
        first = first or candidate.mailbox
    return first


def _well_formed(value: str) -> list[Mailbox] | None:
    """Return the mailboxes of a list of at least one that every program reads alike, in order; None for any other value."""
    found: list[Mailbox] = []
    place = 0
    while len(found) < MAX_MAILBOXES:
        match = _WELL_FORMED.match(value, place)
        if match is None:
            return None
        local_part, domain = match["local"] or match["bare_local"], match["domain"] or match["bare_domain"]
        found.append(_mailbox(local_part, domain.rstrip("."), _phrase(match["name"] or "")))
        place = match.end()
        if place == len(value):
            return found if value[-1] != "," else None
    return None


def _phrase(text: str) -> str:
    """Return a display name, decoded, without quotes and comments."""
    name = _without_comments(text).strip() if "(" in text else text.strip()
    if name.startswith('"') and name.endswith('"'):
        name = name[1:-1].replace('\\"', '"')
    return decode_words(name) if "=?" in name else name


def _candidates(value: str) -> Iterator[_Candidate]:
    """Yield what is read from each way of seeing the value."""
    decoded = decode_words(value)
    if decoded is not value:  # first as it is, for a comma out of an encoded word separates nothing (RFC 2047 5)
        yield from (each for each in _scan(value) if "=?" not in each.mailbox.wire)
    yield from _scan(decoded)
    if "(" in decoded:
        yield from _scan(_without_comments(decoded))


def _scan(text: str) -> Iterator[_Candidate]:
    name_from = 0
    for at in islice(_positions(text), 2 * MAX_MAILBOXES):
        backwards = text[max(0, at - _REACH) : at][::-1]
        before = _BEFORE.match(backwards)
        after = _AFTER.match(text, at + 1, at + 1 + _REACH)
        if before is None or after is None:
            continue
        is_in_brackets = backwards[before.end() :].lstrip().startswith(("<", ":")) and "<" in text[name_from:at]
        name = _display_name(text[name_from:at]) if is_in_brackets else ""
        name_from = after.end()
        in_quotes = text.startswith("'", name_from)  # 'ada@x.example'
        for local_part, domain in _readings(backwards, before[1], after[1]):
            yield _Candidate(_mailbox(local_part.removeprefix("'") if in_quotes else local_part, domain, name), is_in_brackets)


def _positions(text: str) -> Iterator[int]:
    """Yield where each `@` stands."""
    at = text.find("@")
    while at >= 0:
        yield at
        at = text.find("@", at + 1)


def _readings(backwards: str, before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield local part and domain, with and without the white space that obsolete syntax allows beside dots."""
    local_part = before[::-1] if '"' in before else _SPACE.sub("", before[::-1])
    domain = _SPACE.sub("", after).strip(".")
    if domain:
        yield local_part, domain
    tight = _TIGHT_BEFORE.match(backwards)
    tight_domain = _SPACE.split(after, 1)[0].strip(".")
    if tight and tight_domain and (tight[1][::-1], tight_domain) != (local_part, domain):
        yield tight[1][::-1], tight_domain


def _mailbox(local_part: str, domain: str, display_name: str) -> Mailbox:
    """Return a mailbox as shown; a domain that cannot be folded is kept in lower case."""
    try:
        folded = fold_domain(domain)
    except AddressError:
        folded = domain.casefold()
    unquoted = unquote(local_part)
    return Mailbox(f"{local_part}@{domain}", unquoted, folded, canonical_form(unquoted, folded), display_name)


def _display_name(text: str) -> str:
    """Return the name before the last angle bracket, decoded, without quotes and what belongs to the address before it."""
    name = text[: text.rindex("<")].strip(" \t>,;")
    if name.endswith('"'):
        return decode_words(name[name.rfind('"', 0, -1) + 1 : -1])
    return decode_words(_SEPARATORS.split(name)[-1].strip())


def _without_comments(text: str) -> str:
    """Return the text without each comment that is closed, nested or not (RFC 5322 3.2.2)."""
    opened: list[int] = []
    comments: list[tuple[int, int]] = []
    for match in _PARENTHESIS.finditer(text):
        if match[0] == "(":
            opened.append(match.start())
        elif opened:
            comments.append((opened.pop(), match.end()))
    pieces: list[str] = []
    kept_to = 0
    for start, end in sorted(comments):
        if start >= kept_to:
            pieces.append(text[kept_to:start])
            kept_to = end
    return " ".join([*pieces, text[kept_to:]])
