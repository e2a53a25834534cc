"""mailguard.config.loading: which file, what lies over it, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.config.loading import InvalidConfigError, find_file, load_config
from mailguard.errors import ConfigError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def test_file_is_the_named_one_else_the_variables_else_the_one_here(here: Path) -> None:
    assert find_file(None, {}) is None
    write(here / "mailguard.toml", "")
    assert find_file(None, {}) == Path("mailguard.toml")
    assert find_file(None, {"MAILGUARD_CONFIG": "/a.toml"}) == Path("/a.toml")
    assert find_file(Path("/b.toml"), {"MAILGUARD_CONFIG": "/a.toml"}) == Path("/b.toml")


def test_without_a_file_the_defaults_hold(here: Path) -> None:
    config = load_config(None, {})
    assert (config.file, config.database_url) == ("", f"sqlite:///{here}/mailguard.db")


def test_environment_lies_over_the_file(here: Path) -> None:
    write(here / "mailguard.toml", "[relay]\nworkers = 2\nhostname = 'a'\n")
    config = load_config(None, {"MAILGUARD_RELAY__WORKERS": "3"})
    assert (config.workers, config.hostname) == (3, "a")


def test_relative_names_start_at_the_file(here: Path) -> None:
    (here / "etc").mkdir()
    assert load_config(write(here / "etc" / "m.toml", ""), {}).database_url == f"sqlite:///{here}/etc/mailguard.db"


def test_all_problems_are_kept_and_the_first_is_said(here: Path) -> None:
    file = write(here / "m.toml", "[relay]\nworkers = 0\nmax_recipients = 0\n[policy]\nmode = 'x'\n")
    with pytest.raises(InvalidConfigError) as caught:
        load_config(file, {})
    assert len(caught.value.problems) == 3
    assert str(caught.value).startswith(f"{file} line 2: relay.workers: 0 is out of range; write 1 or more (and 2 more")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[relay]\nworkers 2\n", "line 2: is not TOML: Expected '=' after a key in a key/value pair; mend the line"),
        ("[relay]\nworkers = 2\nworkers = 3\n", "line 3: is not TOML: Cannot overwrite a value; mend the line"),
        ('[relay]\nhostname = "a', "line 2: is not TOML:"),
    ],
)
def test_text_that_is_no_toml_is_named_by_its_line(here: Path, text: str, said: str) -> None:
    file = write(here / "m.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_config(file, {})
    assert str(caught.value).startswith(f"{file} {said}")


def test_file_that_is_not_there_is_said(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"m\.toml is not there; make one with: mailguard init"):
        load_config(here / "m.toml", {})


def test_file_that_cannot_be_read_is_said(here: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_config(here, {})


def test_file_that_is_not_utf8_is_said(here: Path) -> None:
    (here / "m.toml").write_bytes(b"# \xff")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_config(here / "m.toml", {})


def test_broken_variable_is_said(here: Path) -> None:
    with pytest.raises(ConfigError, match="MAILGUARD_CLIENT: is not JSON"):
        load_config(None, {"MAILGUARD_CLIENT": "[{"})


def test_certificate_that_is_not_there_is_named_by_its_line(here: Path) -> None:
    write(here / "key.pem", "")
    file = write(here / "m.toml", "[relay]\ntls_key = 'key.pem'\ntls_cert = 'cert.pem'\n")
    with pytest.raises(InvalidConfigError) as caught:
        load_config(file, {})
    assert [problem.setting for problem in caught.value.problems] == ["relay.tls_cert"]
    assert str(caught.value).startswith(f"{file} line 3: relay.tls_cert: {here}/cert.pem cannot be read; ")


def test_key_that_cannot_sign_is_named_by_its_line(here: Path) -> None:
    write(here / "key.pem", "none")
    file = write(here / "m.toml", "[[dkim]]\ndomain = 'x.example'\nselector = 's'\nkey = 'key.pem'\n")
    with pytest.raises(InvalidConfigError) as caught:
        load_config(file, {})
    assert str(caught.value).startswith(f"{file} line 4: dkim[1].key: {here}/key.pem holds no usable key; ")
