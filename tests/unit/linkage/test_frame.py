from mailguard.identity.standard import Standard
from mailguard.linkage.frame import NO_VALUE, Column, Frame

ADA = Standard(given="ada", surname="lovelace", mailboxes=("ada@x.example", "al@y.test"))
PETER = Standard(given="peter", mailboxes=("peter@x.example",))
NOBODY = Standard()


def test_records_come_back_as_they_were() -> None:
    frame = Frame.of_standards(iter([ADA, NOBODY, PETER]))
    assert [frame.standard(record) for record in range(frame.size)] == [ADA, NOBODY, PETER]


def test_a_frame_may_be_empty() -> None:
    assert Frame.of_standards([]).size == 0
    assert Frame.of_columns({}, mailboxes=[], owners=[]).size == 0


def test_a_column_that_is_left_out_is_empty() -> None:
    frame = Frame.of_columns({"given": ["ada", "peter"]}, mailboxes=[], owners=[])
    assert frame.standard(1) == Standard(given="peter")


def test_a_column_has_each_value_once_and_none_for_nothing() -> None:
    column = Column.of(["b", "", "a", "b", ""])
    assert list(column.values) == ["b", "a"]
    assert column.codes.tolist() == [0, NO_VALUE, 1, 0, NO_VALUE]


def test_a_function_of_a_column_is_asked_once_for_each_value() -> None:
    asked: list[str] = []

    def first(text: str) -> str:
        asked.append(text)
        return text[:1] if text != "none" else ""

    column = Column.of(["bob", "none", "", "bill", "bob"]).map(first)
    assert asked == ["bob", "none", "bill"]
    assert list(column.values) == ["b"]
    assert column.codes.tolist() == [0, NO_VALUE, NO_VALUE, 0, 0]
