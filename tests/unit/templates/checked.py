"""Templates that are checked: from sources, and those in fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mailguard.templates.checking import CheckRequest, check_template
from mailguard.templates.checking_report import TemplateFinding, TemplateReport
from mailguard.templates.checking_template import CheckedTemplate, read_templates
from mailguard.templates.checking_walk import walk

FIXTURES = Path(__file__).parents[3] / "fixtures" / "templates"
FREE: Any = None


def template(text: str, name: str = "mail.txt") -> CheckedTemplate:
    return read_templates([(name, text.encode())])[0]


def checked(text: str, name: str = "mail.txt", **request: Any) -> TemplateReport:
    return check_template(template(text, name), CheckRequest(**request))


def fixture(*names: str, **request: Any) -> TemplateReport:
    files = [(name, (FIXTURES / name).read_bytes()) for name in names]
    return check_template(read_templates(files)[0], CheckRequest(**request))


def codes(report: TemplateReport) -> set[str]:
    return {one.code.value for one in report.findings}


def one(report: TemplateReport, code: str) -> TemplateFinding:
    (found,) = [each for each in report.findings if each.code.value == code]
    return found


@contextmanager
def untimed() -> Iterator[None]:
    yield


def told(*texts: str, rows: Sequence[Mapping[str, Any]] | None = None, html: str = "", **job: Any) -> list[dict[str, Any]]:
    """What a walk in this process tells."""
    return list(telling(*texts, rows=rows, html=html, **job))


def telling(
    *texts: str, rows: Sequence[Mapping[str, Any]] | None = None, html: str = "", **job: Any
) -> Iterator[dict[str, Any]]:
    """The same, as it goes on."""
    sources = [["subject", "Hello", False]] * (len(texts) > 1) + [["text", text, False] for text in texts[:1]]
    sources += [["html", html, True]] if html else []
    asked = {"sources": sources, "rows": rows, "languages": [], "classes": ["service"], "unsubscribe_url": ""} | job
    return walk(asked, timed=untimed, most=100_000)
