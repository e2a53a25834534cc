"""The full-screen review: one pair at a time, one key for an answer. Shows and asks; the desk does.

No answer is taken for a pair that was not on the screen yet: keys that come while an answer is being stored are dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from time import monotonic
from typing import ClassVar, Final, TypeVar

from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Footer, Static

from mailguard.cli.review.case import Case, name_of, unprejudiced
from mailguard.cli.review.conflicts import contradiction
from mailguard.cli.review.desk import Desk, Standing
from mailguard.cli.review.dialogs import HelpScreen, ReasonScreen
from mailguard.cli.review.layout import LEAST_HEIGHT, LEAST_WIDTH, Line, Run, Style, fitted, pair_lines
from mailguard.cli.review.shown import shown
from mailguard.cli.review.waterfall import strongest, summary, waterfall_lines
from mailguard.errors import MailguardError
from mailguard.identity.clerical import Answer, Given

Done = TypeVar("Done")

SETTLE: Final = 0.25
"""Seconds that a pair must have been seen before an answer counts: a key that is held down would answer pairs unseen."""

LOOK_AGAIN: Final = 5.0
"""Seconds between two looks for new questions while none waits."""

_COLOURS: Final = {
    Style.PLAIN: "",
    Style.LABEL: "$foreground-muted",
    Style.STRONG: "bold",
    Style.FAINT: "$foreground-muted",
    Style.MARK: "bold underline $text-warning",
    Style.CARET: "bold $text-warning",
    Style.EQUAL: "$text-success",
    Style.ALIKE: "bold $text-warning",
    Style.DIFFERENT: "bold $text-error",
    Style.PLUS: "$text-success",
    Style.MINUS: "$text-error",
    Style.URGENT: "bold $text-error",
}


class Page(Widget):
    """Lines that are laid out again for each width."""

    DEFAULT_CSS = "Page { height: auto; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: Callable[[int], Sequence[Line]] = lambda _: ()

    def show(self, lines: Callable[[int], Sequence[Line]]) -> None:
        """Show what `lines` gives for the page's width."""
        self._lines = lines
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - textual's signature
        """As many rows as there are lines at this width."""
        return len(self._lines(width))

    def render(self) -> Content:
        """Return the lines as textual shows them."""
        return Content("\n").join(_content(line) for line in self._lines(self.size.width))


class Score(Enum):
    """Whose waterfall is shown."""

    NONE = 0
    THIS = 1
    LAST = 2


