from __future__ import annotations

import sys

import pytest

from mailguard.replies import language
from mailguard.replies.language import read_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Please send it to my new address, I have told you so.", "en"),
        ("Bitte schicken Sie mir die Karte an meine neue Adresse.", "de"),
        ("Merci beaucoup, je vous envoie le document demain.", "fr"),
        ("Hei, jeg har ikke fått kortet ennå, kan dere sende det på nytt?", "no"),
        ("I ALREADY TOLD YOU THAT I MOVED TO ANOTHER ADDRESS!", "en"),
        ("Ευχαριστώ", "el"), ("תודה", "he"), ("ありがとう", "ja"), ("谢谢你", "zh"), ("감사합니다", "ko"), ("ขอบคุณ", "th"), ("धन्यवाद", "hi"),
    ],
)  # fmt: skip
def test_language_is_told(text: str, code: str) -> None:
    assert read_language(text) == code


@pytest.mark.parametrize("text", ["", "ok", "👍", "Ja.", "9"])
def test_too_few_words_tell_nothing(text: str) -> None:
    assert read_language(text) == ""


def test_mail_is_believed_where_its_words_tell_nothing() -> None:
    assert read_language("Ja.", said="de-CH") == "de"
    assert read_language("Ja.", html='<html><head></head></html><html lang="sv-SE">') == "sv"
    assert read_language("Ja.", said="nb") == "no"
    assert read_language("Ja.", said="en, de") == ""
    assert read_language("Ja.", said="tlh") == ""
    assert read_language("9", said="de") == ""


def test_without_the_model_scripts_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    language._model.cache_clear()
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    assert read_language("Please send it to my new address.") == ""
    assert read_language("Please send it to my new address.", said="en") == "en"
    assert read_language("شكرا جزيلا") == "ar"
    assert read_language("متشکرم گل پژمرده") == "fa"
    assert read_language("Ευχαριστώ, please send it") == ""
    language._model.cache_clear()


def test_model_that_was_loaded_beforehand_is_the_one_that_tells() -> None:
    language.warm_up()
    before = language._model.cache_info().misses
    assert read_language("Please send it to my new address, I have told you so.") == "en"
    assert language._model.cache_info().misses == before
