"""Links in a mail that lead nowhere: without a target, to a place that is not in the mail, to an example, to a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, NamedTuple
from urllib.parse import urlsplit


class DeadLink(NamedTuple):
    """A link: its target as it is written ("" where it has none), and what is wrong with it in one clause.

    `is_placeholder`: nobody has ever meant a target of it; the others may lead somewhere for some who read it.
    """

    target: str
    text: str
    is_placeholder: bool = False


_LONGEST: Final = 120
_TAG: Final = re.compile(r"<(a|area)\b([^<>]{0,4000})>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(
    r"""(?<![\w-])(href|name|id)\s{0,5}=\s{0,5}(?:"([^"<>]{0,3000})"|'([^'<>]{0,3000})'|([^\s"'>]{1,3000}))""", re.IGNORECASE
)
_PLACE: Final = re.compile(r"""<[a-zA-Z][^<>]{0,4000}?\s(?:id|name)\s{0,5}=\s{0,5}["']?([^\s"'<>]{1,200})""")
_COMMENT: Final = re.compile(r"<!--(?!\[if).*?(?:-->|$)", re.DOTALL)
_PLAIN: Final = re.compile(r"(?<![\w@/.:-])(?:https?:/{0,3}[^\s<>\"]{0,2000}|www\.[^\s<>\"]{1,2000})", re.IGNORECASE)
_EXAMPLE: Final = re.compile(
    r"(?:.+\.)?(?:example\.(?:com|org|net|edu)"  # RFC 2606 3
    r"|(?:your|my)-?(?:domain|company|site|website|brand|shop|store|url)(?:-?(?:name|here))?\.[a-z]{2,6}|yoursite\.[a-z]{2,6}"
    r"|(?:domain|website|company|url|link)\.(?:tld|here|xyz)|ihre?-?(?:domain|firma|shop)\.[a-z]{2,6}|tuo-?(?:dominio|sito)\.[a-z]{2,6}"
    r"|placeholder\.[a-z]{2,6}|via\.placeholder\.com|lorempixel\.com|placekitten\.com|test\.com|foo\.(?:com|bar)|change-?me(?:\.[a-z]{2,6})?)"
)
_OWN_HOSTS: Final = re.compile(
    r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|.+\.local(?:domain)?"
)
_NOTHING: Final = frozenset(
    {"#", "#!", "#0", "%23", "todo", "tbd", "xxx", "link", "url", "null", "none", "undefined", "nan", "about:blank"}
)
_INCOMPLETE: Final = "a link in a mail needs a whole target, with https://"
_EXAMPLE_SAID: Final = "a link leads to an example"
# Who writes of programs writes of example.com, too.
_IS_EXAMPLE_OF_RFC: Final = re.compile(r"^[a-z]*:?//(?:[a-z0-9-]+\.)*example\.(?:com|org|net|edu)(?:[/:?#]|$)")
_WRITTEN_WORDS: Final = ("http://none", "https://none", "http://undefined", "https://undefined", "http://null", "https://null")


def dead_links_in_html(html: str) -> Iterator[DeadLink]:
    """Yield the links of an HTML part that lead nowhere."""
    html = _COMMENT.sub("", html)
    places = {unescape(each) for each in _PLACE.findall(html)}
    for found in _TAG.finditer(html):
        attributes = {name.lower(): double or single or bare for name, double, single, bare in _ATTRIBUTE.findall(found[2])}
        if "href" not in attributes:
            if not {"name", "id"} & attributes.keys():
                yield DeadLink("", "a link has no target")
            continue
        target = unescape(attributes["href"]).strip()
        why = _why_dead(target, places)
        if why:
            yield DeadLink(target[:_LONGEST], why, _is_placeholder(target))


def dead_links_in_text(text: str) -> Iterator[DeadLink]:
    """Yield the links of a plain text that lead nowhere."""
    for found in _PLAIN.finditer(text):
        target = found[0].rstrip(".,;:!?'\")]}»”’") if found[0].lower() not in {"http://", "https://"} else found[0]
        whole = f"http://{target}" if target.lower().startswith("www.") else target
        why = _why_dead(whole, set())
        if why:
            yield DeadLink(target[:_LONGEST], why, _is_placeholder(whole))


def _is_placeholder(target: str) -> bool:
    """Whether a dead target is none that anybody meant; "#" alone is one that some write to keep a date from being a link."""
    folded = target.lower()
    if not target or folded.startswith(_WRITTEN_WORDS):
        return True
    if folded in _NOTHING:
        return not folded.startswith(("#", "%", "about"))
    return _why_no_host(target) == _EXAMPLE_SAID and not _IS_EXAMPLE_OF_RFC.search(folded)


def _why_dead(target: str, places: set[str]) -> str:
    """Return in one clause why a target leads nowhere, "" where it leads somewhere as far as can be told from here."""
    folded = target.lower()
    if not target:
        return "a link has no target"
    if folded in _NOTHING or folded.startswith(_WRITTEN_WORDS):
        return "a link leads nowhere"
    if target.startswith("#"):
        return "" if target[1:] in places or folded == "#top" else "a link leads to a place that is not in the mail"
    scheme, colon, rest = folded.partition(":")
    if target.startswith("//"):
        return _why_no_host(f"https:{target}")
    return _why_dead_by_scheme(scheme, rest, target) if colon and scheme.isalnum() else _INCOMPLETE


def _why_dead_by_scheme(scheme: str, rest: str, target: str) -> str:
    match scheme:
        case "javascript" | "vbscript" | "file" | "about" | "data":
            return f"mail programs follow no {scheme}: link"
        case "mailto":
            return "" if "@" in rest or rest.startswith("?") else "a mailto: link has no address"
        case "tel" | "sms" | "callto":
            return "" if any(each.isdigit() for each in rest) else f"a {scheme}: link has no number"
        case "http" | "https":
            return _why_no_host(target)
        case _:
            return ""


def _why_no_host(target: str) -> str:
    try:
        host = (urlsplit(target).hostname or "").rstrip(".")
    except ValueError:
        return "a link's target cannot be read"
    if not host or ("." not in host and ":" not in host and host != "localhost"):
        return "a link's target has no host"
    if _EXAMPLE.fullmatch(host):
        return _EXAMPLE_SAID
    return "a link leads to a host that only its author can reach" if _OWN_HOSTS.fullmatch(host) else ""
