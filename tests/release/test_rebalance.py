"""What is left of the pairs after a removal still tells nothing by length or place alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.release.balance import accuracy
from redditess.release.delete.rebalance import rebalance
from redditess.release.examples import messages
from redditess.release.features import parquet_schema


def write(folder: Path, split: str, length: np.ndarray, place: np.ndarray) -> Path:
    """A file of pairs with these signs: chosen is 2, 3 or 4 letters, rejected is 3."""
    n = len(length)
    columns = {
        "prompt": messages("user", ["help"] * n),
        "chosen": messages("assistant", ["x" * (3 + int(a)) for a in length]),
        "rejected": messages("assistant", ["yyy"] * n),
        "delta_position": pa.array(-place, pa.int32()),
        "chosen_id": pa.array([f"{i:016x}" for i in range(n)]),
        "rejected_id": pa.array([f"{i + n:016x}" for i in range(n)]),
    }
    schema = parquet_schema("preferences")
    arrays = [columns.get(f.name, pa.nulls(n, f.type)).cast(f.type) for f in schema]
    folder.mkdir(exist_ok=True)
    path = folder / f"{split}-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)
    return path


def shares(path: Path) -> tuple[float | None, float | None]:
    rows = pq.read_table(path).to_pylist()
    length = [np.sign(len(r["chosen"][0]["content"]) - 3) for r in rows]
    return accuracy(np.array(length)), accuracy(-np.sign([r["delta_position"] for r in rows]))


@pytest.fixture
def even() -> tuple[np.ndarray, np.ndarray]:
    """Forty pairs, both accuracies exactly .5."""
    return np.array([1, 1, -1, -1] * 10), np.array([1, -1] * 20)


def test_a_balanced_split_keeps_its_bytes(tmp_path: Path, even) -> None:
    path = write(tmp_path / "preferences", "train", *even)
    before = path.read_bytes()
    assert rebalance(tmp_path / "preferences") == 0
    assert path.read_bytes() == before


def test_where_one_side_lost_pairs_the_fewest_others_leave(tmp_path: Path, even) -> None:
    length, place = even
    path = write(tmp_path / "preferences", "train", length[6:], place[6:])
    assert shares(path)[0] != 0.5
    n = rebalance(tmp_path / "preferences")
    assert 0 < n <= 4 and pq.read_metadata(path).num_rows == 34 - n
    assert all(abs(share - 0.5) <= 0.02 for share in shares(path))


def test_the_same_pairs_leave_whatever_the_order_of_rows(tmp_path: Path, even) -> None:
    length, place = even[0][6:], even[1][6:]
    path = write(tmp_path / "one", "train", length, place)
    turned = write(tmp_path / "two", "train", length, place)
    schema = pq.read_schema(turned)
    table = pq.read_table(turned)
    pq.write_table(table.take(np.arange(len(length))[::-1]).cast(schema), turned)
    rebalance(tmp_path / "one"), rebalance(tmp_path / "two")
    left = [set(pq.read_table(p)["chosen_id"].to_pylist()) for p in (path, turned)]
    assert left[0] == left[1]


def test_a_split_that_cannot_be_balanced_has_no_file(tmp_path: Path) -> None:
    path = write(tmp_path / "preferences", "test", np.ones(3), np.ones(3))
    assert rebalance(tmp_path / "preferences") == 3 and not path.exists()
