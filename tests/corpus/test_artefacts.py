from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.corpus.artefacts import (
    ROWS_PER_GROUP,
    committed,
    read_stats,
    sha256_file,
    stable_hash,
    sweep,
    write_json,
    write_parquet,
)

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("text", pa.string())])


def table(n: int) -> pa.Table:
    return pa.table({"n": list(range(n)), "text": [f"row {i}" for i in range(n)]}, schema=SCHEMA)


@pytest.mark.parametrize("step", [1_000, 7_777, 45_000])
def test_bytes_do_not_depend_on_the_size_of_incoming_batches(tmp_path: Path, step: int) -> None:
    whole = table(2 * ROWS_PER_GROUP + 5)
    write_parquet(tmp_path / "a.parquet", whole, SCHEMA)
    pieces = [whole.slice(i, step) for i in range(0, whole.num_rows, step)]
    n = write_parquet(tmp_path / "b.parquet", pieces, SCHEMA)
    assert n == whole.num_rows
    assert sha256_file(tmp_path / "a.parquet") == sha256_file(tmp_path / "b.parquet")
    groups = pq.ParquetFile(tmp_path / "b.parquet").metadata
    sizes = [groups.row_group(i).num_rows for i in range(groups.num_row_groups)]
    assert sizes == [ROWS_PER_GROUP, ROWS_PER_GROUP, 5]


def test_no_rows_still_make_a_file_with_the_schema(tmp_path: Path) -> None:
    assert write_parquet(tmp_path / "none.parquet", [], SCHEMA) == 0
    assert pq.read_table(tmp_path / "none.parquet").schema.equals(SCHEMA)


def test_stats_ride_in_the_footer(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", table(3), SCHEMA, stats={"dropped": {"bot": 2}})
    assert read_stats(tmp_path / "a.parquet") == {"dropped": {"bot": 2}}


def test_stats_may_be_counted_while_rows_stream(tmp_path: Path) -> None:
    stats = {"rows": 0}

    def stream() -> Iterator[pa.Table]:
        for piece in (table(2), table(3)):
            stats["rows"] += piece.num_rows
            yield piece

    for name in ("a", "b"):
        stats["rows"] = 0
        write_parquet(tmp_path / name, stream(), SCHEMA, closing=lambda: stats)
    assert read_stats(tmp_path / "a") == {"rows": 5}
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), committed(path) as tmp:
        tmp.write_text("half")
        raise RuntimeError("power cut")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_sweep_takes_only_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / ".tmp-a.parquet-123").write_text("half")
    (tmp_path / "sub" / "a.parquet").write_text("whole")
    assert sweep(tmp_path) == 1
    assert [p.name for p in (tmp_path / "sub").iterdir()] == ["a.parquet"]


def test_json_is_the_same_bytes_whatever_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    write_json(tmp_path / "b.json", {"a": "é", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_stable_hash_is_pinned() -> None:
    # A change here moves rows between splits.
    assert stable_hash("split", "alice") == 4851753714658980080


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_stable_hash_knows_where_one_part_ends(parts: list[str]) -> None:
    joined = stable_hash("s", "".join(parts))
    assert stable_hash("s", *parts) != joined
