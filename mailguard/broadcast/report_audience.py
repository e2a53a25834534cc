"""The part of the report that is about the audience: how many of the rows can be sent to, why the others not, who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mailguard.broadcast.document import AudienceDocument, CheckDocument, LastDocument, ShareDocument
from mailguard.broadcast.report_chart import Bar, bar_table, split_bar
from mailguard.broadcast.report_text import language, moment, number, plural, share

MOST_SHARES: Final = 10
"""Domains or languages that are shown."""

_REASONS: Final = (
    ("invalid", "no usable address", "bad"),
    ("duplicate", "the same person again", "bad"),
    ("suppressed", "bounced, unsubscribed or complained", "bad"),
    ("open_reply", "waits for our answer", "bad"),
    ("recently_sent", "got the same lately", "bad"),
    ("over_cap", "has had enough mail", "bad"),
    ("known_data", "is asked for what we know", "bad"),
    ("possible_duplicate", "may be somebody else’s double", "warn"),
    ("role", "a function, not a person", "warn"),
    ("typo", "looks mistyped", "warn"),
    ("test", "looks like a test", "warn"),
    ("own", "our own mailbox", "warn"),
    ("other_brand", "a customer of another brand", "warn"),
)
"""Counts that are shown beside the funnel, what they are called there, and whether such a row is left out (bad)."""


def audience_section(document: CheckDocument) -> str:
    """Return the section, HTML."""
    audience = document.audience
    last = audience.last
    cards = [_funnel(document), _reasons(audience)]
    cards += _shares(audience.domains, last.domains if last else None, caption="By mail domain", is_language=False)
    cards += _shares(audience.languages, last.languages if last else None, caption="By language", is_language=True)
    inner = "".join(f'<div class="card">{card}</div>' for card in cards if card)
    return f'<h2>Who is to get it</h2><div class="columns">{inner}</div>{_since_last(audience, last) if last else ""}'


def _funnel(document: CheckDocument) -> str:
    audience = document.audience
    steps = (
        ("rows", audience.rows, "plain"),
        ("mailboxes", audience.mailboxes, "plain"),
        ("persons", audience.persons, "plain"),
        ("can be sent to", document.clean_rows, "good"),
    )
    most = max(audience.rows, 1)
    bars = [Bar(name, count / most, number(count), kind) for name, count, kind in steps if count is not None]
    table = bar_table(bars, caption="From rows to recipients", heads=("step", "how many"))
    return _split(document) + table


def _split(document: CheckDocument) -> str:
    clean, out = document.clean_rows, document.left_out_rows
    if clean is None or out is None or clean + out == 0:
        return ""
    whole = clean + out
    text = f"{plural(clean, 'row')} of {number(whole)} can be sent to, {number(out)} cannot"
    parts = (Bar("", clean / whole, "", "good"), Bar("", out / whole, "", "bad"))
    svg = split_bar(parts, title="Rows that can be sent to", description=text)
    return f"<p><strong>{share(clean / whole)}</strong> of the rows can be sent to.</p>{svg}"


def _reasons(audience: AudienceDocument) -> str:
    counts = audience.model_dump()
    counts |= audience.others
    found = [(label, counts.get(name) or 0, kind) for name, label, kind in _REASONS]
    found = sorted((one for one in found if one[1]), key=lambda one: -one[1])
    if not found:
        return ""
    most = max(count for _, count, _ in found)
    bars = [Bar(label, count / most, number(count), kind) for label, count, kind in found]
    key = _key("bad", "left out") + " " + _key("warn", "stays in, look at it")
    table = bar_table(bars, caption="What is wrong with rows", heads=("what", "rows"))
    return f"{table}<p><small>{key}; a row may count several times.</small></p>"


def _shares(
    found: Sequence[ShareDocument], before: Sequence[ShareDocument] | None, *, caption: str, is_language: bool
) -> list[str]:
    if not found:
        return []
    then = None if before is None else {one.name: one.share for one in before}
    bars = [
        Bar(
            language(one.name) if is_language else one.name,
            one.share,
            share(one.share) + ("" if then is None else f" (was {share(then.get(one.name, 0.0))})"),
            before=None if then is None else then.get(one.name, 0.0),
        )
        for one in found[:MOST_SHARES]
    ]
    table = bar_table(bars, caption=caption, heads=(caption.removeprefix("By "), "share"))
    key = f"<p><small>{_key('plain', 'now')} {_key('before', 'last time')}</small></p>" if then is not None else ""
    return [table + key]


def _key(kind: str, text: str) -> str:
    square = f'<svg viewBox="0 0 1 1" aria-hidden="true"><rect class="{kind}" width="1" height="1"/></svg>'
    return f'<span class="key">{square}</span>{text}'


def _since_last(audience: AudienceDocument, last: LastDocument) -> str:
    change = audience.rows - last.rows
    how = "as many" if change == 0 else f"{number(abs(change))} {'more' if change > 0 else 'fewer'}"
    most = max(audience.rows, last.rows, 1)
    bars = [
        Bar("now", audience.rows / most, number(audience.rows)),
        Bar(f"{last.at:%Y-%m-%d}", last.rows / most, number(last.rows), "before"),
    ]
    table = bar_table(bars, caption="Rows", heads=("when", "how many"))
    return (
        f"<h2>Compared with last time</h2><div class='card'><p>This template was last sent on {moment(last.at)} to "
        f"{plural(last.rows, 'row')}: now it is {how}.</p>{table}</div>"
    )
