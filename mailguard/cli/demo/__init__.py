"""`mailguard demo`: the stories on a real relay, with a real next hop, an embedded database and a clock that is moved."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from mailguard.cli.demo.scenes import SCENES, Scene
from mailguard.cli.demo.show import document, show_mail, show_sum, show_title
from mailguard.cli.demo.stage import Played, opened
from mailguard.cli.options import AsJson
from mailguard.cli.output import note, print_json
from mailguard.errors import UsageError
from mailguard.relay.log import set_up_log
from mailguard.relay.settings import LogFormat, LogLevel

Keep = Annotated[Path | None, typer.Option("--keep", metavar="DIR", help="Keep the ledger in DIR, to look at it afterwards.")]


def command(as_json: AsJson = False, keep: Keep = None) -> None:
    """Show the stories on a real relay with an embedded database; exit 1 if a verdict is not the expected one."""
    set_up_log(LogFormat.AUTO, LogLevel.ERROR)
    with _folder(keep) as folder:
        played = asyncio.run(_play(folder, quiet=as_json))
    if as_json:
        print_json(document(played))
    else:
        show_sum(played)
    if keep is not None:
        url = f"sqlite:///{keep.resolve()}/mailguard.db"
        note(f"the ledger is kept; look at it with: MAILGUARD_DATABASE__URL={url} mailguard log")
    raise typer.Exit(0 if all(one.is_as_expected for _, mails in played for one in mails) else 1)


async def _play(folder: Path, *, quiet: bool) -> list[tuple[Scene, list[Played]]]:
    played = []
    async with opened(folder) as stage:
        for scene in SCENES:
            if not quiet:
                show_title(scene)
            mails = []
            for mail in scene.mails:
                mails.append(await stage.play(mail))
                if not quiet:
                    show_mail(mails[-1])
            played.append((scene, mails))
    return played


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="mailguard-demo-") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{keep} cannot be made: {error.strerror}; name another folder for --keep") from error
    if (keep / "mailguard.db").exists():
        raise UsageError(f"{keep} holds a mailguard.db already; name another folder for --keep")
    yield keep
