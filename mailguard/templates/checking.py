"""The check of a template: rendered in every case, looked over, and reported.

Knows no database, no configuration and no command: what it is to know, it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from mailguard.mail.control import MailClass
from mailguard.policy.severity import MOST_EXAMPLES, Severity, verdict_of
from mailguard.templates.checking_case import MOST_CASES, STANDINGS
from mailguard.templates.checking_mail import mail_findings
from mailguard.templates.checking_names import name_findings
from mailguard.templates.checking_process import Stopped, walked
from mailguard.templates.checking_report import Branch, Problem, RenderedMail, TemplateFinding, TemplateReport, Walked
from mailguard.templates.checking_template import HTML, CheckedTemplate, TemplatePart
from mailguard.templates.template import RenderLimits

MOST_MAILS: Final = 2_000
"""Distinct mails of one template that are looked over."""
MOST_CHARACTERS: Final = 33_554_432
"""Characters of all these mails together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """How templates are to be checked.

    `rows`: the values to render with, None where they are to be made up. `languages`: () for those that the template tells
    apart; `classes`: () for the one that it names, else all. `unsubscribe_url`: the relay's, "" where it adds none.
    """

    rows: Sequence[Mapping[str, Any]] | None = None
    languages: tuple[str, ...] = ()
    classes: tuple[MailClass, ...] = ()
    unsubscribe_url: str = ""
    limits: RenderLimits = field(default_factory=RenderLimits)


def check_template(template: CheckedTemplate, request: CheckRequest) -> TemplateReport:
    """Return all that is found. Takes as long as the rendering, in a process of its own, which is bounded."""
    if template.problem:
        finding = _finding(template, Problem.SYNTAX_ERROR, f"it cannot be read: {template.problem}")
        return _Collected(template, request).report((finding,))
    collected = _Collected(template, request)
    for told in walked(collected.job(), limits=request.limits):
        collected.take(told)
    return collected.report()


def _finding(template: CheckedTemplate, code: Problem, text: str, *, part: str = "", line: int = 0) -> TemplateFinding:
    place = template.part(part)
    file = place.file if place is not None else template.parts[0].file if template.parts else template.name
    return TemplateFinding(
        code=code,
        severity=Severity.ERROR,
        file=file,
        part=part,
        line=place.line(line) if place is not None else line,
        text=text,
    )


@dataclass(slots=True)
class _Mail:
    """One distinct rendering, and the cases that came to it."""

    texts: dict[str, str]
    cases: list[str]
    forced: str
    is_whole: bool
    classes: set[str]


