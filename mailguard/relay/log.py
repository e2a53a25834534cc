"""How log lines are written: an event name with fields, on standard error, addresses masked, as text or as JSON.

Lines of the libraries come out the same way, from warnings on. Decides nothing about what is logged.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog
from structlog.typing import Processor

from mailguard.mail.masking import mask, terminal_safe
from mailguard.relay.settings import LogFormat, LogLevel

_ADDRESS: Final = re.compile(r"[^\s<>()\[\]{}\"',;:=@\\]{1,256}@[\w.\-\[\]:]{1,255}")
_TRACEBACK: Final = "exception"


def set_up_log(log_format: LogFormat, level: LogLevel, *, stream: TextIO | None = None) -> None:
    """Have every log line of this process written to `stream` (standard error) as `log_format` says."""
    stream = stream if stream is not None else sys.stderr
    is_json = log_format is LogFormat.JSON or (log_format is LogFormat.AUTO and not stream.isatty())
    shared = _shared(is_json=is_json)
    renderer = _renderer(is_json=is_json, colors=stream.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
    _set_up_libraries(shared, renderer, stream=stream, threshold=max(threshold, logging.WARNING))


def mask_addresses(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask the local part of every address in the event's values, however deep they lie."""
    for name, value in event.items():
        event[name] = _masked(value)
    return event


def _shared(*, is_json: bool) -> list[Processor]:
    safe: list[Processor] = [] if is_json else [_make_safe]
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_addresses,
        *safe,
    ]


def _renderer(*, is_json: bool, colors: bool) -> Processor:
    if is_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(colors=colors)


def _set_up_libraries(shared: list[Processor], renderer: Processor, *, stream: TextIO, threshold: int) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(threshold)


def _make_safe(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what would drive a terminal: what is logged may come from mail."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = "\n".join(map(terminal_safe, value.split("\n"))) if name == _TRACEBACK else terminal_safe(value)
    return event


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _ADDRESS.sub(lambda found: mask(found[0]), value) if "@" in value else value
        case tuple() | list():
            return [_masked(item) for item in value]
        case dict():
            return {key: _masked(item) for key, item in value.items()}
        case _:
            return value
