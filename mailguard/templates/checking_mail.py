"""The mails that a template was rendered to, looked over: words and links, what is missing, and parts that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from mailguard.mail.control import MailClass
from mailguard.mail.dead_link import dead_links_in_html, dead_links_in_text
from mailguard.mail.html_text import render
from mailguard.mail.leftovers import find_leftovers
from mailguard.mail.parts_difference import difference
from mailguard.policy.severity import MOST_EXAMPLES, Severity
from mailguard.templates.checking_report import Problem, RenderedMail, TemplateFinding
from mailguard.templates.checking_template import HTML, SUBJECT, TEXT, CheckedTemplate, TemplatePart
from mailguard.templates.subject import why_not

_NAMES: Final = {TEXT: "text part", HTML: "HTML part"}


def mail_findings(
    template: CheckedTemplate,
    mails: Sequence[RenderedMail],
    classes: Sequence[MailClass],
    unsubscribe_url: str,
    *,
    named: bool,
) -> Iterator[TemplateFinding]:
    """Yield what is wrong, each thing once, with how many of the mails have it. `named`: somebody said which class it is."""
    found: dict[tuple[Problem, str, str], TemplateFinding] = {}
    for mail in mails:
        for each in dict.fromkeys(_of_mail(template, mail)):
            key = (each.code, each.part, each.text)
            known = found.get(key)
            if known is None:
                found[key] = replace(each, examples=mail.cases[:1])
            else:
                examples = (*known.examples, *mail.cases[:1])[:MOST_EXAMPLES]
                found[key] = replace(known, count=known.count + 1, examples=examples)
    yield from found.values()
    if template.parts:
        yield from _missing(template, classes, unsubscribe_url, named=named)


def _of_mail(template: CheckedTemplate, mail: RenderedMail) -> Iterator[TemplateFinding]:
    for part in template.parts:
        rendered = mail.parts[part.kind]
        seen = render(rendered).text if part.kind == HTML else rendered
        # A hole that is reported as undefined is not reported again for what it leaves around it.
        if mail.is_whole:
            yield from _in_part(part, rendered, seen)
            if part.kind == SUBJECT:
                yield from _of_subject(part, rendered)
            elif not seen.strip() and not (part.kind == HTML and "<img" in rendered):
                yield _finding(part, Problem.EMPTY_PART, f"the {_NAMES[part.kind]} is empty", line=1)
    text, html = mail.parts.get(TEXT, ""), mail.parts.get(HTML, "")
    shown_part = template.part(HTML)
    if mail.is_whole and shown_part is not None and text.strip() and html.strip():
        said, words = difference(text, html)
        if said:
            shown = f": {', '.join(words)}" if words else ""
            yield replace(_finding(shown_part, Problem.PARTS_DIFFER, said + shown, line=1), severity=Severity.WARNING)


def _of_subject(part: TemplatePart, rendered: str) -> Iterator[TemplateFinding]:
    why = why_not(rendered)
    if why:
        code = Problem.RENDER_FAILED if rendered.strip() else Problem.EMPTY_PART
        yield _finding(part, code, f"the subject {why}", line=1)


def _in_part(part: TemplatePart, rendered: str, seen: str) -> Iterator[TemplateFinding]:
    for each in find_leftovers(seen):
        code = Problem.GREETING if each.is_greeting else Problem.PLACEHOLDER
        found = _finding(part, code, f"{each.text}: {each.words}", line=0, words=each.words)
        yield found if each.is_sure else replace(found, severity=Severity.WARNING)
    links = dead_links_in_html(rendered) if part.kind == HTML else dead_links_in_text(rendered)
    for link in links:
        text = f"{link.text}: {link.target}" if link.target else link.text
        yield _finding(part, Problem.DEAD_LINK, text, line=0, words=link.target or "<a")


def _finding(part: TemplatePart, code: Problem, text: str, *, line: int, words: str = "") -> TemplateFinding:
    return TemplateFinding(
        code=code,
        severity=Severity.ERROR,
        file=part.file,
        part=part.kind,
        line=part.line_with(words) if words else part.line(line),
        text=text,
    )


def _missing(
    template: CheckedTemplate, classes: Sequence[MailClass], unsubscribe_url: str, *, named: bool
) -> Iterator[TemplateFinding]:
    html = template.part(HTML)
    if html is not None and template.part(TEXT) is None:
        found = _finding(html, Problem.MISSING_TEXT_PART, "there is no text part beside the HTML part", line=1)
        yield replace(found, severity=Severity.WARNING)
    if not template.is_mail or MailClass.BULK not in classes or unsubscribe_url:
        return
    lacks = (
        ""
        if template.can_unsubscribe and template.by_one_click
        else (
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click (RFC 8058)"
            if template.can_unsubscribe
            else "List-Unsubscribe (RFC 2369)"
        )
    )
    if lacks:
        text = f"bulk mail needs {lacks}; or set replies.unsubscribe_url, and the relay adds it"
        # Where nobody said that it is bulk, it may well be none.
        severity = Severity.ERROR if named else Severity.WARNING
        yield replace(_finding(template.parts[0], Problem.MISSING_UNSUBSCRIBE, text, line=1), severity=severity)
