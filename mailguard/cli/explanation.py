"""One decision as a person reads it: what came, what was found, what became of each recipient."""

from __future__ import annotations

from collections.abc import Iterable

from mailguard.cli.output import print_table, say, when
from mailguard.mail.similarity import Similarity
from mailguard.relay.clock import system_clock
from mailguard.store.document import FindingDocument, GroundDocument, MessageDocument, RecipientDocument

_MOST_RECIPIENTS = 50


def explain(document: MessageDocument, similarity: Similarity | None = None) -> None:
    """Print the decision in full; `similarity` is that of a near repeat to the mail that it repeats."""
    for name, value in _head(document):
        if value:
            say(f"{name:<11} {value}")
    _print_findings(document.findings)
    _print_open_replies(document)
    if similarity is not None:
        say(f"compared with it: {similarity}")
    _print_recipients(document.recipients)
    _print_grounds(document.recipients)
    _print_attempts(document.recipients)
    _print_events(document)
    if document.others:
        say("")
        say(f"other mails with this Message-ID: {', '.join(document.others)}")


def codes(findings: Iterable[FindingDocument]) -> str:
    """Return the findings' codes in one cell."""
    return ", ".join(dict.fromkeys(finding.code for finding in findings))


def _head(document: MessageDocument) -> list[tuple[str, str]]:
    action = document.action + (", delivered all the same: mode shadow" if document.shadow else "")
    return [
        ("id", document.id),
        ("received", when(document.received_at)),
        ("from", f"{document.reverse_path or '<>'} (client {document.client})"),
        ("subject", document.subject),
        ("Message-ID", document.message_id),
        ("class", document.mail_class + (f", template {document.template}" if document.template else "")),
        ("action", action),
        ("answer", document.answer),
        ("content", "" if document.has_content else "no longer kept"),
        ("broadcast", document.broadcast or ""),
        ("recalled", _recall(document)),
    ]


def _recall(document: MessageDocument) -> str:
    """Return who took the mail back, "" where nobody has."""
    found = document.recalled
    return f"{when(found.at)} by {found.actor} ({found.recall}): {found.reason or 'no reason given'}" if found else ""


def _print_findings(findings: Iterable[FindingDocument]) -> None:
    for finding in findings:
        rests = [ref for ref in finding.refs if ref not in finding.text]
        say("")
        say(f"{finding.code}: {finding.text}" + (f" (see {', '.join(rests)})" if rests else ""))


def _print_open_replies(document: MessageDocument) -> None:
    """Print what the recipients wrote and the mail passes over."""
    for reply in document.open_replies or ():
        language = f", in {reply.language}" if reply.language else ""
        text = "its text is no longer kept" if reply.text is None else f"“{reply.text}”"
        say("")
        say(f"reply {reply.id} of {when(reply.received_at)} ({reply.state}{language}): {text}")


def _print_recipients(recipients: tuple[RecipientDocument, ...]) -> None:
    say("")
    rows = [
        (one.mailbox, _person(one), one.action, _state(one), codes(one.findings), when(one.due_at), when(one.expires_at))
        for one in recipients[:_MOST_RECIPIENTS]
    ]
    print_table(("mailbox", "person", "action", "state", "findings", "next try", "expires"), rows)
    if len(recipients) > _MOST_RECIPIENTS:
        say(f"and {len(recipients) - _MOST_RECIPIENTS} more; see all with --json")


def _state(recipient: RecipientDocument) -> str:
    """Return the state; what is paused, or may still be undone, says so."""
    if recipient.paused:
        return f"{recipient.state}, paused"
    is_undoable = recipient.leaves_at is not None and recipient.leaves_at > system_clock()
    return f"{recipient.state}, leaves at {when(recipient.leaves_at)}" if is_undoable else recipient.state


def _person(recipient: RecipientDocument) -> str:
    """Return the person as it was decided, how certain that is, and who it is now where that has changed."""
    text = recipient.person
    if recipient.probability < 1:
        text += f" ({_percent(recipient.probability)})"
    if recipient.person_now is not None and recipient.person_now != recipient.person:
        text += f", now {recipient.person_now}"
    return text


def _percent(probability: float) -> str:
    """Return a probability as a person reads it: never rounded up to certainty."""
    return f"{probability:.1%}" if probability < 0.9995 else ">99.9%"


def _print_grounds(recipients: tuple[RecipientDocument, ...]) -> None:
    """Print of each person who is on several records what holds these together."""
    rows = [
        (one.mailbox, link.records[0], link.records[1], _percent(link.probability), link.origin, _levels(link))
        for one in recipients[:_MOST_RECIPIENTS]
        for link in one.rests_on or ()
    ]
    if rows:
        say("")
        print_table(("mailbox", "record", "is the person of", "probability", "by", "because"), rows)


def _levels(link: GroundDocument) -> str:
    return ", ".join(f"{each.field} {each.level} {each.weight:+.1f}" for each in link.comparisons)


def _print_attempts(recipients: tuple[RecipientDocument, ...]) -> None:
    rows = [
        (one.mailbox, when(attempt.at), attempt.next_hop, attempt.answer)
        for one in recipients[:_MOST_RECIPIENTS]
        for attempt in one.attempts or ()
    ]
    if rows:
        say("")
        print_table(("mailbox", "tried", "next hop", "answer"), rows)


def _print_events(document: MessageDocument) -> None:
    if document.events:
        say("")
        boxes = {one.n: one.mailbox for one in document.recipients}
        rows = [(when(event.at), boxes.get(event.n, ""), event.verb, event.actor, event.reason) for event in document.events]
        print_table(("when", "mailbox", "what", "by", "why"), rows)
