"""What the review shows on top of a pair: the help, and a line to write a reason in. They know nothing of the pair."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

HELP: Final = """\
[b]Are these two records the same person?[/b]

 [b]s[/b]  same       one person: the records are joined at once
 [b]d[/b]  different  never one person, whatever evidence comes later
 [b]u[/b]  unsure     nothing changes; another clerk is asked
 [b]n[/b]  next       leave this pair for later
 [b]z[/b]  undo       take your last answer back; again: the one before
 [b]w[/b]  waterfall  show this pair's score
 [b]l[/b]  last       show the score of your last answer
 [b]p[/b]  pause      stay after each answer and show its score; n goes on
 [b]r[/b]  reason     write why; it is kept with the answer
 [b]t[/b]  theme      dark or light
 [b]q[/b]  quit       every answer is already stored

 [b]=[/b] equal   [b]≈[/b] alike: what differs has a ^ below it   [b]≠[/b] different
 ↑ ↓ PgUp PgDn scroll; Backspace is undo, Enter is next after a pause.

The score is hidden until you have answered, so that you judge the
records. At the bottom: how many questions wait; your answers; how often
the [b]model[/b] said what you said (and how often it expected to), where you
had not looked at the score; how often another [b]clerk[/b] said the same."""


class HelpScreen(ModalScreen[None]):
    """What the keys do and the signs mean."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,enter,space", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """One box that scrolls where the terminal is small."""
        with VerticalScroll(id="box"):
            yield Static(HELP)


class ReasonScreen(ModalScreen[str | None]):
    """One line to write a reason in; None when the clerk thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Leave it")]

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def compose(self) -> ComposeResult:
        """A field that has what was written before."""
        field = Input(self._reason, placeholder="Why? Enter keeps it for the answer, Escape does not", max_length=500)
        field.border_title = "reason"
        yield field

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Hand the line back."""
        self.dismiss(event.value.strip())
