"""mailguard.broadcast.report_style: needs nothing from elsewhere, and has every class that the page uses."""

from __future__ import annotations

import re

from mailguard.broadcast.report import report
from mailguard.broadcast.report_preview import Preview
from mailguard.broadcast.report_style import STYLE
from tests.check_documents import check_document, finding, last, shares


def test_style_loads_nothing_and_ends_nowhere_else() -> None:
    assert not re.search(r"url\(|@import|</", STYLE)


def test_every_class_of_the_page_has_its_rule() -> None:
    audience = {"domains": shares(x=0.5), "last": last(domains=shares(x=0.25))}
    page = report(check_document(finding(), finding("links", "warning"), audience=audience), Preview("s", "f", "<p>x", ""))
    used = {name for found in re.findall(r'class="([^"]*)"', page) for name in found.split()}
    without = {"say", "warning"}  # as any paragraph; as any finding
    assert not [name for name in used - without if f".{name}" not in STYLE]
