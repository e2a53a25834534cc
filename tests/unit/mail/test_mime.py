"""The MIME walk finds every leaf, within bounds, and decodes it in slices."""

from __future__ import annotations

import base64
import quopri
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail import mime
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mime import Part, parse_content_type, unquote_extended, walk


def _leaves(octets: bytes) -> tuple[Part, ...]:
    return walk(scan(octets), octets)


def _multipart(subtype: str, *parts: bytes, boundary: bytes = b"b") -> bytes:
    sections = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    head = b"Content-Type: multipart/" + subtype.encode() + b"; boundary=" + boundary + b"\r\n\r\n"
    return head + sections + b"--" + boundary + b"--\r\n"


def test_a_message_without_mime_is_one_plain_leaf() -> None:
    (part,) = _leaves(b"Subject: x\r\n\r\nhello\r\n")
    assert (part.content_type, part.charset, part.container, part.choice) == ("text/plain", "", "", 0)
    assert part.text(most=100) == "hello\r\n"
    assert part.size == 7


def test_leaves_come_in_order_with_their_container() -> None:
    html = b"Content-Type: Text/HTML; charset=utf-8\r\n\r\n<p>two"
    octets = _multipart("mixed", b"Content-Type: text/plain\r\n\r\none", html)
    assert [(part.content_type, part.container, part.decoded()) for part in _leaves(octets)] == [
        ("text/plain", "mixed", b"one"),
        ("text/html", "mixed", b"<p>two"),
    ]


def test_alternatives_know_their_choice_and_branch() -> None:
    related = _multipart("related", b"Content-Type: text/html\r\n\r\nh", b"Content-Type: image/png\r\n\r\ni", boundary=b"r")
    alternative = _multipart("alternative", b"\r\np", related, boundary=b"a")
    again = _multipart("alternative", b"\r\nq", boundary=b"z")
    octets = _multipart("mixed", alternative, again, b"Content-Type: application/pdf\r\n\r\nf")
    assert [(part.content_type, part.choice, part.branch) for part in _leaves(octets)] == [
        ("text/plain", 1, 0),
        ("text/html", 1, 1),
        ("image/png", 1, 1),
        ("text/plain", 2, 0),
        ("application/pdf", 0, 0),
    ]


def test_a_choice_within_a_choice_counts_as_the_outer_one() -> None:
    inner = _multipart("alternative", b"\r\np", b"Content-Type: text/html\r\n\r\nh", boundary=b"i")
    outer = _multipart("alternative", b"\r\no", inner, boundary=b"o")
    assert [(part.choice, part.branch) for part in _leaves(outer)] == [(1, 0), (1, 1), (1, 1)]


def test_parts_of_a_digest_are_messages() -> None:
    octets = _multipart("digest", b"\r\nSubject: x\r\n\r\ny")
    assert [part.content_type for part in _leaves(octets)] == ["message/rfc822"]


def test_a_multipart_without_boundary_or_parts_is_shown_as_it_is() -> None:
    for octets in (b"Content-Type: multipart/mixed\r\n\r\nx", b"Content-Type: multipart/mixed; boundary=b\r\n\r\nx"):
        assert [part.content_type for part in _leaves(octets)] == ["text/plain"]


