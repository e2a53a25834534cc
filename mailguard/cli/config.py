"""`mailguard config`: is the configuration right, and what does it say."""

from __future__ import annotations

from typing import Any

import typer

from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, print_table, say
from mailguard.config import Config, InvalidConfigError, load_config
from mailguard.config.advice import advise
from mailguard.config.listing import Setting, list_settings

command = typer.Typer(rich_markup_mode=None)


@command.command()
def check(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Name every mistake, with its line, and warn of what is perhaps not meant. Exit status 2 if there is a mistake."""
    try:
        loaded = load_config(config)
    except InvalidConfigError as error:
        _report_problems(error, as_json=as_json)
        raise typer.Exit(2) from None
    _report_advice(loaded, as_json=as_json)


@command.command()
def show(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List every setting with its value, its default and its sentence. Passwords are not shown."""
    loaded = load_config(config)
    settings = list_settings(loaded.settings)
    if as_json:
        print_json({"file": loaded.file, "settings": [_document(setting) for setting in settings]})
        return
    note(f"from {loaded.file or 'built-in defaults'}; values that differ from their default are marked *")
    rows = [
        ("*" if setting.is_changed else "", setting.name, _shown(setting.value), _shown(setting.default), setting.sentence)
        for setting in settings
    ]
    print_table(("", "setting", "value", "default", "meaning"), rows)


def _report_problems(error: InvalidConfigError, *, as_json: bool) -> None:
    if as_json:
        print_json({"ok": False, "errors": list(error.problems), "warnings": []})
        return
    for problem in error.problems:
        note(str(problem))


def _report_advice(config: Config, *, as_json: bool) -> None:
    warnings = advise(config)
    if as_json:
        print_json({"ok": True, "file": config.file, "errors": [], "warnings": list(warnings)})
        return
    for warning in warnings:
        say(f"warning: {warning}")
    say(f"{config.file or 'built-in defaults'}: no mistakes, {counted(len(warnings), 'warning')}")


def _document(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "value": setting.value,
        "default": setting.default,
        "sentence": setting.sentence,
    }


def _shown(value: Any) -> str:
    match value:
        case list():
            return ", ".join(map(str, value))
        case bool():
            return str(value).lower()
        case dict():
            return ", ".join(f"{key}={item}" for key, item in value.items())
        case None:
            return ""
        case _:
            return str(value)
