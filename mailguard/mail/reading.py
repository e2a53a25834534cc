"""What a message says, read once: what is visible, without links, salutation and footer; and its words and facts out of that.

Puts the notions of its neighbours together, in the order in which they narrow the text. What is made of it, a fingerprint or a
seal, is for others to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.attachment import attachment_facts
from mailguard.mail.blob import take_blobs
from mailguard.mail.facts import FactReader
from mailguard.mail.footer import Region, find_footer, is_contact
from mailguard.mail.link import Links, less_tracking, take_links, take_mailboxes
from mailguard.mail.mime import Part
from mailguard.mail.salutation import Salutation, find_salutation
from mailguard.mail.text import Visible, read_visible
from mailguard.mail.words import Words, composed, fold, read_words, words_of


@dataclass(frozen=True, slots=True)
class Reading:
    """What is visible of a message, narrowed as far as it can be without knowing when it was sent.

    `subject`: composed. `links.text`: the visible text without blobs and links.
    """

    subject: str
    parts: Sequence[Part]
    in_reply_to: Sequence[str]
    visible: Visible
    blobs: set[str]
    links: Links
    salutation: Salutation
    regions: Sequence[Region]


@dataclass(frozen=True, slots=True)
class Said:
    """A reading in words: `greeting` where the salutation is no line of its own; `core`: all but salutation and footer.

    `facts`: all of them; `images` those of them that are pictures, `attached` those that are no visible text.
    """

    greeting: str
    core: Words
    footer: str
    facts: set[str]
    images: frozenset[str]
    attached: set[str]

    @property
    def text(self) -> str:
        """All words in order, with a mark for every fact."""
        return f"{self.greeting}\0{self.core.line}\0{self.core.ends}\0{self.footer}"


def read_parts(*, subject: str, parts: Sequence[Part], in_reply_to: Sequence[str]) -> Reading:
    """Return the reading of a message. Linear in its size."""
    visible = read_visible(parts)
    shown, blobs = take_blobs(visible.text)
    links = take_links(shown)
    return Reading(
        composed(subject), parts, in_reply_to, visible, blobs, links, find_salutation(links.text), find_footer(links.text)
    )


def said(reading: Reading, sent_at: datetime | None) -> Said:
    """Return the words and facts of a reading.

    Dates and times that are those of `sent_at` (aware, in the offset of the Date field) are none of the mail's; None: all are.
    """
    links, salutation, visible = reading.links, reading.salutation, reading.visible
    reader = FactReader(sent_at)
    core_text, mailboxes = take_mailboxes(_core_text(reading.subject, links.text, salutation, reading.regions))
    core = read_words(fold(core_text), reader.read)
    footer = " ".join(_footer_words(links.text, region, reader).line for region in reading.regions)
    attached = attachment_facts(reading.parts)
    facts = {"\x1f".join(fact) for fact in reader.facts} | reading.blobs | links.targets | mailboxes | attached
    images = frozenset(f"image {less_tracking(each)}" for each in visible.images)
    facts |= images
    facts.update(f"unread {each.hex()}" for each in visible.unread)
    facts.update(f"answers {each}" for each in reading.in_reply_to)
    if visible.others:
        facts |= _other_facts(visible.others, sent_at, known=facts | reader.values() | set(words_of(footer.encode())))
    # The salutation's line is left out (it may differ); within a sentence it is text.
    greeting = "" if salutation.is_line else " ".join(words_of(fold(links.text[salutation.start : salutation.stop])))
    return Said(greeting, core, footer, facts, images, attached)


def said_beside(reading: Reading) -> list[str]:
    """Return the words of the alternatives that are not shown first, without salutation, with a mark for every fact."""
    return [_words_beside(other) for other in reading.visible.others]


def _words_beside(other: str) -> str:
    text = take_links(take_blobs(other)[0]).text
    core_text, _ = take_mailboxes(_core_text("", text, find_salutation(text), ()))
    words = read_words(fold(core_text), FactReader(None).read)
    return f"{words.line}\0{words.ends}"


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


def _other_facts(others: Sequence[str], sent_at: datetime | None, *, known: set[str]) -> set[str]:
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
