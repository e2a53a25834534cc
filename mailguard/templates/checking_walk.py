"""Renders a template in every case and tells, for each, what came out, which branches it came through and what was undefined.

Runs where rendering may run: in a process of its own (`checking_process`). Takes and yields what JSON can hold.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError

from mailguard.mail.control import MailClass
from mailguard.templates.checking_branches import BranchPoint, Instrument, Probe, blank_branches, is_mark, without_marks
from mailguard.templates.checking_case import (
    CONTEXT_NAMES,
    LANGUAGE_NAMES,
    STANDINGS,
    Case,
    cases,
    context_values,
    languages_of,
    url_value,
)
from mailguard.templates.checking_sample import filled, sample, sample_rows
from mailguard.templates.checking_shape import Shape, shapes_of
from mailguard.templates.child import TooMuchOutputError, sentence_of
from mailguard.templates.environment import MOST_SOURCE, Sandbox, line_of

_MADE_BY_RELAY: Final = CONTEXT_NAMES | {"unsubscribe_url"}
_MOST_MARKS: Final = 50_000
"""Marks of branches that are looked at in one rendering: a loop may have any number."""

Timed = Callable[[], AbstractContextManager[None]]


class TooLongError(Exception):
    """A rendering takes longer than it may."""


class ExhaustedError(Exception):
    """A rendering took more than it may have, and nothing more is to be rendered."""

    def __init__(self, part: str, line: int, why: str) -> None:
        super().__init__(why)
        self.part = part
        self.line = line


@dataclass(slots=True)
class _Heard:
    """What a rendering complained of: part, line, and name or sentence. `is_rendering`: not while a template is compiled."""

    undefined: dict[tuple[str, int, str], None]
    failed: list[tuple[str, int, str]]
    is_rendering: bool = False


class _Told(StrictUndefined):
    """Undefined, as strict as ever in what it may not do; tells it and goes on, so that one rendering finds all of them."""

    heard: _Heard

    def _tell(self, *_: Any, **__: Any) -> Any:
        if not self.heard.is_rendering:
            self._fail_with_undefined_error()  # Jinja2 tries constants while it compiles, and leaves alone what fails
        name, line = _place()
        self.heard.undefined[name, line, sentence_of(self._undefined_exception(self._undefined_message), 0)] = None
        return self

    def __getattr__(self, name: str) -> Any:
        if name[:2] == name[-2:] == "__":
            raise AttributeError(name)
        return self._tell()

    def _text(self) -> str:
        self._tell()
        return ""

    def _nothing(self) -> Iterator[Any]:
        self._tell()
        return iter(())

    def _zero(self, *_: Any) -> int:
        self._tell()
        return 0

    def _no(self, *_: Any) -> bool:
        self._tell()
        return False

    __call__ = __getitem__ = _tell
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _tell
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __pos__ = __neg__ = _tell
    __str__ = _text  # type: ignore[assignment]
    __iter__ = _nothing  # type: ignore[assignment]
    __len__ = __hash__ = __int__ = __index__ = _zero  # type: ignore[assignment]
    __bool__ = __contains__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _no  # type: ignore[assignment]

    def __float__(self) -> float:  # type: ignore[override]
        return float(self._zero())


def walk(job: Mapping[str, Any], *, timed: Timed, most: int) -> Iterator[dict[str, Any]]:
    """Yield what there is to say of the template, then of each case, then of each branch that no case came through.

    `job`: sources ([kind, text, escapes]), rows (None: make them up), languages, classes, unsubscribe_url. each rendering
    runs within `timed`, which raises TooLongError in it; `most` are the octets that one may write. Raises ExhaustedError.
    """
    try:
        walker = _Walker(job, timed, most)
    except TemplateSyntaxError as error:
        yield {"syntax": [error.name or "", error.lineno, sentence_of(error, most)]}
        yield {"done": True}
        return
    yield walker.opening()
    for case in walker.cases():
        yield {"case": [case.name, case.state, case.language, case.mail_class.value]} | walker.render(case.values, {})
    yield from walker.forced()
    yield {"done": True}


class _Walker:
    """One template: its parts compiled, and the rows it is rendered with."""

    def __init__(self, job: Mapping[str, Any], timed: Timed, most: int) -> None:
        self._job = job
        self._timed = timed
        self._most = most
        self._probe = Probe()
        self._heard = _Heard({}, [])
        self._told = type("_ToldHere", (_Told,), {"heard": self._heard, "__slots__": ()})
        self._instrument = Instrument()
        self._parts = [(kind, escapes, self._compiled(kind, text, escapes=escapes)) for kind, text, escapes in job["sources"]]
        shapes = shapes_of(Sandbox(escapes=False), (text for _, text, _ in job["sources"]))
        self._languages = tuple(job["languages"]) or languages_of(shapes)
        self._shapes: dict[str, Shape] = {name: shape for name, shape in shapes.items() if name not in _MADE_BY_RELAY}
        self._heard.is_rendering = True
        self._rows: Sequence[Mapping[str, Any]] = job["rows"] if job["rows"] is not None else sample_rows(self._shapes)
        self._seen: set[bytes] = set()
        self._entered: set[int] = set()

    def opening(self) -> dict[str, Any]:
        """What is known before anything is rendered."""
        return {
            "branches": [[one.name, one.line, one.tag, one.is_bare] for one in self._instrument.branches],
            "made_up": sorted(self._shapes) if self._job["rows"] is None else [],
            "languages": self._languages,
            "rows": len(self._rows),
        }

    def cases(self) -> Iterator[Case]:
        """All cases."""
        own = self._job["rows"] is not None and any(name in row for row in self._rows[:1] for name in LANGUAGE_NAMES)
        return cases(
            self._rows,
            languages=self._languages,
            classes=[MailClass(name) for name in self._job["classes"]],
            unsubscribe_url=self._job["unsubscribe_url"],
            own_language=own,
        )

    def render(self, values: Mapping[str, Any], overridden: Mapping[int, bool]) -> dict[str, Any]:
        """Render all parts; the texts are told where they are new."""
        self._probe.entered.clear()
        self._probe.overridden = dict(overridden)
        self._heard.undefined.clear()
        self._heard.failed.clear()
        texts: dict[str, str] = {}
        full: set[int] = set()
        blank: set[int] = set()
        for kind, escapes, template in self._parts:
            text = self._render(kind, template, values)
            part_full, part_blank = blank_branches(text, is_html=escapes)
            full, blank = full | part_full, blank | part_blank
            texts[kind] = without_marks(text).encode("utf-8", "replace").decode()
        self._entered |= self._probe.entered
        digest = blake2b(repr((texts, tuple(self._heard.undefined), self._heard.failed)).encode(), digest_size=16)
        is_new = digest.digest() not in self._seen
        self._seen.add(digest.digest())
        return {
            "digest": digest.hexdigest(),
            "entered": sorted(self._probe.entered),
            "full": sorted(full),
            "blank": sorted(blank),
            "undefined": [list(each) for each in self._heard.undefined],
            "failed": [list(each) for each in self._heard.failed],
            "texts": texts if is_new else None,
        }

    def forced(self) -> Iterator[dict[str, Any]]:
        """Render what no case came through, its tests and those of what is around it overridden."""
        for branch in self._instrument.branches:
            if branch.number not in self._entered and not branch.is_bare:
                yield {"forced": branch.number} | self._force(branch)

    def _force(self, branch: BranchPoint) -> dict[str, Any]:
        """The rendering, among the ways in which people stand with us, in which least is undefined."""
        before = set(self._entered)
        found: list[dict[str, Any]] = []
        for standing in (STANDINGS[3], STANDINGS[0], STANDINGS[1]):
            values = {
                **self._fill(),
                **context_values(standing, language=self._languages[0], mail_class=MailClass(self._job["classes"][0])),
                **url_value(self._job["unsubscribe_url"]),
            }
            seen = set(self._seen)
            found.append(self.render(values, dict(branch.forcing)))
            self._entered, self._seen = set(before), seen
            if not (found[-1]["undefined"] or found[-1]["failed"]):
                break
        return min(found, key=lambda one: len(one["undefined"]) + len(one["failed"]))

    def _fill(self) -> dict[str, Any]:
        if self._job["rows"] is None:
            return sample(self._shapes)
        return filled(self._rows[0] if self._rows else {}, self._shapes)

    def _render(self, kind: str, template: Template, values: Mapping[str, Any]) -> str:
        pieces: list[str] = []
        try:
            with self._timed():
                self._write(template, values, pieces)
        except MemoryError as error:
            raise ExhaustedError(kind, 0, "takes more memory than it may have") from error
        except TooLongError as error:
            raise ExhaustedError(kind, line_of(error, kind), "takes longer than it may") from error
        except Exception as error:  # noqa: BLE001 - a template can raise anything, and its author is told of it
            self._heard.failed.append((kind, line_of(error, kind), sentence_of(error, self._most)))
        return "".join(pieces)

    def _write(self, template: Template, values: Mapping[str, Any], pieces: list[str]) -> None:
        """Add what the template writes to `pieces`. Raises TooMuchOutputError, and whatever the template raises."""
        octets = marks = 0
        for piece in template.generate(values):
            if is_mark(piece):
                marks += 1
                if marks > _MOST_MARKS:
                    continue
            else:
                octets += len(piece.encode("utf-8", "surrogatepass"))
            if octets > self._most:
                raise TooMuchOutputError
            pieces.append(piece)

    def _compiled(self, kind: str, text: str, *, escapes: bool) -> Template:
        if len(text) > MOST_SOURCE:
            raise TemplateSyntaxError(f"has more than {MOST_SOURCE} characters", lineno=0, name=kind)
        sandbox = Sandbox(escapes=escapes)
        sandbox.undefined = self._told
        sandbox.__dict__["probe"] = self._probe
        try:
            tree = self._instrument.mark(sandbox, text, kind)
            return Template.from_code(sandbox, sandbox.compile(tree, kind, kind), sandbox.make_globals(None))
        except (RecursionError, SyntaxError) as error:
            raise TemplateSyntaxError("is nested too deep", lineno=0, name=kind) from error


def _place() -> tuple[str, int]:
    """Return the part and line that is being rendered."""
    frame = sys._getframe(2)  # noqa: SLF001 - only the stack knows where a template stands
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template) and template.name is not None:
            return template.name, template.get_corresponding_lineno(frame.f_lineno)
        if frame.f_back is None:
            break
        frame = frame.f_back
    return "", 0
