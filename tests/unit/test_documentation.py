"""Each setting, command, header field, finding, answer and metric is documented: read from the code's own tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from prometheus_client import CollectorRegistry

from mailguard.cli.app import COMMANDS, build
from mailguard.config import load_config
from mailguard.config.advice import advise
from mailguard.config.listing import Setting, known_settings
from mailguard.config.sample import as_toml
from mailguard.mail.control import MailClass
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy import answer as verdicts
from mailguard.policy.finding import Action, Code
from mailguard.policy.rules import DEFAULTS, EXEMPT_OWN
from mailguard.relay import answers
from mailguard.relay.metrics import Metrics
from mailguard.relay.reply_metrics import ReplyMetrics
from mailguard.store.queue import Usage
from mailguard.web.probe import QueueCollector

ROOT = Path(__file__).parents[2]
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
COMMAND_PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
FINDINGS = (ROOT / "docs" / "headers-and-findings.md").read_text(encoding="utf-8")

COMMON = {"--help", "--config", "-c", "--json"}
"""Options that the page explains once for all commands."""

WITHOUT_CONFIGURATION = {"demo", "init", "password hash", "password token"}
"""Commands that read no configuration."""


# --- settings --------------------------------------------------------------------------------------------------------


def heading(setting: Setting) -> str:
    """The heading of the setting's table on the page."""
    table = setting.name.rpartition(".")[0]
    if table == "policy.actions":
        return "### `[policy.actions.CLASS]`"
    return f"### `[[{table.removesuffix('[]')}]]`" if table.endswith("[]") else f"### `[{table}]`"


@pytest.mark.parametrize("setting", known_settings(), ids=lambda setting: setting.name)
def test_setting_is_documented_with_its_default_and_its_sentence(setting: Setting) -> None:
    section = CONFIGURATION.partition(heading(setting))[2].partition("\n### ")[0]
    default = "must be given" if setting.default is None else f"`{as_toml(setting.default)}`"
    sentence = setting.sentence.replace("|", "\\|")
    assert f"| `{setting.name.rpartition('.')[2]}` | {default} | {sentence} |" in section


def test_no_setting_is_documented_that_is_not_there() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", CONFIGURATION, flags=re.MULTILINE)
    assert sorted(documented) == sorted(setting.name.rpartition(".")[2] for setting in known_settings())


def test_ready_configuration_is_clean() -> None:
    assert advise(load_config(ROOT / "fixtures" / "mailguard.toml", {})) == ()


# --- commands --------------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, Any]]:
    """The path and the parsed form of every command that does something, also where it has commands of its own."""
    for command in COMMANDS:
        group: Any = typer.main.get_command(build([command.name]))
        found = group.commands[command.name]
        inner = getattr(found, "commands", None)
        if inner is None or found.invoke_without_command:
            yield command.name, found
        if inner is not None:
            yield from ((f"{command.name} {name}", one) for name, one in inner.items())


ALL = dict(commands())


def section_of(path: str) -> str:
    """What stands under the command's heading."""
    return COMMAND_PAGE.partition(f"\n## `mailguard {path}")[2].partition("\n## ")[0]


@pytest.mark.parametrize("path", ALL)
def test_command_is_documented_with_its_options(path: str) -> None:
    section = section_of(path)
    options = {name for parameter in ALL[path].params for name in parameter.opts if name.startswith("-")}
    assert section, f"no heading for mailguard {path}"
    assert [option for option in sorted(options - COMMON) if f"`{option}" not in section] == []
    assert "--json" in options
    assert ("--config" in options) is (path not in WITHOUT_CONFIGURATION)


@pytest.mark.parametrize("path", ALL)
def test_command_is_documented_with_its_exit_status_and_an_example(path: str) -> None:
    assert "Exit status" in section_of(path)
    assert f"$ mailguard {path}" in section_of(path)


def test_no_command_is_documented_that_is_not_there() -> None:
    documented = re.findall(r"^## `mailguard ([a-z]+(?: [a-z]+)?)", COMMAND_PAGE, flags=re.MULTILINE)
    assert set(documented) == set(ALL)


# --- findings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", Code)
def test_finding_is_documented_with_when_and_what_to_do(code: Code) -> None:
    section = FINDINGS.partition(f"\n### `{code}`\n")[2].partition("\n### ")[0]
    assert "**When:**" in section
    assert "**What to do:**" in section


@pytest.mark.parametrize("code", DEFAULTS)
def test_finding_is_documented_with_what_it_leads_to(code: Code) -> None:
    row = next(line for line in FINDINGS.splitlines() if line.startswith(f"| `{code}` |"))
    *actions, own = [cell.strip() for cell in row.strip("| ").split("|")][1:]
    expected = [DEFAULTS[code].of(mail_class) for mail_class in MailClass]
    # A dash stands where the rule makes no such finding for the class: the default is then to deliver.
    assert [Action.DELIVER if cell == "–" else cell for cell in actions] == expected
    assert own == ("deliver" if code in EXEMPT_OWN else "the same")


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        value
        for module in (answers, verdicts)
        for value in vars(module).values()
        if isinstance(value, SmtpReply) and value.code >= 400
    ],
    ids=str,
)
def test_refusal_that_a_sender_may_see_is_documented(reply: SmtpReply) -> None:
    assert f"`{reply}`" in FINDINGS or f"`{reply.code} {reply.enhanced_status} …`" in FINDINGS


# --- header fields ---------------------------------------------------------------------------------------------------


def test_each_header_field_is_documented() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "mailguard").rglob("*.py"))
    named = set(re.findall(r"\bMailguard-[A-Z][A-Za-z]*(?:-[A-Z][a-z]+)*\b", sources))
    fields = re.findall(r"^\| `(Mailguard-[A-Za-z-]+)` \|", FINDINGS, flags=re.MULTILINE)
    assert {"Mailguard-Class", "Mailguard-Key", "Mailguard-Template"} <= named
    assert named <= set(fields)


# --- metrics ---------------------------------------------------------------------------------------------------------


def test_each_metric_is_documented() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    ReplyMetrics(registry)
    registry.register(QueueCollector(Usage(0, 0, 0, 0)))
    names = {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in registry.collect()}
    assert [name for name in sorted(names) if f"`{name}`" not in COMMAND_PAGE] == []
