"""The document of a check, as the command prints it and HTTP answers with it. Shapes only; the contract has its names."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CheckFindingDocument(BaseModel):
    """One thing that is to be said of a broadcast."""

    code: str = Field(description="A finding of the policy where the relay would make it too, else one of the check's own.")
    severity: Literal["error", "warning"] = Field(description="With an error the broadcast must not go out so.")
    text: str = Field(description="One sentence.")
    count: int | None = Field(description="How often; null where this token may not know it.")
    examples: list[str] = Field([], description="The first few.")


class ShareDocument(BaseModel):
    """How much of an audience has something in common."""

    name: str
    share: float = Field(description="From 0 to 1.")


class LastDocument(BaseModel):
    """The last broadcast of the same template."""

    broadcast: str = Field(description="Its id in the ledger.")
    at: datetime
    rows: int
    domains: list[ShareDocument] = []
    languages: list[ShareDocument] = []


class MessageDocument(BaseModel):
    """What was checked."""

    model_config = ConfigDict(populate_by_name=True)

    name: str = Field(description="Its file's name.")
    kind: Literal["eml", "template", "html"]
    subject: str
    sender: str = Field(alias="from", description="The mailbox in From, empty where there is none.")
    mail_class: Literal["critical", "service", "bulk"] = Field(alias="class")
    template: str
    mails: int = Field(description="Distinct mails that it is rendered to; 1 for what is no template.")
    findings: list[CheckFindingDocument] = Field(description="Those of `findings` that are about the message.")


class AudienceDocument(BaseModel):
    """Who is to get it. A number is null where this token may not know it."""

    source: str = Field(description="Where the rows came from.")
    mapping: dict[str, str] = Field(description="Which column is which field.")
    rows: int
    mailboxes: int = Field(description="Different mailboxes that can be written to.")
    persons: int | None = Field(description="Persons that these mailboxes are of.")
    invalid: int = Field(description="Rows without a mailbox that can be.")
    duplicate: int | None = Field(description="Rows of a mailbox or person that stood in a row before.")
    possible_duplicate: int | None = Field(description="Rows that may be of a person of another row; they wait in the review.")
    suppressed: int | None
    recently_sent: int | None = Field(description="Who got the same text, or nearly the same, within repeat_window.")
    open_reply: int | None
    role: int = Field(description="Mailboxes of a function, such as info@.")
    others: dict[str, int] = Field({}, description="Further counts, by what is counted.")
    domains: list[ShareDocument] = Field([], description="The most frequent domains.")
    languages: list[ShareDocument] = Field([], description="By ISO 639-1, where rows or records tell.")
    last: LastDocument | None = Field(None, description="The last broadcast of this template.")


class CheckDocument(BaseModel):
    """One check of a message and its audience."""

    verdict: Literal["pass", "fail"]
    checked_at: datetime
    message: MessageDocument
    audience: AudienceDocument
    findings: list[CheckFindingDocument] = Field(description="All of them: errors first.")
    clean_rows: int | None = Field(description="Rows that may be sent to; null where this token may not know it.")
    left_out_rows: int | None = Field(description="Rows that are left out of these.")
    token: str | None = Field(None, description="Send it as Mailguard-Check with the broadcast; null where it is not signed.")
    broadcast: str | None = Field(None, description="The id that the broadcast has in the ledger, once it is signed.")
    expires_at: datetime | None = Field(None, description="Until when the token holds.")
