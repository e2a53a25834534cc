"""mailguard.client.reply_aware: what is not known is never false."""

from __future__ import annotations

import pickle

import pytest

from mailguard.client import ClientError, ReplyAware, UnknownError


def test_yes_and_no_are_true_and_false() -> None:
    assert ReplyAware.YES
    assert not ReplyAware.NO


def test_unknown_has_no_truth_value() -> None:
    with pytest.raises(UnknownError, match="is_yes, is_no or is_unknown"):
        bool(ReplyAware.UNKNOWN)
    with pytest.raises(UnknownError):
        assert not ReplyAware.UNKNOWN


def test_error_is_the_client_s_and_a_type_error() -> None:
    assert issubclass(UnknownError, ClientError)
    assert issubclass(UnknownError, TypeError)


@pytest.mark.parametrize(
    ("value", "asked"),
    [(ReplyAware.YES, (True, False, False)), (ReplyAware.NO, (False, True, False)), (ReplyAware.UNKNOWN, (False, False, True))],
)
def test_three_questions_have_one_yes(value: ReplyAware, asked: tuple[bool, ...]) -> None:
    assert (value.is_yes, value.is_no, value.is_unknown) == asked


def test_equals_itself_and_its_truth_value() -> None:
    aware, equal_to = ReplyAware.YES, True
    assert aware == equal_to
    assert (not equal_to) == ReplyAware.NO
    assert aware != ReplyAware.NO
    assert ReplyAware("unknown") == ReplyAware.UNKNOWN
    assert ReplyAware.UNKNOWN not in (True, False)
    assert ReplyAware.YES != "yes"


def test_equal_values_have_equal_hashes() -> None:
    assert hash(ReplyAware.YES) == hash(True)
    assert hash(ReplyAware.NO) == hash(False)
    assert len(set(ReplyAware)) == 3


def test_comes_from_what_json_has() -> None:
    assert [ReplyAware.of(value) for value in (True, False, None)] == [ReplyAware.YES, ReplyAware.NO, ReplyAware.UNKNOWN]


def test_is_one_of_a_kind_after_pickling() -> None:
    assert pickle.loads(pickle.dumps(ReplyAware.UNKNOWN)) is ReplyAware.UNKNOWN


def test_is_written_as_a_word() -> None:
    assert f"{ReplyAware.UNKNOWN}" == "unknown"
