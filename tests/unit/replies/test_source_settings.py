from __future__ import annotations

import pytest

from mailguard.replies.source_settings import ImapAccount, LmtpListen, Password, Sources


def test_password_is_never_shown() -> None:
    assert "hidden" not in repr(ImapAccount(name="a", host="h", username="u", password=Password(text="hidden")))


@pytest.mark.parametrize(
    ("listen", "shown"),
    [
        (LmtpListen(host="127.0.0.1", port=24), "127.0.0.1:24"),
        (LmtpListen(host="::1", port=24), "[::1]:24"),
        (LmtpListen(path="/run/lmtp"), "unix:/run/lmtp"),
    ],
)
def test_place_is_shown_as_it_is_written(listen: LmtpListen, shown: str) -> None:
    assert str(listen) == shown


def test_sources_are_true_where_there_is_any() -> None:
    assert not Sources()
    assert Sources(maildirs=("/m",))
    assert Sources(lmtp=LmtpListen(path="/run/lmtp"))
