"""`mailguard queue groups`, `assign` and `note`: held mail by its causes, and what people say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.message_view import view
from mailguard.cli.options import AsJson, ConfigFile, Limit, actor
from mailguard.cli.output import counted, note, print_json, print_table, say, when
from mailguard.cli.queue_choice import Everything, FindingOption, Names, OlderThan, Sender, before, filter_of, with_groups
from mailguard.errors import UsageError
from mailguard.policy.limits import Limits
from mailguard.relay.clock import system_clock
from mailguard.store import hold_groups as store
from mailguard.store.filter import Filter
from mailguard.store.hold_groups import HoldDetail, HoldGroup
from mailguard.store.holds import Act
from mailguard.store.ledger import why
from mailguard.store.queue import parcels_of

MOST_LINES = 5
MOST_CHARACTERS = 120
"""Lines of a sample's text that are shown, and characters of each."""

_COLUMNS = (
    "id",
    "since",
    "finding",
    "mails",
    "recipients",
    "client",
    "template",
    "subject",
    "expires",
    "assigned to",
    "notes",
)

Assignee = Annotated[str, typer.Argument(metavar="NAME", help="Who looks after it; '' is nobody.")]
Text = Annotated[str, typer.Argument(metavar="TEXT", help="What there is to be known of it.")]


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail that stands for its group: `text` is its first lines, None where its content is gone."""

    id: str
    subject: str
    reverse_path: str
    mailbox: str
    text: tuple[str, ...] | None


def list_groups(
    *,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    limit: Limit = 50,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show held mail, one line a cause: same client, class, template and finding. Exit status 1 if nothing is held."""
    chosen = Filter(finding=finding, sender=sender, older_than=before(older_than), everything=True)
    with open_ledger(config) as (loaded, database), database.read() as connection:
        found = store.hold_groups(connection, loaded.limits, chosen)
    if as_json:
        print_json(found[:limit])
    elif found:
        print_table(_COLUMNS, [_row(group) for group in found[:limit]])
    if len(found) > limit:
        note(f"only the oldest {limit} of {len(found)} are shown; see more with --limit")
    if not found:
        note("nothing is held")
        raise typer.Exit(1)


