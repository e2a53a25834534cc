"""The sandbox that every template is rendered in: Jinja2 without what escapes, exhausts, or differs from one time to the next.

What a template can cost is bounded twice. Here, what asks for too much in one expression is refused with a sentence that its
author understands; what only adds up (loops within loops, text doubled forty times) is for the limits of the process that
renders (`templates.renderer`). Knows no mail, no context and no process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import AsyncLoopContext, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

MOST_SOURCE: Final = 1_048_576
"""Characters of one template."""

MOST_ITEMS: Final = 10_000
"""Items of one range, and of what a `*` makes of a list."""

MOST_CHARACTERS: Final = 1_000_000
"""Characters of what a `*` makes of a text."""

MOST_WIDTH: Final = 1_000
"""Columns that a filter may pad, indent or wrap to."""

MOST_BITS: Final = 4_096
"""Bits of a whole number."""

# What is not the same for each rendering has no place in mail that is compared with what was sent before.
_REMOVED_FILTERS: Final = ("random",)
_REMOVED_GLOBALS: Final = ("lipsum",)
_STR_METHODS: Final = frozenset({
    "capitalize", "casefold", "count", "endswith", "find", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit",
    "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "lower", "lstrip", "partition",
    "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rpartition", "rsplit", "rstrip", "split", "splitlines",
    "startswith", "strip", "swapcase", "title", "upper",
})  # fmt: skip
_METHODS: Final[Mapping[type, frozenset[str]]] = {
    str: _STR_METHODS,
    list: frozenset({"count", "index"}),
    tuple: frozenset({"count", "index"}),
    dict: frozenset({"get", "items", "keys", "values"}),
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer"}),
}
"""What may be called on a value. Everything else is refused, so that nothing new in Python opens a door."""

_OF_JINJA: Final = (LoopContext, AsyncLoopContext, Macro, Cycler, Joiner, Namespace)
_DIRECTIVE: Final = re.compile(r"%(?:\([^()]*\)|(\())?[#0 +-]*(\*|\d*)(?:\.(\*|\d*))?")
_DATE_FORMAT: Final = re.compile(r"(?:[^%]|%[aAbBdHIjmMpSuUwWyYZz%])*")


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment of one kind of part: `escapes` says whether values are HTML-escaped."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, *, escapes: bool) -> None:
        super().__init__(
            undefined=StrictUndefined, autoescape=escapes, keep_trailing_newline=True, cache_size=0, finalize=_shown
        )
        for name in _REMOVED_GLOBALS:
            del self.globals[name]
        for name in _REMOVED_FILTERS:
            del self.filters[name]
        self.globals["range"] = _bounded_range
        changed: dict[str, Callable[..., Any]] = {
            "center": _bounded(self.filters["center"], "width"),
            "indent": _bounded(self.filters["indent"], "width"),
            "wordwrap": _bounded(self.filters["wordwrap"], "width"),
            "batch": _bounded(self.filters["batch"], "linecount"),
            "slice": _bounded(self.filters["slice"], "slices"),
            "round": _bounded(self.filters["round"], "precision"),
            "format": _formatted,
            "date": date,
        }
        self.filters.update(changed)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may have the attribute: what the tables above name, and what Jinja2's own objects are for."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, (_OF_JINJA, Undefined)):
            return True
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The attribute, or the item of that name; of values that came as JSON, `order.items` is the item."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ARG002 - as Jinja2 calls it
        """None: `str.format` is not among the methods; the filter `format` does its work within bounds."""
        return None

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The result of `*`, `**` or `%`. Raises SecurityError where it would be too large."""
        if operator == "%" and isinstance(left, str):
            return _formatted(left, *(right if isinstance(right, tuple) else (right,)))
        if operator == "*":
            _refuse_large_product(left, right)
        elif operator == "**":
            _refuse_large_power(left, right)
        return super().call_binop(context, operator, left, right)


@cache
def environment(*, escapes: bool) -> Sandbox:
    """Return the environment for parts whose values are HTML-escaped, or for plain text."""
    return Sandbox(escapes=escapes)


def date(value: str, format: str = "%Y-%m-%d", zone: str = "UTC") -> str:  # noqa: A002 - as templates call it
    """Return an instant (ISO 8601, as the context has them) as `strftime` writes it, in English, in the zone of that name.

    Raises SecurityError for a directive that is not plain, ValueError for what is no instant.
    """
    if not isinstance(value, str):
        raise SecurityError("date: it is no instant, such as 2026-11-19T08:12:00Z; test it with `is none` first")
    if len(format) > MOST_WIDTH or not _DATE_FORMAT.fullmatch(format):
        raise SecurityError(f"date: the format {format[:40]!r} has a directive that is not available")
    try:
        return datetime.fromisoformat(value).astimezone(ZoneInfo(zone)).strftime(format)
    except (ValueError, OverflowError, OSError, KeyError) as error:
        raise SecurityError("date: the value is no instant, or the zone is not known") from error


def line_of(error: BaseException, name: str) -> int:
    """Return the line of the template called `name` (its file name when it was compiled) where `error` arose; 0 for none."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _shown(value: Any) -> Any:
    """Return a value that is about to be shown. Raises SecurityError for what no reader of a mail should meet: `None`, code."""
    if value is None:
        raise SecurityError("the value is none; say what stands in its place, or test it with `is none` first")
    if isinstance(value, (str, int, float, list, tuple, dict, Undefined)):
        return value
    raise SecurityError(f"a {type(value).__name__} is no text that can be shown")


def _bounded_range(*arguments: int) -> range:
    found = range(*arguments)
    if len(found) > MOST_ITEMS:
        raise SecurityError(f"range: more than {MOST_ITEMS} items")
    return found


def _bounded(filter: Callable[..., Any], argument: str) -> Callable[..., Any]:  # noqa: A002 - Jinja2's word
    """Return the filter with its numbers bounded: positions and names of the others do not matter, all of them are small."""

    def checked(*arguments: Any, **named: Any) -> Any:
        for number in (*arguments, *named.values()):
            if isinstance(number, int) and abs(number) > MOST_WIDTH:
                raise SecurityError(f"{filter.__name__.removeprefix('do_')}: {argument} above {MOST_WIDTH}")
        return filter(*arguments, **named)

    # Jinja2 hands the environment or the context to a filter that is marked so.
    checked.__dict__.update(filter.__dict__)
    return checked


def _formatted(text: str, *values: Any, **named: Any) -> str:
    """Return what `%` makes of a text, within MOST_WIDTH columns a value."""
    for nested, width, precision in _DIRECTIVE.findall(text):
        if nested:  # Python takes "%(a(b))9s" for the width of a(b)
            raise SecurityError("format: a name with parentheses")
        if "*" in width + precision or any(len(number) > 3 for number in (width, precision)):
            raise SecurityError(f"format: a value wider than {MOST_WIDTH - 1} columns")
    return text % (named or values)


def _refuse_large_product(left: Any, right: Any) -> None:
    for value, times in ((left, right), (right, left)):
        if not isinstance(times, int):
            continue
        if isinstance(value, (str, list, tuple)):
            most = MOST_CHARACTERS if isinstance(value, str) else MOST_ITEMS
            if times > 0 and len(value) * times > most:
                raise SecurityError(f"*: more than {most} {'characters' if isinstance(value, str) else 'items'}")
        elif isinstance(value, int) and value.bit_length() + times.bit_length() > MOST_BITS:
            raise SecurityError("*: the number is too large")


def _refuse_large_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > MOST_BITS:
        raise SecurityError("**: the number is too large")
