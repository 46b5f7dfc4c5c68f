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
    share = min(1.0, SAMPLE_ROWS / max(1, _n_rows(folder)))
    counts, pieces = Counts(), []
    for rows, labels in row_groups(folder, _READ, ["label", "p_effective", "basis"]):
        outcome = outcomes(labels)
        _count(counts, rows, labels, outcome)
        pieces.append(_sampled(rows, labels, share))
    columns = zip(*pieces, strict=True)
    return counts, Sample(*(np.concatenate(column) for column in columns))


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


def is_drawn(thread_id: str, share: float) -> bool:
    """Whether a thread is in a sample of this share of all threads."""
    return share >= 1 or stable_hash("report", thread_id) < share * 2**64


def _n_rows(folder: BuildFolder) -> int:
    return sum(pq.read_metadata(path).num_rows for path in folder.buckets(folder.interactions))


def _count(counts: Counts, rows: pa.Table, labels: pa.Table, outcome: list[str]) -> None:
    eras = rows.column("era").to_pylist()
    counts.n_rows += rows.num_rows
    counts.n_invented += pc.sum(rows.column("invented")).as_py() or 0
    counts.era.update(zip(eras, outcome, strict=True))
    bases = labels.column("basis").to_pylist()
    counts.basis.update((b, o) for b, o in zip(bases, outcome, strict=True) if b)
    for era, signals in zip(eras, rows.column("observable").to_pylist(), strict=True):
        counts.shown.update((era, signal) for signal in signals)


def _sampled(rows: pa.Table, labels: pa.Table, share: float) -> tuple[np.ndarray, ...]:
    threads = np.asarray(rows.column("thread_id").to_pylist(), dtype=object)
    drawn = {name: is_drawn(name, share) for name in set(threads)}
    keep = np.array([drawn[name] for name in threads], dtype=bool)
    rows, labels = rows.filter(pa.array(keep)), labels.filter(pa.array(keep))

    def strings(name: str) -> np.ndarray:
        return np.asarray(rows.column(name).to_pylist(), dtype=object)

    def floats(column: Any) -> np.ndarray:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=float)

    return (
        threads[keep],
        strings("comment_id"),
        strings("subreddit"),
        floats(pc.count_substring_regex(rows.column("comment"), r"\S+")),
        floats(rows.column("position")),
        floats(labels.column("label")),
        floats(labels.column("p_effective")),
    )
