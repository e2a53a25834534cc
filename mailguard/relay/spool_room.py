"""Whether there is room for one more mail: what waits in the ledger is bounded, and its disk is not filled to the last octet.

What is inside stays and is delivered; only new mail is turned away, with an answer that makes its sender keep it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from mailguard.errors import StorageFullError
from mailguard.relay.settings import Spool
from mailguard.store.queue import Usage

REFUSAL: Final = "the spool is full, try again later"


class SpoolRoom:
    """Knows how full the spool is: as of the last `measure`, and for `folder` (None: no local disk) as of now."""

    def __init__(self, limits: Spool, *, folder: Path | None) -> None:
        self._limits = limits
        self._folder = folder
        self._octets = 0

    def measure(self, usage: Usage) -> None:
        """Take note of what waits."""
        self._octets = usage.octets

    def require(self, octets: int) -> None:
        """Raise StorageFullError where a mail of so many octets has no room."""
        if self._octets + octets > self._limits.most_octets or self._free() < self._limits.least_free + octets:
            raise StorageFullError(REFUSAL)

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free if self._folder else self._limits.most_octets + self._limits.least_free
