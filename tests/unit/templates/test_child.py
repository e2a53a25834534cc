"""What a rendering process does with one request after another, and how it says what is wrong."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from typing import Any

import pytest

from mailguard.templates import child
from mailguard.templates.child import MOST_MESSAGE, OPEN_FILES, TooMuchOutputError, answer_to, rendered, sentence_of, serve
from mailguard.templates.environment import MOST_SOURCE
from mailguard.templates.frames import frame, read_frame

CONFINED = f"""
import resource, sys
from mailguard.templates.child import confine
confine({1 << 30})
for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
    print(*resource.getrlimit(kind))
"""


def request(*sources: tuple[str, str, bool], **values: Any) -> dict[str, Any]:
    return {"sources": [list(source) for source in sources], "values": values, "seconds": 1e9}


def asked(source: str, *, output: int = 1_000, **values: Any) -> dict[str, Any]:
    return answer_to(request(("text/plain", source, False), **values), output=output)


def test_texts_come_in_the_order_of_the_sources() -> None:
    answer = answer_to(request(("Subject", "{{ a }}", False), ("text/html", "<{{ a }}>", True), a="<x>"), output=1_000)
    assert answer == {"texts": ["<x>", "<&lt;x&gt;>"]}


def test_failure_names_the_part_and_the_line() -> None:
    answer = answer_to(request(("Subject", "x", False), ("text/plain", "a\n{{ b }}", False)), output=1_000)
    assert answer == {"part": "text/plain", "line": 2, "text": "'b' is undefined"}


def test_output_is_bounded_over_all_parts() -> None:
    def answer(size: int) -> dict[str, Any]:
        return answer_to(request(("Subject", "12345", False), ("text/plain", "x" * (size - 5), False)), output=10)

    assert "texts" in answer(9)
    assert "texts" in answer(10)
    assert answer(11)["text"] == "renders to more than 10 octets in all"


def test_octets_are_counted_and_not_characters() -> None:
    assert asked("ä" * 6, output=11)["text"].startswith("renders to more")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "calls itself, or is nested, too deep"),
        ("{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}", "calls itself, or is nested, too deep"),
        ("{% for a in [1] %}" * 30 + "{% endfor %}" * 30, "is nested too deep"),
        ("{% include 'other' %}", "include, import and extends are not available: a mail is one template"),
        ("{% extends 'other' %}", "include, import and extends are not available: a mail is one template"),
        ("{{ 'a' * 10**9 }}", "*: more than 1000000 characters"),
        ("{{ 'a' + 1 }}", 'TypeError: can only concatenate str (not "int") to str'),
        ("{{ 1 / 0 }}", "ZeroDivisionError: division by zero"),
        ("{{ {'secret word': 1} | xmlattr }}", "ValueError"),
        ("{{ '\\ud800' }}", "UnicodeEncodeError"),
    ],
)
def test_what_is_wrong_is_said_as_the_author_understands_it(source: str, text: str) -> None:
    assert asked(source)["text"] == text


def test_words_of_an_error_that_may_hold_a_value_are_not_said() -> None:
    assert "secret" not in str(asked("{{ {name: 1} | xmlattr }}", name="secret word"))


def test_long_sentences_are_cut() -> None:
    assert len(sentence_of(TypeError("x" * 5_000), 1)) == MOST_MESSAGE


def test_source_is_bounded() -> None:
    assert rendered("a", "x" * MOST_SOURCE, {}, escapes=False, most=2 * MOST_SOURCE)
    assert asked("x" * (MOST_SOURCE + 1))["text"] == f"has more than {MOST_SOURCE} characters"


def test_output_that_is_too_large_raises() -> None:
    with pytest.raises(TooMuchOutputError):
        rendered("a", "xx", {}, escapes=False, most=1)


def test_one_request_after_another_is_answered_until_the_end() -> None:
    answers = BytesIO()
    serve(BytesIO(frame(request(("Subject", "{{ a }}", False), a=1)) * 2), answers, output=1_000)
    answers.seek(0)
    assert [read_frame(answers) for _ in range(4)] == [{"ready": True}, {"texts": ["1"]}, {"texts": ["1"]}, None]


def test_process_that_ran_out_of_memory_answers_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> str:
        raise MemoryError

    monkeypatch.setattr(child, "rendered", exhausted)
    answers = BytesIO()
    serve(BytesIO(frame(request(("Subject", "x", False))) * 2), answers, output=1_000)
    answers.seek(0)
    told = [read_frame(answers) for _ in range(3)]
    assert told[1:] == [{"part": "Subject", "line": 0, "text": "", "exhausted": True}, None]


def test_process_is_confined() -> None:
    ran = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == [str(1 << 30)] * 2 + ["0"] * 4 + [str(OPEN_FILES)] * 2 + ["0"] * 2


def test_process_serves_its_standard_streams_and_ends_with_them() -> None:
    command = [sys.executable, "-m", "mailguard.templates.child", str(1 << 28), "1000"]
    ran = subprocess.run(command, input=frame(request(("Subject", "{{ a }}", False), a="x")), capture_output=True, check=True)
    stream = BytesIO(ran.stdout)
    assert [read_frame(stream) for _ in range(3)] == [{"ready": True}, {"texts": ["x"]}, None]
    assert ran.stderr == b""
