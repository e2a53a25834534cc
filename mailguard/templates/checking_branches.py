"""A template's branches: found in its syntax tree, and marked there so that a rendering tells which of them it came through.

The tree is changed only in what it tells: a branch's body says that it was entered, and where in the output it begins and
ends; a test can be overridden. What is written is otherwise what the template writes. Renders nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from jinja2 import Environment, nodes

_LONGEST_TAG: Final = 120
# Private-use characters around a branch's number show in the output where it begins and ends.
_BEGIN: Final = "\ue000"
_END: Final = "\ue001"
_STOP: Final = "\ue002"
_MARK: Final = re.compile("[\ue000\ue001][0-9]{1,9}\ue002")
# What is written within these may be tested, measured or changed before it is shown: no marks there.
_CAPTURED: Final = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)
_DOES: Final = (nodes.Assign, nodes.AssignBlock, nodes.ExprStmt, nodes.Import, nodes.FromImport, nodes.Macro, nodes.Include)


class Tag(NamedTuple):
    """A tag as it is written: its first word, its line, and all of it."""

    word: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """One branch. `forcing` are the tests to override, and with what, so that it is entered, its outer branches' included.

    `writes`: it has something to write, so that it should not render empty. `is_bare`: there is nothing in it at all.
    """

    number: int
    name: str
    line: int
    tag: str
    forcing: tuple[tuple[int, bool], ...]
    writes: bool
    is_bare: bool


@dataclass(slots=True)
class Probe:
    """What a rendering tells: the branches it entered. `overridden` are the tests that are not asked."""

    entered: set[int] = field(default_factory=set)
    overridden: dict[int, bool] = field(default_factory=dict)

    def enter(self, number: int, value: Any = None) -> Any:
        """Note that a branch was entered; the value of a branch that is an expression is handed on."""
        self.entered.add(number)
        return value

    def is_overridden(self, number: int) -> bool:
        """Whether a test is not asked."""
        return number in self.overridden

    def answer(self, number: int) -> bool:
        """What an overridden test says."""
        return self.overridden[number]


class Instrument:
    """Marks the branches of several templates with numbers that run through all of them."""

    def __init__(self) -> None:
        self.branches: list[BranchPoint] = []

    def mark(self, environment: Environment, source: str, name: str) -> nodes.Template:
        """Return the tree of a template with its branches marked. Raises TemplateSyntaxError."""
        tree = environment.parse(source, name, name)
        marker = _Marker(self.branches, name, _constructs(environment, source), source.splitlines())
        marker.statements(tree, forcing=(), is_shown=True)
        return tree


def blank_branches(rendered: str, *, is_html: bool) -> tuple[set[int], set[int]]:
    """Return the numbers of the branches that stand in what was rendered with something in them, and those with nothing."""
    full: set[int] = set()
    blank: set[int] = set()
    opened: list[tuple[int, int]] = []
    for found in _MARK.finditer(rendered):
        number = int(found[0][1:-1])
        if found[0][0] == _BEGIN:
            opened.append((number, found.end()))
        elif opened and opened[-1][0] == number:
            inside = without_marks(rendered[opened.pop()[1] : found.start()])
            (blank if _is_blank(inside, is_html=is_html) else full).add(number)
    return full, blank - full


def is_mark(piece: str) -> bool:
    """Whether a piece of what is rendered is only where a branch begins or ends."""
    return piece[:1] in {_BEGIN, _END} and _MARK.fullmatch(piece) is not None


def without_marks(rendered: str) -> str:
    """Return what was rendered as it would leave."""
    return _MARK.sub("", rendered)


_TAGS: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_SHOWN_TAGS: Final = frozenset({"img", "hr", "br", "input", "svg", "table", "video", "link", "meta", "style"})


def _is_blank(text: str, *, is_html: bool) -> bool:
    """Whether nothing is seen: no words, and of HTML nothing but elements that are opened and closed around nothing."""
    if not is_html or "<" not in text:
        return not text.strip()
    balance = 0
    for found in _TAGS.finditer(text):
        if found[2].lower() in _SHOWN_TAGS:
            return False
        balance += -1 if found[1] else 1
    return balance == 0 and not _TAGS.sub("", text).replace("&nbsp;", " ").strip()


def _constructs(environment: Environment, source: str) -> list[list[Tag]]:
    """Return for each if and for, in the order in which they open, its tags up to the end tag."""
    found: list[list[Tag]] = []
    opened: list[list[Tag]] = []
    for tag in _tags(environment, source):
        if tag.word in {"if", "for"}:
            found.append([tag])
            opened.append(found[-1])
        elif tag.word in {"elif", "else"}:
            opened[-1].append(tag)
        elif tag.word in {"endif", "endfor"}:
            opened.pop()
    return found


def _tags(environment: Environment, source: str) -> Iterator[Tag]:
    line, pieces, word = 0, list[str](), ""
    for number, kind, value in environment.lex(source):
        if kind == "block_begin":
            line, pieces, word = number, ["{%"], ""
        elif kind == "block_end":
            text = " ".join("".join((*pieces, "%}")).split())
            yield Tag(word, line, text[:_LONGEST_TAG])
        elif pieces:
            word = word or (value if kind == "name" else "")
            pieces.append(value)


class _Marker:
    """Walks one tree in the order of its source."""

    def __init__(self, branches: list[BranchPoint], name: str, constructs: list[list[Tag]], lines: list[str]) -> None:
        self._branches = branches
        self._name = name
        self._constructs = iter(constructs)
        self._lines = lines

    def statements(self, node: nodes.Node, *, forcing: tuple[tuple[int, bool], ...], is_shown: bool) -> None:
        """Mark what is under a node."""
        if isinstance(node, nodes.If):
            self._if(node, forcing=forcing, is_shown=is_shown)
        elif isinstance(node, nodes.For):
            self._for(node, forcing=forcing, is_shown=is_shown)
        else:
            is_shown = is_shown and not isinstance(node, _CAPTURED)
            for child in node.iter_child_nodes():
                self.statements(child, forcing=forcing, is_shown=is_shown)
            if isinstance(node, nodes.CondExpr):
                self._choice(node, forcing=forcing)

    def _if(self, node: nodes.If, *, forcing: tuple[tuple[int, bool], ...], is_shown: bool) -> None:
        tags = next(self._constructs)
        before = forcing
        for each, tag in zip((node, *node.elif_), tags, strict=False):
            self.statements(each.test, forcing=before, is_shown=False)
            number = len(self._branches)
            each.body = self._body(each.body, tag, forcing=(*before, (number, True)), is_shown=is_shown)
            each.test = _overridable(number, each.test)
            before = (*before, (number, False))
        if tags[-1].word == "else":
            node.else_ = self._body(node.else_, tags[-1], forcing=before, is_shown=is_shown)

    def _for(self, node: nodes.For, *, forcing: tuple[tuple[int, bool], ...], is_shown: bool) -> None:
        tags = next(self._constructs)
        self.statements(node.iter, forcing=forcing, is_shown=False)
        if node.test is not None:
            self.statements(node.test, forcing=forcing, is_shown=False)
        number = len(self._branches)
        node.body = self._body(node.body, tags[0], forcing=(*forcing, (number, True)), is_shown=is_shown)
        if node.test is not None:
            node.test = _overridable(number, node.test)
        if tags[-1].word == "else":
            number = len(self._branches)
            node.else_ = self._body(node.else_, tags[-1], forcing=(*forcing, (number, True)), is_shown=is_shown)
            node.iter = nodes.CondExpr(_asks("is_overridden", number, line=node.lineno), nodes.List([]), node.iter)

    def _body(
        self, body: list[nodes.Node], tag: Tag, *, forcing: tuple[tuple[int, bool], ...], is_shown: bool
    ) -> list[nodes.Node]:
        """Return the body, which tells that it was entered, and where it begins and ends."""
        number = len(self._branches)
        writes, does = _writes(body), any(True for _ in _found(body, _DOES))
        self._branches.append(
            BranchPoint(
                number, self._name, tag.line, tag.text, forcing, writes=writes and is_shown, is_bare=not (writes or does)
            )
        )
        for each in body:
            self.statements(each, forcing=forcing, is_shown=is_shown)
        entered: nodes.Node = nodes.ExprStmt(_asks("enter", number, line=tag.line), lineno=tag.line)
        if not is_shown:
            return [entered, *body]
        return [entered, _written(_BEGIN, number, tag.line), *body, _written(_END, number, tag.line)]

    def _choice(self, node: nodes.CondExpr, *, forcing: tuple[tuple[int, bool], ...]) -> None:
        """Mark both sides of a conditional expression."""
        number = len(self._branches)
        line = self._lines[node.lineno - 1].strip()[:_LONGEST_TAG] if node.lineno <= len(self._lines) else ""
        sides = [("if", True, node.expr1), ("else", False, node.expr2)]
        for side, (word, says, value) in enumerate(sides):
            if value is not None:
                wanted = (*forcing, (number, says))
                tag = f"{line} ({word})"
                self._branches.append(
                    BranchPoint(len(self._branches), self._name, node.lineno, tag, wanted, writes=False, is_bare=False)
                )
                told = _asks("enter", number + side, line=node.lineno)
                told.args.append(value)
                setattr(node, "expr2" if side else "expr1", told)
        node.test = _overridable(number, node.test)


def _writes(body: list[nodes.Node]) -> bool:
    """Whether anything but white space is to be written."""
    return any(
        not (isinstance(each, nodes.TemplateData) and not each.data.strip())
        for output in _found(body, (nodes.Output,))
        for each in output.iter_child_nodes()
    ) or any(True for _ in _found(body, (nodes.CallBlock, nodes.FilterBlock, nodes.Include)))


def _found(body: list[nodes.Node], kinds: tuple[type[nodes.Node], ...]) -> Iterator[nodes.Node]:
    for each in body:
        if isinstance(each, kinds):
            yield each
        else:
            yield from each.find_all(kinds)


def _asks(method: str, number: int, *, line: int) -> nodes.Call:
    return nodes.Call(
        nodes.EnvironmentAttribute(f"probe.{method}"), [nodes.Const(number, lineno=line)], [], None, None, lineno=line
    )


def _overridable(number: int, test: nodes.Node) -> nodes.Expr:
    line = test.lineno
    return nodes.CondExpr(_asks("is_overridden", number, line=line), _asks("answer", number, line=line), test, lineno=line)


def _written(mark: str, number: int, line: int) -> nodes.Node:
    return nodes.Output([nodes.TemplateData(f"{mark}{number}{_STOP}", lineno=line)], lineno=line)
