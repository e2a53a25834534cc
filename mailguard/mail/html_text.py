"""What a person sees of an HTML body, as plain text: one pass over the tags, no tree.

A tree is what hostile HTML blows up (16 KB of misnested `<b>` are a million elements, and 20,000 attributes take a second in
an ordinary parser); a fingerprint needs only words, lines, link targets and pictures. So the tags are read as HTML's tokeniser
reads them, and what follows for the text is a table. Each link's target stands behind its text in angle brackets, where
senders of plain text put it. Time and memory are linear in the size. It refuses to know what any of the text means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from html import unescape

_LONGEST_TAG = 65_536
_LONGEST_TAG_NAME = 20
# The end of a tag in one piece of HTML, quotes honoured (HTML 13.2.5.36). Possessive: linear.
_TAG_END = re.compile(r'[^">]*+(?:"[^"]*+"[^">]*+)*+>')
_ATTRIBUTE = re.compile(r"""(?<![\w-])([a-zA-Z-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_HREF = re.compile(r"""(?<=[\s"'])href\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""", re.IGNORECASE)
# What keeps an element from being seen. White space belongs to one place only: linear.
_HIDES = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|mso-hide\s*+:\s*+all|max-height\s*+:\s*+0(?![.\d])"
    r"|(?<=[\s\"'])hidden(?=[\s=/]|$)",
    re.IGNORECASE,
)
_SHORTEST_HIDING_TAG = len("p hidden")
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_NO_TARGETS = ("#", "tel:", "sms:", "callto:", "javascript:", "data:", "cid:", "file:", "about:")
_DECORATION = re.compile(r"logo|icon|spacer|pixel|open|track|beacon|blank|divider|arrow|social|header|footer", re.IGNORECASE)
_ANY_DIGIT = re.compile("[0-9]")
_SMALLEST_PICTURE = 3  # pixels: what is smaller only counts who opens the mail


@dataclass(frozen=True, slots=True)
class Rendered:
    """`text` in lines; `images` are the sources of pictures that may say something; `alternatives` their alt texts."""

    text: str
    images: tuple[str, ...]
    alternatives: tuple[str, ...]


def render(html: str) -> Rendered:
    """Return what is seen. Hiding counts only where every hidden element is closed."""
    html = html.replace("\r", " ")
    renderer = _Renderer(html, hides=True)
    if renderer.ends_hidden:
        renderer = _Renderer(html, hides=False)
    return Rendered("".join(renderer.out), tuple(renderer.images), tuple(renderer.alternatives))


class _Renderer:
    """Reads one document. `_skip` takes the next pieces where text is not to be seen, and gives back the text after it."""

    def __init__(self, html: str, *, hides: bool) -> None:
        self.out: list[str] = []
        self.images: list[str] = []
        self.alternatives: list[str] = []
        self._hides = hides
        self._skip: Callable[[str], str | None] | None = None
        self._until = ""
        self._depth = 0
        self._held: list[str] = []
        self._is_quoted = False
        self._target = ""
        self._anchor_at = 0
        self._lists: list[int] = []
        self._preformatted = 0
        self._read(html)

    @property
    def ends_hidden(self) -> bool:
        """Whether a hidden element was never closed."""
        return self._depth > 0

    def _read(self, html: str) -> None:
        pieces = iter(html.split("<"))
        self._add(next(pieces))
        actions = _ACTIONS
        for piece in pieces:
            if self._skip is not None:
                text = self._skip(piece)
                if text is None:
                    continue
            else:
                tag, closed, text = piece.partition(">")
                action = actions.get(tag.partition(" ")[0])
                if action is None or not closed or (len(tag) >= _SHORTEST_HIDING_TAG and _is_odd(tag)):
                    text = self._take(piece, tag)
                elif isinstance(action, str):
                    self.out.append(action)
                else:
                    action(self, tag)
            if text and self._skip is None:
                self._add(text)
        self.close_anchor()

    def _add(self, text: str) -> None:
        if "&" in text:
            text = unescape(text)
        if "\n" in text and not self._preformatted:
            text = text.replace("\n", " ")
        self.out.append(text)

    def _take(self, piece: str, tag: str) -> str:
        """Take a piece that is not one of the plain tags; return the text after what it begins with, "" where there is none."""
        first = piece[:1]
        if not (first.isalpha() or first in {"/", "!", "?"}):
            self.out.append("<")
            return piece
        if piece.startswith("!--"):
            end = piece.find("-->", 1)
            self._skip = self._in_comment if end < 0 else None
            return "" if end < 0 else piece[end + 3 :]
        end = len(tag) + 1
        if end > len(piece) or tag.count('"') & 1:
            found = _TAG_END.match(piece)
            if found is None:
                self._held = [piece]
                self._is_quoted = bool(piece.count('"') & 1)
                self._skip = self._in_tag
                return ""
            end = found.end()
        self._tag(piece[: end - 1])
        return piece[end:]

    def _tag(self, tag: str) -> None:
        """Act on a whole tag; one that is longer than anyone writes carries a picture."""
        if len(tag) > _LONGEST_TAG:
            self.images.append("data:" + sha256(tag.encode("utf-8", "replace")).hexdigest())
            return
        name = tag[:_LONGEST_TAG_NAME].split(None, 1)[0].lower()
        if len(name) > 1:
            name = name.rstrip("/")
        if self._hides and name not in _VOID and _hints_at_hiding(tag) and _HIDES.search(tag):
            self._until, self._depth = name, 1
            self._skip = self._in_hidden
        else:
            action = _ACTIONS.get(name, "")
            if isinstance(action, str):
                self.out.append(action)
            else:
                action(self, tag)

    def _in_comment(self, piece: str) -> str | None:
        end = piece.find("-->")
        if end < 0:
            return None
        self._skip = None
        return piece[end + 3 :]

    def _in_raw(self, piece: str) -> str | None:
        if not piece[: len(self._until) + 1].lower().startswith("/" + self._until):
            return None
        self._skip = None
        return piece.partition(">")[2]

    def _in_hidden(self, piece: str) -> str | None:
        name = piece[: len(self._until) + 2].lower()
        if name.startswith("/" + self._until):
            self._depth -= 1
        elif name.startswith(self._until) and not name[len(self._until) : len(self._until) + 1].isalnum():
            self._depth += 1
        if self._depth:
            return None
        self._skip = None
        return piece.partition(">")[2]

    def _in_tag(self, piece: str) -> str | None:
        """Go on with a tag in whose quotes, or in which, another < stands."""
        rest = piece
        if self._is_quoted:
            _, closes, rest = piece.partition('"')
            if not closes:
                self._held.append(piece)
                return None
        found = _TAG_END.match(rest)
        if found is None:
            self._held.append(piece)
            self._is_quoted = bool(rest.count('"') & 1)
            return None
        end = len(piece) - len(rest) + found.end()
        self._held.append(piece[: end - 1])
        self._skip = None
        self._tag("<".join(self._held))
        return piece[end:]

    def raw(self, tag: str) -> None:
        self._until = tag[:_LONGEST_TAG_NAME].split(None, 1)[0].lower()
        self._skip = self._in_raw

    def anchor(self, tag: str) -> None:
        self.close_anchor()
        target = _href(tag)
        if target.startswith("//"):
            target = "https:" + target
        if ":" in target and not target.lower().startswith(_NO_TARGETS):
            self._target = target
            self._anchor_at = len(self.out)

    def close_anchor(self, _tag: str = "") -> None:
        if self._target:
            shown = "".join(self.out[self._anchor_at :]).strip()
            target = "%20".join(self._target.split()).replace("<", "%3C").replace(">", "%3E")
            self._target = ""
            if target[:7].lower() == "mailto:":
                mailbox = target[7:].partition("?")[0]
                self.out.append("" if mailbox.lower() in shown.lower() else f" {mailbox} ")
            elif shown or not _is_home(target):
                self.out.append(f" <{target}> ")

    def image(self, tag: str) -> None:
        self.out.append(" ")
        attributes = _attributes(tag)
        if self._counts_opens(attributes, tag):
            return
        if attributes.get("alt", "").strip():
            self.alternatives.append(attributes["alt"])
        source = attributes.get("src", "")
        if source.startswith("data:"):
            self.images.append("data:" + sha256(source.encode("utf-8", "replace")).hexdigest())
        elif _ANY_DIGIT.search(source.partition("://")[2].partition("/")[2]) and not _DECORATION.search(source):
            self.images.append(source)

    @staticmethod
    def _counts_opens(attributes: dict[str, str], tag: str) -> bool:
        sizes = (attributes.get(name, "").removesuffix("px")[:5] for name in ("width", "height"))
        return any(size.isdecimal() and int(size) < _SMALLEST_PICTURE for size in sizes) or _HIDES.search(tag) is not None

    def numbered_list(self, _tag: str) -> None:
        self.out.append("\n\n")
        self._lists.append(0)

    def bulleted_list(self, _tag: str) -> None:
        self.out.append("\n\n")
        self._lists.append(-1)

    def end_list(self, _tag: str) -> None:
        self.out.append("\n\n")
        if self._lists:
            self._lists.pop()

    def item(self, _tag: str) -> None:
        if self._lists and self._lists[-1] >= 0:
            self._lists[-1] += 1
            self.out.append(f"\n\n{self._lists[-1]}. ")
        else:
            self.out.append("\n\n- ")

    def pre(self, _tag: str) -> None:
        self.out.append("\n\n")
        self._preformatted += 1

    def end_pre(self, _tag: str) -> None:
        self.out.append("\n\n")
        self._preformatted = max(0, self._preformatted - 1)


def _is_odd(tag: str) -> bool:
    """Whether a tag needs more than a look into the table: an open quote, a picture in it, an element that is not seen."""
    return bool(tag.count('"') & 1) or len(tag) > _LONGEST_TAG or _hints_at_hiding(tag)


def _hints_at_hiding(tag: str) -> bool:
    return "none" in tag or "idden" in tag or "mso-hide" in tag or "max-height" in tag


def _href(tag: str) -> str:
    found = _HREF.search(tag)
    if found is None:
        return ""
    value: str = found[found.lastindex or 0]
    return (value.replace("&amp;", "&") if "&" in value else value).strip()


def _attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag, the first of each name (HTML 13.2.5.33), values unescaped."""
    attributes: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(tag):
        value = double or single or bare
        attributes.setdefault(name.lower(), value.replace("&amp;", "&") if "&" in value else value)
    return attributes


_HOMES = re.compile(
    r"https?://(?:[^/?#]*/?|(?:[\w-]+\.)*(?:facebook|instagram|twitter|x|linkedin|youtube|xing|tiktok|pinterest)\.com/.*)",
    re.IGNORECASE | re.DOTALL,
)


def _is_home(target: str) -> bool:
    """Whether a pictured link is the letterhead's or a social network's: no text stands for it in a plain version."""
    return _HOMES.fullmatch(target) is not None


# Each stands as a paragraph. After <br> the line is indented, as a sign that it was not broken for its length.
_BLOCKS = (
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "hr", "dl", "form", "fieldset", "footer", "header"),
    *("div", "tr", "section", "article", "address", "center", "dt", "dd", "figure", "caption", "main", "nav", "option", "body"),
)
_INLINE = (
    *("b", "i", "u", "s", "em", "strong", "span", "font", "small", "big", "code", "sup", "sub", "tbody", "thead", "tfoot"),
    "html",
)
_Action = str | Callable[[_Renderer, str], None]
_ACTIONS: dict[str, _Action] = {
    **{slash + name: "\n\n" for name in _BLOCKS for slash in ("", "/")},
    **{slash + name: "" for name in _INLINE for slash in ("", "/")},
    **dict.fromkeys(("br", "br/", "/br"), "\n "),
    **dict.fromkeys(("td", "th"), "\t"),
    **dict.fromkeys(("/td", "/th", "/li", "wbr", "/head", "/img"), ""),
    **dict.fromkeys(("style", "script", "title", "template"), _Renderer.raw),
    "a": _Renderer.anchor,
    "/a": _Renderer.close_anchor,
    "img": _Renderer.image,
    "ol": _Renderer.numbered_list,
    "ul": _Renderer.bulleted_list,
    "/ol": _Renderer.end_list,
    "/ul": _Renderer.end_list,
    "li": _Renderer.item,
    "pre": _Renderer.pre,
    "/pre": _Renderer.end_pre,
}
