"""What every table of the file is: a model that takes no unknown key and is never changed."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

LATER: Final[JsonDict] = {"later": True}
"""The mark of a setting whose capability comes with a later version: it is accepted and checked, and not used."""


class Section(BaseModel):
    """A table of the file. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
