"""mailguard.linkage.splink_spark: Spark for Splink. That it links as DuckDB does is an integration test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pyspark", reason="the extra spark is not installed")

WITHOUT_JAVA = """
from mailguard.errors import MailguardError
from mailguard.linkage.splink_spark import opened_on_spark
try:
    with opened_on_spark(None):
        pass
except MailguardError as error:
    print(error)
"""


def test_without_java_it_says_what_is_needed(tmp_path: Path) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{tmp_path}:/bin", "JAVA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_JAVA], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Spark did not start" in ran.stdout
    assert "Java 17" in ran.stdout
