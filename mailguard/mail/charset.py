"""From octets and the name of a character set (RFC 2046 4.1.2, RFC 2978) to text, as mail programs read them.

Only names in a fixed table reach Python's codecs: an unknown name would make it look for a module on disk, and some codecs are
no character sets (zlib, rot13) or not linear (punycode, idna).
"""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache

_NO_CHARACTER_SETS = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "mbcs", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
)
# The superset that programs read in place of the named set (WHATWG Encoding 4.2): senders mislabel in this direction.
_READ_AS = {
    "latin_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
}
_CODECS = {
    label: _READ_AS.get(codec, codec)
    for label, codec in [*aliases.items(), *((codec, codec) for codec in aliases.values()), ("cp874", "cp874")]
    if codec not in _NO_CHARACTER_SETS
}
_CODECS |= {
    "koi8_u": "koi8_u",
    "koi8_t": "koi8_t",
    "utf8mb4": "utf_8",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601": "cp949",
    "iso_8859_8_i": "iso8859_8",
}
_UNLABELLED = "ascii"  # RFC 2045 5.2
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 40
# A decoder of these gives no lone surrogate, so that the text can be encoded again.
_WITHOUT_SURROGATES = frozenset({"utf_8", "cp1252"})


def decode_charset(octets: bytes, charset: str) -> str:
    """Return the text; linear, never raises. What cannot be decoded becomes U+FFFD.

    An absent or unknown name and US-ASCII with 8-bit octets are read as UTF-8 where they are that, else as Windows-1252.
    """
    codec = _codec(charset) if len(charset) <= _LONGEST_NAME else _UNLABELLED
    if codec == _UNLABELLED:
        return _decode_unlabelled(octets)
    text = octets.decode(codec, "replace")
    if codec in _WITHOUT_SURROGATES or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    label = _SEPARATORS.sub("_", charset.lower()).strip("_")
    return _CODECS.get(label, _UNLABELLED)


def _decode_unlabelled(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def is_known(charset: str) -> bool:
    """Whether text is read as of this character set, not guessed because nobody knows the name."""
    label = _SEPARATORS.sub("_", charset.lower()).strip("_")
    return len(charset) <= _LONGEST_NAME and label in _CODECS