class ReviewApp(App[None]):
    """The review at one desk."""

    TITLE = "mailguard review"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "screen.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - textual declares it for the instance
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "answer('same')", "Same"),
        Binding("d", "answer('different')", "Differ"),
        Binding("u", "answer('unsure')", "Unsure"),
        Binding("z,backspace", "undo", "Undo", key_display="z"),
        Binding("n", "next", "Next"),
        Binding("enter,space", "go_on", show=False),
        Binding("w", "score", "Waterfall"),
        Binding("l", "last", show=False),
        Binding("p", "pause", show=False),
        Binding("r", "reason", show=False),
        Binding("t", "theme", show=False),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "leave", "Quit"),
        Binding("ctrl+q,ctrl+c", "leave", show=False),
    ]

    def __init__(self, desk: Desk, *, is_light: bool = False, settle: float = SETTLE) -> None:
        super().__init__()
        self.theme = "textual-light" if is_light else "textual-dark"
        self._desk = desk
        self._settle = settle
        self._case: Case | None = None
        self._shown_at = 0.0
        self._is_busy = True
        self._is_connected = True
        self._is_answered = False
        self._pauses = False
        self._reason = ""
        self._score = Score.NONE
        self._was_seen = False
        self._last: tuple[Case, Given] | None = None

    def compose(self) -> ComposeResult:
        """The heading, the pair, the waterfall, the last answer, how far we are, the keys."""
        yield Static(id="heading")
        with Container(id="middle"):
            with VerticalScroll(id="pair"):
                yield Page(id="page")
            with VerticalScroll(id="score", can_focus=False):
                yield Page(id="waterfall")
        yield Static(id="last")
        yield Static(id="standing")
        yield Footer(compact=True, show_command_palette=False)
        yield Static(f"Make the terminal at least {LEAST_WIDTH} columns by {LEAST_HEIGHT} rows.", id="small")

    def on_mount(self) -> None:
        """Take the first pair, keep what is taken, and look for more while there is none."""
        self.query_one("#pair").focus()
        self.set_interval(self._desk.lease.total_seconds() / 3, self._renew)
        self.set_interval(LOOK_AGAIN, self._look_again)
        self._take_next()

    def on_resize(self, event: Resize) -> None:
        """Say so where the terminal has become too small."""
        self.set_class(event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT, "-small")
        self._draw()

    # --- keys --------------------------------------------------------------------------------------------------------

    def action_answer(self, answer: str) -> None:
        """Store the answer; then comes the next pair."""
        if self._case is None or self._is_busy or self._is_answered or monotonic() - self._shown_at < self._settle:
            return
        self._is_busy = True
        self._store(self._case, Answer(answer))

    def action_undo(self) -> None:
        """Take back this clerk's last answer, and show its pair again."""
        if not self._is_busy:
            self._is_busy = True
            self._take_back()

    def action_next(self) -> None:
        """Leave this pair for later, or go on after an answer."""
        if self._is_busy or self._case is None:
            return
        self._is_busy = True
        self._take_next(leaving=None if self._is_answered else self._case)

    def action_go_on(self) -> None:
        """Go on after an answer."""
        if self._is_answered:
            self.action_next()

    def action_score(self) -> None:
        """Show or hide this pair's waterfall."""
        if self._case is not None:
            self._score = Score.NONE if self._score is Score.THIS else Score.THIS
            self._was_seen = self._was_seen or self._score is Score.THIS
            self._draw()

    def action_last(self) -> None:
        """Show or hide the last answer's waterfall."""
        if self._last is not None:
            self._score = Score.NONE if self._score is Score.LAST else Score.LAST
            self._draw()

    def action_pause(self) -> None:
        """Stay after each answer, or go on at once."""
        self._pauses = not self._pauses
        self.notify(
            "after each answer its score is shown; n goes on" if self._pauses else "the next pair comes at once", timeout=3
        )

    @work
    async def action_reason(self) -> None:
        """Write why."""
        reason = await self.push_screen_wait(ReasonScreen(self._reason))
        if reason is not None:
            self._reason = reason
            self._draw()

    def action_theme(self) -> None:
        """Dark or light."""
        self.theme = "textual-dark" if self.theme == "textual-light" else "textual-light"

    def action_help(self) -> None:
        """Explain keys and signs."""
        self.push_screen(HelpScreen())

    def action_leave(self) -> None:
        """End. What is on the desk is given back by who opened it."""
        self.exit()

    # --- work, beside the screen's own ---------------------------------------------------------------------------------

    @work
    async def _store(self, case: Case, answer: Answer) -> None:
        store = partial(self._desk.answer, case, answer, was_seen=self._was_seen, reason=self._reason)
        given, is_done = await self._try(store)
        if not is_done:
            self._is_busy = False
            return
        if given is None:
            self.notify("this pair went to another clerk meanwhile; your answer was not needed", severity="warning")
        else:
            self._last = case, given
            for id in self._desk.conflicts:
                self.notify(contradiction(id), severity="warning", timeout=10)
        if given is not None and self._pauses:
            self._is_busy, self._is_answered, self._score = False, True, Score.THIS
            self._draw()
        else:
            self._take_next()

    @work
    async def _take_next(self, leaving: Case | None = None) -> None:
        case, self._is_connected = await self._try(partial(self._desk.next, leaving=leaving))
        self._show(case)
        self._is_busy = False

    @work
    async def _take_back(self) -> None:
        undone, is_done = await self._try(self._desk.undo)
        if is_done and undone is None:
            self.notify("there is nothing of yours to take back")
        elif undone is not None:
            self._last = None
            self.notify(f"{undone.id} is taken back{'' if undone.case else '; another clerk has it now'}")
            if undone.case is None:
                self._take_next()
                return
            self._show(undone.case)
        self._is_busy = False

    @work
    async def _renew(self) -> None:
        if self._case is not None and not self._is_busy and not self._is_answered:
            await self._try(self._desk.renew)

    def _look_again(self) -> None:
        if self._case is None and not self._is_busy:
            self._is_busy = True
            self._take_next()

    async def _try(self, act: Callable[[], Done]) -> tuple[Done | None, bool]:
        """What `act` came to, off the screen's thread, and whether it did; a failure is said, and nothing is lost by it."""
        try:
            return await asyncio.to_thread(act), True
        except MailguardError as error:
            self.notify(shown(str(error)), title="Not stored", severity="error", timeout=15, markup=False)
            return None, False

    # --- what is shown -------------------------------------------------------------------------------------------------

    def _show(self, case: Case | None) -> None:
        self._case = case
        self._is_answered = self._was_seen = False
        self._reason = ""
        self._score = Score.NONE
        self._shown_at = monotonic()
        self.query_one("#pair").scroll_home(animate=False)
        self._draw()

    def _draw(self) -> None:
        case = self._case
        self.set_class(case is None, "-empty")
        self._text("heading", _heading(case, self._reason, is_answered=self._is_answered))
        if case is None:
            lines: Callable[[int], Sequence[Line]] = partial(_empty, is_connected=self._is_connected)
        else:
            lines = partial(pair_lines, case if self._is_answered else unprejudiced(case))
        self.query_one("#page", Page).show(lines)
        self._draw_score()
        self._text("last", _last(self._last))
        self._text("standing", _standing(self._desk.standing))

    def _draw_score(self) -> None:
        """Show the waterfall that was asked for; where there is room, else that of the last answer."""
        which = self._case if self._score is Score.THIS else self._last[0] if self._last is not None else None
        self.set_class(self._score is not Score.NONE and which is not None, "-scored")
        pane, page = self.query_one("#score"), self.query_one("#waterfall", Page)
        if which is None:
            pane.border_title = "waterfall"
            page.show(_hidden)
        else:
            pane.border_title = (
                f"waterfall of {'this pair' if which is self._case else 'your last answer'}, {which.question.id}"
            )
            page.show(partial(waterfall_lines, which.explanation))

    def _text(self, id: str, line: Line) -> None:
        self.query_one(f"#{id}", Static).update(_content(line))


