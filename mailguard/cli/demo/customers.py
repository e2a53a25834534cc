"""The demo's customers: what the bank has on file of Jane Doe, of her husband, and of a namesake."""

from __future__ import annotations

from typing import Final

from mailguard.identity.record import Record

CUSTOMERS: Final = (
    Record(
        source="crm",
        source_key="4711",
        full_name="Jane Doe",
        emails=("j.doe@x.example",),
        date_of_birth="1961-04-17",
        street_address="14 Rope Walk",
        city="Whitehaven",
        postcode="CA28 7UG",
        country="GB",
        extra=(("income", "41250"),),
    ),
    Record(
        source="crm",
        source_key="4712",
        full_name="Robert Doe",
        emails=("r.doe@x.example",),
        date_of_birth="1958-11-02",
        street_address="14 Rope Walk",
        city="Whitehaven",
        postcode="CA28 7UG",
        country="GB",
    ),
    Record(
        source="crm",
        source_key="4890",
        full_name="Jane Doe",
        emails=("janedoe@inbox.example",),
        date_of_birth="1992-08-30",
        city="Springfield",
        postcode="62704",
        country="US",
        extra=(("income", "58300"),),
    ),
)
