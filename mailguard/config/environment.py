"""Settings from the environment: MAILGUARD_SECTION__KEY lies over the file's [SECTION] KEY."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mailguard.config.lines import KeyPath

PREFIX: Final = "MAILGUARD_"
_WHOLE: Final = frozenset({"MAILGUARD_CLIENT", "MAILGUARD_CLASSIFY", "MAILGUARD_TEMPLATE", "MAILGUARD_DKIM"})
"""Lists of tables at the top of the file: their variable holds all of them, as JSON."""


def variables(environ: Mapping[str, str]) -> dict[KeyPath, str]:
    """Return the path of each setting in the environment and the name of its variable.

    Other names that begin alike and have no double underscore (a container platform makes such) are none of ours.
    """
    names = sorted(name for name in environ if name in _WHOLE or (name.startswith(PREFIX) and "__" in name))
    return {tuple(name.removeprefix(PREFIX).lower().split("__")): name for name in names}


def overlay(document: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return `document` with the settings of the environment in place of its own. Raises ValueError naming the variable."""
    result = dict(document)
    for path, name in variables(environ).items():
        _set(result, path, _value(name, environ[name]))
    return result


def _set(table: dict[str, Any], path: KeyPath, value: Any) -> None:
    first, rest = str(path[0]), path[1:]
    if not rest:
        table[first] = value
        return
    inner = table.get(first, {})
    if not isinstance(inner, Mapping):  # the file is wrong here; the check of the whole says so
        return
    table[first] = dict(inner)
    _set(table[first], rest, value)


def _value(name: str, text: str) -> Any:
    """Return the text, or what it holds where it is a JSON list or object."""
    if not text.lstrip().startswith(("[{", '["', "[]", "{")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name}: is not JSON ({error}); write a JSON list, or the values with commas") from None
