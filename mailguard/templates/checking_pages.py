"""Pages to look at what a template was rendered to: an index with the branches and findings, and each mail as files.

They need nothing from elsewhere: no script, no style sheet, no picture. HTML parts stand in a frame that runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from typing import Final

from mailguard.policy.severity import Severity
from mailguard.templates.checking_report import Branch, RenderedMail, TemplateFinding, TemplateReport, Walked
from mailguard.templates.checking_template import HTML, SUBJECT, TEXT

MOST_PAGES: Final = 500
"""Mails of one template that are written."""
_CASES_SHOWN: Final = 4

_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1.25rem}
h1{font-size:1.4rem;margin-bottom:.25rem}h2{font-size:1.05rem;margin:2rem 0 .5rem}
.sum{color:GrayText;margin:0 0 1rem}
.pass{color:#187a3c}.fail,.error{color:#c22b2b}.warning{color:#a06000}
table{border-collapse:collapse;width:100%;font-size:.9rem}
th{text-align:left;font-weight:600}th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
.mails{display:grid;grid-template-columns:repeat(auto-fill,minmax(22rem,1fr));gap:1rem}
.mail{border:1px solid var(--line);border-radius:.5rem;overflow:hidden;display:flex;flex-direction:column}
.mail header{padding:.6rem .8rem;border-bottom:1px solid var(--line);background:var(--soft)}
.mail header b{display:block}.mail small{color:GrayText}
.mail iframe{border:0;width:100%;height:18rem;background:#fff}
.mail pre{margin:0;padding:.8rem;height:16.4rem;overflow:auto;white-space:pre-wrap;font:.82rem ui-monospace,monospace}
.mail footer{padding:.4rem .8rem;border-top:1px solid var(--line);font-size:.85rem}
@media(prefers-color-scheme:dark){.pass{color:#5cc983}.fail,.error{color:#ff8080}.warning{color:#e0a040}}
"""


def pages(reports: Sequence[TemplateReport]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and octets of each file: `index.html`, and for each mail its parts and the whole as `.eml`."""
    yield "index.html", _index(reports).encode("utf-8", "replace")
    for report, name, mail in _named(reports):
        for kind, suffix in ((TEXT, "txt"), (HTML, "html")):
            if kind in mail.parts:
                yield f"{name}.{suffix}", mail.parts[kind].encode("utf-8", "replace")
        yield f"{name}.eml", _message(report, mail)


def _named(reports: Sequence[TemplateReport]) -> Iterator[tuple[TemplateReport, str, RenderedMail]]:
    for at, report in enumerate(reports, 1):
        for number, mail in enumerate(report.mails[:MOST_PAGES], 1):
            yield report, f"{at}-{number:03}", mail


def _message(report: TemplateReport, mail: RenderedMail) -> bytes:
    """Return the mail as a mail program opens it; the relay itself keeps the header that the template has."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(_clean(mail.parts.get(SUBJECT, report.template)).split())
    message["X-Checked-Case"] = _ascii(", ".join(mail.cases[:1]))
    if TEXT in mail.parts:
        message.set_content(_clean(mail.parts[TEXT]))
    if HTML in mail.parts and TEXT in mail.parts:
        message.add_alternative(_clean(mail.parts[HTML]), subtype="html")
    elif HTML in mail.parts:
        message.set_content(_clean(mail.parts[HTML]), subtype="html")
    return message.as_bytes()


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())[:200]


def _index(reports: Sequence[TemplateReport]) -> str:
    sections = "".join(_section(at, report) for at, report in enumerate(reports, 1))
    title = "Templates, as they were rendered"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style>{sections}</html>"
    )


def _section(at: int, report: TemplateReport) -> str:
    mails = "".join(_mail(f"{at}-{number:03}", mail) for number, mail in enumerate(report.mails[:MOST_PAGES], 1))
    made_up = f" Values were made up for {escape(', '.join(report.made_up))}." if report.made_up else ""
    more = len(report.mails) - MOST_PAGES
    return (
        f"<h1>{escape(report.template)} "
        f'<span class="{report.verdict.value}">{report.verdict.value}</span></h1>'
        f'<p class="sum">{report.cases} cases: states {escape(", ".join(report.states))}; '
        f"languages {escape(', '.join(report.languages))}; classes {escape(', '.join(report.classes))}.{made_up}</p>"
        f"{_findings(report.findings)}{_branches(report.branches)}"
        f'<h2>{len(report.mails)} distinct mails</h2><div class="mails">{mails}</div>'
        + (f"<p>{more} more are not shown.</p>" if more > 0 else "")
    )


def _findings(findings: Sequence[TemplateFinding]) -> str:
    if not findings:
        return "<h2>No findings</h2>"
    rows = "".join(
        f'<tr><td class="{one.severity.value}">{one.severity.value}<td><code>{one.code.value}</code>'
        f"<td>{escape(f'{one.part} ' if one.part else '')}{f'line {one.line}' if one.line else ''}<td>{escape(one.text)}"
        f'<td class="n">{one.count}'
        for one in findings
    )
    errors = sum(one.severity is Severity.ERROR for one in findings)
    head = "<tr><th>severity<th>code<th>where<th>what<th>times"
    return f"<h2>{errors} errors, {len(findings) - errors} warnings</h2><table>{head}{rows}</table>"


def _branches(branches: Sequence[Branch]) -> str:
    if not branches:
        return "<h2>No branches</h2>"
    rows = "".join(
        f'<tr><td>{escape(one.part)}<td class="n">{one.line}<td><code>{escape(one.tag)}</code>'
        f'<td class="{_CLASSES[one.walked]}">{one.walked.value}<td class="n">{one.count}'
        f"<td>{escape('; '.join(one.cases[:_CASES_SHOWN]))}"
        for one in branches
    )
    head = "<tr><th>part<th>line<th>branch<th>walked<th>cases<th>such as"
    return f"<h2>{len(branches)} branches</h2><table>{head}{rows}</table>"


_CLASSES: Final = {Walked.BY_CASES: "pass", Walked.FORCED: "warning", Walked.NEVER: "fail"}


def _mail(name: str, mail: RenderedMail) -> str:
    shown = (
        f'<iframe sandbox title="{name}" srcdoc="{escape(mail.parts[HTML])}"></iframe>'
        if HTML in mail.parts
        else f"<pre>{escape(mail.parts.get(TEXT, ''))}</pre>"
    )
    kinds = [suffix for kind, suffix in ((TEXT, "txt"), (HTML, "html")) if kind in mail.parts]
    links = " · ".join(f'<a href="{name}.{suffix}">{suffix}</a>' for suffix in (*kinds, "eml"))
    cases = "; ".join(mail.cases[:_CASES_SHOWN]) + (
        f" and {len(mail.cases) - _CASES_SHOWN} more" * (len(mail.cases) > _CASES_SHOWN)
    )
    return (
        f'<div class="mail"><header><b>{escape(mail.parts.get(SUBJECT, name))}</b><small>{escape(cases)}</small></header>'
        f"{shown}<footer>{links}</footer></div>"
    )
