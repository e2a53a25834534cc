"""The command line: which commands there are, and what a program or a person gets when one ends.

A command's module is imported only when it is the one that was asked for.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, Final

import typer

from mailguard import __version__
from mailguard.errors import MailguardError, UsageError

NAME: Final = "mailguard"


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, the module of `mailguard.cli` that has it as `command`, and its sentence."""

    name: str
    module: str
    sentence: str


COMMANDS: Final = (
    Command("demo", "demo", "Show the stories on a real relay with an embedded database."),
    Command("init", "init", "Write a commented mailguard.toml in mode shadow, and make a database."),
    Command("serve", "serve", "Take mail, decide, deliver."),
    Command("config", "config", "Check and show the configuration."),
    Command("log", "log", "Show decisions, newest last."),
    Command("why", "why", "Explain one decision in full."),
    Command("queue", "queue", "See and settle what waits."),
    Command("override", "override", "Give out tokens that let one mail out that would be held or rejected."),
    Command("recall", "recall", "Take mail back: cancel what has not left, name who got it, draft the apology."),
    Command("broadcast", "broadcast", "See how far each checked broadcast has gone, and whom it has not reached."),
    Command("pause", "pause", "Let nothing leave, or nothing of a client, a class or a brand, until it is resumed."),
    Command("resume", "resume", "Let mail go on that was paused."),
    Command("customers", "customers", "Take customer records in; see, split, export and erase the persons they come to."),
    Command("link", "link", "Compare all records with one another: who is one person."),
    Command("review", "review", "Decide, pair by pair, whether two records are one person: on a full screen, or by commands."),
    Command("check", "check", "Look a message and its audience over before anything goes out, and sign what passes."),
    Command("template", "template", "Render every branch of a template, and name what must not go out."),
    Command("suppress", "suppress", "Keep the list of those who are not to be written to."),
    Command("replies", "replies", "See what customers have answered and what is owed to whom; take replies in."),
    Command(
        "context", "context", "Say what is known of an address's person before a mail is written, and what would be found."
    ),
    Command("policy", "policy", "Judge the recorded mail again under another policy, before it counts."),
    Command("stats", "stats", "Count decisions, findings and deliveries, with plots."),
    Command("db", "db", "Look after the database: status, upgrade, downgrade, backup."),
    Command("password", "password", "Make a password hash for a client, or a bearer token for HTTP."),
)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 the answer is no, 2 bad usage or input (said in one line)."""
    try:
        status = build(arguments)(list(arguments) or ["--help"], prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # typer's own way to end when whoever reads has gone
        _abandon_output()
        return 0
    except typer.TyperException as error:
        return _refuse(_one_line(error), error.exit_code)
    except typer.Abort:
        return _refuse("stopped", 1)
    except UsageError as error:
        return _refuse(str(error), 2)
    except MailguardError as error:
        return _refuse(str(error), 1)
    return status if isinstance(status, int) else 0


def build(arguments: Sequence[str]) -> typer.Typer:
    """Return the application with the command that `arguments` name; of the others only the names and sentences."""
    app = typer.Typer(name=NAME, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(help="Stops the automated mail that should not go out.")(_main)
    wanted = next((word for word in arguments if not word.startswith("-")), "")
    for command in COMMANDS:
        if command.name == wanted:
            _add(app, command)
        else:
            app.command(command.name, help=command.sentence)(_not_asked_for)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{NAME} {__version__}")
        raise typer.Exit


def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def _add(app: typer.Typer, command: Command) -> None:
    found: Callable[..., Any] | typer.Typer = _imported(f"mailguard.cli.{command.module}").command
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=command.name, help=command.sentence)
    else:
        app.command(command.name, help=command.sentence)(found)


def _imported(name: str) -> ModuleType:
    """Import a module while the collector of cycles rests: it would look a fifth of the time at what is there to stay."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return import_module(name)
    finally:
        if was_enabled:
            gc.enable()


def _not_asked_for() -> None:
    """Stand for a command that is only listed."""


def _refuse(text: str, status: int) -> int:
    typer.echo(f"{NAME}: {' '.join(text.split())}", err=True)
    return status


def _one_line(error: typer.TyperException) -> str:
    """Return what was wrong with the command line, and where its options are explained."""
    context: typer.Context | None = getattr(error, "ctx", None)
    path = context.command_path if context is not None else NAME
    text = error.format_message().replace(": Value error, ", ": ").rstrip(".")
    return f"{text}; see: {path} --help"


def _abandon_output() -> None:
    """Give what is still buffered somewhere to go: whoever read it has gone (as in `mailguard log | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
