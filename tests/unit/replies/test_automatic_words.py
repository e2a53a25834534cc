from __future__ import annotations

import pytest

from mailguard.replies.automatic_words import ABSENCE_SUBJECTS, ABSENCES, ACKNOWLEDGEMENTS, SELF_DECLARED, SELF_DECLARING_STEMS


@pytest.mark.parametrize(
    "subject",
    ["Out of Office: x", "Automatische Antwort: x", "Réponse automatique : x", "Respuesta automática: x", "Risposta automatica: x",
     "Automatisch antwoord: x", "Autosvar: x", "Automaattinen vastaus: x", "Odpowiedź automatyczna: x", "Automatikus válasz: x",
     "Автоответ: x", "Αυτόματη απάντηση: x", "Otomatik yanıt: x", "自動応答: x", "自动答复: x", "자동 회신: x", "Resposta automática: x"],
)  # fmt: skip
def test_subjects_of_absence_notices(subject: str) -> None:
    assert ABSENCE_SUBJECTS.search(subject)


@pytest.mark.parametrize(
    "subject", ["Your card", "Office chairs", "Re: invoice", "Delivery of your reply card", "Ihre Bestellung"]
)
def test_ordinary_subjects_are_none(subject: str) -> None:
    assert not ABSENCE_SUBJECTS.search(subject)


def test_ordinary_words_are_none() -> None:
    text = "Please send it to my new address. I wrote you so on Monday, and nobody answered."
    assert not any(words.search(text) for words in (ABSENCES, ACKNOWLEDGEMENTS, SELF_DECLARED))


def test_each_declaration_holds_a_stem() -> None:
    for text in (
        "this is an automated message",
        "automatische Antwort",
        "réponse automatique",
        "自動返信",
        "автоматический ответ",
    ):
        assert SELF_DECLARED.search(text)
        assert any(stem in text.casefold() for stem in SELF_DECLARING_STEMS)
