"""What a template takes each of its names for, read from its syntax tree: a list, an object, a number, a day, some words.

Guesses, as a reader would, from how a name is used; never renders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeGuard

from jinja2 import Environment, meta, nodes

_NUMERIC: Final = frozenset({"round", "abs", "int", "float", "filesizeformat"})
_LISTS: Final = frozenset({
    "join", "first", "last", "sort", "sum", "map", "select", "reject", "selectattr", "rejectattr", "groupby", "batch", "slice",
    "unique", "min", "max",
})  # fmt: skip
_PAIRS: Final = frozenset({"items", "keys", "values"})
_METHODS: Final = _PAIRS | {
    "strip",
    "lower",
    "upper",
    "title",
    "split",
    "replace",
    "startswith",
    "endswith",
    "capitalize",
    "get",
}
_DIRECTIVE: Final = re.compile(r"%(?:\((?P<name>\w+)\))?[#0 +-]*\d*(?:\.\d+)?(?P<kind>[A-Za-z%])")
_NUMBER_KINDS: Final = frozenset("diouxXeEfFgG")
_ARITHMETIC: Final = (nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Pow, nodes.Neg, nodes.Pos)


@dataclass(slots=True)
class Shape:
    """How one value is used. `said`: what it is compared with. `is_asked`: it decides something by being there or not."""

    attributes: dict[str, Shape] = field(default_factory=dict)
    item: Shape | None = None
    said: dict[str | int | float, None] = field(default_factory=dict)
    is_number: bool = False
    is_time: bool = False
    is_asked: bool = False
    may_be_missing: bool = False

    def attribute(self, name: str) -> Shape:
        """The shape of an attribute, or of the item of that name."""
        return self.attributes.setdefault(name, Shape())

    def items(self) -> Shape:
        """The shape of what it holds."""
        self.item = self.item or Shape()
        return self.item


def shapes_of(environment: Environment, sources: Iterable[str]) -> dict[str, Shape]:
    """Return the shape of each name that must be given from outside. Raises TemplateSyntaxError."""
    reader = _Reader()
    wanted: set[str] = set()
    for source in sources:
        tree = environment.parse(source)
        own = _own_names(tree)
        reader.read(tree)
        # Last, for it folds the tree's constants.
        wanted |= meta.find_undeclared_variables(tree) - own - environment.globals.keys()
    return {name: reader.names.get(name, Shape()) for name in sorted(wanted)}


class _Reader:
    """Walks a tree in the order of its source. `names` are shapes by name; a loop's variable is its list's item."""

    def __init__(self) -> None:
        self.names: dict[str, Shape] = {}

    def read(self, node: nodes.Node) -> None:
        """Take in what is under a node."""
        if _is_method(node):
            self._called(node)
            return
        self._noted(node)
        for child in node.iter_child_nodes():
            self.read(child)

    def _called(self, node: nodes.Call) -> None:
        """Take in a call of what a value can do, such as `name.upper()`."""
        method = node.node
        for child in (*method.iter_child_nodes(), *node.args):
            self._of(child)
            self.read(child)

    def _noted(self, node: nodes.Node) -> None:
        match node:
            case nodes.For():
                self._loop(node)
            case nodes.Assign(target=nodes.Name(name=name)):
                self._assigned(name, node.node)
            case nodes.If() | nodes.CondExpr():
                self._asked(node.test)
            case nodes.Compare():
                self._compared(node)
            case nodes.Filter() if node.node is not None:
                self._filtered(node)
            case nodes.Test():
                self._tested(node)
            case nodes.Getattr() | nodes.Getitem():
                self._of(node)
            case nodes.BinExpr() | nodes.UnaryExpr() if isinstance(node, _ARITHMETIC):
                self._calculated(node)

    def _calculated(self, node: nodes.Node) -> None:
        match node:
            case nodes.Mod(left=nodes.Const(value=str() as text), right=right):
                self._formatted(text, right.items if isinstance(right, nodes.Tuple) else [right], {})
            case _:
                for child in node.iter_child_nodes():
                    self._is_number(child)

    def _of(self, node: nodes.Node | None) -> Shape | None:
        """Return the shape of what an expression names, None where it names nothing from outside."""
        match node:
            case nodes.Name():
                return self.names.setdefault(node.name, Shape())
            case nodes.Getattr(attr=name) | nodes.Getitem(arg=nodes.Const(value=str() as name)):
                outer = self._of(node.node)
                return outer.attribute(name) if outer is not None else None
            case nodes.Getitem(arg=nodes.Const(value=int())) | nodes.Filter(name="first" | "last"):
                outer = self._of(node.node)
                return outer.items() if outer is not None else None
            case nodes.Filter():
                return self._of(node.node)
            case _:
                return None

    def _loop(self, node: nodes.For) -> None:
        pairs = node.iter.node if isinstance(node.iter, nodes.Call) else None
        if isinstance(pairs, nodes.Getattr) and pairs.attr in _PAIRS:
            outer = self._of(pairs.node)
            if outer is not None:
                outer.attribute("first")
            return
        shape = self._of(node.iter)
        if shape is not None:
            shape.is_asked = True
            item = shape.items()
            if isinstance(node.target, nodes.Name):
                self.names[node.target.name] = item

    def _assigned(self, name: str, value: nodes.Node) -> None:
        """Take a name for what it is given: `{% set language = last_reply_language or "en" %}`."""
        shape = self._of(value.left if isinstance(value, nodes.Or) else value)
        if shape is not None:
            self.names[name] = shape

    def _asked(self, test: nodes.Node) -> None:
        match test:
            case nodes.Not():
                self._asked(test.node)
            case nodes.And() | nodes.Or():
                self._asked(test.left)
                self._asked(test.right)
            case nodes.Name() | nodes.Getattr() | nodes.Getitem() | nodes.Filter():
                shape = self._of(test)
                if shape is not None:
                    shape.is_asked = True

    def _compared(self, node: nodes.Compare) -> None:
        sides = (node.expr, *(each.expr for each in node.ops))
        said = [value for side in sides for value in _constants(side)]
        for side in sides:
            shape = self._of(side)
            if shape is not None:
                shape.said |= dict.fromkeys(said)
                shape.is_number |= any(isinstance(value, int | float) for value in said)
        for each in node.ops:
            if each.op in {"in", "notin"} and isinstance(node.expr, nodes.Const):
                shape = self._of(each.expr)
                if shape is not None:
                    shape.items().said |= dict.fromkeys(_constants(node.expr))

    def _filtered(self, node: nodes.Filter) -> None:
        if node.name == "format" and isinstance(node.node, nodes.Const):
            self._formatted(str(node.node.value), node.args, {str(each.key): each.value for each in node.kwargs})
        shape = self._of(node.node)
        if shape is None:
            return
        shape.is_number |= node.name in _NUMERIC
        shape.is_time |= node.name == "date"
        shape.may_be_missing |= node.name in {"default", "d"}
        if node.name in _LISTS:
            item = shape.items()
            if node.name in {"sum", "join", "map", "sort", "unique"}:
                for keyword in node.kwargs:
                    if keyword.key == "attribute" and isinstance(keyword.value, nodes.Const):
                        item.attribute(str(keyword.value.value)).is_number |= node.name == "sum"
                item.is_number |= node.name == "sum" and not item.attributes

    def _formatted(self, text: str, values: Sequence[nodes.Node], named: Mapping[str, nodes.Node]) -> None:
        """Take in `"%.2f" | format(price)` and `"%.2f" % price`: what stands for the directive of a number is one."""
        found = [(each["name"], each["kind"]) for each in _DIRECTIVE.finditer(text) if each["kind"] != "%"]
        for number, (name, kind) in enumerate(found):
            value = named.get(name) if name else next(iter(values[number : number + 1]), None)
            if value is not None and kind in _NUMBER_KINDS:
                self._is_number(value)

    def _tested(self, node: nodes.Test) -> None:
        shape = self._of(node.node)
        if shape is not None:
            shape.may_be_missing |= node.name in {"defined", "undefined"}
            shape.is_asked |= node.name in {"none", "true", "false"}
            shape.is_number |= node.name in {"divisibleby", "even", "odd", "number"}

    def _is_number(self, node: nodes.Node) -> None:
        shape = self._of(node)
        if shape is not None and not (isinstance(node, nodes.Name | nodes.Getattr) and shape.attributes):
            shape.is_number = True


def _own_names(tree: nodes.Template) -> set[str]:
    """Return the names that a template gives a value itself: where they are asked for besides, they are undefined there."""
    given = {name.name for name in tree.find_all(nodes.Name) if name.ctx in {"store", "param"}}
    changed = {
        name.name
        for each in tree.find_all(nodes.Assign)
        for name in each.node.find_all(nodes.Name)
        if isinstance(each.target, nodes.Name) and name.name == each.target.name
    }
    bare = {each.node.name for each in tree.find_all(nodes.Assign) if isinstance(each.node, nodes.Name)}
    return given - changed - bare


def _is_method(node: nodes.Node) -> TypeGuard[nodes.Call]:
    return isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr in _METHODS


def _constants(node: nodes.Node) -> list[str | int | float]:
    found = node.items if isinstance(node, nodes.List | nodes.Tuple) else [node]
    values = [each.value for each in found if isinstance(each, nodes.Const)]
    return [value for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)]
