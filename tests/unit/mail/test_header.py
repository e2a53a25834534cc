"""The header scan sees at least what any mail program shows, in linear time."""

from __future__ import annotations

import email.parser
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.header import MAX_FIELDS, MAX_HEADER_OCTETS, Field, UnreadableError, decode_octets, scan


def _names(octets: bytes) -> list[str]:
    return [field.name for field in scan(octets).fields]


def test_fields_are_named_in_lower_case_and_keep_their_octets() -> None:
    header = scan(b"To: Ada <ada@x.example>\r\nSUBJECT:hello\r\n\r\nbody\r\n")
    assert header.fields == (
        Field("to", b" Ada <ada@x.example>", 0, 25),
        Field("subject", b"hello", 25, 40),
    )
    assert (header.end, header.body_start) == (40, 42)


def test_first_all_and_named_find_by_name() -> None:
    header = scan(b"Cc: a@x\r\nTo: b@x\r\ncc : c@x\r\n\r\n")
    assert header.first("cc") == "a@x"
    assert header.first("bcc") == ""
    assert header.all("cc") == ("a@x", "c@x")
    assert header.all("bcc") == ()
    assert [field.value for field in header.named("cc")] == [b" a@x", b" c@x"]
    assert header.named("bcc") == ()


@pytest.mark.parametrize(
    "line",
    [b"Cc:a@x", b"Cc : a@x", b"CC:\ta@x", b"cC \t :a@x", b"Cc:\r\n a@x", b"Cc\0: a@x", b"Cc:\r\n \t\r\n\ta@x", b"C\x01c:a@x"],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_field_is_seen_however_it_is_written(line: bytes, end: bytes) -> None:
    octets = (b"Subject: s\r\n" + line + b"\r\nTo: b@x\r\n\r\n").replace(b"\r\n", end)
    header = scan(octets)
    assert header.all("cc") == ("a@x",)
    assert header.all("to") == ("b@x",)


def test_field_without_value_is_a_field() -> None:
    assert scan(b"Cc:\r\nTo: b@x\r\n\r\n").all("cc") == ("",)


def test_line_without_colon_does_not_hide_the_fields_after_it_and_starts_the_body_for_some() -> None:
    octets = b"To: a@x\r\nno field here\r\n folded\r\nCc: b@x\r\n\r\nbody"
    header = scan(octets)
    assert [field.name for field in header.fields] == ["to", "", "cc"]
    assert header.fields[1].text() == "no field here folded"
    assert octets[header.body_start :].startswith(b"no field here")
    assert header.end == header.body_start


@pytest.mark.parametrize("line", [b"Hello Ada: good day", b": x", b"T\xc3\xb6: x", b"\xef\xbb\xbfTo: x"])
def test_a_name_that_some_programs_refuse_starts_the_body_too(line: bytes) -> None:
    header = scan(b"To: a@x\r\n" + line + b"\r\nCc: b@x\r\n\r\nbody")
    assert header.body_start == 9
    assert header.first("cc") == "b@x"


def test_folded_first_line_is_read_as_a_field() -> None:
    header = scan(b" To: a@x\r\n\r\n")
    assert header.first("to") == "a@x"
    assert (header.body_start, header.end) == (0, 10)  # a field added before it would swallow it


@pytest.mark.parametrize("line", [b"From ada@x.example Sat Nov 21 10:00:00 2026", b">From ada@x Sat"])
def test_mbox_line_at_the_start_does_not_start_the_body(line: bytes) -> None:
    header = scan(line + b"\r\nTo: a@x\r\n\r\nbody")
    assert header.first("to") == "a@x"
    assert header.body_start == len(line) + 2 + 9 + 2


def test_mbox_line_later_does() -> None:
    assert scan(b"To: a@x\r\nFrom ada Sat\r\n\r\n").body_start == 9


@pytest.mark.parametrize(("octets", "body_start"), [(b"\r\nbody", 2), (b"\nbody", 1), (b"", 0), (b"body\r\n", 0)])
def test_message_without_a_header(octets: bytes, body_start: int) -> None:
    header = scan(octets)
    assert header.end == 0
    assert header.body_start == body_start


def test_header_without_a_body_ends_with_the_octets() -> None:
    header = scan(b"To: a@x,\r\n b@x")
    assert header.all("to") == ("a@x, b@x",)
    assert header.end == header.body_start == 14


@pytest.mark.parametrize(
    ("octets", "body"),
    [(b"a: b\n\r\nB", b"B"), (b"a: b\r\n\nB", b"B"), (b"a: b\n\nB\r\n\r\n", b"B\r\n\r\n"), (b"a: b\r\n\n\r\nB", b"\r\nB")],
)
def test_empty_line_ends_the_header_whatever_its_line_ends(octets: bytes, body: bytes) -> None:
    assert octets[scan(octets).body_start :] == body


def test_field_after_a_bare_cr_is_seen_and_so_is_the_field_it_stands_in() -> None:
    header = scan(b"X: a\rBcc: v@x\r and w@x\r\nTo: a@x\r, b@x\r\n\r\nbody")
    assert header.first("x") == "a\rBcc: v@x\r and w@x"
    assert header.first("bcc") == "v@x\r and w@x"
    assert header.first("to") == "a@x\r, b@x"


def test_empty_line_between_bare_crs_starts_the_body_for_some() -> None:
    octets = b"a: b\rc: d\r\rhello\r\n\r\nmore"
    header = scan(octets)
    assert octets[header.body_start :] == b"\rhello\r\n\r\nmore"
    assert header.first("c") == "d"


def test_bare_cr_between_good_fields_leaves_the_body_alone() -> None:
    octets = b"a: b\rc: d\r\n\r\nbody"
    assert octets[scan(octets).body_start :] == b"body"


def test_part_inside_a_message_is_scanned_in_place() -> None:
    octets = b"To: outer\r\n\r\nTo: inner\r\n\r\nbody\r\n--b--"
    header = scan(octets, start=13, stop=32)
    assert header.first("to") == "inner"
    assert header.fields[0].start == 13
    assert octets[header.body_start :].startswith(b"body")
    assert scan(octets, start=13, stop=len(octets) + 9) == header


def test_from_line_inside_a_part_is_at_its_start() -> None:
    assert scan(b"xxFrom a\r\n\r\n", start=2).body_start == 12


def test_nul_is_left_out_and_latin_1_is_the_fallback() -> None:
    assert scan(b"Subject: a\0b \xe9\r\n\r\n").first("subject") == "ab é"
    assert decode_octets("é".encode()) == "é"


def test_header_of_exactly_the_most_octets_is_read() -> None:
    octets = b"X: " + b"a" * (MAX_HEADER_OCTETS - 6) + b"\n\r\n"
    assert len(octets) == MAX_HEADER_OCTETS
    assert scan(octets + b"body").body_start == MAX_HEADER_OCTETS


def test_longer_header_is_unreadable() -> None:
    with pytest.raises(UnreadableError, match="longer than 262144 octets"):
        scan(b"X: " + b"a" * (MAX_HEADER_OCTETS - 5) + b"\n\r\nbody")


def test_octets_as_long_as_the_cap_without_an_end_are_read() -> None:
    assert scan(b"X:" + b"a" * (MAX_HEADER_OCTETS - 2)).body_start == MAX_HEADER_OCTETS


@pytest.mark.parametrize("line", [b"X: y\r\n", b"X: y\r"])
def test_most_fields_and_one_more(line: bytes) -> None:
    fields = line * (MAX_FIELDS - 2)
    assert len(scan(fields + b"A: b\r\n\r\n").fields) <= MAX_FIELDS
    with pytest.raises(UnreadableError, match="more than 2000 fields"):
        scan(fields + b"A: b\r\n" * 4 + b"\r\n")


def test_long_names_are_names_too() -> None:
    name = b"X" * 500
    assert _names(name + b": y\r\n\r\n") == ["x" * 500]


_OCTETS = st.lists(
    st.sampled_from(
        [
            b"To: a@x",
            b"Cc : b@x",
            b"Subject:s",
            b"junk",
            b"\r\n",
            b"\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b" ",
            b"\t",
            b":",
            b"\0",
            b"\xff",
            b"x y: z",
        ],
    ),
    max_size=30,
).map(b"".join)


@given(_OCTETS)
def test_whole_fields_lie_end_to_end_over_the_header(octets: bytes) -> None:
    header = scan(octets)
    at = 0
    for field in header.fields:
        if field.start >= at:  # those after a bare CR lie inside the one before
            assert field.start == at
            at = field.end
        assert octets[field.start : field.end].rstrip(b"\r\n").endswith(field.value)
    assert max(header.end, header.body_start) <= len(octets)
    if octets.count(b"\r") == octets.count(b"\r\n") and octets[:1] not in {b" ", b"\t"}:
        assert header.end <= header.body_start


@given(_OCTETS)
def test_every_recipient_field_that_python_shows_is_seen(octets: bytes) -> None:
    # Where a bare CR or an empty line is in doubt, what Python's parser shows must be among what is read here.
    shown = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(octets)
    read = scan(octets)
    for name in ("to", "cc"):
        seen = "".join(read.all(name))
        for value in shown.get_all(name, []):
            for address in ("a@x", "b@x"):
                assert str(value).count(address) <= seen.count(address)


def test_a_field_after_a_bare_cr_can_be_cut_out_without_joining_lines() -> None:
    octets = b"X: a\rBcc: v\rC: d\r\nTo: a@x\r\n\r\n"
    places = {field.name: octets[field.start : field.end] for field in scan(octets).fields}
    assert places == {"x": b"X: a\rBcc: v\rC: d\r\n", "bcc": b"\rBcc: v", "c": b"\rC: d", "to": b"To: a@x\r\n"}
