"""mailguard.sources.source_text: the encoding of a file that nobody has named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.sources.source_text import UNDECODABLE, encoding_name, find_encoding, known_encoding, open_text

TABLE = "id;Vorname;Name\r\n1;Jürgen;Müller\r\n2;Zoë;Æsop\r\n"


def read(file: Path, codec: str) -> str:
    with open_text(file, codec) as text:
        return text.read()


@pytest.mark.parametrize(
    "codec",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_encoding_is_found_out(tmp_path: Path, codec: str) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(TABLE.encode(codec))
    assert read(file, find_encoding(file)) == TABLE


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_byte_order_mark_of_utf16_says_its_order(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(mark + TABLE.encode("utf-16-be" if mark == b"\xfe\xff" else "utf-16-le"))
    assert read(file, find_encoding(file)) == TABLE


def test_utf16_in_another_script_is_found_by_its_digits_and_separators(tmp_path: Path) -> None:
    table = "id;фамилия;почта\n" + "".join(f"{n};Иванов;ivan{n}@mail.example\n" for n in range(20))
    file = tmp_path / "customers.csv"
    file.write_bytes(table.encode("utf-16-le"))
    assert find_encoding(file) == "utf-16-le"


def test_stray_nuls_make_no_utf16(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(b"id,name\n1,A\0da\n2,B\0\0ea\n" + b"3,Cy\n" * 20)
    assert find_encoding(file) == "utf-8"


def test_letters_late_in_the_file_count(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(b"id,name\n" + b"1,plain\n" * 200_000 + "2,Müller\n".encode("cp1252"))
    assert find_encoding(file) == "cp1252"


def test_few_damaged_octets_leave_it_utf8(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes("id,name\n1,Müller\n2,Zoë\n".encode() + b"3,\xff\xfe\n")
    codec = find_encoding(file)
    assert codec == "utf-8"
    assert read(file, codec).endswith(f"3,{UNDECODABLE}{UNDECODABLE}\n")


@pytest.mark.parametrize(("codec", "octets"), [("cp1252", b"1,\x81\n"), ("utf-16-le", b"1\0,\0x"), ("ascii", b"1,\xe9\n")])
def test_what_cannot_be_decoded_keeps_its_place(tmp_path: Path, codec: str, octets: bytes) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(octets)
    assert UNDECODABLE in read(file, codec)


def test_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        find_encoding(tmp_path)
    with pytest.raises(UsageError, match="cannot read"):
        read(tmp_path, "utf-8")


def test_named_encoding_is_taken_by_any_of_its_names() -> None:
    assert known_encoding("Latin1") == known_encoding("ISO-8859-1")
    for name in ("klingon", "rot13", "base64", ""):
        with pytest.raises(UsageError, match="no encoding"):
            known_encoding(name)


def test_encoding_is_called_by_the_name_that_people_know() -> None:
    assert [encoding_name(codec) for codec in ("utf-8-sig", "cp1252", "utf-16")] == ["UTF-8", "Windows-1252", "UTF-16"]
