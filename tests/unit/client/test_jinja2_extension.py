"""mailguard.client.jinja2_extension: three sections, and none that is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from jinja2 import Environment, StrictUndefined, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from mailguard.client import AsyncClient, Client, UnknownError
from mailguard.client.jinja2_extension import install
from tests.unit.client.conftest import CONTEXT, Behaviour, Server, answers

Serving = Callable[[Behaviour], Server]
LONG = timedelta(seconds=30)
TAG = (
    "{% reply_aware address, template='card', mail_class=kind %}yes, in {{ reply_context.last_reply_language }}"
    "{% unknown %}not known: {{ reply_context.problem }}{% else %}no{% endreply_aware %}"
)
NO = CONTEXT | {"reply_aware": False, "reply_state": "none", "open_replies": 0}


def rendered(serving: Serving, behave: Behaviour, source: str, *, kind: type[Environment] = Environment) -> tuple[str, Server]:
    server = serving(behave)
    environment = kind(undefined=StrictUndefined)
    with Client(server.url, timeout=LONG) as client:
        install(environment, client)
        return environment.from_string(source).render(address="ada@mail.example", kind="bulk"), server


@pytest.mark.parametrize("kind", [Environment, SandboxedEnvironment])
@pytest.mark.parametrize(
    ("behave", "text"),
    [
        (answers(CONTEXT), "yes, in de"),
        (answers(NO), "no"),
        (answers({}, 503), "not known: HTTP status 503"),
    ],
)
def test_section_that_holds_is_written(serving: Serving, behave: Behaviour, text: str, kind: type[Environment]) -> None:
    found, server = rendered(serving, behave, TAG, kind=kind)
    assert found == text
    assert len(server.requests) == 1
    assert b"address=ada%40mail.example&template=card&class=bulk" in server.requests[0]


def test_sections_may_be_left_out_but_for_unknown(serving: Serving) -> None:
    assert rendered(serving, answers(NO), "a{% reply_aware address %}yes{% unknown %}?{% endreply_aware %}b")[0] == "ab"


def test_sections_stand_in_any_order(serving: Serving) -> None:
    source = "{% reply_aware address %}yes{% else %}no{% unknown %}?{% endreply_aware %}"
    assert rendered(serving, answers(NO), source)[0] == "no"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% reply_aware a %}yes{% else %}no{% endreply_aware %}", "needs {% unknown %}"),
        ("{% reply_aware a, brand='x' %}{% unknown %}{% endreply_aware %}", "not brand"),
        ("{% reply_aware a %}{% unknown %}{% unknown %}{% endreply_aware %}", "two sections unknown"),
        ("{% reply_aware a %}{% unknown %}", "endreply_aware"),
    ],
)
def test_mistake_is_a_syntax_error(source: str, said: str) -> None:
    environment = Environment()
    install(environment, Client())
    with pytest.raises(TemplateSyntaxError, match=said):
        environment.from_string(source)


def test_function_and_filter_give_the_context(serving: Serving) -> None:
    source = "{{ reply_context(address).reply_state }} {{ (address|reply_context(template='x')).sent_count }}"
    assert rendered(serving, answers(CONTEXT), source)[0] == "open 3"


def test_plain_test_of_what_is_not_known_raises(serving: Serving) -> None:
    with pytest.raises(UnknownError):
        rendered(serving, answers({}, 500), "{% if reply_context(address).reply_aware %}yes{% else %}no{% endif %}")


async def test_async_environment_takes_an_async_client(serving: Serving) -> None:
    environment = Environment(enable_async=True)
    async with AsyncClient(serving(answers(CONTEXT)).url, timeout=LONG) as client:
        install(environment, client)
        found = await environment.from_string(TAG).render_async(address="ada@mail.example", kind="bulk")
    assert found == "yes, in de"


async def test_async_client_needs_an_async_environment() -> None:
    async with AsyncClient() as client:
        with pytest.raises(ValueError, match="enable_async"):
            install(Environment(), client)
