from __future__ import annotations

import pytest

from mailguard.replies.html_lines import html_lines


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("<div>one<div>two</div></div>three", "one\ntwo\nthree"),
        ("<div>one</div><p>two</p>", "one\n\ntwo"),
        ('<p class="MsoNormal">one</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">two</p>', "one\n\ntwo"),
        ('<p class="MsoNormal">one</p><p class="MsoNormal">two</p>', "one\ntwo"),
    ],
)
def test_lines_stand_as_they_are_shown(html: str, text: str) -> None:
    assert html_lines(html).strip() == text
