"""What is wrong with a configuration, in one line each: where it stands, which setting, and the mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from mailguard.config.lines import KeyPath, line_of
from mailguard.config.sections import Settings

_SECRET: Final = frozenset({"password", "password_hash", "token", "url"})
_NO_WHOLE_NUMBER: Final = "{given} is not a whole number; write one, such as 10"
_NO_NUMBER: Final = "{given} is not a number; write one, such as 0.99"
_NO_TRUTH: Final = "{given} is neither true nor false; write one of the two"
_NO_TABLE: Final = "{given} is not a table; write [{table}] and its settings below"
_SENTENCES: Final = {
    "missing": "is missing; add {key} = …",
    "enum": "{given} is not known; write {expected}",
    "greater_than_equal": "{given} is out of range; write {ge} or more",
    "greater_than": "{given} is out of range; write more than {gt}",
    "less_than_equal": "{given} is out of range; write {le} or less",
    "less_than": "{given} is out of range; write less than {lt}",
    "int_parsing": _NO_WHOLE_NUMBER,
    "int_type": _NO_WHOLE_NUMBER,
    "int_from_float": _NO_WHOLE_NUMBER,
    "float_parsing": _NO_NUMBER,
    "float_type": _NO_NUMBER,
    "bool_parsing": _NO_TRUTH,
    "bool_type": _NO_TRUTH,
    "string_type": '{given} is not a text; write it in quotes, such as "…"',
    "string_too_short": "is too short; at least {min_length} characters",
    "too_short": "has too few; write at least {min_length}",
    "model_type": _NO_TABLE,
    "model_attributes_type": _NO_TABLE,
    "dict_type": _NO_TABLE,
    "tuple_type": '{given} is not a list; write ["…", "…"], or [[{table}]] where it is a list of tables',
}
"""What pydantic's kinds of error are called here, and the mend."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where settings were written: the file's name, and the line or the environment variable of each key."""

    file: str
    lines: Mapping[KeyPath, int]
    variables: Mapping[KeyPath, str]

    def place(self, path: KeyPath) -> str:
        """Return "mailguard.toml line 12", or the environment variable that the setting came from."""
        if variable := self._variable(path):
            return variable
        line = line_of(self.lines, path)
        return f"{self.file} line {line}" if line else self.file

    def order(self, path: KeyPath) -> tuple[bool, int]:
        """Return what to sort by: lines first, then the environment."""
        return bool(self._variable(path)), line_of(self.lines, path) or 0

    def _variable(self, path: KeyPath) -> str:
        heads = (path[:size] for size in range(len(path), 0, -1))
        return next((self.variables[head] for head in heads if head in self.variables), "")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `setting` is dotted, "" for the file as a whole."""

    place: str
    setting: str
    text: str

    def __str__(self) -> str:
        """Return "mailguard.toml line 12: policy.repeat_window: '6 days' is not a duration; write 6d"."""
        return ": ".join(part for part in (self.place, self.setting, self.text) if part)


def problems_of(error: ValidationError, sources: Sources) -> tuple[Problem, ...]:
    """Return what pydantic found, in the operator's words; first what stands in the file, in its order."""
    found = ((_path(details), details) for details in error.errors(include_url=False))
    ordered = sorted(found, key=lambda pair: sources.order(pair[0]))
    return tuple(Problem(sources.place(path), dotted(path), _text(details, path)) for path, details in ordered)


def dotted(path: Iterable[str | int]) -> str:
    """Return "client[2].networks" for ("client", 1, "networks"): tables of an array are counted from 1."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _path(details: Any) -> KeyPath:
    return tuple(part for part in details["loc"] if part != "[key]")


def _text(details: Any, path: KeyPath) -> str:
    match details["type"]:
        case "extra_forbidden":
            return f"unknown setting; {_suggestion(path)}"
        case "value_error":
            return str(details["ctx"]["error"])
        case kind:
            sentence = _SENTENCES.get(kind, f"{details['msg']}; mailguard config show names every setting")
    given = repr(details["input"]) if path and path[-1] not in _SECRET else "the value"
    context = {name: str(value).replace("'", "") for name, value in details.get("ctx", {}).items()}
    return sentence.format(given=given, key=path[-1], table=dotted(path), **context)


def _suggestion(path: KeyPath) -> str:
    """Name the table that the key belongs to, else the nearest key of the same table, else the nearest of all."""
    wrong = str(path[-1])
    here = _keys(_model(path[:-1]))
    everywhere = {key.rpartition(".")[2]: key for key in _all_keys(Settings, "")}
    if wrong in everywhere:
        return f"did you mean {everywhere[wrong]}?"
    if nearest := get_close_matches(wrong, here, n=1):
        return f"did you mean {nearest[0]}?"
    if nearest := get_close_matches(wrong, everywhere, n=1):
        return f"did you mean {everywhere[nearest[0]]}?"
    return f"known are {', '.join(here)}"


def _model(path: KeyPath) -> type[BaseModel]:
    model: type[BaseModel] = Settings
    for part in path:
        if isinstance(part, str):
            model = _inner(model, part) or model
    return model


def _inner(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = next(field for name, field in model.model_fields.items() if (field.alias or name) == key)
    inner = next(iter(get_args(field.annotation)), field.annotation)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _all_keys(model: type[BaseModel], prefix: str) -> Iterable[str]:
    for key in _keys(model):
        inner = _inner(model, key)
        yield from _all_keys(inner, f"{prefix}{key}.") if inner else (f"{prefix}{key}",)
