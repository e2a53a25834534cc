"""The one error tree: temporary failures are 4yz, permanent ones 5yz.

What a peer sees is generic; the cause goes to the log through ``raise … from``.
"""

from __future__ import annotations


class MailguardError(Exception):
    """Anything that mailguard raises on purpose."""


class UsageError(MailguardError):
    """The caller gave something that cannot be used; the message says what, and what to do (exit status 2)."""


class ConfigError(UsageError):
    """The configuration cannot be used; the message names the file, the line and the mend."""


class DatabaseVersionError(UsageError):
    """The database is of another version than this program; the message names `mailguard db upgrade`."""


class SmtpError(MailguardError):
    """An answer other than success in the dialogue: `code`, `enhanced_status` (RFC 3463) and a generic `text`."""

    code: int
    enhanced_status: str

    def __init__(self, text: str, *, code: int | None = None, enhanced_status: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code if code is not None else type(self).code
        self.enhanced_status = enhanced_status if enhanced_status is not None else type(self).enhanced_status


class TemporaryError(SmtpError):
    """4yz: the sender keeps the mail and tries again."""

    code = 451
    enhanced_status = "4.3.0"


class PermanentError(SmtpError):
    """5yz: the sender must not try the same again."""

    code = 550
    enhanced_status = "5.0.0"


class StorageFullError(TemporaryError):
    """The spool or its disk is full (RFC 3463 X.3.1)."""

    code = 452
    enhanced_status = "4.3.1"


class AddressError(PermanentError):
    """A path or mailbox that RFC 5321 does not allow."""

    code = 553
    enhanced_status = "5.1.3"


class ParameterError(PermanentError):
    """A parameter of MAIL or RCPT that cannot be taken (RFC 5321 4.1.1.11)."""

    code = 501
    enhanced_status = "5.5.4"
