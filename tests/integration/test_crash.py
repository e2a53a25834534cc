"""Nothing that was answered 250 is lost when every process of the relay is killed under load."""

from __future__ import annotations

from pathlib import Path

from tests.integration.crash import CONNECTIONS, WORKERS, crash


async def test_nothing_answered_250_is_lost_when_everything_is_killed(tmp_path: Path) -> None:
    result = await crash(tmp_path, kills=4, messages=1500)
    assert result.answered >= 1500
    assert not result.lost
    assert not result.damaged
    # What can come twice at a kill is what was on its way: the transactions that the hop had taken and the ledger had not.
    assert result.duplicates <= result.kills * CONNECTIONS * WORKERS
