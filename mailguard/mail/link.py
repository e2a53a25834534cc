"""Links in visible text: where they lead, less tracking; and which of them only unsubscribe or show the mail in a browser.

It refuses to fetch anything, and to know whether a target is good.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote

from mailguard.mail.link_words import (
    ASIDE_BEGINNINGS,
    ASIDE_IN_TARGETS,
    ASIDE_PATTERNS,
    ASIDE_STEMS,
    TRACKING,
    TRACKING_BEGINNINGS,
    UNSPACED_ASIDE_STEMS,
)

LINK = " \x1a "
"""Stands in a text where a link stood; no word."""
MAX_LINKS = 5_000
"""Links, and mail addresses, that are taken out of a text; those beyond stay words."""
_MOST_CONTEXT = 160
_LONGEST_SCHEME = 20
_SCHEME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
_TARGET_END = re.compile(r'[\s<>"]')
_BRACKETED = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,20}:[^\s<>]{1,2000})>")
_LONGEST_LOCAL_PART = 64  # RFC 5321 4.5.3.1.1
_LOCAL_PART_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_"
_DOMAIN = re.compile(r"[a-zA-Z0-9-]{1,63}(?:\.[a-zA-Z0-9-]{1,63}){1,8}")
_TRAILING = ".,;:!?'\"*_]}»”’"
_FOOTNOTE = re.compile(r"\n[ \t]{0,8}\[(\d{1,3})\][:.]?[ \t]{0,8}$")
_SENTENCE_END = re.compile(r"[.!?。][ \n]")


# A wrapper that carries its target in the query. Where path or query speak of an account it is none: what it carries besides
# the target (a token) is what the mail is about.
_WRAPPED = re.compile(
    r"(?:^|&)(?:u|url|to|target|dest|destination|redirect|redir|link|q|l|goto|out)"
    r"=(https?(?:%3a|:)(?:%2f|/){2}[^&]++)",
    re.IGNORECASE,
)
_WRAPPER = re.compile(
    r"click|track|trk|redirect|redir|safelinks"
    r"|/(?:r|l|c|ct|cl|ls|e|go|out|away|link|links)(?:/|$)|^(?:links?|go|r|t|l|e|em)\.",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"reset|passw|confirm|verif|activ|login|log-in|signin|sign-in|auth|sso|token|otp|invit|recover|regist|session|code",
    re.IGNORECASE,
)
_MOST_WRAPPERS = 3


@dataclass(frozen=True, slots=True)
class Links:
    """`text` is what was given with LINK for each link, of the same lines; `targets` are theirs, less tracking and asides."""

    text: str
    targets: frozenset[str]


def take_links(text: str) -> Links:
    """Take the links out of a text. Unsubscription and view-online links are dropped, the words around them stay."""
    if "://" not in text and "www." not in text and "<" not in text:
        return Links(text, frozenset())
    pieces: list[str] = []
    targets: set[str] = set()
    footnotes: list[str] = []
    done = 0
    for start, stop, target in islice(_found(text), MAX_LINKS):
        before = text[max(done, start - _MOST_CONTEXT) : start]
        footnote = _FOOTNOTE.search(before)
        if footnote is not None:
            footnotes.append(footnote[1])
        pieces.append(text[done : start - (len(footnote[0]) - 1 if footnote is not None else 0)])
        if target[:7].lower() == "mailto:":
            pieces[-1] += " " + target[7:].partition("?")[0]
        elif not is_aside(target, before):
            targets.add(less_tracking(target))
        done = stop
    pieces.append(text[done:])
    rest = LINK.join(pieces)
    for number in footnotes[:100]:
        rest = rest.replace(f"[{number}]", " ")
    return Links(rest, frozenset(targets))


def take_mailboxes(text: str) -> tuple[str, set[str]]:
    """Return the text without the mail addresses in it, and these, lower case."""
    at = text.find("@")
    if at < 0:
        return text, set()
    pieces: list[str] = []
    mailboxes: set[str] = set()
    done = 0
    tried = 0
    while at >= 0 and tried < MAX_LINKS:
        tried += 1
        head = text[max(done, at - _LONGEST_LOCAL_PART) : at]
        local_part = head[len(head.rstrip(_LOCAL_PART_LETTERS)) :].lstrip(".-") if head[-1:].isascii() else ""
        domain = _DOMAIN.match(text, at + 1)
        if local_part and domain is not None:
            pieces.append(text[done : at - len(local_part)])
            mailboxes.add(f"{local_part}@{domain[0]}".lower())
            done = domain.end()
        at = text.find("@", max(done, at + 1))
    pieces.append(text[done:])
    return " ".join(pieces), mailboxes


def _found(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each link begins and ends, and its target."""
    spans = [*islice(_with_scheme(text), MAX_LINKS)]
    if "www." in text:
        spans += islice(_with_www(text), MAX_LINKS)
    if "<" in text:
        bracketed = (found for found in _BRACKETED.finditer(text) if "://" not in found[1])
        spans += ((found.start(), found.end(), found[1]) for found in islice(bracketed, MAX_LINKS))
    spans.sort()
    done = 0
    for start, stop, target in spans:
        if start >= done:
            done = stop
            yield start, stop, target


