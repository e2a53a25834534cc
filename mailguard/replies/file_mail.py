"""One mail in a file of its own: its octets, within bounds, and when it was written. Follows no link, waits for no pipe."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileMail:
    """What is in a file: its octets, or `reason` why they are not. `written_at` is aware."""

    written_at: datetime
    octets: bytes = field(default=b"", repr=False)
    reason: str = ""


def read_mail_file(path: Path, *, max_size: int) -> FileMail:
    """Return what is in the file. Raises FileNotFoundError where it is gone; whatever else is wrong is a reason."""
    now = datetime.now(UTC)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        return FileMail(now, reason=f"cannot be read: {error.strerror}")
    try:
        status = os.fstat(descriptor)
        written_at = min(now, datetime.fromtimestamp(status.st_mtime, UTC))
        if not stat.S_ISREG(status.st_mode):
            return FileMail(written_at, reason="is no file")
        with open(descriptor, "rb", closefd=False) as file:
            octets = file.read(max_size + 1)
    except OSError as error:
        return FileMail(now, reason=f"cannot be read: {error.strerror}")
    finally:
        os.close(descriptor)
    if len(octets) > max_size:
        return FileMail(written_at, reason=f"{max(status.st_size, len(octets))} octets are more than {max_size}")
    return FileMail(written_at, octets) if octets else FileMail(written_at, reason="is empty")
