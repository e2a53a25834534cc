"""Every setting with its value, its default and its sentence: for `config show`, the sample file and the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Final, TypeAlias, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailguard.config.duration import format_duration
from mailguard.config.endpoint import Endpoint, UnixSocket
from mailguard.config.next_hop import format_next_hop
from mailguard.config.sections import Settings
from mailguard.config.size import format_size
from mailguard.relay.settings import NextHop

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `name` is dotted; a table of a list has `[]` in the table of all settings, and its number among values.

    `default` None means that it must be given.
    """

    name: str
    value: Plain | None
    default: Plain | None
    sentence: str

    @property
    def is_changed(self) -> bool:
        """Whether the value is another than the default."""
        return self.value != self.default


def known_settings() -> tuple[Setting, ...]:
    """Return every setting there is, with its default as its value."""
    return tuple(_of_model(Settings, None, ""))


def list_settings(settings: Settings) -> tuple[Setting, ...]:
    """Return every setting with its value in `settings`; secrets are three dots."""
    return tuple(_of_model(Settings, settings, ""))


def _of_model(model: type[BaseModel], values: BaseModel | None, prefix: str) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner, is_list = _inner(field)
        value = getattr(values, name) if values is not None else None
        if inner is None:
            yield _setting(key, field, value, has_value=values is not None)
        elif not is_list:
            yield from _of_model(inner, value, f"{key}.")
        elif values is None:
            yield from _of_model(inner, None, f"{key}[].")
        else:
            for number, item in enumerate(value or (), 1):
                yield from _of_model(inner, item, f"{key}[{number}].")


def _setting(key: str, field: FieldInfo, value: Any, *, has_value: bool) -> Setting:
    name = key.rpartition(".")[2]
    default = None if field.is_required() else _plain(field.default, name)
    return Setting(
        name=key,
        value=_plain(value, name) if has_value else default,
        default=default,
        sentence=field.description or "",
    )


def _inner(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """Return the model of a table, or of the tables of a list."""
    arguments = get_args(field.annotation)
    inner = arguments[0] if arguments else field.annotation
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return inner, bool(arguments)
    return None, False


def _plain(value: Any, name: str = "") -> Any:
    """Return the value as an operator writes it; numbers as they are."""
    if value is None:
        return ""
    if name in _BY_NAME:
        return _BY_NAME[name](value)
    writer = next((writer for kinds, writer in _BY_KIND if isinstance(value, kinds)), None)
    return writer(value) if writer else value


def _hidden(secret: str) -> str:
    return "…" if secret else ""


def _listed(values: tuple[Any, ...]) -> list[Any]:
    return [_plain(value) for value in values]


def _table(values: dict[str, Any]) -> dict[str, Any]:
    return {str(key): _plain(value) for key, value in values.items()}


def _without_password(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    return f"{scheme}{mark}{user}:…@{place}" if at and colon else url


_BY_NAME: Final[Mapping[str, Callable[[Any], Any]]] = {
    "password": _hidden,
    "password_hash": _hidden,
    "webhook_secret": _hidden,
    "token": _hidden,
    "url": _without_password,
    "max_size": format_size,
    "memory_limit": format_size,
    "max_output": format_size,
}
_BY_KIND: Final[tuple[tuple[Any, Callable[[Any], Any]], ...]] = (
    (timedelta, format_duration),
    (NextHop, format_next_hop),
    ((str, Endpoint, UnixSocket, IPv4Network, IPv6Network), str),
    (tuple, _listed),
    (dict, _table),
)
