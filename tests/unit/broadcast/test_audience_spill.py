from __future__ import annotations

import marshal

from mailguard.broadcast.audience_judging import Spilt
from mailguard.broadcast.audience_spill import Spill


def row(line: int) -> Spilt:
    return (line, "ä@x.example", "ä@x.example", "P1", ("duplicate",), "", ["ä", ""])


def test_rows_come_out_as_they_went_in_also_for_two_readers_at_once() -> None:
    spill = Spill()
    spill.add(marshal.dumps([row(1), row(2)]))
    spill.add(marshal.dumps([]))
    spill.add(marshal.dumps([row(3)]))
    first, second = spill.rows(), spill.rows()
    assert [next(first), next(second), *first] == [row(1), row(1), row(2), row(3)]
    assert list(second) == [row(2), row(3)]
    spill.add(marshal.dumps([row(4)]))
    assert [line for line, *_ in spill.rows()] == [1, 2, 3, 4]
    spill.close()


def test_nothing_in_nothing_out() -> None:
    spill = Spill()
    assert list(spill.rows()) == []
    spill.close()