def assign(
    *,
    names: Names = None,
    assignee: Assignee,
    everything: Everything = False,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Say who looks after held mail; an ID stands for the group that the mail is in. Exit status 1 if nothing is held."""
    chosen = filter_of(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database), database.write() as connection:
        groups, left = _meant(connection, chosen, loaded.limits)
        store.assign(connection, [group.id for group in groups], assignee, Act(system_clock(), actor(), ""))
    _report(groups, left, f"assigned to {assignee or 'nobody'}", {"assignee": assignee}, as_json=as_json)


def add_note(
    *,
    names: Names = None,
    text: Text,
    everything: Everything = False,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Write a note beside held mail; an ID stands for the group that the mail is in. Exit status 1 if nothing is held."""
    if not text.strip():
        raise UsageError("the note is empty; write what there is to be known")
    chosen = filter_of(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database), database.write() as connection:
        groups, left = _meant(connection, chosen, loaded.limits)
        store.note(connection, [group.id for group in groups], Act(system_clock(), actor(), text))
    _report(groups, left, "noted", {"text": text}, as_json=as_json)


def show_group(connection: Connection, name: str, limits: Limits, *, as_json: bool) -> None:
    """Print one group in full. Exits with status 1 where nothing is held for such a cause."""
    detail = store.hold_detail(connection, name, limits)
    if detail is None:
        note(f"nothing is held as {name}; see: mailguard queue groups")
        raise typer.Exit(1)
    samples = [_sample(connection, id) for id in detail.samples]
    if as_json:
        print_json(_document(detail, samples))
    else:
        _explain(detail, samples)


def _meant(connection: Connection, chosen: Filter, limits: Limits) -> tuple[list[HoldGroup], list[str]]:
    """Return the groups that are meant, and the names that stand for none."""
    left = [name for name, causes in store.causes_of(connection, chosen.ids, limits).items() if not causes]
    meant = replace(with_groups(connection, chosen, limits), older_than=chosen.older_than)
    ids = {group.id for group in store.hold_groups(connection, limits, meant)}
    return [group for group in store.hold_groups(connection, limits) if group.id in ids], left


def _report(groups: list[HoldGroup], left: list[str], done: str, said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json({**said, "groups": [group.id for group in groups], "left": left})
    else:
        for group in groups:
            say(f"{group.id} ({group.finding or 'held'}, {counted(group.messages, 'mail')}): {done}")
    for name in left:
        note(f"{name}: nothing is held of it; see: mailguard queue groups")
    if left or not groups:
        raise typer.Exit(1)


def _row(group: HoldGroup) -> tuple[object, ...]:
    return (
        group.id,
        when(group.since),
        group.finding or "",
        group.messages,
        group.recipients,
        group.client,
        group.template,
        group.subject,
        when(group.expires_at),
        group.assignee,
        group.notes or "",
    )


def _sample(connection: Connection, id: str) -> Sample:
    document = why(connection, id)
    if document is None:
        raise LookupError(id)  # it was read in the same snapshot
    parcels = parcels_of(connection, [(id, document.recipients[0].n)])
    text = _first_lines(view(parcels[0].octets).text) if parcels else None
    return Sample(id, document.subject, document.reverse_path, document.recipients[0].mailbox, text)


def _first_lines(text: str) -> tuple[str, ...]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return tuple(line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}…" for line in lines[:MOST_LINES])


def _document(detail: HoldDetail, samples: list[Sample]) -> dict[str, Any]:
    return {
        "group": detail.group,
        "sentences": _counts(detail.sentences, "text"),
        "domains": _counts(detail.domains, "domain"),
        "domain_count": detail.domain_count,
        "senders": _counts(detail.senders, "reverse_path"),
        "samples": samples,
        "notes": detail.notes,
    }


def _counts(counts: tuple[tuple[str, int], ...], name: str) -> list[dict[str, Any]]:
    return [{name: value, "recipients": number} for value, number in counts]


def _explain(detail: HoldDetail, samples: list[Sample]) -> None:
    group = detail.group
    repeats = f", and {counted(group.repeats, 'repeat')} that wait with them" if group.repeats else ""
    for name, value in (
        ("group", group.id),
        ("held for", group.finding or "a person to release it"),
        ("mail", f"{counted(group.messages, 'mail')} to {counted(group.recipients, 'recipient')}{repeats}"),
        ("of", f"client {group.client}, {group.mail_class}, template {group.template or 'unknown'}"),
        ("since", when(group.since) + (f", the newest {when(group.newest_at)}" if group.newest_at > group.since else "")),
        ("expires", f"from {when(group.expires_at)} on"),
        ("assigned to", group.assignee),
    ):
        if value:
            say(f"{name:<11} {value}")
    _print_spread("because", detail.sentences, len(detail.sentences))
    _print_spread("senders", tuple((path or "<>", number) for path, number in detail.senders), len(detail.senders))
    _print_spread("recipients at", detail.domains, detail.domain_count)
    for sample in samples:
        _print_sample(sample)
    for one in detail.notes:
        say("")
        say(f"note of {when(one.at)} by {one.actor}: {one.text}")


def _print_spread(title: str, counts: tuple[tuple[str, int], ...], total: int) -> None:
    if counts:
        say("")
        print_table((title, "recipients"), counts)
        if total > len(counts):
            say(f"and {total - len(counts)} more")


def _print_sample(sample: Sample) -> None:
    say("")
    say(f"{sample.id}  {sample.reverse_path or '<>'} -> {sample.mailbox}  {sample.subject}")
    for line in ("(its content is no longer kept)",) if sample.text is None else sample.text:
        say(f"  | {line}")
