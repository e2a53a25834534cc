"""A newsletter and its audience for tests of the check, and documents of checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mailguard.broadcast.document import (
    AudienceDocument,
    CheckDocument,
    CheckFindingDocument,
    LastDocument,
    MessageDocument,
    ShareDocument,
)
from tests.builders import NOW

NEWSLETTER = (
    b"From: Shop <news@shop.example>\r\nSubject: Winter sale\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nAuto-Submitted: auto-generated\r\n"
    b"List-Unsubscribe: <https://shop.example/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"
    b"Dear customers,\r\n\r\nuntil Sunday all our winter coats are cheaper than ever. https://shop.example/sale\r\n\r\nYour shop\r\n"
)
TEMPLATE = NEWSLETTER.replace(b"From:", b"Mailguard-Render: jinja2\r\nFrom:").replace(
    b"Dear customers", b"Dear {% if language == 'de' %}Kundin{% else %}customer{% endif %} of {{ city }}"
)
PEOPLE = ("ada@lovelace.example", "bob@ray.example", "cat@ray.example")


def audience(folder: Path, *addresses: str, name: str = "audience.csv") -> Path:
    """A file of these addresses, of three people's where none are given."""
    file = folder / name
    rows = [f"{address},Rome,en" for address in addresses or PEOPLE]
    file.write_text("\n".join(["email,city,language", *rows, ""]), encoding="utf-8")
    return file


def finding(code: str = "placeholder", severity: str = "error", **changes: Any) -> CheckFindingDocument:
    """A finding, an error unless said otherwise."""
    given = {"code": code, "severity": severity, "text": f"{code} is wrong", "count": 1}
    return CheckFindingDocument.model_validate(given | changes)


def check_document(*findings: CheckFindingDocument, **changes: Any) -> CheckDocument:
    """The document of a check of 100 rows with these findings of its message."""
    audience_changes = changes.pop("audience", {})
    message_changes = changes.pop("message", {})
    failed = any(one.severity == "error" for one in findings)
    message: dict[str, Any] = {"name": "news.eml", "kind": "eml", "subject": "Winter sale", "sender": "news@shop.example"}
    message |= {"mail_class": "bulk", "template": "winter-sale", "mails": 1, "findings": list(findings)} | message_changes
    people: dict[str, Any] = {
        "source": "people.csv",
        "mapping": {"email": "E-Mail"},
        "rows": 100,
        "mailboxes": 98,
        "persons": 95,
    }
    people |= {"invalid": 2, "duplicate": 3, "possible_duplicate": 0, "suppressed": 1, "recently_sent": 0, "open_reply": 0}
    people |= {"role": 1} | audience_changes
    values: dict[str, Any] = {"checked_at": NOW, "clean_rows": 94, "left_out_rows": 6} | changes
    return CheckDocument(
        verdict="fail" if failed else "pass",
        message=MessageDocument(**message),
        audience=AudienceDocument(**people),
        findings=list(findings),
        **values,
    )


def shares(**found: float) -> list[ShareDocument]:
    """Shares by name."""
    return [ShareDocument(name=name, share=share) for name, share in found.items()]


def last(**changes: Any) -> LastDocument:
    """The last broadcast, to 50 rows."""
    return LastDocument(**({"broadcast": "01J", "at": NOW, "rows": 50} | changes))
