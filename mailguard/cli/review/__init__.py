"""`mailguard review`: a person decides where the model is not sure, on a full screen or by commands for scripts."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.review.deciding import approve, decide, undo
from mailguard.cli.review.exchange import export_questions, import_answers
from mailguard.cli.review.opening import open_screen
from mailguard.cli.review.questions_view import list_questions, show
from mailguard.cli.review.teaching import adopt, learn
from mailguard.errors import UsageError

command = typer.Typer(rich_markup_mode=None)

AutoApprove = Annotated[
    float | None,
    typer.Option("--auto-approve", metavar="P", help="Ask nothing: answer same to all questions of probability P or more."),
]


@command.callback(invoke_without_command=True)
def review(
    context: typer.Context, auto_approve: AutoApprove = None, config: ConfigFile = None, as_json: AsJson = False
) -> None:
    """Decide, pair by pair, whether two records are one person: on the full screen, or with one of the commands."""
    if context.invoked_subcommand is not None:
        if auto_approve is not None or config is not None or as_json:
            raise UsageError(f"options stand after the command: mailguard review {context.invoked_subcommand} …")
    elif auto_approve is not None:
        approve(auto_approve, config=config, as_json=as_json)
    elif as_json:
        raise UsageError("the screen prints no JSON; for programs: mailguard review list --json")
    else:
        open_screen(config)


command.command("list")(list_questions)
command.command("show")(show)
command.command("decide")(decide)
command.command("undo")(undo)
command.command("export")(export_questions)
command.command("import")(import_answers)
command.command("learn")(learn)
command.command("adopt")(adopt)
