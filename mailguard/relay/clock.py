"""The clock as a value that is handed in, so that simulated weeks can pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the time now, aware, in UTC."""


def system_clock() -> datetime:
    """The system's time, in UTC."""
    return datetime.now(UTC)
