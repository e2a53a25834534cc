"""The message of a broadcast, read: what kind it is, the distinct mails that it leaves as, and all that is to be said of them.

Knows no recipient, no database and no template language: how a template renders, and what its own check found, it is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from html import unescape
from pathlib import PurePath
from typing import Final, assert_never

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_form import form_findings, size_findings
from mailguard.broadcast.message_greeting import greeting_findings
from mailguard.broadcast.message_header import header_findings
from mailguard.broadcast.message_language import language_findings, tag_findings
from mailguard.broadcast.message_links import dead_link_findings, link_findings
from mailguard.broadcast.message_parts import image_findings, part_findings
from mailguard.broadcast.message_policy import policy_findings
from mailguard.broadcast.message_rendered import Rendering, composed, filled
from mailguard.broadcast.message_terms import MessageTerms, Rule, warning
from mailguard.broadcast.message_unsubscribe import offer_findings, unsubscribe_findings
from mailguard.broadcast.message_view import FALLBACK_MESSAGE_ID, MailView, read_view
from mailguard.broadcast.message_words import word_findings
from mailguard.errors import UsageError
from mailguard.mail.charset import decode_charset
from mailguard.mail.header import Header, UnreadableError, scan
from mailguard.mail.message import Message
from mailguard.mail.reader import read_message
from mailguard.mail.seal import SealedText, sealed
from mailguard.policy.severity import MOST_EXAMPLES, Severity

MOST_VIEWED: Final = 200
"""Distinct mails of one template that are looked over; a template's own check has looked at all."""

_MAIL_TEMPLATE_SUFFIX: Final = ".eml.j2"
_MAIL_SUFFIXES: Final = (".eml", _MAIL_TEMPLATE_SUFFIX)
_TEMPLATE_SUFFIXES: Final = frozenset({".j2", ".jinja", ".jinja2", ".tmpl", ".tpl"})
_HTML_SUFFIXES: Final = frozenset({".html", ".htm", ".xhtml"})
_TEXT_SUFFIXES: Final = frozenset({".txt", ".text", ".md"})
_MAIL_FIELDS: Final = frozenset({"from", "subject", "date", "to", "mime-version", "content-type"})
_JINJA: Final = re.compile(rb"\{\{|\{%")
_TITLE: Final = re.compile(r"<title\b[^<>]{0,200}>([^<]{0,1000})</title", re.IGNORECASE)
_META_CHARSET: Final = re.compile(rb"<meta\b[^<>]{0,200}?\bcharset\s{0,3}=\s{0,3}[\"']?([\w-]{1,40})", re.IGNORECASE)
_HTML_HEAD: Final = 2_048


class MessageKind(StrEnum):
    """What a file to be checked is: a mail, something that is rendered first, or the HTML of a mail alone."""

    EML = "eml"
    TEMPLATE = "template"
    HTML = "html"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedMessage:
    """What is checked. `mails` are the distinct whole mails as they would leave, `cases` what each of them was rendered for.

    `seals` are the texts that a check of it vouches for: of a template that the relay renders, its source alone.
    `first` is the first of them, read with its control fields. `source` is a template in a mail as it is handed to the relay to
    be rendered, None for anything else. `has_header`: the header is the sender's own; a bare text or HTML file has none.
    `written` is what a template says before it is rendered.
    """

    kind: MessageKind
    name: str
    mails: tuple[bytes, ...]
    cases: tuple[tuple[str, ...], ...]
    first: Message
    source: Message | None
    seals: tuple[SealedText, ...]
    has_header: bool
    written: str


def kind_of(name: str, octets: bytes) -> MessageKind:
    """Return what a file is, by its name, and where that says nothing by what stands in it."""
    if is_mail(name, octets):
        is_template = name.lower().endswith(_MAIL_TEMPLATE_SUFFIX) or is_rendered_by_relay(octets)
        return MessageKind.TEMPLATE if is_template else MessageKind.EML
    suffix = PurePath(name.lower()).suffix
    if suffix in _TEMPLATE_SUFFIXES or suffix in _TEXT_SUFFIXES or _JINJA.search(octets):
        return MessageKind.TEMPLATE
    return MessageKind.HTML


def kind_of_files(files: Sequence[tuple[str, bytes]]) -> MessageKind:
    """Return what the files (name, octets) of one message are together: text and HTML are a template.

    Raises UsageError where a mail is among several.
    """
    if len(files) == 1:
        return kind_of(*files[0])
    mail = next((name for name, octets in files if is_mail(name, octets)), "")
    if mail:
        raise UsageError(f"{mail} is a whole mail; check one mail at a time, only a template's text and HTML go together")
    return MessageKind.TEMPLATE


def is_mail(name: str, octets: bytes) -> bool:
    """Whether a file is a whole mail, with a header."""
    name = name.lower()
    if name.endswith(_MAIL_SUFFIXES):
        return True
    path = PurePath(name)
    bare = path.with_suffix("") if path.suffix in _TEMPLATE_SUFFIXES else path
    return bare.suffix not in _HTML_SUFFIXES | _TEXT_SUFFIXES and len(_MAIL_FIELDS & _header(octets).names) > 1


