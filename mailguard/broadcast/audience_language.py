"""The language that a row names for its person, as an ISO 639-1 code."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from anyascii import anyascii

_CODE = re.compile(r"([a-z]{2})(?:[-_].*)?")
_NAMES: Final = {
    name: code
    for code, names in {
        "de": "german deutsch allemand aleman tedesco ger deu",
        "en": "english englisch anglais ingles inglese eng",
        "fr": "french franzosisch francais frances francese fra fre",
        "es": "spanish spanisch espagnol espanol spagnolo spa",
        "it": "italian italienisch italien italiano ita",
        "pt": "portuguese portugiesisch portugais portugues portoghese por",
        "nl": "dutch niederlandisch neerlandais nederlands olandese nld dut",
        "pl": "polish polnisch polonais polski pol",
        "sv": "swedish schwedisch suedois svenska swe",
        "da": "danish danisch danois dansk dan",
        "no": "norwegian norwegisch norvegien norsk nor nb nn",
        "fi": "finnish finnisch finnois suomi fin",
        "cs": "czech tschechisch tcheque cestina ces cze",
        "ru": "russian russisch russe russkij rus",
        "tr": "turkish turkisch turc turkce tur",
        "ja": "japanese japanisch japonais jpn",
        "zh": "chinese chinesisch chinois zho chi",
    }.items()
    for name in names.split()
}


@lru_cache(1 << 10)
def language_code(text: str) -> str:
    """Return the code: of `de`, `de-AT`, `German`, `Deutsch`; "" of what is no language's."""
    plain = anyascii(text.strip()[:40]).lower()
    found = _NAMES.get(plain, "")
    code = _CODE.fullmatch(plain)
    return found or (code[1] if code else "")
