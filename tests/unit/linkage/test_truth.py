"""The truth to evaluate against: read whole or refused, with the line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.linkage.truth import NO_CLUSTER, read_truth

HEADER = "source,source_key,cluster\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "TRUTH.csv"
    file.write_text(text)
    return file


def test_records_of_one_cluster_get_one_number(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, HEADER + "crm,1,ada\nshop,1,ada\ncrm,2,bob\n"))
    assert truth.clusters([("crm", "1"), ("crm", "2"), ("shop", "1")]).tolist() == [0, 1, 0]


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, "Cluster;name;Source_Key;Source\nx; Ada ; 7 ; crm \n"))
    assert truth.clusters([("crm", "7")]).tolist() == [0]


def test_a_record_learnt_from_mail_needs_no_cluster(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, HEADER + "crm,1,ada\nmail,b,ada\n"))
    assert truth.clusters([("mail", "a"), ("crm", "1"), ("mail", "b")]).tolist() == [NO_CLUSTER, 0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "source,cluster\ncrm,x\n",
            "has no column 'source_key'; it needs source, source_key, cluster; its columns are source, cluster",
        ),
        (HEADER, "has no rows; it needs one for each record"),
        (HEADER + "crm,1,x\ncrm,2,\n", "line 3: no cluster; each row needs one"),
        (HEADER + "crm,,x\n", "line 2: no source_key; each row needs one"),
        (HEADER + "crm,1,x\n,1,x\n", "line 3: no source; each row needs one"),
        (HEADER + "crm,1,x\ncrm,2,x\ncrm,1,y\n", "line 4: crm:1 has a row already, line 2; keep one of them"),
        (HEADER + "crm,1,x,y\n", "line 2: 4 values, the header has 3"),
    ],
)
def test_a_file_that_is_no_truth_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_truth(written(tmp_path, text))
    assert str(refused.value).removeprefix(str(tmp_path / "TRUTH.csv")).lstrip(", ").removeprefix(": ") == words


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        read_truth(tmp_path / "TRUTH.csv")


def test_a_record_in_no_cluster_is_refused(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, HEADER + "crm,1,x\n"))
    with pytest.raises(UsageError, match="has no cluster for record crm:2; give each record of the table a row"):
        truth.clusters([("crm", "1"), ("crm", "2")])
    with pytest.raises(UsageError, match="has no cluster for record crm:2 and 1 more;"):
        truth.clusters([("crm", "1"), ("crm", "2"), ("shop", "1")])


def test_an_unknown_record_is_refused(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path, HEADER + "crm,1,x\ncrm,2,x\ncrm,3,x\n"))
    with pytest.raises(UsageError, match="line 3: the table has no record crm:2 and 1 more; import it, or remove its row"):
        truth.clusters([("crm", "1")])
