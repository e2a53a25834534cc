"""Whether a customer has answered and is still owed something: yes, no, or not known. What is not known is never false."""

from __future__ import annotations

from enum import Enum

from mailguard.client.error import UnknownError


class ReplyAware(Enum):
    """Yes, no, or not known.

    Its truth value and its equality with True and False are what one expects, except that UNKNOWN has no truth value: it
    raises UnknownError, and equals neither. Ask `is_yes`, `is_no` or `is_unknown`.
    """

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, value: bool | None) -> ReplyAware:  # noqa: FBT001 - the value itself
        """Return what a JSON true, false or null says."""
        return cls.UNKNOWN if value is None else cls.YES if value else cls.NO

    @property
    def is_yes(self) -> bool:
        """Whether the customer has answered, and the answer is open or acknowledged."""
        return self is ReplyAware.YES

    @property
    def is_no(self) -> bool:
        """Whether it is known that nothing is owed."""
        return self is ReplyAware.NO

    @property
    def is_unknown(self) -> bool:
        """Whether mailguard could not be asked."""
        return self is ReplyAware.UNKNOWN

    def __bool__(self) -> bool:
        if self is ReplyAware.UNKNOWN:
            raise UnknownError(
                "mailguard could not be asked whether this customer has answered, and not known is not no: "
                "test is_yes, is_no or is_unknown, and for is_unknown send nothing that asks or promotes"
            )
        return self is ReplyAware.YES

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bool):
            return self is (ReplyAware.YES if other else ReplyAware.NO)
        return self is other

    def __hash__(self) -> int:
        return hash(self.value) if self is ReplyAware.UNKNOWN else hash(self is ReplyAware.YES)

    def __str__(self) -> str:
        return self.value
