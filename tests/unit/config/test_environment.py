"""mailguard.config.environment: MAILGUARD_SECTION__KEY over the file."""

from __future__ import annotations

import pytest

from mailguard.config.environment import overlay, variables


def test_variable_replaces_the_setting_of_the_file() -> None:
    document = {"relay": {"workers": 1, "hostname": "a"}}
    assert overlay(document, {"MAILGUARD_RELAY__WORKERS": "4"}) == {"relay": {"workers": "4", "hostname": "a"}}
    assert document == {"relay": {"workers": 1, "hostname": "a"}}


def test_variable_makes_the_tables_that_are_missing() -> None:
    environ = {"MAILGUARD_POLICY__ACTIONS__SERVICE__REPEAT": "hold"}
    assert overlay({}, environ) == {"policy": {"actions": {"service": {"repeat": "hold"}}}}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.example,b.example", "a.example,b.example"),
        ('["a.example", "b.example"]', ["a.example", "b.example"]),
        ("[]", []),
        ("[::1]:25", "[::1]:25"),
        ("", ""),
    ],
)
def test_list_may_be_json(text: str, value: object) -> None:
    assert overlay({}, {"MAILGUARD_RELAY__OWN_DOMAINS": text}) == {"relay": {"own_domains": value}}


def test_list_of_tables_is_one_variable() -> None:
    environ = {"MAILGUARD_CLIENT": '[{"name": "a"}]', "MAILGUARD_CLASSIFY": "[]"}
    assert overlay({}, environ) == {"client": [{"name": "a"}], "classify": []}


def test_json_that_is_broken_is_named_by_its_variable() -> None:
    with pytest.raises(ValueError, match="MAILGUARD_CLIENT: is not JSON"):
        overlay({}, {"MAILGUARD_CLIENT": "[{"})


def test_names_of_a_container_platform_are_left_alone() -> None:
    environ = {"MAILGUARD_PORT": "tcp://10.0.0.1", "MAILGUARD_CONFIG": "x", "PATH": "y", "MAILGUARD_LOG__LEVEL": "debug"}
    assert variables(environ) == {("log", "level"): "MAILGUARD_LOG__LEVEL"}


def test_section_that_is_no_table_is_left_for_the_check() -> None:
    assert overlay({"relay": 5}, {"MAILGUARD_RELAY__WORKERS": "4"}) == {"relay": 5}
