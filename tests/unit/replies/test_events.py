from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.policy.template_rule import TemplateRule
from mailguard.replies.events import MOST_FIELDS, Event, EventError, EventKind, TakenEvent, take_event
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.store.replies import StoredReply, show
from mailguard.store.reply_moves import Move, moves_of
from mailguard.store.tables import RECIPIENT
from mailguard.store.told import all_told, told
from tests.builders import NOW, digest, message
from tests.ledger import OWNER, mail, take
from tests.records import arrive, customer, join
from tests.replies import put_reply

ANN, WORK, HOME = "ann@people.example", "ann@work.example", "home@family.example"
LATER = NOW + timedelta(hours=1)
SURVEY = ReplySettings(
    templates=(TemplateRule(name="survey", is_survey=True, low_score=6, low_score_within=timedelta(hours=2)),),
    client_brands={"shop": "Shop"},
)


@pytest.fixture
def people(database: Database) -> Database:
    """Ann, P1, by two records; Bob, P3, who shares a mailbox with her."""
    with database.write() as connection:
        arrive(
            connection,
            customer(4711, "ann", "lee", ANN, HOME),
            customer("a:1", "ann", "lee", WORK, source="shop"),
            customer(4712, "bob", "lee", HOME),
        )
        join(connection, 1, 2)
    return database


def tell(database: Database, kind: EventKind, settings: ReplySettings | None = None, **said: Any) -> TakenEvent:
    given: dict[str, Any] = {"id": "e1", "source": "crm", "at": NOW}
    event = Event(kind=kind, **given | said)
    with database.write() as connection:
        return take_event(connection, event, settings or ReplySettings(), now=LATER)


def put(database: Database, name: str = "r1", **fields: Any) -> str:
    with database.write() as connection:
        return put_reply(connection, name, **fields).id


def stored(database: Database, id: str) -> StoredReply:
    with database.read() as connection:
        found = show(connection, id)
    assert found is not None
    return found


def states(database: Database, *ids: str) -> list[ReplyState | None]:
    return [stored(database, id).state for id in ids]


OPEN, ACKNOWLEDGED, RESOLVED = ReplyState


# --- who ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "anchor"),
    [
        ({"customer": "crm:4711"}, "R1"),
        ({"customer": "shop:a:1"}, "R2"),
        ({"person": "P1"}, "R1"),
        ({"person": "P2"}, "R2"),
        ({"mailbox": "Ann@people.example"}, "R1"),
        ({"mailbox": WORK}, "R2"),
        ({"mailbox": HOME}, HOME),
        ({"mailbox": "new@people.example"}, "new@people.example"),
        ({"customer": "crm:4711", "person": "P1", "mailbox": WORK}, "R1"),
    ],
)
def test_a_field_is_known_of_whom_the_event_names(people: Database, who: dict[str, str], anchor: str) -> None:
    taken = tell(people, EventKind.FIELD_KNOWN, None, fields={"income": "48050"}, **who)
    assert taken == TakenEvent(is_new=True, fields=("income",))
    with people.read() as connection:
        assert told(connection, [anchor]) == {anchor: {"income": "crm"}}


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({}, "needs to know of whom"),
        ({"customer": "crm:9"}, "there is no customer 'crm:9'; a customer is SOURCE:KEY"),
        ({"customer": "4711"}, "there is no customer '4711'"),
        ({"person": "P99"}, "there is no person P99"),
        ({"person": "17"}, "is no person"),
        ({"mailbox": "not a mailbox"}, "is no mailbox"),
        ({"customer": "crm:4711", "mailbox": "bob@people.example"}, "names several persons: crm:4711, bob@people.example"),
        ({"customer": "crm:4711", "person": "P3"}, "names several persons: crm:4711, P3"),
    ],
)
def test_what_names_nobody_or_several_is_refused(people: Database, who: dict[str, str], said: str) -> None:
    with pytest.raises(EventError, match=said):
        tell(people, EventKind.FIELD_KNOWN, None, fields={"income": None}, **who)
    assert tell(people, EventKind.FIELD_KNOWN, fields={"income": None}, person="P1").is_new


# --- fields ----------------------------------------------------------------------------------------------------------------------