def read_checked(files: Sequence[tuple[str, bytes]], *, now: datetime, renderings: Sequence[Rendering] = ()) -> CheckedMessage:
    """Return the message in a file (name, octets); a template may be two files, its text and its HTML.

    `renderings` are those of a template, each distinct mail once. Raises UsageError where there is nothing to check.
    """
    name, octets = files[0]
    if not octets.strip():
        raise UsageError(f"{name} is empty; give the mail, template or HTML file that is to go out")
    kind = kind_of_files(files)
    has_header = is_mail(name, octets)
    source = _read(octets, now=now) if has_header and is_rendered_by_relay(octets) else None
    match kind:
        case MessageKind.EML:
            mails = [octets]
        case MessageKind.HTML:
            mails = [composed(_of_html(octets))]
        case MessageKind.TEMPLATE:
            mails = [filled(octets, one) if has_header else composed(one) for one in renderings] or [octets]
        case _:
            assert_never(kind)
    first = _read(mails[0], now=now)
    # What the relay is to render it knows by its source; what the sender renders, by each text that came of it.
    vouched = (source,) if source is not None else (first, *(_read(each, now=now) for each in mails[1:]))
    return CheckedMessage(
        kind=kind,
        name=", ".join(each for each, _ in files),
        mails=tuple(mails),
        cases=tuple(one.cases for one in renderings) if kind is MessageKind.TEMPLATE and renderings else ((),),
        first=first,
        source=source,
        seals=sealed(message.seal for message in vouched if message.seal is not None),
        has_header=has_header,
        written=_written(files, now=now) if kind is MessageKind.TEMPLATE else "",
    )


def message_findings(checked: CheckedMessage, terms: MessageTerms) -> tuple[CheckFinding, ...]:
    """Return all that is to be said of the message, errors first, each thing once.

    Of a template without what its own check says: words, dead links, and what is missing in its parts.
    """
    rules = [*_RULES, *(() if checked.kind is MessageKind.TEMPLATE else _RULES_OF_WRITTEN)]
    if checked.has_header:
        rules += [*_RULES_OF_HEADER, *(() if checked.kind is MessageKind.TEMPLATE else (unsubscribe_findings,))]
    views = list(_views(checked, terms.now))
    written = checked.written if checked.kind is MessageKind.TEMPLATE else None
    found = [
        *_of_views(views, rules, terms),
        *greeting_findings(views, written, terms),
        *language_findings(views, terms),
        *_of_whole(checked),
    ]
    return tuple(sorted(found, key=lambda one: one.severity is Severity.WARNING))


_RULES: Final[tuple[Rule, ...]] = (policy_findings, link_findings, image_findings, size_findings, tag_findings)
_RULES_OF_WRITTEN: Final[tuple[Rule, ...]] = (word_findings, dead_link_findings, part_findings)
"""What a template's own check says of a template."""
_RULES_OF_HEADER: Final[tuple[Rule, ...]] = (header_findings, form_findings, offer_findings)


def _views(checked: CheckedMessage, now: datetime) -> Iterator[MailView]:
    for octets, cases in zip(checked.mails[:MOST_VIEWED], checked.cases, strict=False):
        yield read_view(octets, now=now, case=cases[0] if cases else "", has_header=checked.has_header)


def _of_views(views: Iterable[MailView], rules: Sequence[Rule], terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield what is found in any of the mails; of several mails it is counted in how many, with the first case of each."""
    found: dict[tuple[str, Severity, str], CheckFinding] = {}
    for view in views:
        for rule in rules:
            for each in rule(view, terms):
                key = (each.code, each.severity, each.text)
                found[key] = _merged(found.get(key), each, case=view.case)
    return iter(found.values())


def _merged(known: CheckFinding | None, found: CheckFinding, *, case: str) -> CheckFinding:
    if case:
        examples = tuple(f"{each} ({case})" for each in found.examples) or (case,)
        found = replace(found, count=1, examples=examples[:1])
    if known is None:
        return found
    examples = tuple(dict.fromkeys((*known.examples, *found.examples)))[:MOST_EXAMPLES]
    return replace(known, count=known.count + found.count, examples=examples)


def _of_whole(checked: CheckedMessage) -> Iterator[CheckFinding]:
    if not checked.has_header:
        text = (
            "the file has no header, so nothing is said of its sender and its unsubscription; "
            "before you sign, check the .eml that is to leave"
        )
        yield warning("no_header", text)
    if len(checked.mails) > MOST_VIEWED:
        yield warning("incomplete", f"links, pictures and language were looked at in the first {MOST_VIEWED} renderings only")


def _read(octets: bytes, *, now: datetime) -> Message:
    return read_message(octets, received_at=now, fallback_message_id=FALLBACK_MESSAGE_ID, trusts_fields=True, seals=True)


def _header(octets: bytes) -> Header:
    try:
        return scan(octets)
    except UnreadableError:
        return scan(b"")


def is_rendered_by_relay(octets: bytes) -> bool:
    """Whether a mail is handed over as a template, for the relay to render."""
    return bool(_header(octets).named("mailguard-render"))


def _of_html(octets: bytes) -> Rendering:
    """Return the mail that an HTML file is the text of; its title is the subject."""
    said = _META_CHARSET.search(octets[:_HTML_HEAD])
    text = decode_charset(octets.removeprefix(b"\xef\xbb\xbf"), said[1].decode() if said else "")
    title = _TITLE.search(text)
    return Rendering(subject=" ".join(unescape(title[1]).split()) if title else "", html=text)


def _written(files: Sequence[tuple[str, bytes]], *, now: datetime) -> str:
    """Return what the files say before anything is rendered."""
    pieces: list[str] = []
    for name, octets in files:
        if is_mail(name, octets):
            view = read_view(octets, now=now)
            pieces += (view.message.subject, view.text, view.html)
        else:
            pieces.append(decode_charset(octets, ""))
    return "\n".join(pieces)
