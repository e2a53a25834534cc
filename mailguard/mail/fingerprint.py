"""The fingerprint of a message in parts: what it says (text) and what it says it about (facts).

Made of a message's `reading`, without the mail's own date. It refuses to judge: two fingerprints are compared elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from mailguard.mail.mime import Part
from mailguard.mail.reading import Reading, read_parts, said

DIGEST_OCTETS = 16
_MANY_SENTENCES = 20_000  # sorting more in one call would hold other threads up


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Three 16-octet digests and the number of words (signature and footer aside).

    `text`: subject and visible words in order, without salutation, tracking, unsubscribe and view-online links, the mail's
    own date and time, and with every fact replaced by a mark. `facts`: what makes two mails of one template two mails.
    `core`: the sentences and items of the text in any order, without salutation, signature, footer and punctuation; equal
    cores with equal facts are a near repeat.
    """

    text: bytes
    facts: bytes
    core: bytes
    words: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A fingerprint, and the name that the salutation greets when it greets one person, else ""."""

    fingerprint: Fingerprint
    greets: str


def take_fingerprint(*, subject: str, sent_at: datetime, parts: Sequence[Part], in_reply_to: Sequence[str]) -> Taken:
    """Return the fingerprint of a message; `sent_at` is aware, in the offset of its Date field.

    Linear in the size of the message.
    """
    return fingerprint_of(read_parts(subject=subject, parts=parts, in_reply_to=in_reply_to), sent_at)


def fingerprint_of(reading: Reading, sent_at: datetime) -> Taken:
    """Return the fingerprint of what was read."""
    words = said(reading, sent_at)
    fingerprint = Fingerprint(
        _digest(words.text), _digest_of_set(words.facts), _digest_of_sentences(words.core.sentences), words.core.count
    )
    return Taken(fingerprint, reading.salutation.greets)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=DIGEST_OCTETS).digest()


def _digest_of_set(facts: Iterable[str]) -> bytes:
    return _digest("\0".join(sorted(facts)))


def _digest_of_sentences(sentences: Sequence[str]) -> bytes:
    """Return the digest of the sentences in any order."""
    if len(sentences) > _MANY_SENTENCES:
        return _digest(str(sum(int.from_bytes(_digest(each), "big") for each in sentences)))
    return _digest("\0".join(sorted(sentences)))
