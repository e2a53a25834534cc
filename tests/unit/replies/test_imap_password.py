from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.errors import ConfigError
from mailguard.replies.imap_password import read_password
from mailguard.replies.source_settings import Password


def test_password_is_the_text() -> None:
    assert read_password(Password(text=" p ")) == " p "


def test_password_is_read_from_a_file_each_time(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for text in ("one\n", "tw ö\r\n"):
        file.write_text(text, encoding="utf-8", newline="")
        assert read_password(Password(file=str(file))) == text.rstrip("\r\n")


def test_password_is_a_variable_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAP_SECRET", "three")
    assert read_password(Password(variable="IMAP_SECRET")) == "three"


@pytest.mark.parametrize("password", [Password(file="/nowhere/secret"), Password(variable="NO_SUCH_VARIABLE")])
def test_password_that_is_not_there_is_said(password: Password) -> None:
    with pytest.raises(ConfigError, match=r"secret|NO_SUCH_VARIABLE"):
        read_password(password)
