"""In which language a mail is written, and whether those who get it read that. How a language is told is handed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, warning
from mailguard.broadcast.message_view import MailView

LEAST_SHARE: Final = 0.5
"""Of those in the audience whose language is known, that should read one of the mail's."""

_PIECE: Final = 1_000
_SHORTEST: Final = 200
_TAG: Final = re.compile(r"<html\b[^<>]{0,500}?\slang\s{0,3}=\s{0,3}[\"']?([A-Za-z]{2,3})(?=[-_\"'\s>])", re.IGNORECASE)
_HEAD: Final = 4_000
_LINK: Final = re.compile(r"<?\bhttps?://\S{1,2000}|\S{1,100}@\S{1,100}")
_SAME: Final = {"nb": "no", "nn": "no"}


def language_findings(views: Iterable[MailView], terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield a warning where most of the audience read none of the languages that the mail is written in.

    `views`: all that a template renders to, for it may choose the language by who gets it.
    """
    known = {language: share for language, share in terms.languages.items() if language and share > 0}
    if terms.detect is None or not known:
        return
    texts = {view.seen: None for view in views}
    written = {language for text in texts for language in languages_of(text, terms.detect)}
    share = sum(known.get(language, 0.0) for language in written) / sum(known.values())
    if written and share < LEAST_SHARE:
        first = max(known, key=lambda language: known[language])
        text = (
            f"it is written in {', '.join(sorted(written))}, the language of {share:.0%} of the audience; "
            f"most read {first} ({known[first] / sum(known.values()):.0%}); write to each in their own"
        )
        yield warning("language", text)


def tag_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield a warning where the HTML says that it is in another language than it is: so it is read aloud, and translated."""
    said = _TAG.search(view.html[:_HEAD])
    if said is None or terms.detect is None:
        return
    named = _SAME.get(said[1].lower(), said[1].lower())
    written = languages_of(view.shown, terms.detect)
    if written and named not in written:
        text = f'the HTML says lang="{said[1]}", and is written in {", ".join(sorted(written))}; say what it is in'
        yield warning("language_tag", text)


def languages_of(text: str, detect: Callable[[str], str]) -> set[str]:
    """Return the languages of the text's beginning, middle and end: one mail may say the same in two."""
    text = " ".join(_LINK.sub(" ", text).split())
    last = max(0, len(text) - _PIECE)
    places = sorted({0, last // 2, last}) if last > _SHORTEST else [0]
    return {language for at in places if (language := detect(text[at : at + _PIECE]))}
