"""The fixed answers of the dialogue, as a table. What a peer sees is generic (RFC 5321 4.2, RFC 3463, RFC 5248)."""

from __future__ import annotations

from typing import Final

from mailguard.mail.smtp_reply import SmtpReply

# Done.
BYE: Final = SmtpReply(221, "2.0.0", "bye")
DONE: Final = SmtpReply(250, "2.0.0", "ok")
SENDER_OK: Final = SmtpReply(250, "2.1.0", "sender ok")
RECIPIENT_OK: Final = SmtpReply(250, "2.1.5", "recipient ok")
CANNOT_VERIFY: Final = SmtpReply(252, "2.1.5", "cannot verify, but will take the message")
READY_FOR_TLS: Final = SmtpReply(220, "2.0.0", "ready to start TLS")
HELP: Final = SmtpReply(214, "2.0.0", "EHLO HELO MAIL RCPT DATA RSET NOOP VRFY STARTTLS AUTH HELP QUIT")
AUTHENTICATED: Final = SmtpReply(235, "2.7.0", "authentication succeeded")
# RFC 2034 4 gives codes to 2yz, 4yz and 5yz only.
SEND_DATA: Final = SmtpReply(354, "", "end data with <CR><LF>.<CR><LF>")

# The session ends.
TOO_MANY_CONNECTIONS: Final = SmtpReply(421, "4.7.0", "too many connections, try again later")
TOO_MANY_COMMANDS: Final = SmtpReply(421, "4.7.0", "too many commands without a mail")
TOO_MANY_REFUSED: Final = SmtpReply(421, "4.7.0", "too many refused recipients")
TOO_MANY_AUTH_TRIES: Final = SmtpReply(421, "4.7.0", "too many authentication tries")
NOT_SMTP: Final = SmtpReply(421, "4.7.0", "this is an SMTP server")
TIMED_OUT: Final = SmtpReply(421, "4.4.2", "timed out")
SHUTTING_DOWN: Final = SmtpReply(421, "4.3.2", "shutting down, try again")
CANNOT_GO_ON: Final = SmtpReply(421, "4.3.0", "temporarily unable, try again")
NO_RELAYING: Final = SmtpReply(554, "5.7.1", "relaying denied")

# Not now.
UNABLE: Final = SmtpReply(451, "4.3.0", "temporarily unable, try again")
NO_ROOM: Final = SmtpReply(452, "4.3.1", "no room for the message, try again")
TOO_MANY_RECIPIENTS: Final = SmtpReply(452, "4.5.3", "too many recipients")

# Not so.
UNKNOWN_COMMAND: Final = SmtpReply(500, "5.5.2", "command not recognised")
LINE_END_WRONG: Final = SmtpReply(500, "5.5.2", "a line ends with <CR><LF>")
LINE_TOO_LONG: Final = SmtpReply(500, "5.5.6", "line too long")
NO_ARGUMENT: Final = SmtpReply(501, "5.5.4", "this command takes no argument")
HELO_SYNTAX: Final = SmtpReply(501, "5.5.4", "syntax: EHLO hostname")
MAIL_SYNTAX: Final = SmtpReply(501, "5.5.4", "syntax: MAIL FROM:<address>")
RCPT_SYNTAX: Final = SmtpReply(501, "5.5.4", "syntax: RCPT TO:<address>")
NOT_OFFERED: Final = SmtpReply(502, "5.5.1", "command not offered")
HELO_FIRST: Final = SmtpReply(503, "5.5.1", "send EHLO first")
MAIL_FIRST: Final = SmtpReply(503, "5.5.1", "send MAIL first")
NESTED_MAIL: Final = SmtpReply(503, "5.5.1", "a mail is under way already")
TLS_ALREADY: Final = SmtpReply(503, "5.5.1", "TLS is on already")
AUTH_ALREADY: Final = SmtpReply(503, "5.5.1", "authenticated already")
UNKNOWN_MECHANISM: Final = SmtpReply(504, "5.5.4", "mechanism not offered")
AUTHENTICATE_FIRST: Final = SmtpReply(530, "5.7.0", "authentication required")
WRONG_CREDENTIALS: Final = SmtpReply(535, "5.7.8", "credentials invalid")
TLS_FIRST: Final = SmtpReply(538, "5.7.11", "encryption required, send STARTTLS first")
BARE_NEWLINE: Final = SmtpReply(550, "5.6.11", "bare CR, LF or NUL in the message")
# RFC 6531 3.5
NEEDS_SMTPUTF8: Final = SmtpReply(553, "5.6.7", "a non-ASCII address needs SMTPUTF8")
NO_VALID_RECIPIENTS: Final = SmtpReply(554, "5.5.1", "no valid recipients")


def too_large(limit: int) -> SmtpReply:
    """Return the answer to a message of more than `limit` octets (RFC 1870 6)."""
    return SmtpReply(552, "5.3.4", f"message larger than {limit} octets")
