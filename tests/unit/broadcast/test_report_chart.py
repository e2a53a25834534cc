"""mailguard.broadcast.report_chart: bars that can be seen, read aloud, and hold what they are given."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from mailguard.broadcast.report_chart import Bar, bar_table, split_bar


@pytest.mark.parametrize(("length", "width"), [(0.0, "0"), (0.0001, "0.4"), (0.5, "50"), (1.0, "100"), (7.0, "100")])
def test_bar_is_as_long_as_its_part_and_what_is_there_is_seen(length: float, width: str) -> None:
    table = bar_table([Bar("x", length, "7")], caption="c", heads=("a", "b"))
    assert f'<rect class="plain" width="{width}" height="10"/>' in table


def test_table_can_be_read_without_its_bars() -> None:
    table = bar_table([Bar("web.de", 0.5, "50 %")], caption="By domain", heads=("domain", "share"))
    assert "<caption>By domain</caption>" in table
    assert '<th scope="row"><bdi>web.de</bdi>' in table
    assert '<td class="n">50 %' in table
    assert table.count('aria-hidden="true"') == table.count("<svg")


def test_bar_of_last_time_stands_below() -> None:
    table = bar_table([Bar("x", 0.5, "7", before=0.25)], caption="c", heads=("a", "b"))
    assert re.findall(r'class="(plain|before)" width="([\d.]+)"', table) == [("plain", "50"), ("before", "25")]


def test_hostile_label_is_text() -> None:
    table = bar_table([Bar("<script>", 1.0, "<b>")], caption="<i>", heads=("<u>", "b"))
    assert not re.search(r"<(?:script|b|i|u)>", table)


def test_split_bar_has_words_for_who_cannot_see_it() -> None:
    parts = (Bar("", 0.75, "", "good"), Bar("", 0.0, "", "warn"), Bar("", 0.25, "", "bad"))
    found = ET.fromstring(split_bar(parts, title="Rows", description="75 of 100 <x>"))
    assert (found.findtext("title"), found.findtext("desc"), found.get("role")) == ("Rows", "75 of 100 <x>", "img")
    places = [(one.get("class"), one.get("x"), one.get("width")) for one in found.iter("rect")]
    assert places == [("good", "0", "750"), ("bad", "750", "250")]
