"""What only the kernel knows of processes and connections on loopback: proc(5), for tests that must know where something is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LOCAL, _REMOTE, _STATE, _QUEUES, _INODE = 1, 2, 3, 4, 9
"""Fields of a line of /proc/net/tcp."""

_ESTABLISHED = "01"

Ends = tuple[int, int]
"""A connection on loopback: the client's port and the server's."""


def children_of(pid: int) -> list[int]:
    """The processes that `pid` has started, oldest first."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def holder_of(connection: Ends, processes: Sequence[int]) -> int:
    """Which of the processes holds the server's end of the connection."""
    client, server = connection
    inode = _end(server, client)[_INODE]
    for pid in processes:
        if f"socket:[{inode}]" in _open_files(pid):
            return pid
    raise LookupError(f"none of {processes} has the connection {connection}")


def is_all_taken(connection: Ends) -> bool:
    """Whether everything that the client has sent has arrived and was read by the server."""
    client, server = connection
    sent, _, _ = _end(client, server)[_QUEUES].partition(":")
    _, _, unread = _end(server, client)[_QUEUES].partition(":")
    return int(sent, 16) == int(unread, 16) == 0


def forget_peak_memory(pid: int) -> None:
    """Let `peak_memory` count from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def peak_memory(pid: int) -> int:
    """The most octets of memory that the process has held."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _end(local: int, remote: int) -> list[str]:
    """What the kernel knows of this end of an established connection."""
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        ports = [int(fields[place].rpartition(":")[2], 16) for place in (_LOCAL, _REMOTE)]
        if ports == [local, remote] and fields[_STATE] == _ESTABLISHED:
            return fields
    raise LookupError(f"there is no connection between the ports {local} and {remote}")


def _open_files(pid: int) -> set[str]:
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found.add(str(file.readlink()))
    return found
