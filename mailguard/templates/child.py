"""The process that renders: takes sources and values, gives texts or the reason why not, and costs no more than it is told.

It has no configuration, no database and no environment to leak; what it cannot bound by itself (time) its parent does. Run as
`python -m mailguard.templates.child MEMORY OUTPUT`.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any, BinaryIO, Final

from jinja2 import Template, TemplateError, TemplateSyntaxError

from mailguard.templates.environment import MOST_SOURCE, environment, line_of
from mailguard.templates.frames import frame, read_frame

MOST_MESSAGE: Final = 300
"""Characters of what is said of an error: some of Python's hold the whole value."""

MOST_TEMPLATES: Final = 64
"""Compiled templates that are kept."""

OPEN_FILES: Final = 32
"""Enough for the tables of time zones, and for nothing else."""


class TooMuchOutputError(Exception):
    """What was rendered is larger than it may be."""


def serve(requests: BinaryIO, answers: BinaryIO, *, output: int) -> None:
    """Answer request after request, until there is no more or memory ran out: such a process is replaced."""
    _say(answers, {"ready": True})
    while (request := read_frame(requests)) is not None:
        _renew_cpu(request["seconds"])
        answer = answer_to(request, output=output)
        _say(answers, answer)
        if answer.get("exhausted"):
            return


def answer_to(request: Mapping[str, Any], *, output: int) -> dict[str, Any]:
    """Return the texts in the order of the sources, or where and why one could not be rendered."""
    texts: list[str] = []
    left = output
    for name, source, escapes in request["sources"]:
        try:
            text = rendered(name, source, request["values"], escapes=escapes, most=left)
        except MemoryError:
            return {"part": name, "line": 0, "text": "", "exhausted": True}
        except Exception as error:  # noqa: BLE001 - a template can raise anything, and its author is told of it
            return {"part": name, "line": line_of(error, name), "text": sentence_of(error, output)}
        texts.append(text)
        left -= len(text.encode())
    return {"texts": texts}


def rendered(name: str, source: str, values: Mapping[str, Any], *, escapes: bool, most: int) -> str:
    """Return the text. Raises TooMuchOutputError where it has more than `most` octets, and whatever the template raises."""
    pieces: list[str] = []
    octets = 0
    for piece in _compiled(name, source, escapes).generate(values):
        octets += len(piece.encode())
        if octets > most:
            raise TooMuchOutputError
        pieces.append(piece)
    return "".join(pieces)


def sentence_of(error: Exception, output: int) -> str:
    """Return one clause that says what is wrong, as the template's author understands it."""
    match error:
        case TooMuchOutputError():
            text = f"renders to more than {output} octets in all"
        case RecursionError():
            text = "calls itself, or is nested, too deep"
        case SyntaxError():
            text = "is nested too deep"
        case TemplateError():
            text = error.message or "cannot be read"
        case TypeError() if str(error) == "no loader for this environment specified":
            text = "include, import and extends are not available: a mail is one template"
        case TypeError() | ArithmeticError():
            text = f"{type(error).__name__}: {error}"
        case _:
            text = type(error).__name__  # its words may hold what the template was given
    return _short(text)


@lru_cache(maxsize=MOST_TEMPLATES)
def _compiled(name: str, source: str, escapes: bool) -> Template:  # noqa: FBT001 - lru_cache tells keywords apart by order
    if len(source) > MOST_SOURCE:
        raise TemplateSyntaxError(f"has more than {MOST_SOURCE} characters", lineno=0)
    sandbox = environment(escapes=escapes)
    return Template.from_code(sandbox, sandbox.compile(source, name, filename=name), sandbox.make_globals(None))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[: MOST_MESSAGE - 1]}…" if len(line) > MOST_MESSAGE else line


def _say(answers: BinaryIO, document: Mapping[str, Any]) -> None:
    answers.write(frame(document))
    answers.flush()


def _renew_cpu(seconds: float) -> None:
    """Let the next request have so many seconds of the processor, though the parent that would stop it may be gone."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    soft = ceil(spent.ru_utime + spent.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def confine(memory: int) -> None:
    """Take from this process what rendering does not need. What the host sets lower stays lower."""
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def main(arguments: Sequence[str]) -> None:
    """Confine this process and serve its standard streams."""
    memory, output = (int(argument) for argument in arguments)
    confine(memory)
    serve(sys.stdin.buffer, sys.stdout.buffer, output=output)


if __name__ == "__main__":
    main(sys.argv[1:])
