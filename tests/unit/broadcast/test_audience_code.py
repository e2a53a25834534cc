from __future__ import annotations

from pathlib import Path

import pytest

import mailguard
from mailguard.broadcast.audience_code import INVALID, RECENT, AudienceCode, RowCode
from mailguard.broadcast.audience_findings import sentence
from mailguard.policy.finding import Code


def test_codes_of_the_check_are_none_of_the_policys() -> None:
    assert not {code.value for code in (*RowCode, *AudienceCode)} & {code.value for code in Code}


def test_each_code_of_a_row_has_a_sentence_of_its_own() -> None:
    said = [sentence(code) for code in (*RowCode, *RECENT, Code.SUPPRESSED, Code.OPEN_REPLY)]
    assert len(set(said)) == len(said)
    assert not set(said) & {code.value for code in RowCode}
    assert set(RowCode) >= INVALID


@pytest.mark.parametrize("code", [*RowCode, *AudienceCode])
def test_each_code_is_documented(code: str) -> None:
    docs = Path(mailguard.__file__).parent.parent / "docs" / "broadcast.md"
    assert f"`{code}`" in docs.read_text(encoding="utf-8")
