"""One customer record as its source gives it: nothing standardised, nothing guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAIL_SOURCE: Final = "mail"
"""The source of records that were learnt from mail itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record; "" or () where the source has nothing. `extra`: columns that no field of ours names, as (name, value)."""

    source: str
    source_key: str
    full_name: str = ""
    given_name: str = ""
    surname: str = ""
    emails: tuple[str, ...] = ()
    phone: str = ""
    date_of_birth: str = ""
    street_address: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""
    language: str = ""
    extra: tuple[tuple[str, str], ...] = ()