def _content(line: Line) -> Content:
    return Content.assemble(*((run.text, _COLOURS[run.style]) for run in line))


def _heading(case: Case | None, reason: str, *, is_answered: bool) -> Line:
    if case is None:
        return (Run("review", Style.STRONG),)
    question = case.question
    said = (
        "answered; n goes on" if is_answered else "",
        "would hold two groups together" if question.is_bridge else "",
        "asked of a second clerk" if unprejudiced(case) != case else "",
        f"reason: {shown(reason)}" if reason else "",
    )
    return (Run(f"{question.id}  same person?", Style.STRONG), Run("".join(f"  · {one}" for one in said if one), Style.FAINT))


def _last(last: tuple[Case, Given] | None) -> Line:
    if last is None:
        return (Run("the score is hidden until you have answered; w shows it", Style.FAINT),)
    case, given = last
    names = f"{shown(name_of(case.left.record))} / {shown(name_of(case.right.record))}"
    other = f", another clerk {given.earlier}" if given.earlier else ""
    return (
        Run(f"last: {given.answer}{other}", Style.STRONG),
        Run(f" · model {summary(case.explanation)}: {strongest(case.explanation, 3)}"),
        Run(f" · {names}", Style.FAINT),
    )


def _standing(standing: Standing) -> Line:
    progress, model, clerks = standing.progress, standing.with_model, standing.with_clerks
    done = f"{progress.answered} done ({progress.same} same, {progress.different} different, {progress.unsure} unsure)"
    with_model = f" · model {model.alike}/{model.asked} (expected {model.expected:.1f})" if model.asked else ""
    with_clerks = f" · clerks {clerks.alike}/{clerks.asked}" if clerks.asked else ""
    return (Run(f"{progress.waiting} wait", Style.STRONG), Run(f" · {done}{with_model}{with_clerks}"))


def _empty(width: int, *, is_connected: bool) -> list[Line]:
    what = "No question waits." if is_connected else "The ledger cannot be read just now."
    texts = ("", what, "", "It is looked at again every few seconds. z takes your last answer back, q quits.")
    return [(Run(fitted(text.center(width), width), Style.STRONG),) for text in texts]


def _hidden(width: int) -> list[Line]:
    return [(Run(fitted("hidden until you have answered", width), Style.FAINT),)]
