"""mailguard.cli.config: `config check` and `config show`."""

from __future__ import annotations

from pathlib import Path

from mailguard.config.listing import known_settings
from tests.unit.cli.conftest import Mailguard

WRONG = "[policy]\nrepeat_window = '6 days'\n[relay]\nworkerz = 2\n"
RIGHT = """
[relay]
hostname = "guard.corp.example"
own_domains = ["corp.example"]
next_hop = "smtp://u:hunter2@mx.corp.example"
[hold]
notify = ["postmaster@corp.example"]
"""


def test_check_names_every_mistake_with_its_line(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text(WRONG)
    ran = mailguard("config", "check")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.splitlines() == [
        "mailguard.toml line 2: policy.repeat_window: '6 days' is not a duration; write 6d",
        "mailguard.toml line 4: relay.workerz: unknown setting; did you mean workers?",
    ]


def test_check_as_json_has_every_mistake(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text(WRONG)
    ran = mailguard("config", "check", "--json")
    assert ran.status == 2
    assert ran.document["ok"] is False
    assert ran.document["errors"][0] == {
        "place": "mailguard.toml line 2",
        "setting": "policy.repeat_window",
        "text": "'6 days' is not a duration; write 6d",
    }


def test_check_of_a_right_file_says_so(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text(RIGHT)
    assert mailguard("config", "check").out == "mailguard.toml: no mistakes, 0 warnings\n"
    document = mailguard("config", "check", "--json").document
    assert document == {"ok": True, "file": "mailguard.toml", "errors": [], "warnings": []}


def test_check_warns_of_an_empty_own_domains(mailguard: Mailguard) -> None:
    ran = mailguard("config", "check")
    assert ran.status == 0
    assert "warning: relay.own_domains: is empty" in ran.out
    assert any("relay.own_domains" in warning for warning in mailguard("config", "check", "--json").document["warnings"])


def test_show_lists_every_setting(mailguard: Mailguard, here: Path) -> None:
    (here / "mailguard.toml").write_text(RIGHT)
    ran = mailguard("config", "show")
    names = [setting.name for setting in known_settings() if "[]" not in setting.name]
    assert ran.status == 0
    assert [name for name in names if name not in ran.out] == []
    assert "hunter2" not in ran.out


def test_show_as_json_has_value_default_and_sentence(mailguard: Mailguard) -> None:
    settings = {setting["name"]: setting for setting in mailguard("config", "show", "--json").document["settings"]}
    assert settings["policy.repeat_window"] == {
        "name": "policy.repeat_window",
        "value": "6d",
        "default": "6d",
        "sentence": "Within this time the same text with the same facts to the same person is a repeat.",
    }


def test_show_writes_lists_and_tables_on_one_line(mailguard: Mailguard, here: Path) -> None:
    text = "[relay]\nown_domains = ['a.example', 'b.example']\n[policy.actions.bulk]\nrepeat = 'hold'\n"
    (here / "mailguard.toml").write_text(text + "[[client]]\nname = 'a'\nnetworks = '::1'\n")
    out = mailguard("config", "show").out
    assert "a.example, b.example" in out
    assert "repeat=hold" in out
