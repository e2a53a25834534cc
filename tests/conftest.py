"""What holds for all tests: hypothesis profiles, and log lines that are what a test's own set-up makes them."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings
from structlog.typing import Processor

_PROCESSORS: list[Processor] = [
    structlog.processors.add_log_level,
    structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
]

settings.register_profile("quick", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True)
settings.register_profile("long", settings.get_profile("quick"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Forget how a command that ran inside the test process had log lines written.

    Tracebacks are plain: structlog's own, with the values of all variables, take seconds each.
    """
    structlog.configure(processors=_PROCESSORS)
    yield
    structlog.reset_defaults()
