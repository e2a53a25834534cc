"""mailguard.cli.queue_choice: what is meant by ids, groups and options."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.cli.queue_choice import before, filter_of, with_groups
from mailguard.errors import UsageError
from mailguard.policy.limits import Limits
from mailguard.relay.clock import system_clock
from mailguard.store.hold_groups import hold_groups
from tests.builders import crowd, message
from tests.ledger import mail, open_ledger, take

NOTHING = {"everything": False, "finding": None, "sender": "", "older_than": None}


def test_nothing_said_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="the id of a group"):
        filter_of(None, **NOTHING)  # type: ignore[arg-type]


def test_groups_are_told_from_mails_and_end_now(tmp_path: Path) -> None:
    database = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    with database.write() as connection:
        take(connection, mail(message(visible=crowd(11)), "ann@people.example"))
        (group,) = hold_groups(connection, Limits())
        names = ["01JA", group.id, "G00000000"]
        begun = system_clock()
        found = with_groups(connection, filter_of(names, **NOTHING), Limits())  # type: ignore[arg-type]
        alone = filter_of(["01JA", "G00000000"], **NOTHING)  # type: ignore[arg-type]
        assert with_groups(connection, alone, Limits()) == alone
    database.close()
    assert (found.ids, [cause.id for cause in found.causes]) == (("01JA", "G00000000"), [group.id])
    assert found.older_than is not None
    assert begun <= found.older_than <= system_clock()


def test_age_is_taken_from_now() -> None:
    assert before(None) is None
    ago = before(timedelta(hours=1))
    assert ago is not None
    assert timedelta(minutes=59) < system_clock() - ago < timedelta(minutes=61)
