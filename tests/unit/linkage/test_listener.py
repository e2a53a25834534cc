"""mailguard.linkage.listener: who is told while something takes long."""

from __future__ import annotations

from mailguard.linkage.listener import Listener, Silent
from tests.population import Heard


def test_whoever_listens_is_a_listener() -> None:
    listeners: list[Listener] = [Silent(), Heard()]
    for listener in listeners:
        listener.stage("linking")
        listener.part(0.5)
