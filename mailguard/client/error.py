"""What the client raises: a mistake of the caller's, no usable answer, and a question put to what is not known."""

from __future__ import annotations


class ClientError(Exception):
    """Anything that the client raises on purpose."""


class RefusedError(ClientError):
    """mailguard refused the request: its token, scope or content. `status` is the HTTP status, `detail` the reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"mailguard refused the request ({status}): {detail}")
        self.status = status
        self.detail = detail


class UnavailableError(ClientError):
    """mailguard gave no usable answer in time; `problem` says what was wrong in one clause."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"mailguard gave no usable answer: {problem}")
        self.problem = problem


class UnknownError(ClientError, TypeError):
    """Something was asked of a value that is not known, as if it were true or false."""
