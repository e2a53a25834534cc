"""How the demo is shown: a line a mail with its verdict and why, as it happens; one document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from mailguard.cli.demo.scenes import Scene, Verdict
from mailguard.cli.demo.stage import Played
from mailguard.policy.context import Context

_CONSOLE: Final = Console(highlight=False, soft_wrap=True)
_STYLES: Final = {
    Verdict.DELIVERED: "green",
    Verdict.DELIVERED_LATER: "green",
    Verdict.RELEASED: "green",
    Verdict.TAKEN: "magenta",
    Verdict.REPLAYED: "cyan",
    Verdict.HELD: "yellow",
    Verdict.REJECTED: "red",
    Verdict.FAILS: "red",
    Verdict.PASSES: "green",
    Verdict.RECALLED: "yellow",
}
_WIDEST_VERDICT: Final = max(map(len, Verdict))


def show_title(scene: Scene) -> None:
    """Print a scene's title."""
    _CONSOLE.print(Text(f"\n{scene.title}", style="bold"))


def show_mail(played: Played) -> None:
    """Print what became of one mail, and why if it was stopped or held on the way."""
    verdict: str = played.verdict or "unknown"
    style = _STYLES[played.verdict] if played.verdict else "bold red"
    line = Text(f"  {played.at:%Y-%m-%d %H:%M}  ")
    line.append(f"{verdict:<{_WIDEST_VERDICT}}", style=style)
    line.append(f"  {played.mail.said}")
    if not played.is_as_expected:
        line.append(f"  expected: {played.mail.verdict} {' '.join(played.mail.findings)}", style="bold red")
    _CONSOLE.print(line)
    if played.why:
        _CONSOLE.print(Text(f"{'':20}{', '.join(dict.fromkeys(played.findings))}: {played.why}", style="dim"))
    if played.why or played.verdict is Verdict.RECALLED:
        _CONSOLE.print(Text(f"{'':20}{played.answer}", style="dim"))
    if played.says:
        _CONSOLE.print(Text(f"{'':20}it says: {played.says}", style="italic"))
    if played.context:
        _CONSOLE.print(Text(f"{'':20}{_flag(played.context)}", style="dim"))


def show_sum(played: Sequence[tuple[Scene, Sequence[Played]]]) -> None:
    """Print how many verdicts were the expected ones."""
    mails = [one for _, scene in played for one in scene]
    right = sum(one.is_as_expected for one in mails)
    style = "bold green" if right == len(mails) else "bold red"
    _CONSOLE.print(Text(f"\n{right} of {len(mails)} verdicts are the expected ones", style=style))


def document(played: Sequence[tuple[Scene, Sequence[Played]]]) -> dict[str, Any]:
    """The demo as one document."""
    return {
        "as_expected": all(one.is_as_expected for _, mails in played for one in mails),
        "scenes": [{"title": scene.title, "mails": [_mail(one) for one in mails]} for scene, mails in played],
    }


def _flag(context: Context) -> str:
    """The flag, as a template has it."""
    last = context.last_reply_at
    language = f" in {context.last_reply_language}" if context.last_reply_language else ""
    since = f", the last of {last:%Y-%m-%d %H:%M}{language}" if last else ""
    return f"reply_aware: {str(context.reply_aware).lower()}, reply_state: {context.reply_state}{since}"


def _mail(played: Played) -> dict[str, Any]:
    return {
        "at": played.at,
        "said": played.mail.said,
        "recipients": len(played.mail.to),
        "answer": played.answer,
        "verdict": played.verdict,
        "expected": played.mail.verdict,
        "findings": list(played.findings),
        "why": played.why,
        "says": played.says,
        "context": played.context.as_document() if played.context else None,
    }
