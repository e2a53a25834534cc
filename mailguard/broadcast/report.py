"""The report of a check as one page that a manager can open: what to do first, then the mail, its audience, the findings.

One file that needs nothing from elsewhere: no script, no style sheet, no picture. All of the mail and of the audience is
hostile here: everything is escaped, the mail stands in a frame that runs nothing, and the page forbids itself to load anything.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from mailguard.broadcast.document import AudienceDocument, CheckDocument, CheckFindingDocument
from mailguard.broadcast.report_audience import audience_section
from mailguard.broadcast.report_preview import Preview
from mailguard.broadcast.report_style import STYLE
from mailguard.broadcast.report_text import isolated, moment, number, plural, shown

FORBIDDEN: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What the page may do (CSP 3). A frame with `srcdoc` has the same policy; a mail's own style is what it looks like."""

_HEAD: Final = (
    f'<meta http-equiv="Content-Security-Policy" content="{FORBIDDEN}"><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="x-dns-prefetch-control" content="off">'
)
_LETTER: Final = (
    f'<!doctype html><meta charset="utf-8">{_HEAD}'
    "<style>html{color:#111;color-scheme:light}a,area{pointer-events:none}img{background:#8882}</style>"
)
_FETCHES: Final = re.compile(r"<(?=(?:link|meta|base|iframe|frame|object|embed|applet|portal)(?![a-z0-9-]))", re.IGNORECASE)
"""What makes browsers look up names or connect although nothing may be loaded, and frames that would stay empty."""


def report(document: CheckDocument, preview: Preview) -> str:
    """Return the page, HTML in UTF-8."""
    title = f"Check of {document.message.subject or document.message.name}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{_HEAD}'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{shown(title)}</title><style>{STYLE}</style></head><body><main>"
        f"{_verdict(document)}{_numbers(document)}{_findings(document)}{_message(document, preview)}"
        f"{audience_section(document)}{_footer(document)}</main></body></html>"
    )


def _verdict(document: CheckDocument) -> str:
    head, say = _advice(document)
    what = f"{isolated(document.message.name)} to {isolated(document.audience.source)}"
    return (
        f'<header class="verdict {document.verdict}">'
        f'<p class="eyebrow">Check before sending · {what} · {moment(document.checked_at)}</p>'
        f'<h1>{head}</h1><p class="say">{say}</p></header>'
    )


def _advice(document: CheckDocument) -> tuple[str, str]:
    """Return what is to be done: a headline, and one sentence."""
    errors = [one for one in document.findings if one.severity == "error"]
    warnings = len(document.findings) - len(errors)
    if errors:
        rest = (
            f" (the first: {isolated(_clause(errors[0].text))})"
            if len(errors) > 1
            else f": {isolated(_clause(errors[0].text))}"
        )
        which = f"{plural(len(errors), 'error')} must be mended first{rest}; then check it again."
        return "Do not send this", which
    whom = (
        f"{plural(document.clean_rows, 'recipient')} will get it" if document.clean_rows is not None else "Nothing forbids it"
    )
    look = f"; look at {plural(warnings, 'warning')} first" if warnings else ""
    signed = (
        f". It is signed until {moment(document.expires_at)}: not a word and nobody may be added"
        if document.token and document.expires_at
        else ". It is not signed yet: check it with --sign, and send it with the token"
    )
    return "This may go out", f"{whom}{look}{signed}."


def _clause(text: str) -> str:
    return text.rstrip(". ")


def _numbers(document: CheckDocument) -> str:
    audience = document.audience
    cells = (
        ("rows in the audience", audience.rows),
        ("mailboxes", audience.mailboxes),
        ("persons", audience.persons),
        ("who can be sent to", document.clean_rows),
    )
    inner = "".join(f"<div><dt>{name}</dt><dd>{number(value)}</dd></div>" for name, value in cells)
    return f'<dl class="numbers">{inner}</dl>'


def _findings(document: CheckDocument) -> str:
    if not document.findings:
        return '<h2>What was found</h2><p class="card">Nothing speaks against it.</p>'
    errors = sum(one.severity == "error" for one in document.findings)
    head = f"{plural(errors, 'error')}, {plural(len(document.findings) - errors, 'warning')}"
    cards = "".join(_finding(one, about_message=one in document.message.findings) for one in document.findings)
    return f"<h2>What was found: {head}</h2>{cards}"


def _finding(one: CheckFindingDocument, *, about_message: bool) -> str:
    times = f" · {plural(one.count, 'time')}" if one.count is not None and one.count != 1 else ""
    examples = "".join(f"<li>{isolated(example)}" for example in one.examples)
    where = "in the message" if about_message else "in the audience"
    return (
        f'<article class="card finding {one.severity}"><h3><span class="mark">{one.severity}</span>{isolated(one.text)}</h3>'
        f'<p class="soft"><small><code>{shown(one.code)}</code> · {where}{times}</small></p>'
        + (f"<ul>{examples}</ul>" if examples else "")
        + "</article>"
    )


def _message(document: CheckDocument, preview: Preview) -> str:
    message = document.message
    rows = [("Subject", message.subject or "(none)"), ("From", preview.sender or message.sender or "(none)")]
    if preview.attachments:
        rows.append(("Attached", ", ".join(preview.attachments)))
    fields = "".join(f"<dt>{name}<dd>{isolated(value)}" for name, value in rows)
    notes = [f"class {message.mail_class}"]
    if message.mails > 1:
        notes.append(f"one of {number(message.mails)} different mails that this template comes to")
    if preview.pictures_elsewhere:
        notes.append(f"{plural(preview.pictures_elsewhere, 'picture')} from elsewhere left out here")
    return (
        f'<h2>The mail as it will look</h2><div class="card"><dl class="envelope">{fields}</dl>'
        f'<div class="letter">{_letter(preview)}</div><p class="soft"><small>{"; ".join(notes)}</small></p></div>'
    )


def _letter(preview: Preview) -> str:
    if not preview.html:
        return f"<pre>{shown(preview.text) or '(no text)'}</pre>"
    # What is no text is the frame's own affair: its letter is to look as it will.
    inner = _LETTER + _FETCHES.sub("<x-", preview.html)
    return f'<iframe sandbox title="The mail" srcdoc="{escape(inner)}"></iframe>'


def _footer(document: CheckDocument) -> str:
    audience: AudienceDocument = document.audience
    columns = ", ".join(f"{field} = {column}" for field, column in audience.mapping.items())
    signed = f" Broadcast {shown(document.broadcast)}." if document.broadcast else ""
    return (
        f"<footer><p>Template <code>{shown(document.message.template)}</code>. Columns: {isolated(columns or 'none')}."
        f"{signed}</p><p>Judged by mailguard with the relay’s own rules, records and history.</p></footer>"
    )
