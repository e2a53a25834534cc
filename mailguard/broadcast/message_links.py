"""Where the links of a mail lead, as they say it themselves. Fetches nothing, and knows of no place whether it is good."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.broadcast.public_suffix import public_suffixes
from mailguard.mail.dead_link import dead_links_in_html, dead_links_in_text
from mailguard.mail.html_text import render
from mailguard.mail.leftovers import find_syntax
from mailguard.mail.link import MAX_LINKS, is_aside, less_tracking

DEAD_LINK: Final = "dead_link"

_REACH: Final = 4_000
"""Characters after the beginning of a link in which its end is looked for."""
_ANCHOR: Final = re.compile(
    r"""<a\b[^<>]{0,4000}?\shref\s{0,5}=\s{0,5}(?:"([^"<>]{1,3000})"|'([^'<>]{1,3000})'|([^\s"'<>]{1,3000}))[^<>]{0,4000}>""",
    re.IGNORECASE,
)
_ANCHOR_END: Final = re.compile(r"</?a\b", re.IGNORECASE)  # one link stands in no other (HTML 4.5.1)
_PLAIN: Final = re.compile(r"(?<![\w@/.:-])https?://[^\s<>\"]{1,2000}", re.IGNORECASE)
_AFTER_LINKS: Final = ".,;:!?'\")]}»”’"
_SHOWN_HOST: Final = re.compile(r"(https?://|www\.)?((?:[a-z0-9-]{1,63}\.){1,6}([a-z]{2,24}))(?:[/?#:]\S*)?", re.IGNORECASE)
_FILE_ENDINGS: Final = frozenset({
    "js", "ts", "py", "rb", "rs", "md", "pdf", "html", "htm", "php", "css", "json", "xml", "txt", "csv", "zip", "doc", "docx",
    "xls", "xlsx", "ppt", "pptx", "jpg", "png", "gif", "exe", "sh", "java", "net", "bat",
})  # fmt: skip
_SHORTENERS: Final = frozenset(
    {
        "bit.ly",
        "tinyurl.com",
        "t.co",
        "goo.gl",
        "ow.ly",
        "is.gd",
        "buff.ly",
        "rebrand.ly",
        "cutt.ly",
        "tiny.cc",
        "t.ly",
        "rb.gy",
    }
)
_COUNTER: Final = re.compile(
    r"(?:^|[./])(?:click|clicks|track|tracking|trk|redirect|redir|links?|go|r|ct|cl|ls|c)[./?\d]", re.IGNORECASE
)
_COUNTING_PAGE: Final = re.compile(r"/(?:track|trk|ls|wf|e)/click/?", re.IGNORECASE)
"""A page that does nothing but count, and knows by its query where to lead: /track/click?u=…&id=…"""


class Anchor(NamedTuple):
    """A link of an HTML part: its target, and the words that stand for it."""

    target: str
    shown: str


def dead_link_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:  # noqa: ARG001 - every rule takes the same two
    """Yield the links that lead nowhere; an error for those whose target was never filled in."""
    dead = [*dead_links_in_html(view.html), *dead_links_in_text(view.text)]
    unfilled = [anchor.target for anchor in anchors(view.html) if any(find_syntax(anchor.target))]
    for text in dict.fromkeys(each.text for each in dead if each.is_placeholder):
        targets = [each.target for each in dead if each.is_placeholder and each.text == text]
        yield error(DEAD_LINK, f"{text}; give the target that is meant", *targets)
    if unfilled:
        yield error(DEAD_LINK, "template syntax was left in a link; give the target that is meant", *unfilled)
    for text in dict.fromkeys(each.text for each in dead if not each.is_placeholder):
        targets = [each.target for each in dead if not each.is_placeholder and each.text == text]
        if not set(targets) <= set(unfilled):
            yield warning(DEAD_LINK, f"{text}; look whether it works for those who get it", *targets)


