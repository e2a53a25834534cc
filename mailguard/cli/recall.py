"""`mailguard recall`: take mail back, and name who got it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Reason, actor, duration_option
from mailguard.cli.output import counted, note, plain, print_json, print_table, say, when
from mailguard.cli.recall_mailboxes import MailboxesOption, Yes, look_through, require_possible
from mailguard.config import Config
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.relay.clock import system_clock
from mailguard.relay.own_mailboxes import MailboxMode, MailboxReport, Standing
from mailguard.relay.recall import Terms, recall, rehearse
from mailguard.relay.recall_apology import DEFAULT, Wording, wording_of
from mailguard.relay.recall_document import ReachedDocument, RecallDocument
from mailguard.store.database import Database
from mailguard.store.recalls import Order, Target, extend_report

WAIT: Final = timedelta(seconds=30)

MOST_NAMED: Final = 50
"""Recipients that are named where a person looks."""

_FATE: Final = "under way; the same command again says what became of them"
_FATE_REHEARSED: Final = "with a worker that delivers: what it has not begun would be withdrawn"

Names = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="IDs, or Message-IDs in angle brackets.")]
Broadcasts = Annotated[
    list[str] | None, typer.Option("--broadcast", metavar="ID", help="All mail of this broadcast, also what is still to come.")
]
Sender = Annotated[str, typer.Option("--sender", metavar="S", help="Mail from this address, domain or client.")]
Client = Annotated[str, typer.Option("--client", metavar="NAME", help="Mail of this client.")]
Template = Annotated[str, typer.Option("--template", metavar="T", help="Mail of this template.")]
Since = Annotated[
    timedelta | None,
    typer.Option("--since", metavar="DURATION", parser=duration_option, help="Mail that came within the last 2h."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")]
NoApology = Annotated[bool, typer.Option("--no-apology", help="Draft no apologies.")]
ApologyFile = Annotated[
    Path | None,
    typer.Option("--apology", metavar="FILE", help="The text of the apologies, with {{ subject }} and {{ date }}."),
]
Wait = Annotated[
    timedelta | None,
    typer.Option("--wait", metavar="DURATION", parser=duration_option, help="How long what is under way is waited for (30s)."),
]
Full = Annotated[bool, typer.Option("--full", help="With --json: name also everybody who did not get it.")]


def command(
    *,
    names: Names = None,
    broadcast: Broadcasts = None,
    sender: Sender = "",
    client: Client = "",
    template: Template = "",
    since: Since = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    no_apology: NoApology = False,
    apology: ApologyFile = None,
    wait: Wait = None,
    full: Full = False,
    mailboxes: MailboxesOption = None,
    yes: Yes = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Cancel what has not left, name who got it, and draft the apology to just them. Exit status 1 if there is no such mail."""
    now = system_clock()
    target = Target(
        names=tuple(names or ()),
        broadcasts=tuple(broadcast or ()),
        sender=sender,
        client=client,
        template=template,
        since=now - since if since else None,
    )
    if target.means_nothing:
        raise UsageError("say which mail: an ID, --broadcast ID, or --sender, --client, --template or --since")
    wording = _wording(apology, no_apology=no_apology)
    order = Order(now, actor(), reason)
    with open_ledger(config) as (loaded, database):
        require_possible(loaded, mode=mailboxes, yes=yes or dry_run, as_json=as_json)
        if dry_run:
            document = rehearse(database, target, order)
        else:
            terms = _terms(loaded, wording=wording, wait=WAIT if wait is None else wait, full=full)
            document = _recalled(database, target, order, terms)
        if document is None:
            note(f"there is no mail {', '.join(target.words)}")
            raise typer.Exit(1)
        if not as_json:
            _say(document)
        mode = MailboxMode.LOOK if dry_run else mailboxes
        own = _own_mailboxes(loaded, database, document, mode=mode, yes=yes, as_json=as_json)
        if as_json:
            print_json({**plain(document), **({"own_mailboxes": own.document()} if own else {})})
    if own is not None and own.mode is MailboxMode.REMOVE and own.count(Standing.FAILED):
        note("some mailboxes could not be cleared; the same command tries them again")
        raise typer.Exit(1)