def _with_scheme(text: str) -> Iterator[tuple[int, int, str]]:
    at = text.find("://")
    while at >= 0:
        head = text[max(0, at - _LONGEST_SCHEME) : at]
        start = at - (len(head) - len(head.rstrip(_SCHEME_LETTERS)))
        stop = _target_end(text, at + 3)
        if start < at and stop > at + 3:
            yield start, stop, text[start:stop]
        at = text.find("://", stop)


def _with_www(text: str) -> Iterator[tuple[int, int, str]]:
    at = text.find("www.")
    while at >= 0:
        stop = _target_end(text, at)
        if not text[at - 1 : at].isalnum():
            yield at, stop, "http://" + text[at:stop]
        at = text.find("www.", stop + 1)


def _target_end(text: str, at: int) -> int:
    found = _TARGET_END.search(text, at)
    stop = found.start() if found is not None else len(text)
    stop = at + len(text[at:stop].rstrip(_TRAILING))
    if text[stop - 1 : stop] == ")" and text.count("(", at, stop) < text.count(")", at, stop):
        stop = at + len(text[at : stop - 1].rstrip(_TRAILING))
    return stop


def less_tracking(target: str) -> str:
    """Return the target without what only tells who clicked: `host/path?query#fragment`, the query's parts in order."""
    for _ in range(_MOST_WRAPPERS):
        wrapped = _carried(target)
        if not wrapped:
            break
        target = wrapped
    scheme, _, rest = target.partition("://")
    if not rest:
        return target
    rest, _, fragment = rest.partition("#")
    base, _, query = rest.partition("?")
    host, _, path = base.partition("/")
    if query:
        query = "&".join(sorted(part for part in query.split("&") if part and not _is_tracking(part)))
    if fragment.startswith(":~:") or _is_tracking(fragment):
        fragment = ""
    prefix = "" if scheme.lower() in {"http", "https"} else scheme.lower() + "://"
    return f"{prefix}{host.lower()}/{path}{'?' if query else ''}{query}{'#' if fragment else ''}{fragment}"


def _is_tracking(part: str) -> bool:
    name = part.partition("=")[0].lower()
    return name in TRACKING or name.startswith(TRACKING_BEGINNINGS)


def _carried(target: str) -> str:
    """Return the target that a redirecting wrapper carries in its query, "" where it is no such wrapper."""
    if target.count("http") < 2:
        return ""
    head, _, query = target.partition("?")
    found = _WRAPPED.search(query)
    host_and_path = head.partition("://")[2]
    if found is None or not _WRAPPER.search(host_and_path):
        return ""
    besides = query[: found.start()] + query[found.end() :]
    return "" if _ACCOUNT.search(host_and_path) or _ACCOUNT.search(besides) else unquote(found[1])


def is_aside(target: str, before: str) -> bool:
    """Whether a link only unsubscribes, sets what mail one gets, or shows this mail in a browser.

    Tells by the target, or by the sentence before it (or in it), in many languages.
    """
    lower = target.lower()
    if any(part in lower for part in ASIDE_IN_TARGETS):
        return True
    line = before.rstrip(" \t\n(<[:*_>").rpartition("\n")[2]
    if not line:
        return False
    sentence = _SENTENCE_END.split(line)[-1]
    return says_aside(sentence)


def says_aside(sentence: str) -> bool:
    """Whether a sentence offers to unsubscribe or to see the mail in a browser."""
    sentence = sentence.casefold()
    if not sentence.isascii() and any(stem in sentence for stem in UNSPACED_ASIDE_STEMS):
        return True
    if beginnings_of(sentence).isdisjoint(ASIDE_BEGINNINGS):
        return False
    return any(stem in sentence for stem in ASIDE_STEMS) or any(pattern.search(sentence) for pattern in ASIDE_PATTERNS)


def beginnings_of(folded: str) -> set[str]:
    """Return the first four letters of each word: a cheap look before a dear one."""
    return {word[:4] for word in folded.replace("-", " ").replace("'", " ").split()}
