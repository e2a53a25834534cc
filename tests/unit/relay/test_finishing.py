"""What mail gains before it leaves, and what mail is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.header import scan
from mailguard.mail.token import Signed, read
from mailguard.relay.finishing import Finisher
from mailguard.relay.settings import Rendering
from mailguard.relay.signing import Signer
from tests.builders import mailboxes, message, submission

KEY = bytes(32)
ID = "01JA0000000000000000000000"


def finisher(**settings: Any) -> Finisher:
    return Finisher(Rendering(**settings), signer=Signer.load([]), token_key=KEY)


async def test_rendered_mail_without_settings_leaves_as_it_was_rendered() -> None:
    mail = message()
    finished = await finisher().finished(mail, token="", mail_class=MailClass.BULK)
    assert finished.content == mail.content
    assert finisher().unsubscribe_url("t") == ""


@pytest.mark.parametrize(
    ("mail_class", "names"),
    [
        (MailClass.SERVICE, ["subject", "reply-to"]),
        (MailClass.BULK, ["subject", "reply-to", "list-unsubscribe", "list-unsubscribe-post"]),
    ],
)
async def test_only_bulk_mail_says_how_to_unsubscribe(mail_class: MailClass, names: Sequence[str]) -> None:
    given = finisher(address="reply@x.example", unsubscribe_url="https://x.example/u")
    finished = await given.finished(message(), token="tok", mail_class=mail_class)
    assert [field.name for field in scan(finished.content).fields] == names


async def test_link_alone_is_enough_to_unsubscribe() -> None:
    given = finisher(unsubscribe_url="https://x.example/u")
    finished = await given.finished(message(), token="tok", mail_class=MailClass.BULK)
    assert scan(finished.content).first("list-unsubscribe") == "<https://x.example/u/tok>"


async def test_mail_that_cannot_be_read_is_left_alone() -> None:
    mail = message(unreadable="it has too many parts")
    assert await finisher(address="reply@x.example").finished(mail, token="t", mail_class=MailClass.BULK) is mail


async def test_answers_to_one_recipients_mail_come_back_signed() -> None:
    mail = submission(message(visible=mailboxes("Ann@people.example")), "ann@people.example", id=ID)
    finished = await finisher(address="reply@x.example").with_reply_token(mail)
    token = scan(finished.message.content).first("reply-to").partition("+")[2].partition("@")[0]
    assert read(KEY, token) == Signed(ID, 0)
    assert finished.message.digest == mail.message.digest


@pytest.mark.parametrize(
    ("visible", "recipients", "changes"),
    [
        (("ann@people.example", "tom@people.example"), ("ann@people.example",), {}),
        (("ann@people.example",), ("ann@people.example", "tom@people.example"), {}),
        ((), ("ann@people.example",), {}),
        (("ann@people.example",), ("ann@people.example",), {"unreadable": "too deep"}),
        (("ann@people.example",), ("ann@people.example",), {"content": b"Reply-To: own@x.example\r\n\r\n"}),
    ],
)
async def test_mail_to_several_and_mail_with_its_own_address_stay(
    visible: tuple[str, ...], recipients: tuple[str, ...], changes: dict[str, Any]
) -> None:
    mail = submission(message(visible=mailboxes(*visible), **changes), *recipients)
    assert await finisher(address="reply@x.example").with_reply_token(mail) is mail


async def test_without_an_address_nothing_is_signed() -> None:
    mail = submission(message(visible=mailboxes("ann@people.example")), "ann@people.example")
    assert await finisher().with_reply_token(mail) is mail
