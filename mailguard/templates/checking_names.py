"""The names of a template, looked over: those that a context has and data may not, and those that look misspelt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from mailguard.policy.severity import Severity
from mailguard.templates.checking_case import CONTEXT_NAMES
from mailguard.templates.checking_report import Problem, TemplateFinding
from mailguard.templates.checking_template import CheckedTemplate, TemplatePart

_NAMES: Final = sorted(CONTEXT_NAMES | {"unsubscribe_url"})
_LIKE: Final = 0.85
_SHORTEST: Final = 6


def name_findings(
    template: CheckedTemplate, made_up: Sequence[str], rows: Sequence[Mapping[str, Any]] | None
) -> Iterator[TemplateFinding]:
    """Yield what is wrong with names. `made_up` are those whose values are samples, so that none of them is undefined."""
    for name in made_up:
        like = get_close_matches(name, _NAMES, n=1, cutoff=_LIKE) if len(name) >= _SHORTEST else []
        if like:
            part = _part_with(template, name)
            yield TemplateFinding(
                code=Problem.MISSPELT_NAME,
                severity=Severity.ERROR,
                file=part.file,
                part=part.kind,
                line=part.line_with(name),
                text=f"{name} is no name of the context; it looks like {like[0]}",
            )
    given = rows or ([template.values] if template.values is not None else [])
    for name in sorted({name for row in given for name in row} & set(_NAMES)):
        yield TemplateFinding(
            code=Problem.SHADOWED_NAME,
            severity=Severity.ERROR,
            file=template.name,
            part="",
            line=0,
            text=f"the values have {name}, which is a name of the context; call it otherwise",
        )


def _part_with(template: CheckedTemplate, name: str) -> TemplatePart:
    return next((part for part in template.parts if name in part.text), template.parts[0])
