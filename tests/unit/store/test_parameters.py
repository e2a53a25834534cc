from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from mailguard.errors import UsageError
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.store.database import Database
from mailguard.store.parameters import SHIPPED, Learnt, adopt, adopt_proposed, current, propose, proposed, version
from mailguard.store.tables import PARAMETERS
from tests.builders import NOW

ONE, OTHER = replace(DEFAULTS, partners=0.25), replace(DEFAULTS, partners=0.5)
LATER = NOW + timedelta(days=1)


def test_the_shipped_parameters_hold_until_others_are_learnt(database: Database) -> None:
    with database.write() as connection:
        assert (version(connection), current(connection)) == (SHIPPED, (SHIPPED, DEFAULTS))
        assert adopt(connection, ONE, origin="link", now=NOW) == 1
        assert adopt(connection, OTHER, origin="link", now=NOW) == 2
    with database.read() as connection:
        assert (version(connection), current(connection)) == (2, (2, OTHER))


def test_a_proposal_changes_nothing_until_it_is_adopted(database: Database) -> None:
    with database.write() as connection:
        adopt(connection, ONE, origin="link", now=NOW)
        assert propose(connection, OTHER, origin="answers of ada", now=NOW) == 2
        assert (version(connection), current(connection)) == (1, (1, ONE))
        assert proposed(connection) == Learnt(2, NOW, "answers of ada", OTHER)
        assert adopt_proposed(connection, 2, now=LATER) == 3
        assert (version(connection), current(connection), proposed(connection)) == (3, (3, OTHER), None)


def test_only_what_is_proposed_now_is_adopted(database: Database) -> None:
    with database.write() as connection:
        with pytest.raises(UsageError, match="proposed is none"):
            adopt_proposed(connection, 1, now=NOW)
        propose(connection, ONE, origin="a", now=NOW)
        propose(connection, OTHER, origin="b", now=NOW)
        with pytest.raises(UsageError, match="version 1 of the parameters is not proposed; proposed is 2"):
            adopt_proposed(connection, 1, now=NOW)
        adopt_proposed(connection, 2, now=NOW)
        assert current(connection) == (3, OTHER)


def test_parameters_of_another_form_are_refused(database: Database) -> None:
    with database.write() as connection:
        adopt(connection, ONE, origin="link", now=NOW)
        connection.execute(update(PARAMETERS).values(document='{"format": 99}'))
        with pytest.raises(ValueError, match="parameters"):
            current(connection)
        assert version(connection) == 1
