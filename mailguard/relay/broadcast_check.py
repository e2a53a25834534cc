"""One check of a broadcast, its parts put together: read, rendered, resolved, judged, written, signed.

Commands and HTTP call it. It judges with what the relay judges with: the same classification, directory, history and rules. It
reads the database; only a signature is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Final

from ulid import ULID

from mailguard.broadcast.audience import AudienceReport, AudienceTerms, judge_audience
from mailguard.broadcast.audience_profile import AudienceProfile
from mailguard.broadcast.document import CheckDocument, LastDocument
from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message import CheckedMessage, MessageKind, is_mail, kind_of_files, message_findings, read_checked
from mailguard.broadcast.message_terms import MessageTerms
from mailguard.errors import UsageError
from mailguard.mail.envelope import Envelope
from mailguard.policy.classify import Sender, classify
from mailguard.policy.severity import Severity
from mailguard.policy.submission import Classification, Submission
from mailguard.policy.template_rule import rule_for
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.broadcast_document import Checked, full_document, shares_of
from mailguard.relay.broadcast_request import BroadcastRequest, CheckListener, CheckResult, JudgedAddress
from mailguard.relay.broadcast_signing import sign
from mailguard.relay.broadcast_template import TemplateWalk, WalkedTemplate, walk_template
from mailguard.relay.clock import system_clock
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.replies.language import read_language, warm_up
from mailguard.store.broadcasts import Broadcast, last_of
from mailguard.store.database import Database

NOT_A_TEMPLATE: Final = WalkedTemplate((), ())

Telling = Callable[[Checked, AudienceReport], CheckDocument]
"""What is told of a check, and how much of it."""


def run_check(
    request: BroadcastRequest,
    database: Database,
    settings: RelaySettings,
    *,
    listener: CheckListener,
    telling: Telling = full_document,
    clock: Callable[[], datetime] = system_clock,
) -> CheckResult:
    """Return what the check comes to; files and signature are whole or not there. Blocks, as long as the audience is large.

    Raises UsageError for a message or an audience that cannot be read, MailguardError where the database fails.
    """
    now = clock()
    listener.stage("message", 0)
    warming = Thread(target=warm_up, daemon=True)
    warming.start()
    walked, message = _read(request, settings, now)
    prototype = _prototype(request, message, settings, now)
    last = _last(database, prototype.classification.template)
    if request.signing is not None:
        _require_subject(message)
    listener.stage("audience", request.source.expected)
    with judge_audience(
        request.source,
        request.columns,
        prototype,
        _audience_terms(request, settings, last),
        resolver=AudienceResolver(settings.identity, settings.policy.limits, by_mailbox_alone=request.by_mailbox_alone),
        progress=lambda done, _: listener.went_on(done),
    ) as audience:
        listener.stage("result", 0)
        warming.join()
        judged = message_findings(message, _message_terms(prototype, audience, settings, now))
        checked = Checked(
            request=request,
            message=message,
            classification=prototype.classification,
            message_findings=_errors_first((*walked.findings, *judged)),
            last=_last_document(last),
            now=now,
        )
        document = telling(checked, audience)
        is_signed = request.signing is not None and document.verdict == "pass"
        with _written(request, audience):
            if request.signing is not None and is_signed:
                signed = sign(database, checked, audience, signing=request.signing, listener=listener, clock=clock)
                document = document.model_copy(update=asdict(signed))
        rows = tuple(_rows(audience)) if request.keeps_rows else ()
    return CheckResult(document, message.mails[0], is_refused=request.signing is not None and not is_signed, rows=rows)


def _require_subject(message: CheckedMessage) -> None:
    if not message.has_header and not message.first.subject:
        raise UsageError(
            f"{message.name} has no subject, so no mail that leaves is like it; sign the .eml or .eml.j2 of all of it"
        )


def _audience_terms(request: BroadcastRequest, settings: RelaySettings, last: Broadcast | None) -> AudienceTerms:
    return AudienceTerms(
        database=settings.database,
        limits=settings.policy.limits,
        region=settings.identity.region,
        is_clean=request.is_clean,
        brand=request.client.brand,
        source=request.key_source,
        last=AudienceProfile.from_json(last.profile) if last else None,
        processes=request.processes,
    )


def _read(request: BroadcastRequest, settings: RelaySettings, now: datetime) -> tuple[WalkedTemplate, CheckedMessage]:
    """Return the message, and what its template was rendered to where it is one."""
    walked = NOT_A_TEMPLATE
    name = request.files[0][0]
    for each, content in request.files:
        if b"\0" in content and not is_mail(each, content):
            raise UsageError(f"{each} is neither a mail nor a template nor HTML; give an .eml, or text saved as UTF-8")
    if kind_of_files(request.files) is MessageKind.TEMPLATE:
        walk = TemplateWalk(
            source=request.source, values=request.values, mail_class=request.mail_class, rendering=settings.rendering
        )
        walked = walk_template(request.files, walk)
    elif request.values:
        raise UsageError(f"{name} is no template, so nothing is rendered with --data; a mail is one by Mailguard-Render")
    return walked, read_checked(request.files, now=now, renderings=walked.renderings)


def _prototype(request: BroadcastRequest, message: CheckedMessage, settings: RelaySettings, now: datetime) -> Submission:
    """Return the mail as the relay would take it from this client, without recipients."""
    first = message.first
    reverse_path = first.originator.wire if first.originator else ""
    return Submission(
        id=str(ULID.from_datetime(now)),
        received_at=now,
        client=request.client.name,
        envelope=Envelope(reverse_path, ()),
        message=first,
        classification=_classified(request, message, settings.policy, reverse_path),
        persons=(),
        source=message.source.fingerprint if message.source else None,
    )


def _classified(request: BroadcastRequest, message: CheckedMessage, policy: Policy, reverse_path: str) -> Classification:
    """Return what kind of mail it is: as the relay finds it, unless it was said."""
    client = request.client
    sender = Sender(client.name, reverse_path, client.mail_class, client.classes)
    found = classify(
        message.source or message.first, sender, rules=policy.rules, limits=policy.limits, templates=policy.templates
    )
    if request.mail_class is not None:
        found = replace(found, mail_class=request.mail_class)
    if request.template:
        is_survey = rule_for(policy.templates, request.template).is_survey
        found = replace(found, template=request.template, is_survey=is_survey)
    return found


def _message_terms(prototype: Submission, audience: AudienceReport, settings: RelaySettings, now: datetime) -> MessageTerms:
    return MessageTerms(
        now=now,
        mail_class=prototype.classification.mail_class,
        limits=settings.policy.limits,
        persons=audience.counts.mailboxes,
        max_size=settings.listen.max_size,
        languages=audience.languages,
        detect=read_language,
    )


def _errors_first(found: Sequence[CheckFinding]) -> tuple[CheckFinding, ...]:
    return tuple(sorted(found, key=lambda one: one.severity is Severity.WARNING))


def _last(database: Database, template: str) -> Broadcast | None:
    with database.read() as connection:
        return last_of(connection, template)


def _last_document(last: Broadcast | None) -> LastDocument | None:
    if last is None:
        return None
    profile = AudienceProfile.from_json(last.profile) or AudienceProfile(last.rows)
    return LastDocument(
        broadcast=last.id,
        at=last.at,
        rows=profile.rows,
        domains=shares_of(profile.domains),
        languages=shares_of(profile.languages),
    )


def _rows(audience: AudienceReport) -> Iterator[JudgedAddress]:
    for row in audience.judged():
        yield JudgedAddress(row.line, row.mailbox, row.codes, row.is_clean)


@contextmanager
def _written(request: BroadcastRequest, audience: AudienceReport) -> Iterator[None]:
    """Write the two files beside their places, and put them there once all else is done: never half of one."""
    wanted = ((request.clean_file, audience.write_clean), (request.left_out_file, audience.write_left_out))
    begun: list[tuple[Path, Path]] = []
    try:
        for place, write in wanted:
            if place is not None:
                begun.append((place.with_name(f".{place.name}.{os.getpid()}"), place))
                write(begun[-1][0])
        yield
        for part, place in begun:
            part.replace(place)
    except OSError as error:
        raise UsageError(f"cannot write {error.filename2 or error.filename}: {error.strerror}") from error
    finally:
        for part, _ in begun:
            with suppress(OSError):
                part.unlink(missing_ok=True)
