"""Makes tables of customers as companies have them, with the truth: who is who, whatever the records say.

Households that share an address, a landline, often a mailbox; father and son of one name; namesakes in proportion to the
square of the table; moves, new surnames, second mailboxes; nicknames, initials, swapped parts, typing errors, and much that
is missing. Run as a program it writes the table and its truth:

    python -m tests.benchmarks.people 100000 customers.csv truth.csv --seed 7
"""

from __future__ import annotations

import argparse
import csv
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final

from mailguard.identity.record import Record

COMMON_GIVEN: Final = """james mary john patricia robert jennifer michael linda william elizabeth david barbara richard susan joseph
jessica thomas sarah charles karen christopher nancy daniel lisa matthew betty anthony margaret mark sandra donald ashley steven
kimberly paul emily andrew donna joshua michelle kenneth dorothy kevin carol brian amanda george melissa edward deborah ronald
stephanie timothy rebecca jason sharon jeffrey laura ryan cynthia jacob kathleen gary amy nicholas angela eric shirley jonathan
anna stephen brenda larry pamela justin emma scott nicole brandon helen benjamin samantha samuel katherine gregory christine frank
debra alexander rachel raymond carolyn patrick janet jack catherine dennis maria jerry heather tyler diane aaron ruth jose julie
adam olivia nathan joyce henry virginia douglas victoria zachary kelly peter lauren kyle christina walter joan ethan evelyn jeremy
judith harold megan keith andrea christian cheryl roger hannah noah jacqueline gerald martha terry gloria sean teresa austin ann
arthur sara lawrence madison jesse frances dylan kathryn bryan janice joe jean jordan abigail billy alice bruce julia albert judy
willie sophia gabriel grace logan denise alan amber juan doris wayne marilyn roy danielle ralph beverly randy isabella eugene
theresa vincent diana russell natalie elijah brittany louis charlotte bobby marie philip kayla johnny alexis""".split()

COMMON_SURNAMES: Final = """smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson
anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker young allen
king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell carter roberts gomez phillips
evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy cook rogers gutierrez ortiz morgan cooper
peterson bailey reed kelly howard ramos kim cox ward richardson watson brooks chavez wood james bennett gray mendoza ruiz hughes
price alvarez castillo sanders patel myers long ross foster jimenez powell jenkins perry russell sullivan bell coleman butler
henderson barnes gonzales fisher vasquez simmons romero jordan patterson alexander hamilton graham reynolds griffin wallace moreno
west cole hayes bryant herrera gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez
mcdonald woods washington kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter
gordon mendez silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd rose stone salazar fox
warren mills meyer rice schmidt garza daniels ferguson nichols stephens soto weaver ryan gardner payne grant dunn kelley spencer
hawkins arnold pierce vazquez hansen peters santos hart bradley knight elliott cunningham duncan armstrong hudson carroll""".split()

NICKNAMES: Final = {
    "james": "jim", "robert": "bob", "william": "bill", "michael": "mike", "richard": "dick", "elizabeth": "liz", "margaret": "peggy",
    "thomas": "tom", "charles": "chuck", "christopher": "chris", "daniel": "dan", "matthew": "matt", "anthony": "tony",
    "patricia": "pat", "jennifer": "jen", "barbara": "barb", "susan": "sue", "joseph": "joe", "jessica": "jess", "steven": "steve",
    "andrew": "andy", "joshua": "josh", "kenneth": "ken", "edward": "ted", "timothy": "tim", "rebecca": "becky", "jeffrey": "jeff",
    "nicholas": "nick", "jonathan": "jon", "benjamin": "ben", "samuel": "sam", "samantha": "sam", "katherine": "kate",
    "gregory": "greg", "alexander": "alex", "raymond": "ray", "deborah": "deb", "zachary": "zack", "gabriel": "gabe",
}  # fmt: skip

STREETS: Final = [
    f"{name} {kind}"
    for name in "oak church station high king queen mill park victoria school london green main manor west north chapel new york".split()
    for kind in ("street", "road", "lane", "avenue")
]
PROVIDERS: Final = [
    ("gmail.com", 45), ("outlook.com", 14), ("hotmail.com", 13), ("yahoo.com", 12), ("icloud.com", 9), ("aol.com", 4), ("gmx.de", 3),
]  # fmt: skip
JUNIORS: Final = 0.005
"""Persons of a household who have its first one's name: of the pairs of records equal in name and address half a percent are two."""

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


class _Draw:
    """A weighted choice that costs a binary search."""

    def __init__(self, values: Sequence[str], weights: Sequence[float]) -> None:
        self._values = values
        self._sums = list(accumulate(weights))

    def __call__(self, random: Random) -> str:
        return self._values[bisect(self._sums, random.random() * self._sums[-1])]