def test_fields_are_known_by_our_names_with_or_without_values(people: Database) -> None:
    taken = tell(people, EventKind.FIELD_KNOWN, person="P1", fields={"Postal Address": None, "income": " 48050 "})
    assert taken.fields == ("income", "postal_address")
    with people.read() as connection:
        assert [(one.field, one.value, one.at) for one in all_told(connection, ["R1"])] == [
            ("income", " 48050 ", NOW),
            ("postal_address", None, NOW),
        ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "needs fields"),
        ({f"f{n}": None for n in range(MOST_FIELDS + 1)}, "needs fields"),
        ({"income": " "}, "tells nothing of 'income'"),
        ({"!": "x"}, "tells nothing of ''"),
    ],
)
def test_fields_that_say_nothing_are_refused(people: Database, fields: dict[str, str | None], said: str) -> None:
    with pytest.raises(EventError, match=said):
        tell(people, EventKind.FIELD_KNOWN, person="P1", fields=fields)


def test_an_event_counts_once_by_its_id(people: Database) -> None:
    assert tell(people, EventKind.FIELD_KNOWN, person="P1", fields={"income": "1"}).is_new
    assert tell(people, EventKind.FIELD_KNOWN, person="P1", fields={"income": "2"}) == TakenEvent(is_new=False)
    with people.read() as connection:
        assert [one.value for one in all_told(connection, ["R1"])] == ["1"]
    with pytest.raises(EventError, match="needs an id"):
        tell(people, EventKind.FIELD_KNOWN, id=" ", person="P1", fields={"income": "2"})


# --- replies ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state"), [(EventKind.ACKNOWLEDGED, ACKNOWLEDGED), (EventKind.RESOLVED, RESOLVED), (EventKind.TASK_DONE, RESOLVED)]
)
@pytest.mark.parametrize("by", ["reply", "message_id"])
def test_a_reply_that_is_named_is_moved_alone(people: Database, kind: EventKind, state: ReplyState, by: str) -> None:
    one, other = put(people, "one"), put(people, "other")
    name = {"reply": {"reply": one}, "message_id": {"message_id": " <one@people.example> "}}[by]
    assert tell(people, kind, None, reason="called her", **name) == TakenEvent(is_new=True, moved=(one,))
    assert states(people, one, other) == [state, OPEN]
    with people.read() as connection:
        assert moves_of(connection, one) == [Move(LATER, "crm", state.value, "called her")]


def test_what_was_moved_already_is_not_moved_again(people: Database) -> None:
    one = put(people)
    tell(people, EventKind.RESOLVED, reply=one)
    assert tell(people, EventKind.ACKNOWLEDGED, id="e2", reply=one) == TakenEvent(is_new=True)
    assert states(people, one) == [RESOLVED]
    with people.read() as connection:
        assert [move.reason for move in moves_of(connection, one)] == ["resolved e1"]


def test_a_closed_ticket_resolves_the_persons_conversation_and_no_other(people: Database) -> None:
    one, two = put(people, "one"), put(people, "two", anchor="R2", mailbox=WORK)
    other = put(people, "other", conversation="other@x")
    stranger = put(people, "stranger", anchor="eve@x.example", mailbox="eve@x.example")
    assert set(tell(people, EventKind.TICKET_CLOSED, reply=one).moved) == {one, two}
    assert states(people, one, two, other, stranger) == [RESOLVED, RESOLVED, OPEN, OPEN]


def test_a_closed_ticket_of_a_mail_of_nobodys_is_that_mail(people: Database) -> None:
    one = put(people, "one", anchor="", mailbox="", tie=Tie.NONE, conversation="")
    assert tell(people, EventKind.TICKET_CLOSED, reply=one).moved == (one,)


