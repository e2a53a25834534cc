from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.policy.finding import Code, Finding
from mailguard.policy.parcel import Attempt
from mailguard.store.plain_text import (
    MOST_CHARACTERS,
    UNCERTAIN,
    attempts_from_json,
    attempts_to_json,
    findings_from_json,
    findings_to_json,
    mark_of,
    storable,
)

any_text = st.text(st.characters(codec=None))


@given(any_text)
def test_storable_text_is_utf_8_without_nul_and_not_too_long(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert "\0" not in stored
    assert len(stored) <= MOST_CHARACTERS
    assert storable(stored) == stored


@pytest.mark.parametrize(("text", "stored"), [("plain", "plain"), ("Grüße", "Grüße"), ("a\0b", "a\ufffdb"), ("\udcff", "?")])
def test_only_what_no_column_takes_is_changed(text: str, stored: str) -> None:
    assert storable(text) == stored


@given(st.lists(st.builds(Finding, st.sampled_from(Code), any_text, st.tuples(st.text()))))
def test_findings_come_back(findings: list[Finding]) -> None:
    assert findings_from_json(findings_to_json(findings)) == tuple(findings)


@given(st.sampled_from(Code), any_text)
def test_a_code_in_the_text_of_a_finding_is_not_its_mark(code: Code, text: str) -> None:
    other = next(one for one in Code if one is not code)
    column = findings_to_json([Finding(other, f'{text} "code":"{code}"', (f'"code":"{code}"',))])
    assert column is not None
    assert mark_of(code) not in column
    assert mark_of(other) in column


def test_no_findings_and_no_attempts_are_no_column() -> None:
    assert findings_to_json(()) is None
    assert attempts_to_json(()) is None
    assert findings_from_json(None) == findings_from_json("[]") == ()
    assert attempts_from_json(None) == ()


@given(st.lists(st.builds(Attempt, st.datetimes(timezones=st.just(UTC)), st.text(), any_text)))
def test_attempts_come_back(attempts: list[Attempt]) -> None:
    assert attempts_from_json(attempts_to_json(attempts)) == tuple(attempts)


def test_attempts_keep_microseconds() -> None:
    attempt = Attempt(datetime(2026, 11, 16, 9, 0, 0, 7, tzinfo=UTC), "mail:25", "250 2.0.0 Ok")
    assert attempts_from_json(attempts_to_json([attempt])) == (attempt,)


def test_uncertain_attempt_is_marked_and_found_by_the_mark() -> None:
    at = datetime(2026, 11, 16, 9, tzinfo=UTC)
    attempts = (Attempt(at, "mx:25", "lost", is_uncertain=True), Attempt(at, "mx:25", "250 Ok"))
    column = attempts_to_json(attempts)
    assert column is not None
    assert UNCERTAIN in column
    assert attempts_from_json(column) == attempts
    assert UNCERTAIN not in str(attempts_to_json(attempts[1:]))
