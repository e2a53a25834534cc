"""mailguard.cli.review.screen: the full-screen review, driven by keys over a real ledger."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from mailguard.cli.review.desk import Desk
from mailguard.identity.clerical import Answer
from mailguard.relay.clock import system_clock
from mailguard.store.database import Database
from mailguard.store.ruling import rule
from tests.unit.cli.review.conftest import NOW, THRESHOLDS, ask
from tests.unit.cli.review.screens import NARROW, WIDE, review, said


async def test_one_key_answers_and_the_next_pair_comes(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        assert screen.pair == asked[0]
        assert "Ada Lovelace" in screen.text("page")
        assert "3 wait" in screen.text("standing")
        await screen.press("s")
        assert said(database) == [(asked[0], Answer.SAME)]
        assert screen.pair == asked[1]
        await screen.press("d", "u")
        assert said(database)[1:] == [(asked[1], Answer.DIFFERENT), (asked[2], Answer.UNSURE)]
        assert "3 done (1 same, 1 different, 1 unsure)" in screen.text("standing")


async def test_empty_queue_says_so_and_new_questions_appear(database: Database) -> None:
    async with review(database) as screen:
        assert "No question waits." in screen.text("page")
        await screen.press("s", "n", "w", "l")
        assert said(database) == []
        with database.write() as connection:
            ids = ask(connection, [0.9])
        screen.app._look_again()
        await screen.settle()
        assert screen.pair == ids[0]


async def test_score_is_hidden_until_the_answer(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        assert not screen.has_score
        assert screen.text("last") == "the score is hidden until you have answered; w shows it"
        await screen.press("d")
        assert screen.text("last").startswith("last: different · model p ")
        assert not screen.has_score
        await screen.press("l")
        assert screen.has_score
        assert str(screen.app.query_one("#score").border_title).endswith(f"your last answer, {asked[0]}")
        await screen.press("l")
        assert not screen.has_score


async def test_score_is_shown_for_a_key_and_the_answer_counts_for_no_agreement(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("w")
        assert screen.has_score
        assert "prior" in screen.text("waterfall")
        await screen.press("w")
        assert not screen.has_score
        await screen.press("s")
        assert "model" not in screen.text("standing")
        await screen.press("s")
        assert "model" in screen.text("standing")


async def test_where_there_is_room_the_last_score_stays_in_sight(database: Database, asked: list[str]) -> None:
    async with review(database, size=WIDE) as screen:
        assert "hidden" in screen.text("waterfall")
        assert screen.has_score
        await screen.press("s")
        assert "prior" in screen.text("waterfall")
        await screen.resize(*NARROW)
        assert not screen.has_score


async def test_pause_shows_the_score_after_each_answer(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("p", "s")
        assert (screen.pair, screen.has_score) == (asked[0], True)
        assert "answered" in screen.text("heading")
        await screen.press("d")
        assert said(database) == [(asked[0], Answer.SAME)]
        await screen.press("enter")
        assert (screen.pair, screen.has_score) == (asked[1], False)
        await screen.press("enter")
        assert screen.pair == asked[1]
        await screen.press("p", "s")
        assert screen.pair == asked[2]


async def test_answers_are_taken_back_step_by_step(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("s", "d", "z")
        assert screen.pair == asked[1]
        assert "ada said different, taken back" in screen.text("page")
        await screen.press("backspace")
        assert screen.pair == asked[0]
        assert said(database) == []
        await screen.press("z")
        assert screen.pair == asked[0]
        await screen.press("u")
        assert said(database) == [(asked[0], Answer.UNSURE)]


async def test_second_clerk_does_not_see_what_the_first_has_said(database: Database, asked: list[str]) -> None:
    bea = Desk(database, clerk="bea", thresholds=THRESHOLDS, clock=system_clock)
    for _ in asked:
        case = bea.next()
        assert case is not None
        bea.answer(case, Answer.UNSURE, reason="who knows")
    async with review(database) as screen:
        assert "asked of a second clerk" in screen.text("heading")
        assert "bea" not in screen.text("page")
        await screen.press("p", "s")
        assert "bea said unsure: who knows" in screen.text("page")
        assert "another clerk unsure" in screen.text("last")


async def test_pair_is_left_for_later(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("n")
        assert screen.pair == asked[1]
        await screen.press("n", "n")
        assert screen.pair == asked[0]
        assert said(database) == []


async def test_no_pair_is_answered_unseen(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        # The ledger is busy: the keys come while the first answer is on its way.
        started, finish = Event(), Event()
        store = screen.app._desk.answer

        def slowly(*arguments: object, **options: object) -> object:
            started.set()
            finish.wait(10)
            return store(*arguments, **options)  # type: ignore[arg-type]

        screen.app._desk.answer = slowly  # type: ignore[method-assign,assignment]
        await screen.press_at_once("s", "s", "d", "n", "z")
        await asyncio.to_thread(started.wait, 10)
        finish.set()
        await screen.settle()
        assert said(database) == [(asked[0], Answer.SAME)]
        assert screen.pair == asked[1]


async def test_key_that_is_held_down_answers_one_pair(database: Database, asked: list[str]) -> None:
    async with review(database, settle=3600) as screen:
        await screen.press("s")
        assert said(database) == []
        screen.app._shown_at -= 3600
        await screen.press("s", "s", "s")
        assert said(database) == [(asked[0], Answer.SAME)]


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_quitting_gives_the_pair_back(database: Database, asked: list[str], key: str) -> None:
    async with review(database) as screen:
        await screen.press_at_once(key)
    other = Desk(database, clerk="bea", thresholds=THRESHOLDS, clock=system_clock)
    other._holder = "elsewhere"
    case = other.next()
    assert case is not None
    assert case.question.id == asked[0]


async def test_answer_that_came_too_late_is_said_to_be(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE question SET claimed_by = 'bea'")
        await screen.press("s")
        assert said(database) == []
        assert any("another clerk" in one.message for one in screen.app._notifications)


async def test_ledger_that_fails_loses_no_answer_and_keeps_the_pair(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE verdict RENAME TO away")
        await screen.press("s")
        assert screen.pair == asked[0]
        assert any(one.title == "Not stored" for one in screen.app._notifications)
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO verdict")
        await screen.press("s")
        assert said(database) == [(asked[0], Answer.SAME)]


async def test_ledger_that_fails_after_an_answer_is_said_and_looked_at_again(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE original RENAME TO away")
        await screen.press("s")
        assert said(database) == [(asked[0], Answer.SAME)]
        assert "The ledger cannot be read just now." in screen.text("page")
        with database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO original")
        screen.app._look_again()
        await screen.settle()
        assert screen.pair == asked[1]


async def test_pair_taken_back_that_another_clerk_has_is_not_shown(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("s")
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE question SET claimed_by = 'bea', claimed_until = 9e15 WHERE state <> 'open'")
        await screen.press("z")
        assert screen.pair == asked[1]
        assert any("another clerk has it now" in one.message for one in screen.app._notifications)
        assert said(database) == []


async def test_pair_on_the_screen_is_renewed(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        with database.write() as connection:
            connection.exec_driver_sql("UPDATE question SET claimed_until = 0 WHERE claimed_by <> ''")
        screen.app._renew()
        await screen.app.workers.wait_for_complete()
        with database.read() as connection:
            until = connection.exec_driver_sql("SELECT max(claimed_until) FROM question").scalar_one()
        assert until > 0


async def test_contradiction_is_said_after_the_answer(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        a, b = map(int, screen.pair.split("-"))
        other = next(int(id.split("-")[0]) for id in asked if id != screen.pair)
        with database.write() as connection:
            for pair, answer in (((a, other), Answer.DIFFERENT), ((b, other), Answer.SAME)):
                rule(connection, pair, answer, actor="eve", now=NOW, thresholds=THRESHOLDS)
        await screen.press("s")
        (notice,) = screen.app._notifications
        assert "was said to be the same, and other answers say different" in notice.message


async def test_terminal_made_too_small_says_so_until_it_is_larger(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        small = screen.app.query_one("#small")
        assert not small.display
        await screen.resize(50, 12)
        assert small.display
        await screen.resize(*NARROW)
        assert not small.display


async def test_theme_is_dark_or_light(database: Database, asked: list[str]) -> None:
    async with review(database, light=True) as screen:
        assert not screen.app.current_theme.dark
        await screen.press("t")
        assert screen.app.current_theme.dark
        await screen.press("t")
        assert not screen.app.current_theme.dark


async def test_long_pair_is_scrolled(database: Database) -> None:
    with database.write() as connection:
        ask(connection, [0.9])
        connection.exec_driver_sql(
            "UPDATE original SET fields = '{\"full_name\": \"' || replace(hex(zeroblob(100)), '0', 'Ada ') || '\"}'"
        )
    async with review(database, size=(60, 16)) as screen:
        view = screen.app.query_one("#pair")
        await screen.press("pagedown")
        assert view.scroll_y > 0
        await screen.press("n")
        assert view.scroll_y == 0
