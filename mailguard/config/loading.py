"""Reading the configuration, once: the file, the environment over it, everything checked before anything is used."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from mailguard.config.config import Config
from mailguard.config.environment import overlay, variables
from mailguard.config.lines import key_lines
from mailguard.config.problems import Problem, Sources, problems_of
from mailguard.config.sections import Settings
from mailguard.errors import ConfigError
from mailguard.relay.signing import objection

FILE: Final = "mailguard.toml"
VARIABLE: Final = "MAILGUARD_CONFIG"
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


class InvalidConfigError(ConfigError):
    """A configuration with at least one problem; the text is the first, `problems` are all."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        more = len(problems) - 1
        super().__init__(f"{problems[0]}" + (f" (and {more} more, see: mailguard config check)" if more else ""))
        self.problems = problems


def find_file(file: Path | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file to read: `file`, else $MAILGUARD_CONFIG, else ./mailguard.toml if it is there, else None."""
    if file is not None:
        return file
    if named := environ.get(VARIABLE):
        return Path(named)
    return Path(FILE) if Path(FILE).exists() else None


def load_config(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration. Raises InvalidConfigError, which says where each problem stands and what to write."""
    found = find_file(file, environ)
    text = _read(found) if found else ""
    name = str(found) if found else "built-in defaults"
    sources = Sources(name, key_lines(text), variables(environ))
    settings = _checked(_overlaid(_parsed(text, name), environ), sources)
    config = Config(settings, str(found) if found else "", found.parent.resolve() if found else Path.cwd())
    if unreadable := tuple(_unreadable(config, sources)):
        raise InvalidConfigError(unreadable)
    return config


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{file} is not there; make one with: mailguard init") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; give this user the right to read it") from error


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line = found[1] if found and found[1] else str(text.count("\n") + 1)
        what = _TOML_PLACE.sub("", str(error))
        raise InvalidConfigError((Problem(f"{name} line {line}", "", f"is not TOML: {what}; mend the line"),)) from error


def _overlaid(document: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    try:
        return overlay(document, environ)
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _checked(document: dict[str, Any], sources: Sources) -> Settings:
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise InvalidConfigError(problems_of(error, sources)) from error


def _unreadable(config: Config, sources: Sources) -> Iterator[Problem]:
    for key, path in (("tls_cert", config.listen.tls_cert), ("tls_key", config.listen.tls_key)):
        if path and not os.access(path, os.R_OK):
            text = f"{path} cannot be read; name a file that is there and that this user may read"
            yield Problem(sources.place(("relay", key)), f"relay.{key}", text)
    for number, signing in enumerate(config.rendering.keys):
        if reason := objection(signing):
            yield Problem(sources.place(("dkim", number, "key")), f"dkim[{number + 1}].key", reason)
