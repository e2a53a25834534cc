"""Text from mail made fit to be looked at: local parts masked for logs, control characters harmless for terminals."""

from __future__ import annotations

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def mask(address: str) -> str:
    """Return the address with only the first character of its local part: "j…@x.example"; "" stays ""."""
    local_part, at, domain = address.rpartition("@")
    if not at:
        return f"{address[:1]}…" if address else ""
    return f"{local_part[:1]}…@{domain}"


def terminal_safe(text: str) -> str:
    """Return the text on one line; what could move a cursor, change colours or turn the direction of writing is replaced."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else " " if character.isspace() else _REPLACEMENT for character in text)
