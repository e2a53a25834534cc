"""What a check tells somebody who may not ask about persons: what the rows show by themselves, and of the ledger a blurred sum.

Each mailbox's answer is blurred before it is counted, by a coin that is always the same for it (randomised response: Warner
1965; kept for ever, as in RAPPOR, 2014). So whoever asks again, or with one mailbox more or less, learns nothing that the first
time did not say: of each mailbox at most one bit, which is wrong one time in four. Sums are right all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Final

from mailguard.broadcast.audience import AudienceReport
from mailguard.broadcast.audience_code import INVALID, RECENT, AudienceCode, RowCode
from mailguard.broadcast.document import AudienceDocument, CheckDocument
from mailguard.broadcast.finding import CheckFinding
from mailguard.policy.finding import Code
from mailguard.relay.broadcast_document import Checked, document_of, shares_of
from mailguard.relay.clock import system_clock
from mailguard.sources.audience_columns import AudienceColumns
from mailguard.store.database import Database
from mailguard.store.secrets import CHECK_KEY, key_of, known_key

LEAST: Final = 1_000
"""Different mailboxes from which on an audience is told of as a whole."""

_STEPS: Final = 100
"""Sums are told in hundredths of the audience."""

_OF_ROWS: Final = frozenset(
    {
        *INVALID,
        RowCode.LIKELY_TYPO,
        RowCode.ROLE_ADDRESS,
        RowCode.TEST_ADDRESS,
        RowCode.OWN_ADDRESS,
        AudienceCode.EMPTY_AUDIENCE,
    }
)
"""Findings that rest on nothing but the rows themselves."""

_BLURRED: Final[Mapping[str, frozenset[str]]] = {
    "suppressed": frozenset({Code.SUPPRESSED}),
    "recently_sent": frozenset(RECENT),
    "open_reply": frozenset({Code.OPEN_REPLY}),
}
"""What is told blurred, and by which codes a row has it."""


@dataclass(frozen=True, slots=True)
class Blurred:
    """Tells of a check what may be told to anybody who may check. `key` makes the coins."""

    key: bytes

    def __call__(self, checked: Checked, audience: AudienceReport) -> CheckDocument:
        """Return the document. Its verdict rests on the message and on the rows themselves."""
        codes: dict[str, set[str]] = {}
        for row in audience.judged():
            if row.canonical:
                codes.setdefault(row.canonical, set()).update(row.codes)
        sums = {name: self.blurred(name, wanted, codes) for name, wanted in _BLURRED.items()}
        counts = audience.counts
        return document_of(
            checked,
            [_without_others(one) for one in audience.findings if one.code in _OF_ROWS],
            AudienceDocument(
                source=checked.request.source_name,
                mapping=checked.request.columns.document,
                rows=counts.rows,
                mailboxes=len(codes),
                persons=None,
                invalid=counts.invalid,
                duplicate=None,
                possible_duplicate=None,
                suppressed=sums["suppressed"],
                recently_sent=sums["recently_sent"],
                open_reply=sums["open_reply"],
                role=counts.role,
                domains=shares_of(audience.profile.domains),
            ),
            clean=None,
            left_out=None,
        )

    def blurred(self, name: str, wanted: frozenset[str], codes: Mapping[str, Iterable[str]]) -> int | None:
        """Return about how many of the mailboxes have one of these codes, None for too few mailboxes.

        Each mailbox tells the truth by half its coins, else by the other half yes or no; what these add is taken away again.
        """
        if len(codes) < LEAST:
            return None
        said = sum(self._says(name, mailbox, has=not wanted.isdisjoint(own)) for mailbox, own in codes.items())
        part = min(max(2 * said / len(codes) - 0.5, 0.0), 1.0)
        return round(round(part * _STEPS) * len(codes) / _STEPS)

    def _says(self, name: str, mailbox: str, *, has: bool) -> bool:
        coins = blake2b(f"{name} {mailbox}".encode("utf-8", "surrogatepass"), key=self.key, digest_size=1).digest()[0]
        return has if coins & 1 else bool(coins & 2)


def privacy_key(database: Database, *, clock: Callable[[], datetime] = system_clock) -> bytes:
    """Return the key of the coins, of the secret that signs checks; that is made where there is none."""
    with database.read() as connection:
        secret = known_key(connection, CHECK_KEY)
    if secret is None:
        with database.write() as connection:
            secret = key_of(connection, CHECK_KEY, now=clock())
    return blake2b(key=secret, person=b"coins").digest()


def mailbox_alone(columns: AudienceColumns) -> AudienceColumns:
    """Return the columns without what else tells who a row means: a mailbox that was made up must not find anybody."""
    return AudienceColumns(columns.columns, columns.email)


def _without_others(one: CheckFinding) -> CheckFinding:
    """Return the finding; without examples where these may say more of a row than that finding."""
    return one if one.code in INVALID else replace(one, examples=())
