"""The password of an account, read each time it is needed: what renews it, such as a secret store, need tell nobody."""

from __future__ import annotations

import os
from pathlib import Path

from mailguard.errors import ConfigError
from mailguard.replies.source_settings import Password

_MOST_OCTETS = 65_536


def read_password(password: Password) -> str:
    """Return the secret, from a file without its last line end. Raises ConfigError where it is not there."""
    if password.file:
        return _of_file(password.file)
    if password.variable:
        found = os.environ.get(password.variable)
        if found is None:
            raise ConfigError(f"the environment has no {password.variable}; set it to the password")
        return found
    return password.text


def _of_file(name: str) -> str:
    try:
        with Path(name).open("rb") as file:
            return file.read(_MOST_OCTETS).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"the password cannot be read from {name}: {error}") from error