def link_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield links that all on the way can read, that show another place than they lead to, or hide where they lead."""
    found = anchors(view.html)
    targets = [each.target for each in found] + [each.rstrip(_AFTER_LINKS) for each in _PLAIN.findall(view.text)]
    plain = [each for each in targets if each.lower().startswith("http://")]
    if plain:
        yield warning("http_link", "links lead over http:, which everybody on the way can read and change; use https:", *plain)
    short = [each for each in targets if _host(each) in _SHORTENERS]
    if short:
        yield warning("short_link", "links hide where they lead behind a shortener; write the target itself", *short)
    yield from _misleading(view, found, terms)
    yield from _counted(found)


def anchors(html: str) -> list[Anchor]:
    """Return the links of an HTML part, at most MAX_LINKS."""
    found: list[Anchor] = []
    for each in islice(_ANCHOR.finditer(html), MAX_LINKS):
        end = _ANCHOR_END.search(html, each.end(), each.end() + _REACH)
        inside = html[each.end() : end.start() if end is not None else each.end() + _REACH]
        target = unescape(each[1] or each[2] or each[3]).strip()
        found.append(Anchor(target, render(inside).text.strip()))
    return found


def _misleading(view: MailView, found: list[Anchor], terms: MessageTerms) -> Iterator[CheckFinding]:
    """Links whose words are one domain and whose target is in another; an own one between may count clicks."""
    own = {_site(view.message.originator.domain)} if view.has_header and view.message.originator else set()
    shown = []
    for anchor in found:
        says, leads = _shown_host(anchor.shown), _host(less_wrapped(anchor.target))
        if says and leads and _site(says) != _site(leads) and _site(leads) not in own and not terms.limits.is_own(leads):
            shown.append(f"{says} leads to {leads}")
    if shown:
        text = "links show one domain and lead to another, as forged mail does; show words, or count clicks under an own domain"
        yield warning("misleading_link", text, *shown)


def _counted(found: list[Anchor]) -> Iterator[CheckFinding]:
    """A mail all of whose links go through a counter of clicks."""
    targets = {each.target for each in found if _host(each.target) and not is_aside(each.target, each.shown)}
    if targets and all(_is_counter(each) for each in targets):
        text = "every link leads through a counter of clicks, and none works when that fails; let one lead there by itself"
        yield warning("tracking_only", text, *sorted(_host(each) for each in targets))


def _is_counter(target: str) -> bool:
    """Whether a target is a counter's: it carries another, or is nothing but an opaque word at an address for counting."""
    if less_wrapped(target) != target:
        return True
    parts = urlsplit(target)
    last = parts.path.rstrip("/").rpartition("/")[2]
    if parts.query and _COUNTING_PAGE.fullmatch(parts.path):
        return True
    is_opaque = len(last) >= 16 and any(map(str.isdigit, last)) and "." not in last and last.count("-") < 3
    return is_opaque and _COUNTER.search(f"{parts.hostname or ''}{parts.path}") is not None


def less_wrapped(target: str) -> str:
    """Return the target that a counter's address carries, the target itself where it carries none."""
    bare = less_tracking(target)
    host = _host(target)
    if not host or bare.lower().startswith(f"{host}/"):
        return target
    return bare if "://" in bare else f"https://{bare}"


def _host(target: str) -> str:
    """Return the host of a web address in lower case, "" for anything else."""
    if not target.lower().startswith(("http://", "https://")):
        return ""
    try:
        return (urlsplit(target).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _shown_host(shown: str) -> str:
    """Return the host that a link's words are, "" where they are none."""
    found = _SHOWN_HOST.fullmatch(shown.rstrip(".,;:!?"))
    if found is None or (not found[1] and found[3].lower() in _FILE_ENDINGS):
        return ""
    return found[2].lower()


def _site(host: str) -> str:
    """Return the domain that one owner registers, of which a host is (publicsuffix.org)."""
    return public_suffixes().privatesuffix(host) or host
