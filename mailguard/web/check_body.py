"""What a check is asked over HTTP, and its answer, as OpenAPI describes them. Shapes only."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from mailguard.broadcast.document import CheckDocument
from mailguard.web.documents import ClassName, Line

MOST_ROWS = 100_000
MOST_COLUMNS = 200
MOST_HOURS = 31 * 24

Name = Annotated[str, StringConstraints(max_length=255)]
FileName = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1F\x7F/\\]+$")]


class CheckBody(BaseModel):
    """A message and its audience."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, description="The mail, template or HTML file, as `encoding` says.")
    encoding: Literal["text", "base64"] = Field("text", description="What `message` is written in.")
    name: FileName = Field("message.eml", description="The message's file name; its ending says what it is.")
    audience: list[dict[Name, Any]] | str = Field(
        description="Who is to get it: objects that have a mailbox, or CSV with a line of column names."
    )
    map: dict[Name, Name] = Field({}, description="Which column of the audience a field is, where its name does not say so.")
    source: Line = Field("", description="Whose keys the key column of the audience has, as at `customers import`.")
    data: dict[Name, Any] | None = Field(None, description="What a template is rendered with beside each row.")
    client: Line = Field("", description="The [[client]] that will send it.")
    mail_class: ClassName | None = Field(None, alias="class", description="Its class, whatever else says it.")
    template: Line = Field("", description="Its template's name, whatever else says it.")
    clean: bool = Field(default=False, description="Leave out whoever must not get it, and say whom; needs the scope context.")
    sign: bool = Field(default=False, description="Sign it if it passes; needs the scope context.")
    valid_hours: int = Field(24, ge=1, le=MOST_HOURS, description="For how many hours the token is to hold.")

    @property
    def octets(self) -> bytes:
        """The message."""
        return b64decode(self.message, validate=True) if self.encoding == "base64" else self.message.encode()

    @property
    def asks_whom(self) -> bool:
        """Whether the answer is to tell of persons."""
        return self.clean or self.sign

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        try:
            is_empty = not self.octets.strip()
        except (Error, ValueError):
            raise ValueError("message is no base64") from None
        if is_empty or not self.audience:
            raise ValueError(f"{'message' if is_empty else 'audience'} is empty")
        if isinstance(self.audience, list) and len(self.audience) > MOST_ROWS:
            raise ValueError(f"audience has more than {MOST_ROWS} rows; check it with: mailguard check")
        if isinstance(self.audience, list) and len(set().union(*self.audience)) > MOST_COLUMNS:
            raise ValueError(f"audience has more than {MOST_COLUMNS} columns")
        return self


class LeftOutDocument(BaseModel):
    """A row that must not be sent to."""

    line: int = Field(description="Which row, from 1; of CSV the line.")
    mailbox: str
    codes: list[str] = Field(description="What was found in it, the reason first.")


class HttpCheckDocument(CheckDocument):
    """One check, and whom it may be sent to where that was asked."""

    clean: list[str] | None = Field(None, description="The mailboxes that may be sent to; null where clean was not asked for.")
    left_out: list[LeftOutDocument] | None = Field(None, description="The other rows, likewise.")
