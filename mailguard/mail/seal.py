"""The seal of a message: what a check of it vouches for, and whether another mail still says just that.

As the fingerprint leaves out what may differ between two sendings of one mail, so does the seal (salutation, tracking, links
to unsubscribe), but the text keeps its dates: what was checked for Tuesday does not go out for Wednesday. The alternatives
that are not shown first count in full. Knows no broadcast and no signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from mailguard.mail.reading import Reading, Said, said, said_beside

FACT_OCTETS: Final = 8
TEXT_OCTETS: Final = 16


@dataclass(frozen=True, slots=True)
class Seal:
    """`text`: a digest of the words in order, with a mark for each fact. `facts`: a hash of each, 8 octets.

    Among them are two of the mail as a whole: one of all that is attached, and one of all facts together (pictures aside, by
    which openings are counted). So a check of one mail, or of equal ones, vouches for mail without a fact more, and a check of
    mails of which each has facts of its own for the next of their kind.
    """

    text: bytes
    facts: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text that a check vouches for, and the facts that all mails with it share."""

    text: bytes
    facts: frozenset[bytes]


def seal_of(reading: Reading) -> Seal:
    """Return the seal of what was read. Linear in its size."""
    words = said(reading, None)
    text = "\1".join((words.text, *said_beside(reading)))
    return Seal(_hash(text, TEXT_OCTETS), frozenset(_facts(words)))


def sealed(seals: Iterable[Seal]) -> tuple[SealedText, ...]:
    """Return what these mails vouch for together: each text once, in order, with the facts that are common to its mails."""
    found: dict[bytes, frozenset[bytes]] = {}
    for seal in seals:
        found[seal.text] = found.get(seal.text, seal.facts) & seal.facts
    return tuple(SealedText(text, facts) for text, facts in found.items())


def holds(checked: SealedText, seal: Seal) -> bool:
    """Whether a mail is what was checked: the same text, and no fact changed that all had in common."""
    return checked.text == seal.text and checked.facts <= seal.facts


def digest_of(texts: Iterable[SealedText]) -> bytes:
    """Return 16 octets for a set of texts with their facts, whatever their order."""
    digest = blake2b(digest_size=TEXT_OCTETS)
    for one in sorted(texts, key=lambda one: one.text):
        digest.update(one.text + len(one.facts).to_bytes(8, "big") + pack(one.facts))
    return digest.digest()


def pack(facts: Iterable[bytes]) -> bytes:
    """Return the facts one behind the other, in order."""
    return b"".join(sorted(facts))


def unpack(octets: bytes) -> frozenset[bytes]:
    """Return the facts that were packed."""
    return frozenset(octets[at : at + FACT_OCTETS] for at in range(0, len(octets), FACT_OCTETS))


def _facts(words: Said) -> Iterator[bytes]:
    yield from (_hash(f"fact {fact}", FACT_OCTETS) for fact in words.facts)
    yield _hash("\0".join(("attached", *sorted(words.attached))), FACT_OCTETS)
    yield _hash("\0".join(("all", *sorted(words.facts - words.images))), FACT_OCTETS)


def _hash(text: str, octets: int) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=octets).digest()
