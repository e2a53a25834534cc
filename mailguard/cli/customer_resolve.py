"""`mailguard customers resolve`: who a recipient would be to the relay, and how it comes to that."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import print_json, say
from mailguard.cli.review.waterfall import probability, summary, waterfall_lines
from mailguard.errors import AddressError, UsageError
from mailguard.identity.comparison import Explanation
from mailguard.identity.known import field_name
from mailguard.identity.person import person_id
from mailguard.identity.query import Query, query_of
from mailguard.identity.resolve import Basis, Candidate, Decision, Outcome, explain
from mailguard.mail.address_list import parse_address_list
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.mail.person_field import FACTS, PersonField
from mailguard.relay.hints import Hint, record_of
from mailguard.relay.resolution import Directory, look_up

DRAWN: Final = 3
"""Candidates whose waterfall is drawn; the others have a line."""

_WIDEST: Final = 100
_WHY: Final = {
    Basis.MAILBOX: "by the mailbox, which stands in its record",
    Basis.REFERENCE: "by the record that is named",
    Basis.CANDIDATES: "by comparison",
    Basis.NOTHING: "nobody is like it",
}

_SHORT: Final = {"given_name": "given", "date_of_birth": "born", "street_address": "street", "name_in_email": "name@"}
"""What a field is called where there is little room."""

Recipient = Annotated[
    str, typer.Argument(metavar="RECIPIENT", help="A mailbox, with or without a name: 'Ada <ada@x.example>'.")
]
Hints = Annotated[
    list[str] | None,
    typer.Option("--hint", metavar="FIELD=VALUE", help="What else is known: date_of_birth=1815-12-10, customer=crm:4711, …"),
]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One candidate: the best record of a person, and its waterfall."""

    candidate: Candidate
    explanation: Explanation

    @property
    def document(self) -> dict[str, Any]:
        """The candidate as the contract names things."""
        person, record = person_id(self.candidate.person), self.candidate.reference
        found = self.explanation
        return {
            "person": person,
            "record": record,
            "probability": found.probability,
            "match_weight": found.match_weight,
            "prior": found.prior,
            "comparisons": found.comparisons,
        }


def resolve(recipient: Recipient, hints: Hints = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Say who a recipient is, with the weights. Exit status 1 if it is nobody that is known."""
    mailbox = _mailbox(recipient)
    with open_ledger(config) as (loaded, database), database.read() as connection:
        identity = loaded.relay.identity
        query = _query(mailbox, hints or [], region=identity.region)
        directory = Directory(identity)
        directory.renew(connection)
        found = look_up(connection, [Hint(query)], model=directory.model, thresholds=directory.thresholds)[0].outcome
    weighed = [Weighed(candidate, explanation) for candidate, explanation in explain(query, found, directory.model)]
    if as_json:
        print_json(_document(found, weighed))
    else:
        _print(found, weighed)
    if found.decision is Decision.NEW:
        raise typer.Exit(1)


def _mailbox(text: str) -> Mailbox:
    boxes = parse_address_list(text)
    try:
        if len(boxes) == 1:
            return parse_mailbox(boxes[0].wire, display_name=boxes[0].display_name)
    except AddressError:
        pass
    raise UsageError(f"{text!r} is not one mailbox; write NAME@DOMAIN or 'Name <NAME@DOMAIN>'")


def _query(mailbox: Mailbox, hints: list[str], *, region: str) -> Query:
    """What is told of the recipient, as the relay would read it from a mail."""
    told = dict(map(_hint, hints))
    customer = told.pop("customer", "")
    source, _, key = customer.partition(":")
    if customer and not (source and key):
        raise UsageError(f"--hint customer={customer}: write the source and the key there, such as customer=crm:4711")
    references = ((source, key),) if customer else ()
    if not told:
        return query_of(mailbox, references=references, region=region)
    record = record_of(mailbox, PersonField(None, None, tuple(told.items())))
    return query_of(mailbox, hints=record, references=references, region=region)


def _hint(text: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in text.partition("="))
    field = name if name == "customer" else field_name(name)
    if not value or field not in {*FACTS, "customer"}:
        raise UsageError(f"--hint {text}: write FIELD=VALUE; the fields are customer, {', '.join(sorted(FACTS))}")
    return field, value


def _document(found: Outcome, weighed: list[Weighed]) -> dict[str, Any]:
    return {
        "person": None if found.person is None else person_id(found.person),
        "probability": found.probability,
        "match_weight": found.match_weight if found.ranked else None,
        "decision": found.decision,
        "basis": found.basis,
        "is_shared": found.is_shared,
        "comparisons": weighed[0].explanation.comparisons if weighed else (),
        "candidates": [one.document for one in weighed],
    }


def _print(found: Outcome, weighed: list[Weighed]) -> None:
    whom = "nobody that is known" if found.person is None else f"{person_id(found.person)}, p {probability(found.probability)}"
    why = "several persons have the mailbox" if found.is_shared and found.person is None else _WHY[found.basis]
    say(f"{found.decision}: {whom} ({why})")
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    for place, one in enumerate(weighed):
        say("")
        say(f"{one.candidate.reference} of {person_id(one.candidate.person)}: {summary(one.explanation)}")
        for line in waterfall_lines(_short(one.explanation), width) if place < DRAWN else ():
            say("".join(run.text for run in line))


def _short(explanation: Explanation) -> Explanation:
    fields = tuple(replace(one, field=_SHORT.get(one.field, one.field)) for one in explanation.comparisons)
    return replace(explanation, comparisons=fields)
