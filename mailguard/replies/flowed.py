"""Plain text as it was typed: paragraphs of format=flowed joined (RFC 3676), and the marks of quotation kept."""

from __future__ import annotations

_SIGNATURE = "-- "


def unflow_reply(text: str, *, deletes_spaces: bool) -> str:
    """Return the text with each newly written paragraph in one line; quoted lines stay as they are (RFC 3676 4.1)."""
    out: list[str] = []
    is_open = False
    for line in text.split("\n"):
        is_quoted = line.startswith(">")
        bare = line if is_quoted else line.removeprefix(" ")
        flows = not is_quoted and bare.endswith(" ") and bare != _SIGNATURE
        if not is_open or is_quoted or bare == _SIGNATURE:
            out.append("\n")
        out.append(bare[:-1] if flows and deletes_spaces else bare)
        is_open = flows
    return "".join(out[1:])
