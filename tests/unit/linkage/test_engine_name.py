"""mailguard.linkage.engine_name: what the engines are called."""

from __future__ import annotations

import subprocess
import sys

from mailguard.linkage.engine_name import Engine


def test_names_are_those_of_the_command() -> None:
    assert [engine.value for engine in Engine] == ["recordlinkage", "duckdb", "spark"]


def test_only_spark_learns_nothing() -> None:
    assert [engine for engine in Engine if not engine.learns] == [Engine.SPARK]


def test_naming_an_engine_loads_none() -> None:
    code = "import sys, mailguard.linkage.engine_name; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
