"""A check in a process of its own: however large the audience, no other request waits for its turn at the interpreter.

Small ones are done here, for to start a process takes longer than they do. Blocks; knows no route.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from mailguard.errors import MailguardError, UsageError
from mailguard.relay.settings import RelaySettings
from mailguard.store.child_process import live_with_parent
from mailguard.store.database import Database
from mailguard.web.check_body import CheckBody, HttpCheckDocument
from mailguard.web.check_desk import Asker, check
from mailguard.web.problem import mistakes

SMALL: Final = 262_144
"""Octets of a body up to which it is checked in this process."""

PATIENCE: Final = 300.0
"""Seconds that a check may take."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no answer, as HTTP says it."""

    status: HTTPStatus
    detail: str


Answer = HttpCheckDocument | Refused


def answer(body: bytes, asker: Asker, settings: RelaySettings) -> Answer:
    """Return what is to be answered to a body that is JSON."""
    try:
        asked = CheckBody.model_validate_json(body)
    except ValidationError as error:
        return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, mistakes(error))
    if asked.asks_whom and not asker.knows_persons:
        detail = "clean and sign tell of persons; the token needs the scope context, too"
        return Refused(HTTPStatus.FORBIDDEN, detail)
    try:
        database = Database.open(settings.database, create=False)
    except (MailguardError, SQLAlchemyError, OSError) as error:
        return _failed(error)
    with closing(database):
        try:
            return check(asked, asker, database, settings=settings)
        except UsageError as error:
            return Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
        except (MailguardError, SQLAlchemyError, database.driver_error, OSError) as error:
            return _failed(error)


def _failed(error: Exception) -> Refused:
    """Say that it is ours, and tell nothing of it; the log has the cause."""
    _log.error("http_check_failed", reason=str(getattr(error, "orig", None) or error))
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the database cannot be asked now; try again")


def answer_apart(body: bytes, asker: Asker, settings: RelaySettings, *, seconds: float = PATIENCE) -> Answer:
    """Return the same from another process, where the body is large; it is ended after so many seconds."""
    if len(body) <= SMALL:
        return answer(body, asker, settings)
    spawn = get_context("spawn")  # not by fork: this process has threads
    here, there = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_answer_into, args=(there, body, asker, settings), daemon=True)
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            return Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"it takes longer than {seconds:g} s; use: mailguard check")
        told: Answer = here.recv()
    except EOFError:
        return Refused(HTTPStatus.SERVICE_UNAVAILABLE, "the check was ended, perhaps out of memory; use: mailguard check")
    else:
        return told
    finally:
        here.close()
        process.kill()
        process.join()


def _answer_into(there: Connection, body: bytes, asker: Asker, settings: RelaySettings) -> None:
    """Answer, and end with the process that asked, however that ends."""
    live_with_parent()
    there.send(answer(body, asker, settings))
