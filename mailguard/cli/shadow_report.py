"""What `mailguard stats --shadow` prints: what enforcing would have stopped, as a table and a chart."""

from __future__ import annotations

import shutil
from typing import Any, Final

import plotext
import typer

from mailguard.cli.output import counted, print_table, say, when
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Mode
from mailguard.store.document import ShadowDocument

MOST_DRAWN: Final = 6
"""Findings with a mark of their own in the chart."""

SHOWN: Final = 30
"""Rows of the table for a person."""

_MARKS: Final = "█▒x+o:·"
_WIDEST: Final = 100
_HEIGHT: Final = 15


def shadow_document(document: ShadowDocument, mode: Mode) -> dict[str, Any]:
    """The report as JSON names it."""
    return {"mode": mode, "share": _share(document), **document.model_dump(mode="json")}


def print_shadow(document: ShadowDocument, mode: Mode) -> None:
    """Print what would have been stopped, by sender and finding and day by day."""
    say(f"since {when(document.since)}: {_recommendation(document)}")
    if mode is Mode.ENFORCE:
        say("mode is enforce: what is decided is done, and nothing more is let pass; see: mailguard log --action hold")
    if not document.senders:
        return
    say("")
    rows = [
        (one.client, one.domain or "<>", one.finding.value, one.recipients, one.messages, "".join(one.examples[:1]))
        for one in document.senders[:SHOWN]
    ]
    print_table(("client", "from", "finding", "recipients", "messages", "such as"), rows)
    if len(document.senders) > SHOWN:
        say(f"and {len(document.senders) - SHOWN} more, see --json")
    say("")
    say("look at one with: mailguard why ID")
    _plot(document)


def _share(document: ShadowDocument) -> float:
    return round(document.would_stop / document.recipients, 6) if document.recipients else 0.0


def _recommendation(document: ShadowDocument) -> str:
    """Return what enforcing would have done, in a sentence."""
    held, rejected = document.actions.get(Action.HOLD, 0), document.actions.get(Action.REJECT, 0)
    mail = counted(document.messages, "message")
    if not held and not rejected:
        return f"enforce would have stopped none of {mail} more than was stopped"
    done = " and ".join(f"{verb} {count:,}" for verb, count in (("held", held), ("rejected", rejected)) if count)
    return (
        f"enforce would have {done} of {mail}, wholly or in part: {document.would_stop:,} of "
        f"{counted(document.recipients, 'recipient')} ({_share(document):.2%})"
    )


def _plot(document: ShadowDocument) -> None:
    """Draw the findings of each day, one mark each: it can be read without colours. A recipient with two counts in either."""
    totals: dict[Code, int] = {}
    for day in document.days:
        for code, count in day.findings.items():
            totals[code] = totals.get(code, 0) + count
    drawn = sorted(totals, key=lambda code: -totals[code])[:MOST_DRAWN]
    counts = [[day.findings.get(code, 0) for day in document.days] for code in drawn]
    marks = _MARKS[: len(drawn)]
    names = [f"{mark} {code}" for mark, code in zip(marks, drawn, strict=True)]
    if len(totals) > len(drawn):
        others = [sum(day.findings.values()) - sum(day.findings.get(code, 0) for code in drawn) for day in document.days]
        counts, marks, names = [*counts, others], _MARKS[: len(drawn) + 1], [*names, f"{_MARKS[len(drawn)]} others"]
    figure = plotext.figure.clear()
    figure.plot_size(min(shutil.get_terminal_size().columns, _WIDEST), _HEIGHT)
    figure.title("findings a day (UTC), for recipients that would have been stopped")
    figure.draw(figure.bar([day.day for day in document.days], counts, stacked=True, marker=list(marks)))
    say("")
    typer.echo(figure.build().string(colorless=True))
    say(", ".join(names))
