"""What a message answers (RFC 5322 3.6.4) and whether it is a reply or a forward."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from mailguard.mail.header import Header

MAX_MESSAGE_IDS = 50
MAX_MESSAGE_ID_CHARACTERS = 512
_IN_BRACKETS = re.compile(rf"<([^<>\s]{{1,{MAX_MESSAGE_ID_CHARACTERS}}})>")
_BARE = re.compile(r"(?<!\S)([^<>\s@]{1,250}@[^<>\s]{1,250})(?!\S)")
# Fields that say that a message was passed on: Thunderbird's, and those of resending (RFC 5322 3.6.6).
_FORWARD_FIELDS = frozenset({"x-forwarded-message-id", "resent-from", "resent-to", "resent-date"})

# What mail programs put before the subject of a reply, by language, casefolded.
_REPLY_WORDS = (
    "re", "aw", "antw", "antwort",  # English and most others, German, Dutch
    "sv", "svar", "vs", "vast",  # Danish, Norwegian, Swedish, Icelandic, Finnish, Estonian
    "réf", "rép", "r", "rif", "res",  # French, Italian, Portuguese
    "odp", "odg", "vá", "válasz", "răsp",  # Polish, Czech, Slovak, Croatian, Slovene, Hungarian, Romanian
    "ats", "atb", "ynt", "bls", "trả lời",  # Lithuanian, Latvian, Turkish, Indonesian, Vietnamese
    "απ", "σχετ", "отв", "ответ", "на", "відп", "отг",  # Greek, Russian, Ukrainian, Bulgarian
    "השב", "תגובה", "رد", "ตอบ",  # Hebrew, Arabic, Thai
    "答复", "答覆", "回复", "回覆", "返信", "답장", "회신",  # Chinese, Japanese, Korean
)  # fmt: skip
_FORWARD_WORDS = (
    "fw", "fwd", "wg", "doorst",  # English and most others, German, Dutch
    "vs", "vb", "vl", "fs", "edasi",  # Norwegian and Danish, Swedish, Finnish, Icelandic, Estonian
    "tr", "i", "rv", "enc",  # French, Italian, Spanish, Portuguese
    "pd", "prosl", "továbbítás", "továbbítva",  # Polish, Croatian, Hungarian
    "persiųs", "pārs", "ilt", "trs", "chuyển tiếp",  # Lithuanian, Latvian, Turkish, Indonesian, Vietnamese
    "πρθ", "пересл", "пер", "препр",  # Greek, Russian, Bulgarian
    "העבר", "إعادة توجيه", "تحويل", "ส่งต่อ",  # Hebrew, Arabic, Thai
    "转发", "轉寄", "轉發", "転送", "전달",  # Chinese, Japanese, Korean
)  # fmt: skip
_MAX_PREFIXES = 10
_LONGEST_SUBJECT = 1_000
_WORDS = "|".join(sorted(map(re.escape, {*_REPLY_WORDS, *_FORWARD_WORDS}), key=len, reverse=True))
# "[list] Re[2]: ", "Re^3: ", "AW(2): ", "[Fwd: "; a list's tag may stand before each.
_PREFIX = re.compile(rf"\s*(?:\[[^\]]{{0,80}}\]\s*)*\[?({_WORDS})\s*(?:[\[(^]?[0-9]{{1,3}}[\])]?\s*)?[:：]")


@dataclass(frozen=True, slots=True)
class Thread:
    """`in_reply_to` and `references` are Message-IDs without angle brackets, in order, at most 50 of the latter."""

    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    is_reply: bool
    is_forward: bool

    @property
    def answers(self) -> tuple[str, ...]:
        """What it answers: In-Reply-To, else the last of References (RFC 5322 3.6.4); the others are only its ancestors."""
        return self.in_reply_to or self.references[-1:]


def read_thread(header: Header, *, subject: str) -> Thread:
    """Return what the fields and the decoded subject say. Of more than MAX_MESSAGE_IDS references the last are kept."""
    in_reply_to = _message_ids(header.all("in-reply-to"))[:MAX_MESSAGE_IDS]
    references = _message_ids(header.all("references"))[-MAX_MESSAGE_IDS:]
    words = _prefixes(subject)
    return Thread(
        in_reply_to,
        references,
        is_reply=bool(in_reply_to or references) or not words.isdisjoint(_REPLY_WORDS),
        is_forward=not words.isdisjoint(_FORWARD_WORDS) or not header.names.isdisjoint(_FORWARD_FIELDS),
    )


def read_message_id(value: str) -> str:
    """Return the Message-ID that a field value holds, without angle brackets; what it has where it has none, cut; else ""."""
    found = _IN_BRACKETS.search(value)
    return found[1] if found else value.strip("<> \t")[:MAX_MESSAGE_ID_CHARACTERS]


def bare_subject(subject: str) -> str:
    """Return a decoded subject without what replying and forwarding add to it, case and white space folded: to compare by."""
    text = subject[:_LONGEST_SUBJECT].casefold()
    _, at = _words_before(text)
    return " ".join(text[at:].split()).removesuffix("(fwd)").rstrip(" ]")


def _message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Return the Message-IDs of a field's values; those without brackets, which some programs write, where none has any."""
    text = " ".join(values)
    return tuple(_IN_BRACKETS.findall(text) or _BARE.findall(text)) if text else ()


def _prefixes(subject: str) -> set[str]:
    """Return the words of replying and forwarding before a subject, and after it "(fwd)", casefolded."""
    text = subject[:_LONGEST_SUBJECT].casefold()
    words, _ = _words_before(text)
    return words | {"fwd"} if text.rstrip().endswith("(fwd)") else words


def _words_before(text: str) -> tuple[set[str], int]:
    """Return the words of replying and forwarding before a casefolded subject, and where it begins after them."""
    words: set[str] = set()
    at = 0
    for _ in range(_MAX_PREFIXES):
        match = _PREFIX.match(text, at)
        if match is None:
            break
        words.add(match[1])
        at = match.end()
    return words, at
