"""`mailguard customers`: the records that other systems have of people, and the persons that they come to."""

from __future__ import annotations

import typer

from mailguard.cli.customer_change import forget, split
from mailguard.cli.customer_import import import_customers
from mailguard.cli.customer_resolve import resolve
from mailguard.cli.customer_view import export, show

command = typer.Typer(rich_markup_mode=None)

command.command("import")(import_customers)
command.command("resolve")(resolve)
command.command("show")(show)
command.command("split")(split)
command.command("export")(export)
command.command("forget")(forget)
