"""What the demo plays: scenes as data, each mail with the verdict that a postmaster would want for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from mailguard.policy.finding import Code

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

REPS: Final = tuple(f"rep{number}@reps{number % 40}.example" for number in range(800))
"""Every sales representative in Europe."""


GUESTS: Final = tuple(f"guest{number}@people{number % 7}.example" for number in range(60))
"""Who gets the menu."""

_JANE: Final = "jane.doe@y.example"


class Verdict(StrEnum):
    """What can become of a mail in the demo."""

    DELIVERED = "delivered"
    HELD = "held"
    REJECTED = "rejected"
    REPLAYED = "replayed"
    DELIVERED_LATER = "delivered later"
    RELEASED = "held, then released"
    TAKEN = "taken in"
    FAILS = "fails its check"
    PASSES = "passes, signed"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail of a scene.

    `after`: time since the mail before it. `values` fill the placeholders of `file`. `transactions`: into how many the sending
    server splits it. `is_retry`: the mail before it once more, octet for octet. `hop_down`: the next hop is away when it comes.
    `says`: words in the mail as it leaves. `flag`: whether its person's context is reply-aware afterwards; None: nobody asks.
    """

    said: str
    file: str
    to: tuple[str, ...]
    sender: str
    verdict: Verdict
    after: timedelta = MINUTE
    findings: tuple[Code, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    transactions: int = 1
    is_retry: bool = False
    hop_down: bool = False
    says: str = ""
    flag: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a customer writes back. `sender` is the customer's mailbox; the rest is as in a mail."""

    said: str
    file: str
    sender: str
    flag: bool
    after: timedelta = MINUTE
    values: Mapping[str, str] = field(default_factory=dict)
    verdict: Verdict = Verdict.TAKEN
    findings: tuple[Code, ...] = ()
    to: tuple[str, ...] = ("cards@bank.example",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What is looked over before it goes out, to these persons. Mails after it carry its token, "" where it failed."""

    said: str
    file: str
    to: tuple[str, ...]
    verdict: Verdict
    findings: tuple[str, ...] = ()
    after: timedelta = MINUTE
    values: Mapping[str, str] = field(default_factory=dict)
    flag: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The mail before it was let out by mistake: the next hop has taken `got` of its recipients when it is taken back."""

    said: str
    got: int
    to: tuple[str, ...]
    verdict: Verdict = Verdict.RECALLED
    findings: tuple[str, ...] = ()
    after: timedelta = MINUTE
    flag: bool | None = None


Act = Mail | Answer | Check | Recall


@dataclass(frozen=True, slots=True)
class Scene:
    """A story, or a piece of an ordinary day."""

    title: str
    mails: tuple[Act, ...]


def _income(
    said: str, verdict: Verdict, *findings: Code, after: timedelta = MINUTE, greeting: str = "Dear Jane Doe,", **values: str
) -> Mail:
    return Mail(
        said=said,
        file="asks_income.eml",
        to=(_JANE,),
        sender="cards@bank.example",
        verdict=verdict,
        findings=findings,
        after=after,
        values={"greeting": greeting, **values},
    )


def _step(said: str, *, says: str, flag: bool, after: timedelta = MINUTE) -> Mail:
    """A mail whose template knows the flag."""
    return Mail(
        said=said,
        file="card_step.eml",
        to=(_JANE,),
        sender="cards@bank.example",
        verdict=Verdict.DELIVERED,
        after=after,
        says=says,
        flag=flag,
    )


def _known(
    said: str,
    verdict: Verdict,
    *findings: Code,
    to: str,
    born: str = "1961-04-17",
    what: str = "your income",
    asks: str = "income",
) -> Mail:
    return Mail(
        said=said,
        file="asks_known.eml",
        to=(to,),
        sender="cards@bank.example",
        verdict=verdict,
        findings=findings,
        values={"to": to, "what": what, "asks": asks, "person": f'name="Jane Doe"; date_of_birth={born}'},
    )


def _reps(said: str, verdict: Verdict, *findings: Code, transactions: int, after: timedelta, **values: str) -> Mail:
    return Mail(
        said=said,
        file="reps.eml",
        to=REPS,
        sender="support@corp.example",
        verdict=verdict,
        findings=findings,
        after=after,
        transactions=transactions,
        values={"reps": ",\r\n ".join(REPS), "thread": "", **values},
    )


def _answer(complaint: int, said: str, verdict: Verdict, *findings: Code) -> Mail:
    return Mail(
        said=said,
        file="complaint_answer.eml",
        to=("gino@people.example",),
        sender="care@shop.example",
        verdict=verdict,
        findings=findings,
        values={"answers": f"complaint-{complaint}@people.example"},
    )


_KEPT: Final = "Thank you for your answer. Your place is kept."


def _checked(said: str, verdict: Verdict, *findings: str, answered: str, after: timedelta = MINUTE) -> Check:
    return Check(
        said=said,
        file="menu.eml",
        to=GUESTS,
        verdict=verdict,
        findings=findings,
        after=after,
        values={"answered": answered, "choice": "Fish or mushrooms?"},
    )


def _menu(
    said: str, verdict: Verdict, *findings: Code, to: tuple[str, ...] = GUESTS, choice: str = "Fish or mushrooms?"
) -> Mail:
    return Mail(
        said=said,
        file="menu.eml",
        to=to,
        sender="kitchen@shop.example",
        verdict=verdict,
        findings=findings,
        values={"answered": _KEPT, "choice": choice},
    )


def _plain(said: str, file: str, *, to: str, sender: str, after: timedelta = MINUTE, **values: str) -> Mail:
    return Mail(said=said, file=file, to=(to,), sender=sender, verdict=Verdict.DELIVERED, after=after, values=values)


_SHOP, _ANN = "orders@shop.example", "ann@people.example"
_QUESTION, _REPLY = "question-1@bank.example", "jane-1@y.example"

SCENES: Final = (
    Scene(
        "Story 1: you asked me for what I have told you",
        (
            _income("The card system asks Jane for her income", Verdict.DELIVERED, message_id=_QUESTION),
            _step("A mail whose template knows the flag", says="Please answer our question", flag=False),
            Answer(
                said="Jane answers: the flag turns",
                file="jane_answers.eml",
                sender=_JANE,
                values={"message_id": _REPLY, "answers": _QUESTION},
                after=DAY,
                flag=True,
            ),
            _income("The script sends the same mail", Verdict.REJECTED, Code.REPEAT, Code.OPEN_REPLY, after=2 * HOUR),
            _step("The same template has changed its words", says="Thank you for your answer of Tuesday", flag=True),
            _income(
                "Five days later the question again, with another greeting",
                Verdict.REJECTED,
                Code.REPEAT,
                after=4 * DAY - 3 * HOUR,
                greeting="Dear Ms Doe,",
            ),
            Mail(
                said="A person answers her: the flag turns back",
                file="ruth_answers.eml",
                to=(_JANE,),
                sender="ruth.penn@bank.example",
                verdict=Verdict.DELIVERED,
                values={"answers": _REPLY},
                flag=False,
            ),
        ),
    ),
    Scene(
        "Story 1, for a customer of twenty years: what the bank knows already",
        (
            _known(
                "Jane is asked at a new address for the income that is on file with her old one",
                Verdict.HELD,
                Code.KNOWN_DATA,
                to="jane.d@z.example",
            ),
            _known(
                "What is not on file she may be asked for",
                Verdict.DELIVERED,
                to="jane.d@z.example",
                what="the name of your employer",
                asks="employer",
            ),
            _known(
                "The same mail to her old address",
                Verdict.REJECTED,
                Code.REPEAT,
                to="j.doe@x.example",
                what="the name of your employer",
                asks="employer",
            ),
            _known(
                "A namesake, born on another day, of whom nothing is on file",
                Verdict.DELIVERED,
                to="jane@people.example",
                born="1990-11-30",
            ),
        ),
    ),
    Scene(
        "Story 6: the same complaint, five times",
        (
            *(_answer(n, f"The answer to complaint {n}, in the same words", Verdict.DELIVERED) for n in range(1, 6)),
            _answer(3, "A second answer to complaint 3", Verdict.REJECTED, Code.REPEAT),
        ),
    ),
    Scene(
        "An ordinary day passes",
        (
            _plain("A one-time code", "code.eml", to=_ANN, sender="login@shop.example", code="492117"),
            _plain("Another one, a minute later", "code.eml", to=_ANN, sender="login@shop.example", code="880316"),
            _plain("A receipt", "receipt.eml", to=_ANN, sender=_SHOP, order="A-1001", amount="29.90 EUR"),
            _plain("The next order's receipt", "receipt.eml", to=_ANN, sender=_SHOP, order="A-1002", amount="29.90 EUR"),
            _plain("An alert to the own team", "alert.eml", to="oncall@corp.example", sender="alerts@corp.example"),
            _plain(
                "The same alert, five minutes later",
                "alert.eml",
                to="oncall@corp.example",
                sender="alerts@corp.example",
                after=5 * MINUTE,
            ),
            _plain("A newsletter", "newsletter.eml", to="bob@people.example", sender="news@shop.example", letter="a1"),
            Mail(
                said="The same newsletter again, by mistake",
                file="newsletter.eml",
                to=("bob@people.example",),
                sender="news@shop.example",
                verdict=Verdict.REJECTED,
                findings=(Code.REPEAT,),
                values={"letter": "b2"},
            ),
        ),
    ),
    Scene(
        "The sender's own retry, and a next hop that is away",
        (
            _plain("A receipt", "receipt.eml", to=_ANN, sender=_SHOP, order="A-1003", amount="5.00 EUR"),
            Mail(
                said="The 250 was lost: the sender tries again",
                file="receipt.eml",
                to=(_ANN,),
                sender=_SHOP,
                verdict=Verdict.REPLAYED,
                findings=(Code.REPLAY,),
                is_retry=True,
            ),
            Mail(
                said="The next hop is down, then back",
                file="receipt.eml",
                to=(_ANN,),
                sender=_SHOP,
                verdict=Verdict.DELIVERED_LATER,
                values={"order": "A-1004", "amount": "7.50 EUR"},
                hop_down=True,
            ),
        ),
    ),
    Scene(
        "Story 2: the hidden copy window",
        (
            _reps(
                "Support writes to all 800 reps; a person releases it",
                Verdict.RELEASED,
                Code.MASS_CC,
                transactions=1,
                after=DAY,
                subject="New prices in spring",
                greeting="Hello all,",
                text="the new prices are in the usual place.",
            ),
            _reps(
                "Two years later the old mail is copied to scold one",
                Verdict.HELD,
                Code.MASS_CC,
                Code.ADDRESSEE_MISMATCH,
                Code.STALE_AUDIENCE,
                transactions=16,
                after=730 * DAY,
                subject="Re: New prices in spring",
                thread="In-Reply-To: <spring@corp.example>\r\n",
                greeting="Dear Tom,",
                text="this is the third time that you ask me for a password.",
            ),
            Recall(said="Let out by mistake; five have it when it is recalled", got=5, to=REPS),
        ),
    ),
    Scene(
        "Story 3: the broken branch",
        (
            _checked(
                "The menu is checked: for who has answered already it says nothing",
                Verdict.FAILS,
                "empty_branch",
                answered="",
                after=DAY,
            ),
            _checked("Mended, it passes, for just this text and these sixty", Verdict.PASSES, answered=_KEPT),
            _menu("Somebody changes a word", Verdict.HELD, Code.UNCHECKED_BROADCAST, choice="Meat or mushrooms?"),
            _menu("The mail that was checked goes to all sixty", Verdict.DELIVERED),
            _menu("Nobody gets it twice when the sender begins again", Verdict.REPLAYED, Code.REPLAY),
            _menu("One who was not on the list", Verdict.HELD, Code.UNCHECKED_BROADCAST, to=("late@people.example",)),
        ),
    ),
)
