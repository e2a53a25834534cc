"""The fingerprint of a message in parts: what it says (text) and what it says it about (facts).

Puts the notions of its neighbours together, in the order in which they narrow the text: what is visible, without links,
salutation, and own date; facts out of the words; signature and footer apart. It refuses to judge: two fingerprints are compared
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from mailguard.mail.attachment import attachment_facts
from mailguard.mail.blob import take_blobs
from mailguard.mail.facts import FactReader
from mailguard.mail.footer import Region, find_footer, is_contact
from mailguard.mail.link import less_tracking, take_links, take_mailboxes
from mailguard.mail.mime import Part
from mailguard.mail.salutation import Salutation, find_salutation
from mailguard.mail.text import read_visible
from mailguard.mail.words import Words, composed, fold, read_words, words_of

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
    visible = read_visible(parts)
    shown, blobs = take_blobs(visible.text)
    links = take_links(shown)
    salutation = find_salutation(links.text)
    regions = find_footer(links.text)
    reader = FactReader(sent_at)
    core_text, mailboxes = take_mailboxes(_core_text(composed(subject), links.text, salutation, regions))
    core = read_words(fold(core_text), reader.read)
    footer = " ".join(_footer_words(links.text, region, reader).line for region in regions)
    facts = {"\x1f".join(fact) for fact in reader.facts} | blobs | links.targets | mailboxes | attachment_facts(parts)
    facts.update(f"image {less_tracking(each)}" for each in visible.images)
    facts.update(f"unread {each.hex()}" for each in visible.unread)
    facts.update(f"answers {each}" for each in in_reply_to)
    if visible.others:
        facts |= _other_facts(visible.others, sent_at, known=facts | reader.values() | set(words_of(footer.encode())))
    # The salutation's line is left out (it may differ); within a sentence it is text.
    greeting = "" if salutation.is_line else " ".join(words_of(fold(links.text[salutation.start : salutation.stop])))
    text = f"{greeting}\0{core.line}\0{core.ends}\0{footer}"
    fingerprint = Fingerprint(_digest(text), _digest_of_set(facts), _digest_of_sentences(core.sentences), core.count)
    return Taken(fingerprint, salutation.greets)


def _core_text(subject: str, text: str, salutation: Salutation, regions: Sequence[Region]) -> str:
    """Return subject and text without salutation, signature and footer, in lines."""
    pieces = [subject, ".\n\n"]
    done = 0
    for start, stop in ((salutation.start, salutation.stop), *((region.start, region.stop) for region in regions)):
        pieces += (text[done:start], "\n")
        done = max(done, stop)
    pieces.append(text[done:])
    return "".join(pieces)


def _footer_words(text: str, region: Region, reader: FactReader) -> Words:
    """Return the words of a region. Numbers of who writes are words there: another phone number is no other fact."""

    def read(line: str, before: str, is_listed: bool) -> str | None:  # noqa: FBT001 - the signature of ReadLine
        return line if region.is_card or is_contact(line) else reader.read(line, before, is_listed)

    return read_words(fold(take_mailboxes(text[region.start : region.stop])[0]), read)


def _other_facts(others: Sequence[str], sent_at: datetime, *, known: set[str]) -> set[str]:
    """Return what the alternatives that are not shown hold besides: a code only in the plain text counts."""
    found: set[str] = set()
    for other in others:
        shown, blobs = take_blobs(other)
        links = take_links(shown)
        text, _ = take_mailboxes(links.text)
        reader = FactReader(sent_at)
        read_words(fold(text), reader.read)
        values = {value for value in reader.values() if not known.issuperset(words_of(fold(value)))}
        found |= blobs | links.targets | values
    return found - known


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "replace"), digest_size=DIGEST_OCTETS).digest()


def _digest_of_set(facts: Iterable[str]) -> bytes:
    return _digest("\0".join(sorted(facts)))


def _digest_of_sentences(sentences: Sequence[str]) -> bytes:
    """Return the digest of the sentences in any order."""
    if len(sentences) > _MANY_SENTENCES:
        return _digest(str(sum(int.from_bytes(_digest(each), "big") for each in sentences)))
    return _digest("\0".join(sorted(sentences)))
