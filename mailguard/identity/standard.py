"""A record in the form in which it is compared: every value of one script, one case, one order. Knows not how it got there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """The comparable values of one record; "" where there is none.

    Names are lower-case ASCII. `given`: the first given name. `middle`: the others, separated by spaces. `born`: YYYY-MM-DD,
    or YYYY-MM or YYYY where no more is known. `phone`: E.164 (`+442071838750`) where the region is known, else its digits.
    `number`: the house's. `mailboxes`: canonical, in the record's order.
    """

    given: str = ""
    middle: str = ""
    surname: str = ""
    born: str = ""
    phone: str = ""
    number: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    state: str = ""
    country: str = ""
    mailboxes: tuple[str, ...] = ()
