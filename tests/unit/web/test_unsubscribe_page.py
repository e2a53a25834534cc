"""mailguard.web.unsubscribe_page: plain pages that load nothing."""

from __future__ import annotations

import re

import pytest

from mailguard.web import unsubscribe_page as page

PAGES = (page.asking(), page.done(), page.unknown(), page.not_asked())


@pytest.mark.parametrize("text", PAGES)
def test_page_is_whole_and_loads_nothing(text: str) -> None:
    assert text.startswith('<!doctype html>\n<html lang="en">')
    assert text.count("<h1>") == text.count("<title>") == text.count("<main>") == 1
    assert re.search(r"src=|href=|@import|url\(|<script", text) is None
    assert 'name="viewport"' in text


def test_only_the_page_that_asks_has_a_form() -> None:
    assert [text.count("<form") for text in PAGES] == [1, 0, 0, 0]
    assert 'name="List-Unsubscribe" value="One-Click"' in PAGES[0]
