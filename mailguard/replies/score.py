"""The score in an answer to a survey: a whole number from 0 to 10 with which the answer begins, or which it says it gives.

What else may be a number is none: an amount, a date, a phone number, "2 weeks ago". Whether the mail answers a survey is for
others to know.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from mailguard.mail.salutation import find_salutation
from mailguard.replies.signature import without_closing

_LOOKED_AT = 300
_NUMBER = r"(?<![\d.,:/+-])(10|[0-9])"
_OF_TEN = (
    r"(?:\s?/\s?10|\s(?:out )?of (?:10|ten)|\svon (?:10|zehn)|\ssur (?:10|dix)|\s(?:de|di|su|van|av|af|z|ze|din|из|од|από) 10)"
)
_UNIT = (
    r"(?:\s?(?:points?|punkte?n?|pts?|stars?|sterne?|étoiles?|puntos?|punti|punto|pontos?|punten|poäng|point|poeng|pistettä|pkt"
    r"|punktów|punkty|bodů|body|bodov|pont|puncte|балл\w*|бал\w*|puan|点|點|分|점|⭐️?|★))"
)
_END = r"(?![\d:/%€$£°º])(?![.,]\d)(?!\s?(?:€|\$|£|%|[xX]\b))"
_AFTER = (
    r"(?=\s*(?:$|[\n.,;:!?)\]。！、，]|[–—-](?!\s?\d)|because|since|as |weil|da |denn|parce|car |porque|perché|omdat"
    r"|fordi|därför|koska|bo |protože|потому|[^\w\s–—-]))"
)
_ARTICLE = r"(?:(?:an?|une?|una|uno|uma?|eine?n?|een|en|ett|et)\s)?"
_BARE = re.compile(rf"\W{{0,5}}{_ARTICLE}{_NUMBER}{_OF_TEN}?{_UNIT}?[^\w%€$£°º]*")
_BEGINS = re.compile(
    rf"[\s\"'(*_~]{{0,5}}{_ARTICLE}{_NUMBER}(?:{_OF_TEN}(?![/.\d-]){_UNIT}?|{_UNIT}|{_END}{_AFTER})", re.IGNORECASE
)
_LABEL = (
    r"(?:score|rating|my (?:score|rating|answer|vote|mark)|answer|vote|mark|nps|note|ma note|bewertung|meine (?:note"
    r"|bewertung|antwort|punktzahl)|antwort|punktzahl"
    r"|nota|voto|il mio voto|puntuación|puntuacion|mi (?:nota|puntuación|respuesta)|valoración|calificación|pontuação"
    r"|minha (?:nota|resposta)|avaliação|punteggio|valutazione"
    r"|cijfer|mijn (?:cijfer|score)|betyg|mitt betyg|karakter|min (?:score|karakter)|arvosana|ocena|moja ocena|hodnocení"
    r"|hodnotenie|známka|értékelés|pontszám|scor|оценка|моя оценка|оцінка"
    r"|βαθμός|βαθμολογία|puan|puanım|skor|評価|点数|评分|打分|점수|평점|réponse|ma réponse|resposta|risposta)"
)
_LABELLED = re.compile(
    rf"(?:^|[\n.!,]\s*){_LABEL}\s?(?:is|ist|est|es|è|é|är|er|on|=|:|：|-|–)?\s*:?\s*(?:an? |eine? )?{_NUMBER}(?:{_OF_TEN}"
    rf"|{_UNIT}|{_END}(?![\w]))",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:i(?:'d| would|'ll| will)? (?:give|rate|say|score|vote)|rate|(?:ich )?(?:gebe|würde|vergebe|bewerte)"
    r"|je (?:donne|mets|donnerais|mettrais|vous donne)|(?:le |les |os )?"
    r"(?:doy|daría|pongo|pondría)|(?:vi )?(?:do|darei|darebbe)|dou|daria|(?:ik )?geef|(?:jag )?ger|(?:jeg )?giver"
    r"|(?:jeg )?gir|annan|daję|dávám|dávam|adok|dau|ставлю|даю|поставлю|δίνω|veriyorum)"
    rf"\b(?:\s+[^\W\d]\S{{0,14}}){{0,5}}?\s+{_NUMBER}(?:{_OF_TEN}|{_UNIT}|{_END}(?!\s*[^\W\d]{{3,}}\w*\s+(?:ago|später|of"
    rf"|von)))",
    re.IGNORECASE,
)
_CONCLUDED = re.compile(
    rf"\b(?:so|also|donc|entonces|así que|quindi|então|portanto|dus|så|więc|takže|tehát|deci|так что|значит)"
    rf"\s{_ARTICLE}{_NUMBER}\W*\Z",
    re.IGNORECASE,
)
_OUT_OF_TEN = re.compile(rf"{_NUMBER}{_OF_TEN}(?![\d/.])", re.IGNORECASE)
_KEYCAPS = {0xFE0F: None, 0x20E3: None, 0x1F51F: "10"}


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is 0 to 10. `is_bare`: nothing else was said."""

    value: int
    is_bare: bool


def read_score(text: str) -> Score | None:
    """Return the score that newly written words begin with or give; None where there is none."""
    said = _said(text)
    bare = _BARE.fullmatch(said)
    if bare is not None:
        return Score(int(bare[1]), is_bare=True)
    for pattern in (_BEGINS.match, _LABELLED.search, _GIVEN.search, _CONCLUDED.search):
        found = pattern(said)
        if found is not None:
            return Score(int(found[1]), is_bare=not said[found.end() :].strip(" .!\n") and not said[: found.start()].strip())
    several = {found[1] for found in _OUT_OF_TEN.finditer(said)}
    return Score(int(several.pop()), is_bare=False) if len(several) == 1 else None


def _said(text: str) -> str:
    """Return the first words after the salutation and before the closing, digits of all scripts as ASCII ones."""
    text = text[:_LOOKED_AT]
    salutation = find_salutation(text)
    if salutation.stop:
        text = text[salutation.stop :]
    text = without_closing(text.strip(" \n,")).strip()
    return text if text.isascii() else "".join(map(_ascii_digit, text.translate(_KEYCAPS)))


def _ascii_digit(character: str) -> str:
    number = unicodedata.decimal(character, None)
    return character if number is None else str(number)
