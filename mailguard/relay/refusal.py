"""Why the front door turned someone or something away, as one word each, for metrics."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """What was refused, or why a session was ended."""

    CONNECTIONS = "connections"
    CLIENT = "client"
    AUTHENTICATION = "authentication"
    COMMANDS = "commands"
    FOREIGN_PROTOCOL = "foreign_protocol"
    IDLE = "idle"
    MESSAGE_SIZE = "message_size"
    BARE_NEWLINE = "bare_newline"
    NO_ROOM = "no_room"
    FAILURE = "failure"
