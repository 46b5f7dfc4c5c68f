"""Gold files: read with clear errors, decided by majority, held against a build."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from redditess.corpus.artefacts import write_parquet
from redditess.corpus.errors import InputError
from redditess.corpus.folder import BuildFolder
from redditess.labeling.gold import check_gold, gold_vector, read_gold
from redditess.labeling.schema import LABEL_SCHEMA

HEAD = "id,label,rater\n"


def gold_file(at: Path, *lines: str, head: str = HEAD) -> Path:
    path = at / "gold.csv"
    path.write_text(head + "".join(f"{line}\n" for line in lines), "utf8")
    return path


def labelled(folder: BuildFolder, labels: list[int | None]) -> BuildFolder:
    """Labels for the rows t1_0, t1_1, ... of bucket 0."""
    rows = [
        {"comment_id": f"t1_{i}", "label": label, "conflict": False, "why": ""}
        for i, label in enumerate(labels)
    ]
    path = folder.bucket_file(folder.labels, 0)
    write_parquet(path, pa.Table.from_pylist(rows, LABEL_SCHEMA), LABEL_SCHEMA)
    return folder


def test_the_majority_decides_and_a_tie_does_not(tmp_path: Path) -> None:
    gold = read_gold(
        gold_file(
            tmp_path, "t1_a,effective,x", "t1_a,1,y", "t1_a,0,z", "t1_b,effective,x",
            "t1_b,not_effective,y", "t1_c,unsure,x", "t1_c,NOT_EFFECTIVE,y", "t1_d,unsure,x",
        )
    )  # fmt: skip
    assert gold.consensus() == {"t1_a": 1, "t1_c": 0}
    assert gold.raters == ("x", "y", "z")
    assert gold_vector(gold.consensus(), ["t1_c", "t1_b", "t1_a"]).tolist() == [0, -1, 1]
    assert gold_vector({}, []).dtype == np.int8


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("t1_a,maybe,x", "line 2: unknown label 'maybe'"),
        ("deadbeef,effective,x", "line 2: the id 'deadbeef' is no comment's"),
        ("t3_a,effective,x", "line 2: the id 't3_a'"),
        ("t1_a,effective,", "line 2: nobody is named as rater"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_gold(gold_file(tmp_path, line))


def test_a_second_rating_by_the_same_rater_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3: 'x' has rated t1_a already in line 2"):
        read_gold(gold_file(tmp_path, "t1_a,effective,x", "t1_a,effective,x"))


def test_a_missing_column_or_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'rater'"):
        read_gold(gold_file(tmp_path, head="id,label\n"))
    with pytest.raises(InputError, match="cannot be read"):
        read_gold(tmp_path / "absent.csv")


def test_ids_of_a_sheet_become_comments_and_unfilled_rows_are_skipped(tmp_path: Path) -> None:
    path = gold_file(tmp_path, "5e1f,effective,x", "77aa,,x")
    assert read_gold(path, names={"5e1f": "t1_q"}).consensus() == {"t1_q": 1}


def test_a_gold_file_is_held_against_a_build(
    tmp_path: Path, build: Callable[..., BuildFolder], rows: Callable[..., pa.Table]
) -> None:
    folder = labelled(build(rows({}, {}, {})), [1, 1, None])
    lines = [f"t1_{i},{i % 2},{r}" for i in range(3) for r in "xy"]
    found = check_gold(read_gold(gold_file(tmp_path, *lines)), folder)
    assert (found.n_ratings, found.n_comments, found.n_decided, found.n_effective) == (6, 3, 3, 1)
    assert found.labelled == (2, 1)  # t1_0 says 0 against 1, t1_1 agrees, t1_2 has no label
    assert found.kappa.value == pytest.approx(1.0)
    with pytest.raises(InputError, match="rated comment 't1_zz' is not in the build"):
        check_gold(read_gold(gold_file(tmp_path, "t1_zz,1,x")), folder)
