"""A bucket of many row groups is shaped like one that fits in one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest

from redditess.corpus import artefacts
from redditess.corpus.artefacts import read_stats
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.release import masks, shape
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.shape import shape_bucket

pytestmark = pytest.mark.slow

Made = Callable[..., BuildFolder]
SETTINGS = load_settings("sample")


def rows(n: int = 41) -> list[dict[str, Any]]:
    """Threads of seven comments; every post, and one comment in three, holds an address."""
    mail = "write to someone@example.org"
    return [
        {
            "thread_id": f"t3_{i // 7:x}", "op": f"op_{i // 7}", "title": f"title {i // 7}",
            "post": f"post {i // 14} {mail}",  # two threads have the same words
            "comment": f"comment {i}" + f" {mail}" * (i % 3 == 0),
            "op_general": [f"{mail} everybody"] * (i // 7 % 2),
            "op_general_utc": [9] * (i // 7 % 2),
        }
        for i in range(n)
    ]  # fmt: skip


def shaped(folder: BuildFolder) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    stats = shape_bucket(folder, 0, SETTINGS, SAMPLE_KEY)
    path = folder.bucket_file(folder.shaped, 0)
    assert {**read_stats(path), "bytes": 0} == {**stats, "bytes": 0}
    return pq.read_table(path).to_pylist(), stats


@pytest.mark.parametrize("size", [5])
def test_the_size_of_row_groups_and_what_is_forgotten_change_nothing(
    size: int, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, stats = shaped(made(rows(), 1))
    assert stats["masked"] == {"EMAIL": 3 + 14 + 1}  # posts, comments, one general text
    monkeypatch.setattr(artefacts, "ROWS_PER_GROUP", size)
    monkeypatch.setattr(shape, "ROWS_PER_GROUP", size)
    monkeypatch.setattr(masks, "REMEMBERED", 1)
    folder = made(rows(), 1)
    in_parts, again = shaped(folder)
    groups = pq.ParquetFile(folder.bucket_file(folder.interactions, 0)).num_row_groups
    assert groups == -(-41 // size)
    assert in_parts == table
    assert {k: again[k] for k in ("rows_in", "rows_out", "dropped", "masked")} == {
        k: stats[k] for k in ("rows_in", "rows_out", "dropped", "masked")
    }
    assert not list(folder.root.glob(".tmp-*"))
