"""mailguard.config.problems: one line for each mistake, with its place and its mend."""

from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from mailguard.config.lines import key_lines
from mailguard.config.problems import Problem, Sources, dotted, problems_of
from mailguard.config.sections import Settings


def problems(text: str, variables: dict[tuple[str | int, ...], str] | None = None) -> list[str]:
    sources = Sources("mailguard.toml", key_lines(text), variables or {})
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(tomllib.loads(text))
    return [str(problem) for problem in problems_of(caught.value, sources)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[policy]\nrepeat_window = '6 days'", "line 2: policy.repeat_window: '6 days' is not a duration; write 6d"),
        ("[relay]\nmax_szie = 1", "line 2: relay.max_szie: unknown setting; did you mean max_size?"),
        ("[relayy]", "line 1: relayy: unknown setting; did you mean relay?"),
        ("[policy]\nreply_window = '1d'", "line 2: policy.reply_window: unknown setting; did you mean replies.reply_window?"),
        ("[hold]\nfan_out_windw = 1", "line 2: hold.fan_out_windw: unknown setting; did you mean policy.fan_out_window?"),
        (
            "[hold]\nxyzzy = 1",
            "line 2: hold.xyzzy: unknown setting; known are expire, expire_critical, expire_service, expire_bulk, warn, notify, webhook, webhook_secret, webhook_secret_file, webhook_secret_env",
        ),
        ("[[client]]\nname = 'a'\nnetwork = 1", "line 3: client[1].network: unknown setting; did you mean networks?"),
        ("[relay]\nworkers = 'x'", "line 2: relay.workers: 'x' is not a whole number; write one, such as 10"),
        ("[relay]\nworkers = 0", "line 2: relay.workers: 0 is out of range; write 1 or more"),
        ("[relay]\nworkers = 257", "line 2: relay.workers: 257 is out of range; write 256 or less"),
        ("[identity]\nmatch = 0", "line 2: identity.match: 0 is out of range; write more than 0.0"),
        ("[identity]\nmatch = 'x'", "line 2: identity.match: 'x' is not a number; write one, such as 0.99"),
        ("[relay]\nfail = 'shut'", "line 2: relay.fail: 'shut' is not known; write closed or open"),
        ("[relay]\nhostname = 5", 'line 2: relay.hostname: 5 is not a text; write it in quotes, such as "…"'),
        (
            "[relay]\nkeep_bare_newlines = 'x'",
            "line 2: relay.keep_bare_newlines: 'x' is neither true nor false; write one of the two",
        ),
        ("[[client]]\nnetworks = '::1'", "line 1: client[1].name: is missing; add name = …"),
        ("[[client]]\nname = ''\nnetworks = '::1'", "line 2: client[1].name: is too short; at least 1 characters"),
        ("hold = 5", "line 1: hold: 5 is not a table; write [hold] and its settings below"),
        ("client = 5", 'line 1: client: 5 is not a list; write ["…", "…"], or [[client]] where it is a list of tables'),
        (
            "[policy.actions]\nbulk = 5",
            "line 2: policy.actions.bulk: 5 is not a table; write [policy.actions.bulk] and its settings below",
        ),
        (
            "[policy.actions.bulk]\nrepeats = 'hold'",
            "line 2: policy.actions.bulk.repeats: unknown finding 'repeats'; did you mean repeat?",
        ),
        (
            "[policy.actions.bulk]\nrepeat = 'halt'",
            "line 2: policy.actions.bulk.repeat: 'halt' is not known; write deliver, hold or reject",
        ),
        ("[relay]\ntls_key = 'k'", "line 1: relay: tls_key is set and tls_cert is not; set tls_cert, too, or neither"),
        (
            "[[http.tokens]]\nname = 'a'\ntoken = 5\nscopes = ['context']",
            'line 3: http.tokens[1].token: the value is not a text; write it in quotes, such as "…"',
        ),
        (
            f"[[http.tokens]]\nname = 'a'\ntoken = '{'x' * 16}'\nscopes = []",
            "line 4: http.tokens[1].scopes: has too few; write at least 1",
        ),
    ],
)
def test_problem_says_where_and_what_to_write(text: str, line: str) -> None:
    assert problems(text) == [f"mailguard.toml {line}"]


def test_problems_stand_in_the_order_of_the_file_and_the_environment_comes_last() -> None:
    text = "[policy]\nrepeat_window = 1\n[relay]\nworkers = 'x'\nmax_recipients = 'y'"
    places = [problem.partition(":")[0] for problem in problems(text, {("relay", "workers"): "MAILGUARD_RELAY__WORKERS"})]
    assert places == ["mailguard.toml line 2", "mailguard.toml line 5", "MAILGUARD_RELAY__WORKERS"]


def test_secret_is_not_repeated() -> None:
    (problem,) = problems("[[client]]\nname = 'a'\nusername = 'u'\npassword_hash = 'hunter2'")
    assert "hunter2" not in problem


def test_problem_of_the_whole_names_the_file() -> None:
    text = "".join(f"[[client]]\nname = 'a'\nnetworks = '10.0.{n}.0/24'\n" for n in range(2))
    assert problems(text) == ["mailguard.toml: two clients have the name 'a'; give each its own"]


def test_tables_of_a_list_are_counted_from_one() -> None:
    assert dotted(("client", 1, "networks")) == "client[2].networks"


def test_problem_without_a_setting_leaves_no_gap() -> None:
    assert str(Problem("mailguard.toml line 3", "", "is not TOML")) == "mailguard.toml line 3: is not TOML"
