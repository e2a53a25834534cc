"""The unit tests mirror the package: each source file has its test file, and none tests a file that is gone."""

from __future__ import annotations

from pathlib import Path

import mailguard

PACKAGE = Path(mailguard.__file__).parent
TESTS = Path(__file__).parent
OF_NO_FILE = {"test_mirror.py", "test_documentation.py"}
"""Tests of the whole."""


def _test_of(source: Path) -> Path:
    relative = source.relative_to(PACKAGE)
    name = relative.parent.name if source.name == "__init__.py" else source.stem.strip("_")
    folder = relative.parent.parent if source.name == "__init__.py" else relative.parent
    return TESTS / folder / f"test_{name}.py"


def _has_code(source: Path) -> bool:
    """Whether a file defines anything: most `__init__.py` only say what a package is."""
    text = source.read_text(encoding="utf-8")
    return source.name != "__init__.py" or "\ndef " in text or "\nclass " in text


SOURCES = [
    source
    for source in sorted(PACKAGE.rglob("*.py"))
    if _has_code(source) and "migrations" not in source.relative_to(PACKAGE).parts
]


def test_each_source_file_has_its_unit_test() -> None:
    missing = [str(source.relative_to(PACKAGE)) for source in SOURCES if not _test_of(source).exists()]
    assert not missing


def test_each_unit_test_has_its_source_file() -> None:
    known = {_test_of(source) for source in SOURCES}
    astray = [test for test in TESTS.rglob("test_*.py") if test.name not in OF_NO_FILE and test not in known]
    assert not [str(test.relative_to(TESTS)) for test in astray]