class _Collected:
    """What the walk of one template has told so far."""

    def __init__(self, template: CheckedTemplate, request: CheckRequest) -> None:
        self._template = template
        self._request = request
        self._names_class = template.mail_class is not None or bool(request.classes)
        self._classes = request.classes or ((template.mail_class,) if template.mail_class else tuple(MailClass))
        self._opening: dict[str, Any] = {"branches": [], "made_up": [], "languages": list(request.languages), "rows": 0}
        self._cases = 0
        self._entered: dict[int, list[str]] = {}
        self._times: dict[int, int] = {}
        self._forced: set[int] = set()
        self._full: set[int] = set()
        self._blank: set[int] = set()
        self._mails: dict[str, _Mail] = {}
        self._characters = 0
        self._is_full = False
        self._findings: dict[tuple[Problem, str, int, str], TemplateFinding] = {}

    def job(self) -> dict[str, Any]:
        """What the process that renders is asked."""
        rows = self._request.rows
        if rows is None and self._template.values is not None:
            rows = [self._template.values]
        return {
            "sources": [[part.kind, part.text, part.kind == HTML] for part in self._template.parts],
            "rows": None if rows is None else [dict(row) for row in rows[:MOST_CASES]],
            "languages": list(self._request.languages),
            "classes": [each.value for each in self._classes],
            "unsubscribe_url": self._request.unsubscribe_url,
        }

    def take(self, told: dict[str, Any] | Stopped) -> None:
        """Take in one thing that was told."""
        match told:
            case Stopped(part, line, why):
                self._add(Problem.RENDER_FAILED, part, line, why)
            case {"syntax": [part, line, why]}:
                self._add(Problem.SYNTAX_ERROR, part, line, why)
            case {"branches": _}:
                self._opening = told
            case {"case": [name, *_, mail_class]}:
                self._cases += 1
                for number in told["entered"]:
                    self._times[number] = self._times.get(number, 0) + 1
                    cases = self._entered.setdefault(number, [])
                    if len(cases) < MOST_EXAMPLES:
                        cases.append(name)
                self._rendered(told, name, forced="", mail_class=mail_class)
            case {"forced": number}:
                self._take_forced(told, number)

    def _take_forced(self, told: Mapping[str, Any], number: int) -> None:
        part, line, tag, _ = self._opening["branches"][number]
        if number in told["entered"]:
            self._forced.add(number)
            place = self._template.part(part)
            self._rendered(told, "", forced=f"{tag} (line {place.line(line) if place else line})", mail_class="")

    def _rendered(self, told: Mapping[str, Any], name: str, *, forced: str, mail_class: str) -> None:
        """Take in one rendering: its mail, the branches that were seen in it, and what it complained of."""
        self._full.update(told["full"])
        self._blank.update(told["blank"])
        where = name or f"forced into {forced}"
        for code, complaints in ((Problem.UNDEFINED_NAME, told["undefined"]), (Problem.RENDER_FAILED, told["failed"])):
            for part, line, text in complaints:
                self._add(code, part, line, text, example=where)
        digest = told["digest"]
        if digest not in self._mails:
            if told["texts"] is None or not self._has_room(told["texts"]):
                return
            is_whole = not (told["undefined"] or told["failed"])
            self._mails[digest] = _Mail(told["texts"], [], forced, is_whole, set())
        self._mails[digest].cases.append(where)
        self._mails[digest].classes.add(mail_class)

    def _has_room(self, texts: Mapping[str, str]) -> bool:
        """Whether one more mail is looked over; where one was not, none is from then on."""
        self._characters += sum(map(len, texts.values()))
        self._is_full = self._is_full or len(self._mails) == MOST_MAILS or self._characters > MOST_CHARACTERS
        return not self._is_full

    def report(self, findings: tuple[TemplateFinding, ...] = ()) -> TemplateReport:
        """Return all that was found, errors first."""
        mails = tuple(self._rendered_mails())
        found = (
            *findings,
            *self._findings.values(),
            *name_findings(self._template, self._opening["made_up"], self._request.rows),
            *self._unrendered(),
            *self._branch_findings(),
            *mail_findings(self._template, mails, self._classes, self._request.unsubscribe_url, named=self._names_class),
            *self._incomplete(),
        )
        ordered = tuple(sorted(found, key=lambda one: (one.severity is Severity.WARNING, one.file, one.line)))
        return TemplateReport(
            template=self._template.name,
            verdict=verdict_of(ordered),
            cases=self._cases,
            states=tuple(dict.fromkeys(each.state for each in STANDINGS)),
            languages=tuple(self._opening["languages"]),
            classes=tuple(each.value for each in self._classes),
            made_up=tuple(self._opening["made_up"]),
            branches=tuple(self._branches()),
            findings=ordered,
            mails=mails,
        )

    def _rendered_mails(self) -> Iterator[RenderedMail]:
        for mail in self._mails.values():
            yield RenderedMail(parts=mail.texts, cases=tuple(mail.cases), forced=mail.forced, is_whole=mail.is_whole)

    def _branches(self) -> Iterator[Branch]:
        for number, (part, line, tag, _) in enumerate(self._opening["branches"]):
            place = self._place(part)
            forced = Walked.FORCED if number in self._forced else Walked.NEVER
            yield Branch(
                file=place.file,
                part=part,
                line=place.line(line),
                tag=tag,
                walked=Walked.BY_CASES if number in self._times else forced,
                count=self._times.get(number, 0),
                cases=tuple(self._entered.get(number, ())),
            )

    def _branch_findings(self) -> Iterator[TemplateFinding]:
        if not self._cases:
            return
        for number, (part, line, tag, is_bare) in enumerate(self._opening["branches"]):
            if number not in self._times:
                yield replace(self._of_branch(part, line, tag, number), severity=Severity.WARNING)
            if is_bare or (number in self._blank and number not in self._full):
                text = f"nothing is written in {tag}" if is_bare else f"what is in {tag} renders to nothing"
                yield _finding(self._template, Problem.EMPTY_BRANCH, text, part=part, line=line)

    def _of_branch(self, part: str, line: int, tag: str, number: int) -> TemplateFinding:
        how = "it was rendered by overriding its test" if number in self._forced else "it could not be rendered at all"
        text = f"no case comes through {tag} with these values; {how}"
        return _finding(self._template, Problem.NEVER_REACHED, text, part=part, line=line)

    def _unrendered(self) -> Iterator[TemplateFinding]:
        for line, words in self._template.unrendered:
            text = f"only the subject and the texts are rendered; this leaves as it stands: {words}"
            yield _finding(self._template, Problem.PLACEHOLDER, text, line=line)

    def _incomplete(self) -> Iterable[TemplateFinding]:
        rows = len(self._request.rows or ())
        if rows > MOST_CASES:
            text = f"only the first {MOST_CASES} of {rows} rows were rendered"
            yield replace(_finding(self._template, Problem.INCOMPLETE, text), severity=Severity.WARNING)
        if self._is_full:
            text = f"only the first {len(self._mails)} distinct mails were looked over for words and links"
            yield replace(_finding(self._template, Problem.INCOMPLETE, text), severity=Severity.WARNING)

    def _add(self, code: Problem, part: str, line: int, text: str, *, example: str = "") -> None:
        key = (code, part, line, text)
        known = self._findings.get(key)
        if known is None:
            known = replace(_finding(self._template, code, text, part=part, line=line), count=0)
        examples = (*known.examples, example) if example and len(known.examples) < MOST_EXAMPLES else known.examples
        self._findings[key] = replace(known, count=known.count + 1, examples=examples)

    def _place(self, part: str) -> TemplatePart:
        place = self._template.part(part)
        if place is None:
            raise AssertionError(f"no part {part}")
        return place
