"""What is said of rows of an audience: the codes, beside those of the policy, and what each means in a sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from mailguard.policy.finding import Code


class RowCode(StrEnum):
    """What the check finds in a row by itself. The policy's own codes (`policy.finding.Code`) stand beside these."""

    UNREADABLE_ROW = "unreadable_row"
    INVALID_ADDRESS = "invalid_address"
    IMPOSSIBLE_DOMAIN = "impossible_domain"
    DUPLICATE = "duplicate"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    LIKELY_TYPO = "likely_typo"
    ROLE_ADDRESS = "role_address"
    TEST_ADDRESS = "test_address"
    OWN_ADDRESS = "own_address"
    OTHER_BRAND = "other_brand"
    UNKNOWN_PERSON = "unknown_person"


class AudienceCode(StrEnum):
    """What the check finds in an audience as a whole."""

    EMPTY_AUDIENCE = "empty_audience"
    NOBODY_LEFT = "nobody_left"
    SEVERAL_LANGUAGES = "several_languages"
    AUDIENCE_SIZE = "audience_size"
    AUDIENCE_CHANGED = "audience_changed"


INVALID: Final = frozenset({RowCode.UNREADABLE_ROW, RowCode.INVALID_ADDRESS, RowCode.IMPOSSIBLE_DOMAIN})
"""What makes a row one that nobody can be written to by."""

RECENT: Final = frozenset({Code.REPEAT, Code.NEAR_REPEAT})
"""What says that the person has had the text, or nearly."""