def test_a_part_that_never_ends_goes_to_the_end() -> None:
    (part,) = _leaves(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nlast words")
    assert part.decoded() == b"last words"


def test_what_only_looks_like_a_boundary_is_text() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none --b\n--bc\n--b \t\n\ntwo\n--b--\nepilogue --b\n"
    assert [part.decoded() for part in _leaves(octets)] == [b"one --b\n--bc", b"two"]


def test_an_empty_part_and_a_boundary_at_the_end_are_no_trouble() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b\r\n\r\nx\r\n--b"
    assert [part.decoded() for part in _leaves(octets)] == [b"", b"x", b""]


def test_disposition_and_encoding_are_read_without_parameters() -> None:
    octets = (
        b"Content-Type: text/plain; charset=UTF-8\r\nContent-Disposition: Attachment; filename=a.txt\r\n"
        b"Content-Transfer-Encoding: BASE64 \r\n\r\naMOk\r\n"
    )
    (part,) = _leaves(octets)
    assert (part.disposition, part.encoding, part.text(most=100)) == ("attachment", "base64", "hä")


def test_most_bounds_what_is_decoded() -> None:
    (part,) = _leaves(b"\r\n0123456789")
    assert part.decoded(most=4) == b"0123"
    assert part.sha256(beyond=4) == sha256(b"456789").digest()
    assert part.sha256() == sha256(b"0123456789").digest()


@given(st.binary(max_size=300), st.integers(4, 90))
def test_base64_decodes_the_same_in_every_slice(octets: bytes, size: int) -> None:
    encoded = base64.encodebytes(octets)
    slices = _sliced(b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded, size)
    assert slices == octets


@given(st.binary(max_size=300), st.integers(4, 90))
def test_quoted_printable_decodes_the_same_in_every_slice(octets: bytes, size: int) -> None:
    encoded = quopri.encodestring(octets)
    assert _sliced(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + encoded, size) == quopri.decodestring(encoded)


def test_quoted_printable_without_lines_is_not_cut_within_an_octet() -> None:
    for size in range(4, 10):
        assert _sliced(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=41a" * 20, size) == b"Aa" * 20


def _sliced(octets: bytes, size: int) -> bytes:
    (part,) = _leaves(octets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mime, "_SLICE_OCTETS", size)
        return part.decoded()


def test_a_single_letter_of_base64_is_less_than_an_octet() -> None:
    (part,) = _leaves(b"Content-Transfer-Encoding: base64\r\n\r\nQUJDR")
    assert part.decoded() == b"ABC"


def test_a_boundary_is_found_across_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = _multipart("mixed", b"\r\n" + b"x" * 50, b"\r\ny", boundary=b"boundary")
    for size in range(1, 40):
        monkeypatch.setattr(mime, "_SLICE_OCTETS", size)
        assert [part.size for part in _leaves(octets)] == [50, 1]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text/plain", ("text/plain", {})),
        ("TEXT/Plain (comment); charset=us-ascii", ("text/plain", {"charset": "us-ascii"})),
        ("plain", ("text/plain", {})),
        ("", ("text/plain", {})),
        ('a/b; x="a\\"b"; Y=z ', ("a/b", {"x": 'a"b', "y": "z"})),
        ("a/b; x=1; x=2", ("a/b", {"x": "1"})),
        ("a/b; boundary*0=one; boundary*1=two", ("a/b", {"boundary": "onetwo"})),
        ("a/b; charset*=us-ascii'en'utf%2D8", ("a/b", {"charset": "utf-8"})),
        ("a/b; name*0*=utf-8''%C3%A4; name*1=b", ("a/b", {"name": "äb"})),
        ("a/b; *=x", ("a/b", {"*": "x"})),
    ],
)
def test_content_types_are_read_leniently(value: str, expected: tuple[str, dict[str, str]]) -> None:
    assert parse_content_type(value) == expected


def test_an_extended_value_without_charset_is_utf8() -> None:
    assert unquote_extended("%C3%A4") == "ä"


def test_parts_are_bounded() -> None:
    def octets(count: int) -> bytes:
        return _multipart("mixed", *[b"\r\nx"] * (count - 1))

    assert len(_leaves(octets(mime.MAX_PARTS))) == mime.MAX_PARTS - 1
    with pytest.raises(UnreadableError, match="more than 500 parts"):
        _leaves(octets(mime.MAX_PARTS + 1))


def test_depth_is_bounded() -> None:
    def octets(depth: int) -> bytes:
        text = b"\r\nx"
        for level in range(depth):
            text = _multipart("mixed", text, boundary=b"b%d" % level)
        return text

    assert len(_leaves(octets(mime.MAX_DEPTH))) == 1
    with pytest.raises(UnreadableError, match="nested deeper than 30"):
        _leaves(octets(mime.MAX_DEPTH + 1))


def test_what_is_searched_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = _multipart("mixed", _multipart("mixed", b"\r\n" + b"x" * 1_000, boundary=b"i"))
    monkeypatch.setattr(mime, "MAX_SEARCHED_OCTETS", 2_500)
    assert len(_leaves(octets)) == 1
    monkeypatch.setattr(mime, "MAX_SEARCHED_OCTETS", 2_000)
    with pytest.raises(UnreadableError, match="nested too deep"):
        _leaves(octets)


def test_parameters_are_bounded() -> None:
    assert len(parse_content_type("a/b" + "".join(f"; x{at}=1" for at in range(mime.MAX_PARAMETERS)))[1]) == mime.MAX_PARAMETERS
    with pytest.raises(UnreadableError, match="more than 100 parameters"):
        parse_content_type("a/b" + "".join(f"; x{at}=1" for at in range(mime.MAX_PARAMETERS + 1)))


def test_the_boundary_is_bounded() -> None:
    assert len(_leaves(_multipart("mixed", b"\r\nx", boundary=b"b" * mime.MAX_BOUNDARY_OCTETS))) == 1
    with pytest.raises(UnreadableError, match="longer than 200 octets"):
        _leaves(_multipart("mixed", b"\r\nx", boundary=b"b" * (mime.MAX_BOUNDARY_OCTETS + 1)))


def test_lines_that_look_like_a_boundary_are_bounded() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    assert len(_leaves(head + b"--bx\r\n" * mime.MAX_NEAR_BOUNDARIES)) == 1
    with pytest.raises(UnreadableError, match="look like a boundary"):
        _leaves(head + b"--bx\r\n" * (mime.MAX_NEAR_BOUNDARIES + 1))
