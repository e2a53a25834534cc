"""A Jinja2 tag, a function and a filter that ask a mailguard while a template is rendered.

    {% reply_aware customer.email, template="card-request" %}
      Thank you for your answer of {{ reply_context.last_reply_at }}.
    {% unknown %}
    {% else %}
      Please tell us your income.
    {% endreply_aware %}

What is to be written when mailguard could not be asked must be said: without `{% unknown %}` a template does not compile.
"""

from __future__ import annotations

from typing import Final

from jinja2 import Environment, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from mailguard.client.async_client import AsyncClient
from mailguard.client.client import Client

CONTEXT: Final = "reply_context"
"""The name of the Context within the tag, of the function, and of the filter."""
_ATTRIBUTE: Final = "mailguard_client"


class ReplyAwareExtension(Extension):
    """The tag `reply_aware`."""

    tags = {"reply_aware"}  # noqa: RUF012 - as Jinja2 declares it

    def parse(self, parser: Parser) -> nodes.Node:
        """Return the three sections as one choice. Raises TemplateSyntaxError where the unknown one is missing."""
        line = next(parser.stream).lineno
        arguments, named = _arguments(parser)
        sections = _sections(parser, line=line)
        asked = nodes.Call(nodes.EnvironmentAttribute(f"{_ATTRIBUTE}.context"), arguments, named, None, None, lineno=line)
        aware = nodes.Getattr(nodes.Name(CONTEXT, "load", lineno=line), "reply_aware", "load", lineno=line)
        choice = nodes.If(
            nodes.Getattr(aware, "is_yes", "load", lineno=line),
            sections["reply_aware"],
            [nodes.If(nodes.Getattr(aware, "is_unknown", "load", lineno=line), sections["unknown"], [], [], lineno=line)],
            sections.get("else", []),
            lineno=line,
        )
        return nodes.With([nodes.Name(CONTEXT, "param", lineno=line)], [asked], [choice], lineno=line)


def install(environment: Environment, client: Client | AsyncClient) -> None:
    """Add the tag, the function and the filter to an environment; an AsyncClient wants one with `enable_async`."""
    if isinstance(client, AsyncClient) and not environment.is_async:
        raise ValueError("an AsyncClient needs an environment with enable_async=True; give it a Client")
    setattr(environment, _ATTRIBUTE, client)
    environment.add_extension(ReplyAwareExtension)
    environment.globals[CONTEXT] = client.context
    environment.filters[CONTEXT] = client.context


def _arguments(parser: Parser) -> tuple[list[nodes.Expr], list[nodes.Keyword]]:
    """Return the address, and what is said by name after it."""
    arguments = [parser.parse_expression()]
    named = []
    while parser.stream.skip_if("comma"):
        name = parser.stream.expect("name")
        if name.value not in {"template", "mail_class", "asks"}:
            parser.fail(f"reply_aware knows template, mail_class and asks, not {name.value}", name.lineno)
        parser.stream.expect("assign")
        named.append(nodes.Keyword(name.value, parser.parse_expression(), lineno=name.lineno))
    return arguments, named


def _sections(parser: Parser, *, line: int) -> dict[str, list[nodes.Node]]:
    """Return the sections by the tag that begins each, read up to the end tag."""
    ends = ("name:unknown", "name:else", "name:endreply_aware")
    found: dict[str, list[nodes.Node]] = {"reply_aware": parser.parse_statements(ends)}
    while (tag := next(parser.stream)).value != "endreply_aware":
        if tag.value in found:
            parser.fail(f"reply_aware has two sections {tag.value}", tag.lineno)
        found[tag.value] = parser.parse_statements(ends)
    if "unknown" not in found:
        parser.fail("reply_aware needs {% unknown %}: what to write when mailguard could not be asked", line)
    return found
