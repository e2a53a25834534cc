"""The template of a broadcast, walked branch by branch with what its audience has. Judges no audience and no finished mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message import is_mail, is_rendered_by_relay
from mailguard.broadcast.message_rendered import Rendering
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.severity import MOST_EXAMPLES
from mailguard.relay.settings import Rendering as RenderingSettings
from mailguard.sources.source_row import Row, Source
from mailguard.templates.checking import CheckRequest, check_template
from mailguard.templates.checking_report import RenderedMail, TemplateFinding
from mailguard.templates.checking_template import HTML, SUBJECT, TEXT, CheckedTemplate, read_templates

MOST_ROWS: Final = 2_000
"""Rows of an audience that a template is rendered with."""


@dataclass(frozen=True, slots=True)
class WalkedTemplate:
    """What a template was rendered to, each distinct mail once, and what was found on the way."""

    findings: tuple[CheckFinding, ...]
    renderings: tuple[Rendering, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateWalk:
    """How a template is walked. `source`: the audience, whose columns are names in it. `values`: what the sender gives."""

    source: Source
    values: Sequence[Mapping[str, Any]]
    mail_class: MailClass | None
    rendering: RenderingSettings


def walk_template(files: Sequence[tuple[str, bytes]], walk: TemplateWalk) -> WalkedTemplate:
    """Render every branch in every reply state and language, in a process of its own, and return what came of it.

    Raises UsageError where the files are several templates.
    """
    template, *others = read_templates(files)
    if others:
        names = " and ".join(one.name for one in (template, *others))
        raise UsageError(f"{names} are several mails' templates; check one at a time, only NAME.txt and NAME.html go together")
    name, octets = files[0]
    is_sender_s = is_mail(name, octets) and not is_rendered_by_relay(octets)  # to such mail the relay adds nothing
    report = check_template(
        template,
        CheckRequest(
            rows=_rows(template, walk),
            classes=(walk.mail_class or template.mail_class or MailClass.BULK,),
            unsubscribe_url="" if is_sender_s else walk.rendering.unsubscribe_url,
            limits=walk.rendering.limits,
        ),
    )
    return WalkedTemplate(
        tuple(map(_finding, report.findings)),
        tuple(_rendering(mail) for mail in report.mails if mail.is_whole and not mail.forced),
    )


def _rows(template: CheckedTemplate, walk: TemplateWalk) -> list[dict[str, Any]] | None:
    """Return the values of each rendering: the audience's rows over what goes with all of them, or the sender's own rows."""
    if len(walk.values) > 1:
        return [dict(row) for row in walk.values]
    common = dict(template.values or {}) | dict(walk.values[0] if walk.values else {})
    names = walk.source.columns
    rows = (row.values for row in walk.source.rows() if isinstance(row, Row))
    found = [
        common | {name: value.strip() for name, value in zip(names, values, strict=False) if name}
        for values in islice(rows, MOST_ROWS)
    ]
    return found or None


def _finding(one: TemplateFinding) -> CheckFinding:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return CheckFinding(
        code=one.code.value,
        severity=one.severity,
        text=f"{place}: {one.text}" if place else one.text,
        count=one.count,
        examples=one.examples[:MOST_EXAMPLES],
    )


def _rendering(mail: RenderedMail) -> Rendering:
    return Rendering(
        subject=mail.parts.get(SUBJECT, ""), text=mail.parts.get(TEXT, ""), html=mail.parts.get(HTML, ""), cases=mail.cases
    )
