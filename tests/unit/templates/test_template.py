"""How a failure is said."""

from __future__ import annotations

import pytest

from mailguard.templates.template import Failure


@pytest.mark.parametrize(
    ("failure", "text", "said"),
    [
        (Failure("Subject", 1, "'x' is undefined"), "Subject, line 1: 'x' is undefined", "Subject, line 1"),
        (Failure("text/html", 0, "renders to a NUL"), "text/html: renders to a NUL", "text/html"),
        (Failure("", 0, "takes longer than 2 s"), "takes longer than 2 s", ""),
    ],
)
def test_failure_says_where_and_what(failure: Failure, text: str, said: str) -> None:
    assert (str(failure), failure.said) == (text, said)
