"""What the report needs of a build's rows: exact counts of all, columns of a sample of threads.

One row group is in memory at a time, so a build of any size can be drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.artefacts import stable_hash
from ...corpus.folder import BuildFolder
from ...corpus.records import INTERACTION_SCHEMA
from ...labeling.schema import LABEL_SCHEMA

SAMPLE_ROWS = 20_000  # ours: whole threads up to about here; intervals are then narrower than a dot
OUTCOMES = {1: "effective", 0: "not_effective", None: "unlabelled"}
_READ = [
    "thread_id",
    "comment_id",
    "comment",
    "position",
    "subreddit",
    "era",
    "observable",
    "invented",
]


@dataclass
class Sample:
    """Columns (n,) of the rows of sampled threads, in build order."""

    thread: np.ndarray  # str
    comment_id: np.ndarray  # str
    subreddit: np.ndarray  # str
    n_words: np.ndarray  # int, of the comment
    position: np.ndarray  # int, 0-based by time in the thread
    label: np.ndarray  # 1.0, 0.0 or nan
    p_effective: np.ndarray  # nan: no vote on the recipient axis

    def where(self, rows: np.ndarray) -> Sample:
        """Those rows (a mask or indices)."""
        return Sample(*(column[rows] for column in vars(self).values()))

    @property
    def labelled(self) -> Sample:
        return self.where(~np.isnan(self.label))


@dataclass
class Counts:
    """Counts over all rows of a build."""

    n_rows: int = 0
    n_invented: int = 0
    era: Counter[tuple[str, str]] = field(default_factory=Counter)  # (era, outcome)
    shown: Counter[tuple[str, str]] = field(default_factory=Counter)  # (era, observable signal)
    basis: Counter[tuple[str, str]] = field(default_factory=Counter)  # (basis, outcome)


def read_rows(folder: BuildFolder) -> tuple[Counts, Sample]:
    """Counts of all rows; a sample of whole threads, the same on every machine."""
    part = share_of_threads(folder, SAMPLE_ROWS)
    counts, pieces = Counts(), []
    for rows, labels in row_groups(folder, _READ, ["label", "p_effective", "basis"]):
        _count(counts, rows, labels)
        keep = drawn(rows.column("thread_id"), part)
        pieces.append(_columns(rows.filter(keep), labels.filter(keep)))
    return counts, Sample(*(np.concatenate(column) for column in zip(*pieces, strict=True)))


def row_groups(
    folder: BuildFolder, columns: list[str], label_columns: list[str], only: str = ""
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """(interactions, labels), row by row the same comments; `only` names one bucket file.

    An empty pair where a build has no rows at all.
    """
    found = False
    for path in folder.buckets(folder.interactions):
        if only and path.name != only:
            continue
        rows = pq.ParquetFile(path)
        labels = pq.ParquetFile(folder.labels / path.name)
        for group in range(rows.num_row_groups):  # both were cut at artefacts.ROWS_PER_GROUP
            found = True
            yield (
                rows.read_row_group(group, columns=columns),
                labels.read_row_group(group, columns=label_columns),
            )
    if not found:
        empty = INTERACTION_SCHEMA.empty_table().select(columns)
        yield empty, LABEL_SCHEMA.empty_table().select(label_columns)


def outcomes(labels: pa.Table) -> list[str]:
    """One of "effective", "not_effective" or "unlabelled" for each row."""
    return [OUTCOMES[value] for value in labels.column("label").to_pylist()]


def share_of_threads(folder: BuildFolder, n_rows: int) -> float:
    """The share of all threads that holds about `n_rows` rows; 1 where a build has fewer."""
    files = folder.buckets(folder.interactions)
    return min(1.0, n_rows / max(1, sum(pq.read_metadata(path).num_rows for path in files)))


def drawn(threads: pa.ChunkedArray, part: float) -> pa.ChunkedArray:
    """Which rows belong to the sampled share `part` of threads, by a hash of the thread's id."""
    if part >= 1:
        return pc.is_valid(threads)
    limit = part * 2**64
    names = [name for name in threads.unique().to_pylist() if stable_hash("report", name) < limit]
    return pc.is_in(threads, value_set=pa.array(names, pa.string()))


def n_words(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Words of each text: runs of anything but white space."""
    return pc.count_substring_regex(texts, r"\S+")


def _count(counts: Counts, rows: pa.Table, labels: pa.Table) -> None:
    eras = rows.column("era").combine_chunks()
    counts.n_rows += rows.num_rows
    counts.n_invented += pc.sum(rows.column("invented")).as_py() or 0
    for (era, label), n in _pairs(eras, labels.column("label")):
        counts.era[era, OUTCOMES[label]] += n
    for (basis, label), n in _pairs(labels.column("basis"), labels.column("label")):
        if basis is not None:
            counts.basis[basis, OUTCOMES[label]] += n
    signals = rows.column("observable").combine_chunks()
    shown_in = eras.take(pc.list_parent_indices(signals))
    for (era, signal), n in _pairs(shown_in, pc.list_flatten(signals)):
        counts.shown[era, signal] += n


def _pairs(a: Any, b: Any) -> Iterator[tuple[tuple[Any, Any], int]]:
    """((value of a, value of b), how often) of two columns."""
    found = pa.table({"a": a, "b": b}).group_by(["a", "b"]).aggregate([([], "count_all")])
    for row in found.to_pylist():
        yield (row["a"], row["b"]), row["count_all"]


def _columns(rows: pa.Table, labels: pa.Table) -> tuple[np.ndarray, ...]:
    """The columns of `Sample`, in its order."""

    def strings(name: str) -> np.ndarray:
        return np.asarray(rows.column(name).to_pylist(), dtype=object)

    def floats(column: pa.ChunkedArray) -> np.ndarray:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=float)

    return (
        strings("thread_id"),
        strings("comment_id"),
        strings("subreddit"),
        floats(n_words(rows.column("comment"))),
        floats(rows.column("position")),
        floats(labels.column("label")),
        floats(labels.column("p_effective")),
    )
