"""What stands under newly written words and was not written for this mail: signature, what a phone adds, disclaimers.

The closing and the name typed under it are words that were written and stay; a card with company, address and phone goes. It
errs on the side of keeping: a short answer is never taken for a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailguard.mail.footer_words import CONTACT
from mailguard.mail.greeting_words import CLOSINGS, UNSPACED_CLOSINGS
from mailguard.replies.signature_words import BANNER_STEMS, BANNERS, DISCLAIMERS, MOBILE

_DELIMITER = re.compile(r"\s*(?:--\s?|—|–|__)\s*")  # RFC 3676 4.3, and what programs make of it
_RULE = re.compile(r"\s*[-_=*~•·]{3,}\s*")
_TAIL = 30  # lines in which a signature without delimiter stands
_LONGEST_CLOSING = 60
_LONGEST_CARD_LINE = 120
_MOST_NAME_WORDS = 5
_FEWEST_CARD_LINES = 3
_SHORTEST_SENTENCE = 3
_SENTENCE_ENDS = tuple(".!?。！？")
_REACHED = re.compile(r"(?:tel|phone|fax|mobile?|handy|tél|тел)[a-zé]{0,8}[.:]{0,2}\s?[+(]?\d|www\.|https?://|@|\+\d{1,3}[ (]")
_LONGEST_LOOKED_AT = 300
_MOBILE_LINES = 6  # from the end, in which the phone's line stands
_LONGEST_MOBILE = 120
_STRIPPED = " \t\r,.!:;*_>|-–—，。！、"


def without_signature(lines: Sequence[str]) -> list[str]:
    """Return the lines of one run of newly written words without what is no part of it, no blank ones at either end."""
    kept = _trimmed(_without_banner(_trimmed(list(lines))))
    delimiter = next((at for at, line in enumerate(kept) if _DELIMITER.fullmatch(line)), len(kept))
    kept = _trimmed(_without_disclaimer(_trimmed(kept[:delimiter])))
    kept = _trimmed(_without_mobile(kept))
    return _trimmed(_without_card(kept))


def without_closing(text: str) -> str:
    """Return the text without its closing and the name under it, for what must be all that a mail says."""
    lines = text.split("\n")
    at = closing_at(lines)
    return "\n".join(lines[:at]).strip() if at > 0 else text


def closing_at(lines: Sequence[str]) -> int:
    """Return the place of the line with which the closing begins, -1 where there is none."""
    for at in range(len(lines) - 1, max(-1, len(lines) - _TAIL), -1):
        if _is_closing(lines[at]):
            return at
    return -1


def _without_banner(lines: list[str]) -> list[str]:
    """Return the lines without a paragraph at the top that a mail gateway put there."""
    end = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
    paragraph = " ".join(lines[:end])[:_LONGEST_LOOKED_AT].casefold()
    is_banner = end < len(lines) and BANNERS.match(paragraph) and any(stem in paragraph for stem in BANNER_STEMS)
    return lines[end:] if is_banner else lines


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines without blank ones and rules at the end and blank ones at the beginning."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or _RULE.fullmatch(lines[end - 1])):
        end -= 1
    start = 0
    while start < end and not lines[start].strip():
        start += 1
    return lines[start:end]


def _without_disclaimer(lines: list[str]) -> list[str]:
    """Return the lines before the first paragraph that says that it is a disclaimer; it is never the first one."""
    for at in range(1, len(lines)):
        begins = not lines[at - 1].strip() or _RULE.fullmatch(lines[at - 1])
        if begins and DISCLAIMERS.match(lines[at].strip(" \t*_<>|")[:_LONGEST_LOOKED_AT]):
            return lines[:at]
    return lines


def _without_mobile(lines: list[str]) -> list[str]:
    """Return the lines before the one that a phone or a mail program added; all it is where nothing else was written."""
    for at in range(max(0, len(lines) - _MOBILE_LINES), len(lines)):
        bare = lines[at].strip(" \t*_[]()-–—")
        if len(bare) <= _LONGEST_MOBILE and MOBILE.match(bare):
            return lines[:at]
    return lines


def _without_card(lines: list[str]) -> list[str]:
    """Return the lines without the card under the closing: all after the name that is no sentence."""
    closing = closing_at(lines)
    if closing < 0:
        return _without_unclosed_card(lines)
    names = 0
    for at in range(closing + 1, len(lines)):
        line = lines[at].strip()
        if not line or _RULE.fullmatch(line):
            if names:
                return lines if _is_said(lines[at:]) else lines[:at]
            continue
        if names and not _is_said(lines[at:]):
            return lines[:at]
        names += 1
    return lines


def _without_unclosed_card(lines: list[str]) -> list[str]:
    """Return the lines without a last paragraph of a few lines with phone or web address that nothing introduces."""
    start = next((at for at in range(len(lines) - 1, 0, -1) if not lines[at - 1].strip()), 0)
    card = lines[start:]
    before = next((line.strip() for line in reversed(lines[:start]) if line.strip()), ":")
    is_card = len(card) >= _FEWEST_CARD_LINES and _REACHED.search(" ".join(card)[:_LONGEST_LOOKED_AT].casefold())
    return lines[:start] if is_card and before[-1] not in ":：" and not _is_sentence(card) else lines


def _is_said(lines: Sequence[str]) -> bool:
    """Whether any of the lines is a sentence, and so no card: a postscript."""
    return not any(_is_contact(line) for line in lines) and _is_sentence(lines)


def _is_sentence(lines: Sequence[str]) -> bool:
    return any(line.strip()[-1:] in _SENTENCE_ENDS and len(line.split()) > _SHORTEST_SENTENCE for line in lines)


def _is_contact(line: str) -> bool:
    return len(line) <= _LONGEST_CARD_LINE and CONTACT.search(line.casefold()) is not None


def _is_closing(line: str) -> bool:
    """Whether the line is a closing, alone or with a name after it."""
    if len(line) > _LONGEST_CLOSING:
        return False
    bare = line.strip(_STRIPPED).casefold()
    words = bare.split(None, 1)
    if not words:
        return False
    closings = CLOSINGS.get(words[0].strip(_STRIPPED), UNSPACED_CLOSINGS if words[0] >= "\u3040" else ())
    rest = next((bare[len(closing) :] for closing in closings if bare.startswith(closing)), None)
    return rest is not None and (not rest or (rest[0] in ",!. " and len(rest.split()) <= _MOST_NAME_WORDS))
