"""What `/v1/check` does: hands a message and its audience to the check that the command has, too. Blocks; knows no HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from mailguard.broadcast.document import CheckDocument
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.relay.broadcast_check import run_check
from mailguard.relay.broadcast_privacy import Blurred, mailbox_alone, privacy_key
from mailguard.relay.broadcast_request import BroadcastRequest, CheckResult, Signing, sending_client
from mailguard.relay.settings import RelaySettings
from mailguard.sources.audience_columns import AudienceColumns, find_columns
from mailguard.sources.audience_source import open_audience
from mailguard.sources.source_row import Source
from mailguard.store.database import Database
from mailguard.web.check_body import CheckBody, HttpCheckDocument, LeftOutDocument

AUDIENCE: Final = "the audience"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the name of the token, and whether it may ask about persons anyhow."""

    name: str
    knows_persons: bool


def check(body: CheckBody, asker: Asker, database: Database, *, settings: RelaySettings) -> HttpCheckDocument:
    """Return the document of the check, as much of it as who asks may know.

    Raises UsageError for a message or an audience that cannot be read, and what the database raises.
    """
    with _audience(body) as (source, columns):
        request = BroadcastRequest(
            files=[(body.name, body.octets)],
            source=source,
            source_name=AUDIENCE,
            columns=columns if asker.knows_persons else mailbox_alone(columns),
            by_mailbox_alone=not asker.knows_persons,
            key_source=body.source,
            values=[body.data] if body.data is not None else (),
            client=sending_client(settings.listen.clients, body.client),
            mail_class=MailClass(body.mail_class) if body.mail_class else None,
            template=body.template,
            is_clean=body.clean,
            keeps_rows=body.clean,
            signing=Signing(asker.name, timedelta(hours=body.valid_hours)) if body.sign else None,
            processes=1,
        )
        if not asker.knows_persons:
            blurred = Blurred(privacy_key(database))
            return _document(run_check(request, database, settings, listener=_Nobody(), telling=blurred).document)
        return _with_rows(run_check(request, database, settings, listener=_Nobody()), wanted=body.clean)


class _Nobody:
    """Is told how far a check is, and tells nobody."""

    def stage(self, name: str, expected: int) -> None:
        """Say nothing."""

    def went_on(self, done: int) -> None:
        """Say nothing."""


@contextmanager
def _audience(body: CheckBody) -> Iterator[tuple[Source, AudienceColumns]]:
    """Give the audience as a source; its rows stand in a file for as long."""
    with TemporaryDirectory(prefix="mailguard-check-") as folder:
        file = Path(folder) / ("audience.csv" if isinstance(body.audience, str) else "audience.jsonl")
        _write(file, body.audience)
        try:
            source = open_audience(str(file))
            said = [f"{field}={column}" for field, column in body.map.items()]
            yield source, find_columns(source, said=said)
        except UsageError as error:
            raise UsageError(str(error).replace(str(file), AUDIENCE).replace("--map ", "map: ")) from error


def _write(file: Path, audience: str | list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", errors="replace", newline="") as text:
        if isinstance(audience, str):
            text.write(audience)
        else:
            text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in audience)


def _with_rows(result: CheckResult, *, wanted: bool) -> HttpCheckDocument:
    document = _document(result.document)
    if wanted:
        document.clean = [row.mailbox for row in result.rows if row.is_clean]
        document.left_out = [
            LeftOutDocument(line=row.line, mailbox=row.mailbox, codes=list(row.codes))
            for row in result.rows
            if not row.is_clean
        ]
    return document


def _document(document: CheckDocument) -> HttpCheckDocument:
    return HttpCheckDocument(**dict(document))