def _syllables(random: Random, count: int) -> list[str]:
    """That many distinct invented names: the long tail of rare ones, of which each table holds thousands."""
    begin = "b br c ch d f g gr h j k kl l m n p r s sch st t tr v w z".split()
    middle = "a e i o u ai ei ie au".split()
    inside = "l m n r s t d b nd rt lm ck ss tt v".split()
    end = "a en er i o son ez ski in el ard mann ova ini ley ton".split()
    names: dict[str, None] = {}
    while len(names) < count:
        core = "".join(random.choice(middle) + random.choice(inside) for _ in range(random.choice((1, 1, 2))))
        names[random.choice(begin) + core + random.choice(end)] = None
    return list(names)


@dataclass(frozen=True, slots=True)
class Someone:
    """A person as they are; records tell parts of it, and some of it wrongly."""

    number: int
    given: str
    surname: str
    former_surname: str
    born: str
    mailboxes: tuple[str, ...]
    phones: tuple[str, ...]
    addresses: tuple[tuple[str, str, str], ...]


class Population:
    """Draws households, and records of the persons in them. The same seed gives the same people."""

    def __init__(self, seed: int = 1) -> None:
        self._random = Random(seed)
        tail = Random(20_000)
        surnames = [*COMMON_SURNAMES, *_syllables(tail, 30_000)]
        given = [*COMMON_GIVEN, *_syllables(tail, 3_000)]
        self._surname = _Draw(surnames, [1 / (rank + 25) ** 1.05 for rank in range(len(surnames))])
        self._given = _Draw(given, [1 / (rank + 15) ** 1.25 for rank in range(len(given))])
        self._provider = _Draw([name for name, _ in PROVIDERS], [weight for _, weight in PROVIDERS])
        self._number = 0
        self._taken: set[str] = set()

    def records(self, count: int) -> Iterator[tuple[Record, int]]:
        """`count` records in no order that tells, each with the number of its person."""
        made: list[tuple[Record, int]] = []
        while len(made) < count:
            for someone in self.household():
                copies = self._random.choices((1, 2, 3, 4, 6), (71, 18, 7, 3, 1))[0]
                made += [(self.record(someone, first=nth == 0), someone.number) for nth in range(copies)]
        self._random.shuffle(made)
        for nth, (record, number) in enumerate(made[:count]):
            yield replace(record, source_key=str(nth)), number

    def household(self) -> list[Someone]:
        """One to five persons who live together: mostly of one surname, sometimes of one given name."""
        random = self._random
        size = random.choices((1, 2, 3, 4, 5), (50, 22, 14, 10, 4))[0]
        surname, home, landline = self._surname(random), self._address(), self._phone(landline=True)
        shares = size > 1 and random.random() < 0.25
        mailbox = self._untaken(f"the{surname}s{random.randint(1, 99)}", self._provider(random)) if shares else ""
        people: list[Someone] = []
        names: list[str] = []
        for nth in range(size):
            names.append(names[0] if nth and random.random() < JUNIORS else self._other_given(names))
            people.append(self._someone(names[-1], surname, home, landline=landline, mailbox=mailbox))
        return people

    def record(self, someone: Someone, *, first: bool) -> Record:
        """What one system wrote down about `someone`: mostly right, much of it missing."""
        random = self._random
        given, surname = someone.given, someone.surname
        if someone.former_surname and random.random() < 0.5:
            surname = someone.former_surname
        chance = random.random()
        if not first and chance < 0.05:
            given = NICKNAMES.get(given, given)
        elif chance < 0.09:
            given = given[0]
        given, surname = self._mistyped(given, 0.05), self._mistyped(surname, 0.05)
        if random.random() < 0.015:
            given, surname = surname, given
        number, street, postcode = random.choice(someone.addresses)
        has_address = random.random() < 0.75
        return Record(
            source=random.choice(("crm", "shop")),
            source_key="",
            given_name=given,
            surname=surname,
            emails=(self._mistyped(random.choice(someone.mailboxes), 0.03),) if random.random() < 0.9 else (),
            phone=self._mistyped(random.choice(someone.phones), 0.02) if random.random() < 0.65 else "",
            date_of_birth=self._wrong_date(someone.born) if random.random() < 0.6 else "",
            street_address=self._mistyped(f"{number} {street}", 0.04) if has_address else "",
            postcode=self._mistyped(postcode, 0.03) if has_address else "",
        )

    def _other_given(self, names: Sequence[str]) -> str:
        """A given name that nobody in the house has: by chance no parent names two children alike."""
        while (given := self._given(self._random)) in names:
            pass
        return given

    def _someone(self, given: str, surname: str, home: tuple[str, str, str], *, landline: str, mailbox: str) -> Someone:
        random = self._random
        self._number += 1
        own_surname = surname if random.random() < 0.9 else self._surname(random)
        former = self._surname(random) if random.random() < 0.04 else ""
        born = f"{random.randint(1935, 2006)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
        mailboxes = [self._mailbox(given, own_surname, born)]
        if random.random() < 0.3:
            mailboxes.append(self._mailbox(given, own_surname, born))
        if mailbox:
            mailboxes = [mailbox] if random.random() < 0.5 else [*mailboxes, mailbox]
        phones = (
            [self._phone()]
            + ([self._phone()] if random.random() < 0.2 else [])
            + ([landline] if random.random() < 0.35 else [])
        )
        addresses = [home] + ([self._address()] if random.random() < 0.15 else [])
        return Someone(self._number, given, own_surname, former, born, tuple(mailboxes), tuple(phones), tuple(addresses))

    def _mailbox(self, given: str, surname: str, born: str) -> str:
        random = self._random
        year = born[2:4]
        local_part = random.choices(
            (f"{given}.{surname}", f"{given}{surname}{year}", f"{given[0]}.{surname}", f"{given}_{surname}",
             f"{given}{random.randint(1, 999)}", f"{surname}.{given}{random.randint(1, 99)}", f"{given}.{surname}{random.randint(1, 99)}"),
            (30, 15, 12, 8, 10, 5, 20),
        )[0]  # fmt: skip
        domain = f"{surname}{random.choice(('ltd', 'group'))}.com" if random.random() < 0.12 else self._provider(random)
        return self._untaken(local_part, domain)

    def _untaken(self, local_part: str, domain: str) -> str:
        """That mailbox, or one with a number, for no provider gives two people the same; nor some if they differ in dots alone."""
        while (canonical := f"{local_part.replace('.', '')}@{domain}") in self._taken:
            local_part += str(self._random.randint(1, 9))
        self._taken.add(canonical)
        return f"{local_part}@{domain}"

    def _phone(self, *, landline: bool = False) -> str:
        return f"{'01' if landline else '07'}{self._random.randint(0, 999_999_999):09}"

    def _address(self) -> tuple[str, str, str]:
        random = self._random
        area = random.choice(LETTERS) + random.choice(LETTERS) + str(random.randint(1, 40))
        postcode = f"{area} {random.randint(1, 9)}{random.choice(LETTERS)}{random.choice(LETTERS)}"
        return str(random.randint(1, 150)), random.choice(STREETS), postcode

    def _mistyped(self, text: str, chance: float) -> str:
        """`text` with one letter changed, lost, doubled or swapped with its neighbour, with that chance."""
        random = self._random
        if len(text) < 3 or random.random() >= chance:
            return text
        at = random.randrange(1, len(text) - 1)
        return random.choice((
            text[:at] + random.choice(LETTERS) + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + text[at] + text[at:],
            text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        ))  # fmt: skip

    def _wrong_date(self, born: str) -> str:
        random = self._random
        chance = random.random()
        year, month, day = born.split("-")
        if chance < 0.02 and int(day) <= 12:
            return f"{year}-{day}-{month}"
        if chance < 0.03:
            return f"{year}-{month}-{random.randint(1, 28):02}"
        if chance < 0.04:
            return f"{int(year) + random.choice((-10, -1, 1, 10))}-{month}-{day}"
        return born


COLUMNS: Final = ("given_name", "surname", "date_of_birth", "phone", "postcode", "street_address")


def write(count: int, table: Path, truth: Path, *, seed: int = 1) -> None:
    """Write a table that `mailguard customers import --source bench` reads, and the truth that `link --evaluate` reads."""
    with table.open("w", newline="", encoding="utf-8") as customers, truth.open("w", newline="", encoding="utf-8") as clusters:
        rows, answers = csv.writer(customers), csv.writer(clusters)
        rows.writerow(("source_key", *COLUMNS, "email"))
        answers.writerow(("source", "source_key", "cluster"))
        for record, number in Population(seed).records(count):
            rows.writerow((record.source_key, *(getattr(record, name) for name in COLUMNS), ";".join(record.emails)))
            answers.writerow(("bench", record.source_key, number))


def main() -> None:
    """Read the command line and write both files."""
    parser = argparse.ArgumentParser(description="Make a table of customers, with its truth.")
    parser.add_argument("count", type=int)
    parser.add_argument("table", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    write(given.count, given.table, given.truth, seed=given.seed)


if __name__ == "__main__":
    main()
