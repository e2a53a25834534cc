"""`mailguard init`: a configuration to begin with, and a database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from mailguard.cli.options import AsJson
from mailguard.cli.output import print_json, say
from mailguard.config import load_config
from mailguard.config.loading import FILE
from mailguard.config.next_hop import parse_next_hop
from mailguard.config.sample import sample
from mailguard.config.values import parse_domain
from mailguard.errors import UsageError
from mailguard.store.database import Database

T = TypeVar("T")

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to; it is made if it is not there.")]
OwnDomains = Annotated[
    list[str] | None,
    typer.Option("--own-domain", metavar="D", help="One of your own domains; .D takes in its subdomains. Repeat for each."),
]
NextHop = Annotated[
    str, typer.Option("--next-hop", metavar="H", help="The mail server that delivers: HOST, HOST:PORT or a URL.")
]


def command(folder: Folder = Path(), own_domain: OwnDomains = None, next_hop: NextHop = "", as_json: AsJson = False) -> None:
    """Write a commented mailguard.toml in mode shadow, and make a database. Nothing that is there is changed."""
    domains = [_usable(parse_domain, domain) for domain in own_domain or ()]
    if next_hop:
        _usable(parse_next_hop, next_hop)
    file = folder / FILE
    _write(file, sample(own_domains=domains, next_hop=next_hop))
    url = load_config(file).database_url
    Database.open(url).close()
    if as_json:
        print_json({"file": str(file), "database": url})
        return
    say(f"wrote {file} and made {url}")
    say(f"next: mailguard config check -c {file}, then: mailguard serve -c {file}")


def _usable(parse: Callable[[object], T], text: str) -> T:
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _write(file: Path, text: str) -> None:
    if file.exists():
        raise UsageError(f"{file} is there already; nothing was changed; name another folder")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}; name another folder") from error
