"""mailguard.web.decision_documents: what is taken, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mailguard.web.decision_documents import AssignBody, DecisionQuery, GroupActBody, OverrideBody


def test_what_is_not_said_has_its_default() -> None:
    assert (DecisionQuery().limit, DecisionQuery().cursor) == (100, 0)
    assert GroupActBody().before is None
    assert OverrideBody(to="ann@people.example", reason="r").minutes == 60


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (OverrideBody, {"to": "ann@people.example", "reason": "r", "minutes": 43_201}),
        (OverrideBody, {"to": "ann@people.example"}),
        (AssignBody, {"assignee": "a\nb"}),
        (GroupActBody, {"before": 5}),
        (DecisionQuery, {"since": "yesterday"}),
    ],
)
def test_what_cannot_be_is_refused(kind: type[BaseModel], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate(given)
