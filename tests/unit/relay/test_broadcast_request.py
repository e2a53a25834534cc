"""mailguard.relay.broadcast_request: what a check is asked where nobody says more, and by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.relay.broadcast_request import NOBODY, Signing, sending_client
from mailguard.relay.settings import Client

SHOP, CRM = Client(name="shop", brand="red"), Client(name="crm")


def test_what_is_sent_to_many_is_bulk_and_its_token_holds_a_day() -> None:
    assert NOBODY.mail_class is MailClass.BULK
    assert Signing("ann").valid == timedelta(days=1)


def test_client_is_who_was_named_else_the_only_one_for_bulk() -> None:
    assert sending_client([SHOP, CRM], "shop") is SHOP
    assert sending_client([SHOP, CRM], "") is NOBODY
    only = sending_client([SHOP], "")
    assert (only.name, only.brand, only.mail_class) == ("shop", "red", MailClass.BULK)
    with pytest.raises(UsageError, match="there is no client 'x'; the clients are shop, crm"):
        sending_client([SHOP, CRM], "x")
