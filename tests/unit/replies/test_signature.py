from __future__ import annotations

import pytest

from mailguard.replies.signature import closing_at, without_closing, without_signature


def _kept(text: str) -> str:
    return "\n".join(without_signature(text.split("\n")))


@pytest.mark.parametrize(
    "answer", ["ok", "👍", "Ja.", "9", "Yes please", "谢谢", "Danke!", "15", "My iPhone is broken.", "Outlook"]
)
def test_short_answer_survives(answer: str) -> None:
    assert _kept(answer) == answer


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAda Lovelace\nAcme",
        "--\nAda",
        "—\nAda",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Von meinem/meiner Galaxy gesendet",
        "Envoyé de mon iPad",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Get Outlook for iOS<https://aka.example/o0ukef>",
        "Az Outlook beszerzése Androidra<https://aka.example/o0ukef>",
        "Verstuurd vanaf mijn iPhone",
        "Skickat från min iPhone",
        "Отправлено с iPhone",
        "iPhoneから送信",
        "发自我的iPhone",
        "________________\nThis email and any attachments are confidential.",
        "Diese E-Mail enthält vertrauliche Informationen.",
        "Ada Lovelace\nAcme Ltd\nTel. +44 20 1234\nwww.acme.example",
    ],
)
def test_signature_goes(signature: str) -> None:
    assert _kept(f"Yes, please.\n\n{signature}\n") == "Yes, please."


def test_closing_and_name_stay_and_the_card_goes() -> None:
    assert _kept("Yes.\n\nKind regards\nAda\nAcme Ltd\nTel. +44 20") == "Yes.\n\nKind regards\nAda"
    assert _kept("Yes.\n\nKind regards\n\nAda\n\nAcme Ltd\nTel. +44 20") == "Yes.\n\nKind regards\n\nAda"
    assert _kept("Yes.\n\nKind regards\nAda") == "Yes.\n\nKind regards\nAda"


def test_postscript_stays() -> None:
    text = "Yes.\n\nKind regards\nAda\n\nPS: Please call me before noon."
    assert _kept(text) == text


def test_address_that_is_the_answer_stays() -> None:
    text = "My new address and phone:\n\nAda Lovelace\nHauptstraße 5\nTel. 030 1234"
    assert _kept(text) == text


def test_banner_of_a_gateway_goes() -> None:
    assert _kept("CAUTION: This email originated from outside of the organization.\n\nYes.") == "Yes."
    assert _kept("Attention please, I moved.\n\nAda") == "Attention please, I moved.\n\nAda"


def test_disclaimer_alone_is_kept_for_it_is_all_that_is_said() -> None:
    assert _kept("This email is confidential.") == "This email is confidential."


def test_nothing_is_left_of_nothing() -> None:
    assert without_signature(["", "  "]) == []
    assert without_signature(["-- ", "Ada"]) == []


def test_closing() -> None:
    assert closing_at(["Yes", "Viele Grüße", "Ada"]) == 1
    assert closing_at(["Yes", "Viele Grüße, Ada"]) == 1
    assert closing_at(["此致", "x"]) == 0
    assert closing_at(["Yes", "", "a" * 100]) == -1
    assert without_closing("9\n\nViele Grüße\nAda") == "9"
    assert without_closing("9") == "9"