def _own_mailboxes(
    config: Config, database: Database, document: RecallDocument, *, mode: MailboxMode | None, yes: bool, as_json: bool
) -> MailboxReport | None:
    """Look for copies with those who got it, and keep the numbers beside the recall; None where no server is configured."""
    places = [(one.message, one.n) for one in (*document.delivered, *document.uncertain)]
    own = look_through(config, database, places, mode=mode, yes=yes, as_json=as_json)
    if own is not None and document.recall is not None:
        name = "own_mailboxes" if own.mode is MailboxMode.LOOK else "removed_from_own_mailboxes"
        with database.write() as connection:
            extend_report(connection, document.recall, {name: own.counts})
    return own


def _wording(file: Path | None, *, no_apology: bool) -> Wording | None:
    """Return what the apologies say, None for no apologies."""
    if file is None:
        return None if no_apology else DEFAULT
    if no_apology:
        raise UsageError("--apology and --no-apology exclude each other; give one of them")
    try:
        return wording_of(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {file}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from error


def _terms(config: Config, *, wording: Wording | None, wait: timedelta, full: bool) -> Terms:
    return Terms(
        hostname=config.hostname,
        draft_expire=config.holding.times.of(MailClass.SERVICE),
        wording=wording,
        wait=wait,
        names_spared=full,
    )


def _recalled(database: Database, target: Target, order: Order, terms: Terms) -> RecallDocument | None:
    try:
        return recall(database, target, order, terms, progress=_progress())
    except KeyboardInterrupt:
        note("interrupted; what is taken back stays so: the same command again goes on, and says who got it")
        raise


def _progress() -> Callable[[int], None]:
    """Return what says how many are under way, each number once."""
    said: set[int] = set()

    def say_once(under_way: int) -> None:
        if under_way not in said:
            said.add(under_way)
            note(f"{counted(under_way, 'recipient')} under way")

    return say_once


def _say(document: RecallDocument) -> None:
    title = "would be recalled" if document.recall is None else f"recalled ({document.recall})"
    say(f"{title}: {counted(document.messages, 'message')}, {counted(document.recipients, 'recipient')}")
    say(f"cancelled  {document.cancelled}")
    _say_reached("got it", document.delivered)
    _say_reached("may have", document.uncertain)
    spared = document.recipients - len(document.delivered) - len(document.uncertain) - document.under_way
    say(f"{'did not':<10} {spared}")
    _say_others(document)
    if document.under_way:
        note(f"{counted(document.under_way, 'recipient')} {_FATE if document.recall else _FATE_REHEARSED}")
    if document.apology.messages:
        say("")
        say(f"{counted(document.apology.messages, 'apology', 'apologies')} drafted and held; read one, then let them go:")
        say(f"  mailguard queue show {document.apology.ids[0]}")
        say(f"  mailguard queue release {' '.join(document.apology.groups)}")
    for name in document.unknown:
        note(f"there is no mail {name}")


def _say_reached(what: str, recipients: tuple[ReachedDocument, ...]) -> None:
    say(f"{what:<10} {len(recipients)}")
    if recipients:
        rows = [(one.mailbox, one.message, when(one.at), one.next_hop, one.answer) for one in recipients[:MOST_NAMED]]
        print_table(("mailbox", "message", "when", "next hop", "answer"), rows)
    if len(recipients) > MOST_NAMED:
        say(f"and {len(recipients) - MOST_NAMED} more; see all with --json")


def _say_others(document: RecallDocument) -> None:
    """Print what had become of the others before: rejected, dropped, failed, expired."""
    shown = {State.DELIVERED, State.CANCELLED, State.QUEUED, State.DEFERRED, State.HELD}
    others = [f"{count} {state}" for state, count in document.states.items() if state not in shown]
    if others:
        say(f"{'before':<10} {', '.join(others)}")
