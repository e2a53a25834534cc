"""mailguard.web.desk: the database that fails, comes back, and is judged by a policy that changes."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from mailguard.config.bearer import Scope
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.foresight import Intent
from mailguard.policy.limits import Limits
from mailguard.policy.template_rule import TemplateRule
from mailguard.relay.settings import Policy
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.web.desk import Desk, UnavailableError
from tests.unit.store.written import wrote
from tests.unit.web.conftest import bearer, settings_for

Q = parse_mailbox("q@new.example")


def test_database_that_is_not_there_is_asked_again(tmp_path: Path) -> None:
    desk = Desk(settings_for(f"sqlite:///{tmp_path}/later.db"), ReplySettings())
    with pytest.raises(UnavailableError, match="cannot be asked now"):
        desk.warm_up()
    Database.open(f"sqlite:///{tmp_path}/later.db").close()
    desk.warm_up()
    assert len(desk.contexts([Q], Intent())) == 1
    desk.close()
    desk.close()


async def test_database_that_fails_is_told_without_its_words(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE reply")
    answer = await client.get("/v1/context?address=ada@x.example", headers=bearer(Scope.CONTEXT))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["detail"] == "the database cannot be asked now; try again"


def test_new_policy_is_judged_by(desk: Desk, database: Database) -> None:
    wrote(database, "r1", anchor=Q.canonical)
    survey = Intent(template="how-was-it")
    assert desk.contexts([Q], survey)[0].would.value == "deliver"
    desk.use(Policy(templates=(TemplateRule(name="how-*", is_survey=True),)))
    assert desk.contexts([Q], survey)[0].would.value == "hold"
    desk.use(Policy(limits=Limits(own_domains=frozenset({"new.example"}))))
    assert desk.settings.policy.limits.own_domains == {"new.example"}
    assert desk.contexts([Q], survey)[0].would.value == "deliver"
