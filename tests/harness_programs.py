"""Programs that a test needs beside Python: without them it is skipped, and in continuous integration it fails."""

from __future__ import annotations

import os

import pytest


def need(*, is_there: bool, reason: str) -> None:
    """Skip the test for this reason unless the program is there; with CI=true, fail it."""
    if is_there:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