@pytest.mark.parametrize("kind", [EventKind.ACKNOWLEDGED, EventKind.RESOLVED, EventKind.TICKET_CLOSED])
def test_a_person_alone_says_not_which_reply(people: Database, kind: EventKind) -> None:
    put(people)
    with pytest.raises(EventError, match="of which reply"):
        tell(people, kind, person="P1")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ({"reply": "01JA0000000000000000000000"}, "there is no reply"),
        ({"message_id": "never@x"}, "there is no reply 'never@x'"),
        ({"message_id": "robot@people.example"}, "there is no reply"),
        ({"message_id": "r1@people.example", "person": "P3"}, "is not of P3"),
    ],
)
def test_a_reply_that_is_not_there_or_anothers_is_refused(people: Database, name: dict[str, str], said: str) -> None:
    put(people, "r1")
    robot = put(people, "robot", kind=Kind.AUTOMATIC)
    with pytest.raises(EventError, match=said):
        tell(people, EventKind.RESOLVED, None, **name)
    with pytest.raises(EventError, match="there is no reply"):
        tell(people, EventKind.RESOLVED, reply=robot)


@pytest.mark.parametrize("who", [{"person": "P1"}, {"mailbox": ANN}, {"customer": "shop:a:1"}])
def test_a_reply_may_be_named_with_whose_it_is(people: Database, who: dict[str, str]) -> None:
    one = put(people)
    assert tell(people, EventKind.RESOLVED, None, reply=one, **who).moved == (one,)


def test_a_task_that_is_done_resolves_the_low_scores_of_the_person(people: Database) -> None:
    low, words = put(people, "low", score=2), put(people, "words")
    assert tell(people, EventKind.TASK_DONE, customer="shop:a:1").moved == (low,)
    assert states(people, low, words) == [RESOLVED, OPEN]
    assert tell(people, EventKind.TASK_DONE, id="e2", person="P1") == TakenEvent(is_new=True)


# --- scores ----------------------------------------------------------------------------------------------------------------------


def test_a_low_score_is_a_reply_of_the_persons_with_a_task(people: Database) -> None:
    survey = mail(message("survey", "wave 1", message_id="survey@x"), ANN, template="survey")
    promotion = mail(message("promotion", message_id="promotion@x"), WORK, mail_class=MailClass.BULK)
    with people.write() as connection:
        take(connection, survey, owner=OWNER)
        take(connection, promotion, owner="")
    taken = tell(people, EventKind.SCORE_GIVEN, SURVEY, person="P1", score=2, template="survey")
    found = stored(people, taken.reply)
    assert (found.kind, found.tie, found.anchor, found.state, found.score) == (Kind.HUMAN, Tie.EVENT, "R1", OPEN, 2)
    assert (found.received_at, found.due_at, found.source) == (NOW, NOW + timedelta(hours=2), "crm")
    assert (found.template, found.answers, found.answers_n, found.facts) == ("survey", survey.id, 0, digest("wave 1"))
    assert found.brand == "Shop"
    with people.read() as connection:
        held = connection.execute(RECIPIENT.select().where(RECIPIENT.c.message == promotion.id)).one()
    assert held.state == State.HELD


def test_a_good_score_is_resolved_at_once_unless_something_was_said_with_it(people: Database) -> None:
    bare = tell(people, EventKind.SCORE_GIVEN, SURVEY, mailbox="new@x.example", score=9, template="survey").reply
    words = tell(
        people, EventKind.SCORE_GIVEN, SURVEY, id="e2", person="P1", score=9, template="survey", text="But call me."
    ).reply
    assert states(people, bare, words) == [RESOLVED, OPEN]
    assert stored(people, bare).resolved_by == "score"
    assert stored(people, bare).anchor == "new@x.example"
    assert (stored(people, words).text, stored(people, words).answers) == ("But call me.", "")


def test_a_score_given_in_the_future_is_given_now(people: Database) -> None:
    taken = tell(people, EventKind.SCORE_GIVEN, person="P1", score=1, at=LATER + timedelta(days=1))
    found = stored(people, taken.reply)
    assert (found.received_at, found.written_at) == (LATER, LATER + timedelta(days=1))


@pytest.mark.parametrize("score", [None, -1, 11])
def test_a_score_is_from_0_to_10(people: Database, score: int | None) -> None:
    with pytest.raises(EventError, match="from 0 to 10"):
        tell(people, EventKind.SCORE_GIVEN, person="P1", score=score)
    with pytest.raises(EventError, match="of whom"):
        tell(people, EventKind.SCORE_GIVEN, score=0)
