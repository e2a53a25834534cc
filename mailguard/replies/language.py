"""In which language the words are: by a trained model where one is installed and there are words enough, else by script.

The model is that of py3langid (the extra `lang`); it is loaded at the first text. Where neither it nor the script can tell,
what the mail says of itself is believed (Content-Language, `<html lang>`); "" where nothing tells. Languages are ISO 639-1
codes.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Protocol

LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "fi", "is", "et", "lv", "lt", "pl", "cs", "sk", "hu", "ro"),
    *("hr", "sr", "sl", "bg", "ru", "uk", "el", "tr", "ar", "he", "fa", "hi", "th", "vi", "id", "zh", "ja", "ko", "ca"),
)
"""Those that are told apart."""

_MOST_CHARACTERS = 1_000
_ENOUGH_LETTERS = 40
_FEW_LETTERS = 8
_SURE = 0.5
"""The least probability with enough letters; with few, _SURER."""
_SURER = 0.7
_ALIASES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "cmn": "zh"}
_TAG = re.compile(r"\s*([A-Za-z]{2,3})(?=[-_,;\s]|$)")
_HTML_TAG = re.compile(r"<html\b[^<>]{0,500}?\blang\s{0,3}=\s{0,3}[\"']?([A-Za-z]{2,3})(?=[-_\"'\s>])", re.IGNORECASE)
_HTML_HEAD = 3_000
_LINK = re.compile(r"<?\bhttps?://\S{1,500}|\S{1,100}@\S{1,100}")
# Scripts that one of the languages is written in, by a range of their letters.
_SCRIPTS = (
    ("\u0370", "\u03ff", "el"),
    ("\u0590", "\u05ff", "he"),
    ("\u0900", "\u097f", "hi"),
    ("\u0e00", "\u0e7f", "th"),
    ("\u3040", "\u30ff", "ja"),
    ("\uac00", "\ud7af", "ko"),
    ("\u4e00", "\u9fff", "zh"),
    ("\u0600", "\u06ff", "ar"),
)
_JAPANESE = re.compile("[\u3040-\u30ff]")
_PERSIAN = re.compile("[\u067e\u0686\u0698\u06af\u06cc\u06a9]")


class _Model(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def read_language(text: str, *, said: str = "", html: str = "") -> str:
    """Return the language of the text; `said` is the Content-Language of the mail (RFC 3282), `html` its HTML."""
    sample = _LINK.sub(" ", text[:_MOST_CHARACTERS])
    letters = sum(map(str.isalpha, sample))
    script = _by_script(sample, letters) if not sample.isascii() else ""
    if script and script != "ar":
        return script
    told = _by_model(sample, letters) if letters >= _FEW_LETTERS else ""
    return told or script or _declared(said, html) * bool(letters)


def warm_up() -> None:
    """Load the model, so that no text waits for it."""
    _model()


def _declared(said: str, html: str) -> str:
    """Return the language that the mail names for itself, "" where it names none of LANGUAGES or several."""
    found = _TAG.match(said) if "," not in said else None
    if found is None and html:
        found = _HTML_TAG.search(html[:_HTML_HEAD])
    code = found[1].lower() if found else ""
    code = _ALIASES.get(code, code)
    return code if code in LANGUAGES else ""


def _by_script(sample: str, letters: int) -> str:
    """Return the language that more than half of the letters say by their script; "" where they are Latin or Cyrillic."""
    counts = Counter(language for letter in sample if letter >= "\u0370" for language in _languages_of(letter))
    if not counts or not letters:
        return ""
    language, count = counts.most_common(1)[0]
    east = counts["ja"] + counts["zh"]
    if language in {"ja", "zh"} and 2 * east >= letters:
        return "ja" if _JAPANESE.search(sample) else "zh"
    if 2 * count <= letters:
        return ""
    return "fa" if language == "ar" and len(_PERSIAN.findall(sample)) * 20 > count else language


@lru_cache(maxsize=4096)
def _languages_of(letter: str) -> tuple[str, ...]:
    return tuple(language for first, last, language in _SCRIPTS if first <= letter <= last and letter.isalpha())


def _by_model(sample: str, letters: int) -> str:
    model = _model()
    if model is None:
        return ""
    shouts = 2 * sum(map(str.isupper, sample)) > letters
    language, probability = model.classify(sample.lower().strip() if shouts else sample.strip())
    is_sure = probability >= (_SURE if letters >= _ENOUGH_LETTERS else _SURER)
    return _ALIASES.get(language, language) if is_sure else ""


@lru_cache(maxsize=1)
def _model() -> _Model | None:
    """Return the model, restricted to LANGUAGES; None where py3langid is not installed."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - an extra, and 0.7 s
    except ImportError:
        return None
    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(LANGUAGES)
    found: _Model = model
    return found
