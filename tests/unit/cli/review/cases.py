"""Questions for tests: two records of one woman, as two systems write her."""

from __future__ import annotations

from datetime import UTC, datetime

from mailguard.cli.review.case import Case, Said, Side
from mailguard.identity.clerical import Answer, Question
from mailguard.identity.comparison import Comparison, Explanation
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.policy.finding import Code
from mailguard.store.person_mail import HeldMail, PersonMail

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

CRM = Record(
    source="crm",
    source_key="4711",
    full_name="Ada Lovelace",
    emails=("a.king@mail.example", "ada.lovelace@mail.example"),
    date_of_birth="1815-12-10",
    phone="020 7183 8750",
    street_address="12 St. James's Square, second floor, the bell to the left",
    city="London",
    extra=(("income", "40000"),),
)
WEB = Record(
    source="web",
    source_key="99",
    given_name="Adda",
    surname="Lovelase",
    emails=("ada.lovelase@mail.example",),
    date_of_birth="10.12.1815",
    phone="+44 20 7183 8750",
    street_address="12 Saint James Square",
    city="Paris",
    extra=(("segment", "gold"),),
)
SHARED = Standard(born="1815-12-10", phone="+442071838750")

EXPLANATION = Explanation(
    probability=0.9312,
    match_weight=3.76,
    prior=-19.2,
    comparisons=(
        Comparison("surname", "close", 9.1),
        Comparison("born", "equal", 18.46),
        Comparison("postcode", "missing", 0.0),
        Comparison("city", "other", -4.6),
    ),
)

CASE = Case(
    question=Question(a=12, b=40, probability=0.9312, match_weight=3.76, sizes=(5, 1), held=1),
    left=Side(
        id=12,
        record=CRM,
        standard=SHARED,
        person="P12",
        size=5,
        others=(
            Record(source="crm", source_key="4712", full_name="Ada King", emails=("a.king@x.example",)),
            Record(source="mail", source_key="ada@x.example"),
            Record(source="crm", source_key="4714"),
            Record(source="crm", source_key="4715"),
        ),
        mail=PersonMail(
            14, last_at=NOW, last_subject="Your invoice", held=(HeldMail("01J", "Your\x1b[2J card", Code.KNOWN_DATA),)
        ),
    ),
    right=Side(id=40, record=WEB, standard=SHARED, person="P40"),
    explanation=EXPLANATION,
    said=(Said(Answer.SAME, "bea", NOW, "same card"), Said(Answer.UNSURE, "cat", NOW, is_undone=True)),
)
