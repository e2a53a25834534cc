"""mailguard.relay.tls: a server's context from files, or a clear error."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from mailguard.errors import ConfigError
from mailguard.relay.tls import server_context
from tests.harness_smtp import self_signed


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


def test_context_asks_no_certificate_and_takes_no_old_protocol(files: tuple[Path, Path]) -> None:
    context = server_context(str(files[0]), str(files[1]))
    assert context.verify_mode is ssl.CERT_NONE
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_one_file_may_hold_both(files: tuple[Path, Path], tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(files[1].read_bytes() + files[0].read_bytes())
    assert server_context(str(both), "")


def test_file_that_is_not_there_is_named(files: tuple[Path, Path]) -> None:
    with pytest.raises(ConfigError, match=r"relay\.tls_cert '/nowhere\.pem'"):
        server_context("/nowhere.pem", str(files[1]))


def test_key_of_another_certificate_is_an_error(files: tuple[Path, Path], tmp_path: Path) -> None:
    _, other = self_signed(tmp_path)
    with pytest.raises(ConfigError, match="cannot be used"):
        server_context(str(files[0]), str(other))


def test_encrypted_key_is_an_error_and_no_prompt(files: tuple[Path, Path], tmp_path: Path) -> None:
    encrypted = tmp_path / "encrypted.key"
    subprocess.run(
        ["openssl", "ec", "-in", str(files[1]), "-aes256", "-passout", "pass:x", "-out", str(encrypted)],
        check=True,
        capture_output=True,
    )
    with pytest.raises(ConfigError, match="unencrypted key"):
        server_context(str(files[0]), str(encrypted))
