"""A process that another one has started to share its work: it ends with it. Knows nothing of the work."""

from __future__ import annotations

import os
import signal
from multiprocessing import parent_process
from threading import Thread
from typing import Final

_STOPPED: Final = 1


def live_with_parent() -> None:
    """End with the process that started this one, however that ends; Ctrl-C is for it to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after_parent, daemon=True).start()


def _end_after_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(_STOPPED)
