"""`mailguard template`: every branch of a template, rendered and looked over before anybody gets it."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, print_table, say
from mailguard.cli.template_values import read_rows
from mailguard.config import load_config
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.severity import Severity, Verdict
from mailguard.templates.checking import CheckRequest, check_template
from mailguard.templates.checking_pages import MOST_PAGES, pages
from mailguard.templates.checking_report import TemplateFinding, TemplateReport
from mailguard.templates.checking_template import read_templates

command = typer.Typer(rich_markup_mode=None)

Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="A .eml, .txt, .html or .j2 file.")]
Values = Annotated[
    Path | None, typer.Option("--data", metavar="FILE", help="Values to render with: JSON, JSON lines or CSV, each row.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Write each distinct mail, and an index.html.")]
Classes = Annotated[list[MailClass] | None, typer.Option("--class", help="Only as mail of this class.")]
Languages = Annotated[list[str] | None, typer.Option("--language", metavar="L", help="Only for this language, such as de.")]


@command.callback()
def _group() -> None:
    """Look after templates."""


@command.command()
def check(
    *,
    files: Files,
    data: Values = None,
    out: Out = None,
    classes: Classes = None,
    languages: Languages = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Render every branch for every reply state, language and class, and name what must not go out.

    Exit status 1 if there is an error.
    """
    loaded = load_config(config)
    request = CheckRequest(
        rows=read_rows(data) if data else None,
        languages=tuple(languages or ()),
        classes=tuple(classes or ()),
        unsubscribe_url=loaded.rendering.unsubscribe_url,
        limits=loaded.rendering.limits,
    )
    templates = read_templates([(str(file), _read(file)) for file in files])
    reports = [check_template(template, request) for template in templates]
    if out is not None:
        _write(out, reports)
    if as_json:
        print_json(_document(reports))
    else:
        for report in reports:
            _show(report)
    if any(report.verdict is Verdict.FAIL for report in reports):
        raise typer.Exit(1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _write(folder: Path, reports: list[TemplateReport]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, octets in pages(reports):
            (folder / name).write_bytes(octets)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error
    note(f"the rendered mails are in {folder}; open {folder / 'index.html'}")
    for report in reports:
        if len(report.mails) > MOST_PAGES:
            note(f"{report.template}: only the first {MOST_PAGES} of {len(report.mails)} distinct mails were written")


def _document(reports: list[TemplateReport]) -> dict[str, Any]:
    failed = any(report.verdict is Verdict.FAIL for report in reports)
    return {"verdict": Verdict.FAIL if failed else Verdict.PASS, "templates": [_report(report) for report in reports]}


def _report(report: TemplateReport) -> dict[str, Any]:
    """Return the report; of the mails only how many there are, for `--out` has them."""
    document = {each.name: getattr(report, each.name) for each in fields(report)}
    return document | {"mails": len(report.mails)}


def _show(report: TemplateReport) -> None:
    kinds = f"states {', '.join(report.states)}; languages {', '.join(report.languages)}; classes {', '.join(report.classes)}"
    say(f"{report.template}: {report.verdict}")
    say(f"  {counted(report.cases, 'case')} ({kinds}), {counted(len(report.mails), 'distinct mail')}")
    if report.made_up:
        say(f"  values were made up for: {', '.join(report.made_up)}; give yours with --data")
    if report.branches:
        say("")
        rows = [(one.part, one.line, one.tag, one.walked.value, one.count, "; ".join(one.cases[:2])) for one in report.branches]
        print_table(("part", "line", "branch", "walked", "cases", "such as"), rows)
    if report.findings:
        say("")
        print_table(("", "code", "where", "what", "times"), [_row(one) for one in report.findings])
    errors = sum(one.severity is Severity.ERROR for one in report.findings)
    say("")
    say(f"{counted(errors, 'error')}, {counted(len(report.findings) - errors, 'warning')}")


def _row(one: TemplateFinding) -> tuple[object, ...]:
    where = f"{one.file}:{one.line}" if one.line else one.file
    example = f" (such as: {one.examples[0]})" if one.examples else ""
    return one.severity.value, one.code.value, where, one.text + example, one.count
