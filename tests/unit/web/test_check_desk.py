"""mailguard.web.check_desk: a body, and the check that it asks for."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.facts import Suppression
from mailguard.relay.settings import Client, Listen, RelaySettings
from mailguard.store.broadcasts import find_broadcast
from mailguard.store.database import Database
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.web.check_body import CheckBody, HttpCheckDocument
from mailguard.web.check_desk import Asker, check
from tests.builders import NOW
from tests.check_documents import NEWSLETTER, PEOPLE, TEMPLATE
from tests.unit.web.conftest import settings_for

ROWS = [{"email": address, "city": "Rome", "language": "en"} for address in PEOPLE]
CRM = Asker("crm", knows_persons=True)
EDITOR = Asker("editor", knows_persons=False)
SHOP = Client(name="shop", mail_class=MailClass.SERVICE)


def asked(url: str, asker: Asker = CRM, *, clients: tuple[Client, ...] = (), **changes: Any) -> HttpCheckDocument:
    body = CheckBody(**{"message": NEWSLETTER.decode(), "audience": ROWS} | changes)
    settings: RelaySettings = replace(settings_for(url), listen=Listen(clients=clients))
    with closing(Database.open(url)) as database:
        return check(body, asker, database, settings=settings)


@pytest.fixture
def unsubscribed(database: Database) -> None:
    """The first of the people wants no more of it."""
    with database.write() as connection:
        suppress(connection, Suppressed(PEOPLE[0], Suppression.UNSUBSCRIBED, NOW, "ada", "by link"))


def test_rows_and_csv_are_the_same_audience(url: str, database: Database) -> None:
    csv = "\n".join(["E-Mail;city;language", *(f"{row['email']};Rome;en" for row in ROWS)])
    for found in (asked(url), asked(url, audience=csv), asked(url, audience=ROWS, map={"email": "email"})):
        assert (found.verdict, found.audience.rows, found.audience.source) == ("pass", 3, "the audience")


def test_who_may_know_persons_is_told_all(url: str, unsubscribed: None) -> None:
    found = asked(url)
    assert (found.verdict, found.audience.suppressed, found.clean_rows, found.clean) == ("fail", 1, 2, None)


def test_clean_names_both_sides(url: str, unsubscribed: None) -> None:
    found = asked(url, clean=True)
    assert (found.verdict, found.clean) == ("pass", list(PEOPLE[1:]))
    assert found.left_out is not None
    ((line, mailbox, first),) = [(one.line, one.mailbox, one.codes[0]) for one in found.left_out]
    assert (line, mailbox, first) == (1, PEOPLE[0], "suppressed")


def test_who_may_not_is_told_nothing_of_them(url: str, unsubscribed: None) -> None:
    found = asked(url, EDITOR)
    assert (found.verdict, found.audience.suppressed, found.audience.persons, found.clean_rows) == ("pass", None, None, None)


def test_signature_is_the_tokens_own(url: str, database: Database) -> None:
    found = asked(url, sign=True, valid_hours=2)
    assert found.token is not None
    with database.read() as connection:
        broadcast = find_broadcast(connection, found.broadcast or "")
    assert broadcast is not None
    assert (broadcast.actor, broadcast.members) == ("crm", 3)


def test_template_is_rendered_with_the_rows_and_what_goes_with_all(url: str, database: Database) -> None:
    message = TEMPLATE.replace(b"{{ city }}", b"{{ city }} {{ season }}").decode()
    assert asked(url, message=message, data={"season": "winter"}).verdict == "pass"
    assert asked(url, message=message).verdict == "fail"


def test_client_is_who_was_named_else_the_only_one(url: str, database: Database) -> None:
    other = Client(name="other")
    assert asked(url, clients=(SHOP, other), client="shop").message.mail_class == "service"
    assert asked(url, clients=(SHOP,)).message.mail_class == "bulk"
    critical: dict[str, Any] = {"class": "critical"}
    assert asked(url, clients=(SHOP, other), **critical).message.mail_class == "critical"
    with pytest.raises(UsageError, match="there is no client 'nobody'"):
        asked(url, clients=(SHOP,), client="nobody")


def test_what_cannot_be_read_names_no_file(url: str, database: Database) -> None:
    with pytest.raises(UsageError, match=r"^the audience is empty"):
        asked(url, audience="\n\n")
    with pytest.raises(UsageError, match="no column holds addresses; name it with map: email"):
        asked(url, audience=[{"city": "Rome"}])
