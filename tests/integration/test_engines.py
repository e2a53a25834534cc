"""The engines link alike: the same pairs, weights and persons of the same records with the shipped numbers, on Spark's local mode."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.linkage.batch import Linked
from mailguard.linkage.engine import score_table
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.frame import Frame
from mailguard.linkage.link import Plan, link_all
from mailguard.store.database import Database
from tests.harness_programs import need
from tests.population import THRESHOLDS, Heard, arrive, clock, kept, people, persons

COUNT = 800
LEAST = -5.0
"""Bits: also pairs that are no links are to be scored alike."""


@pytest.fixture(scope="module")
def frame() -> Frame:
    return Frame.of_standards([standard for _, standard in people(COUNT)])


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    """A session on this machine, small and quiet, which the engine finds running."""
    need(is_there=find_spec("pyspark") is not None, reason="pyspark is not installed: pip install 'mailguard[spark]'")
    need(is_there=shutil.which("java") is not None, reason="Java is not installed: apt-get install openjdk-17-jre-headless")
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        # To compile what runs once, on hundreds of rows, takes longer than to run it.
        patch.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto")
        quiet: dict[str, bool | float | int | str | None] = {
            "spark.master": "local[2]",
            "spark.ui.enabled": "false",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.log.level": "ERROR",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        }
        session = SparkSession.builder.config(map=quiet).getOrCreate()
        yield
        session.stop()


def scored(frame: Frame, engine: Engine) -> Linked:
    return score_table(frame, DEFAULTS, engine, least=LEAST, listener=Heard())


def assert_alike(one: Linked, other: Linked) -> None:
    assert (one.left.tolist(), one.right.tolist()) == (other.left.tolist(), other.right.tolist())
    assert np.array_equal(one.levels, other.levels)
    assert np.allclose(one.weights, other.weights, rtol=0, atol=1e-9)
    assert one.candidate_pairs == other.candidate_pairs


def test_duckdb_links_as_the_default_engine_does(frame: Frame) -> None:
    ours = scored(frame, Engine.RECORDLINKAGE)
    assert len(ours.left) > 100
    assert_alike(scored(frame, Engine.DUCKDB), ours)


@pytest.mark.usefixtures("spark")
def test_spark_links_as_duckdb_does(frame: Frame, tmp_path: Path) -> None:
    assert_alike(scored(frame, Engine.SPARK), scored(frame, Engine.DUCKDB))


@pytest.mark.usefixtures("spark")
def test_persons_are_the_same_from_the_command_down(tmp_path: Path) -> None:
    found = []
    for engine in (Engine.DUCKDB, Engine.SPARK):
        database = Database.open(f"sqlite:///{tmp_path}/{engine}.db")
        arrive(database, people(150))
        with pytest.MonkeyPatch.context() as patch:
            # As on Spark: the shipped numbers.
            patch.setattr(Engine, "learns", property(lambda _: False))
            link_all(database, Plan(engine=engine), thresholds=THRESHOLDS, clock=clock, listener=Heard())
        found.append(({pair: round(bits, 9) for pair, bits in kept(database).items()}, persons(database)))
        database.close()
    assert found[0] == found[1]
    assert len(found[0][0]) > 10
