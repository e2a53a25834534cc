"""Asks a mailguard, from an application that sends mail, whether a customer has answered and is still owed something.

Needs httpx, and Jinja2 only for its extension; imports nothing else of mailguard.
"""

from mailguard.client.async_client import AsyncClient
from mailguard.client.check_result import Checked, CheckFinding
from mailguard.client.client import Client
from mailguard.client.error import ClientError, RefusedError, UnavailableError, UnknownError
from mailguard.client.reply_aware import ReplyAware
from mailguard.client.result import Context, Finding, TakenEvent, TakenReply

__all__ = [
    "AsyncClient",
    "CheckFinding",
    "Checked",
    "Client",
    "ClientError",
    "Context",
    "Finding",
    "RefusedError",
    "ReplyAware",
    "TakenEvent",
    "TakenReply",
    "UnavailableError",
    "UnknownError",
]
