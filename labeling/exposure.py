"""Opportunity: how probably OP would answer any comment in this place, whatever its words.

Implicit feedback is biased by who got to be seen (Joachims 2017): silence about a comment that OP
hardly had the chance to answer says nothing. The chance is a logistic regression on where and when
the comment stood, fitted per build (`exposure_fit`), and no text is in it. Each OP's rows are
predicted by the model of other OPs (five folds by hash of OP), beside OP's own rate elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json, stable_hash
from ..corpus.folder import BuildFolder
from .functions.columns import lengths, numbers, observable

FOLDS = 5  # ours
MIN_DAYS = 7.0  # ours: silence at the end of a dump is not yet silence
MIN_OTHER_THREADS = 2  # ours: fewer say nothing about a person

_H = 3600.0
EDGES: dict[str, tuple[float, ...]] = {
    "position": (1, 2, 3, 4, 6, 10, 20),
    "n_siblings": (1, 2, 4, 8, 16, 32),
    "op_delay_s": (_H / 6, _H, 6 * _H, 24 * _H, 72 * _H),
    "thread_age_s": (_H / 6, _H, 3 * _H, 12 * _H, 24 * _H, 72 * _H),
    "hour_utc": (4, 8, 12, 16, 20),
    "op_rate": (0.1, 0.3, 0.6),
}
"""What the model sees, in classes: class 0 lies below the first edge. Ours, all of them.

`op_delay_s`: from the comment to OP's next comment in the thread; `op_rate`: the share of comments
that OP answered in other threads of the build.
"""
_UNKNOWN = ("op_delay_s", "op_rate")  # one class more: OP never came back; too few other threads
SIZES = tuple(len(edges) + 1 + (name in _UNKNOWN) for name, edges in EDGES.items())
NEVER_BACK = SIZES[2] - 1
_READS = [
    "thread_id", "op", "op_reply_depths", "observable", "followup_days", "created_utc",
    "post_created_utc", "position", "n_siblings", "op_next_seen_utc",
]  # fmt: skip


class OpRates(NamedTuple):
    """What OPs did with the comments they got: one entry per OP, sorted by `key`."""

    key: np.ndarray  # (u,) uint64, hash of the name
    n_threads: np.ndarray  # (u,) int64
    n_comments: np.ndarray  # (u,) int64
    n_answered: np.ndarray  # (u,) int64

    @classmethod
    def sums(cls, key: np.ndarray, *counts: np.ndarray) -> OpRates:
        """Counts of possibly repeated keys -> one entry per key."""
        names, code = np.unique(np.asarray(key, np.uint64), return_inverse=True)
        added = []
        for values in counts:
            total = np.zeros(len(names), np.int64)
            np.add.at(total, code.reshape(-1), np.asarray(values, np.int64))
            added.append(total)
        return cls(names, *added)

    def of(self, key: np.ndarray) -> np.ndarray:
        """(3, n): threads, comments and answers of each key; zeros where it is unknown."""
        counts = np.stack([self.n_threads, self.n_comments, self.n_answered])
        if not len(self.key):
            return np.zeros((3, len(key)), np.int64)
        at = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        return np.asarray(np.where(self.key[at] == key, counts[:, at], 0))


class Places(NamedTuple):
    """One bucket's comments as places to be answered in: no text."""

    key: np.ndarray  # (n,) uint64: of OP, or of the thread where OP is unknown
    thread: np.ndarray  # (n,) int64: a code
    counted: np.ndarray  # (n,) bool: the dump would show an answer, and silence is silence
    shown: np.ndarray  # (n,) bool: the dump can show OP's replies
    answered: np.ndarray  # (n,) bool
    values: dict[str, np.ndarray]  # by name of EDGES, all but op_rate; nan: unknown

    def classes(self, rates: OpRates) -> np.ndarray:
        """(n, len(EDGES)) int8: the class of each row in each feature."""
        values = {**self.values, "op_rate": self._rate_elsewhere(rates)}
        columns = []
        for name, edges in EDGES.items():
            value = values[name]
            found = np.digitize(value, edges)
            columns.append(np.where(np.isnan(value), len(edges) + 1, found).astype(np.int8))
        return np.stack(columns, axis=1)

    def per_thread(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(t,) each: OP's key, comments that count, answers among them, of every thread."""
        n_threads = int(self.thread.max()) + 1 if len(self.thread) else 0
        key = np.zeros(n_threads, np.uint64)
        key[self.thread] = self.key
        n = np.bincount(self.thread[self.counted], minlength=n_threads)
        k = np.bincount(self.thread[self.counted & self.answered], minlength=n_threads)
        return key, n, k

    def _rate_elsewhere(self, rates: OpRates) -> np.ndarray:
        """(n,): share that OP answered in the other threads of the build; nan where unknown."""
        _, n, k = self.per_thread()
        own = np.stack([n > 0, n, k])[:, self.thread]
        threads, comments, answers = rates.of(self.key) - own
        rate = answers / np.maximum(comments, 1)
        return np.where((threads >= MIN_OTHER_THREADS) & (comments > 0), rate, np.nan)


def places(path: Path) -> Places:
    """Reads the numbers of one bucket of interactions, and never a text.

    One row group of columns is in memory at a time; what stays is 60 bytes a row.
    """
    file = pq.ParquetFile(path, read_dictionary=["thread_id", "op"])
    groups = range(file.num_row_groups)
    parts = [_places(file.read_row_group(g, columns=_READS)) for g in groups]
    parts = parts or [_places(file.read(columns=_READS))]
    key, thread, counted, shown, answered = (
        np.concatenate(arrays) for arrays in zip(*(part[:5] for part in parts), strict=True)
    )
    values = {name: np.concatenate([p.values[name] for p in parts]) for name in parts[0].values}
    code = np.unique(thread, return_inverse=True)[1].reshape(-1)
    return Places(key, code, counted, shown, answered, values)


def _places(table: pa.Table) -> Places:
    """One row group; `thread` is the hash of its name."""
    thread, thread_names = _codes(table, "thread_id")
    op, op_names = _codes(table, "op")
    key = np.array([stable_hash("redditess exposure", name) for name in op_names], np.uint64)
    alone = np.array([stable_hash("redditess exposure", name) for name in thread_names], np.uint64)
    own, created = _take(alone, thread), numbers(table, "created_utc")
    shown = observable(table, "op_replies")
    return Places(
        key=np.where(op < 0, own, _take(key, op)),
        thread=own,
        counted=shown & (numbers(table, "followup_days") >= MIN_DAYS),
        shown=shown,
        answered=lengths(table, "op_reply_depths") > 0,
        values={
            "position": numbers(table, "position"),
            "n_siblings": numbers(table, "n_siblings"),
            "op_delay_s": numbers(table, "op_next_seen_utc") - created,
            "thread_age_s": created - numbers(table, "post_created_utc"),
            "hour_utc": created // 3600 % 24,
        },
    )


def _take(values: np.ndarray, code: np.ndarray) -> np.ndarray:
    return values[np.maximum(code, 0)] if len(values) else np.zeros(len(code), np.uint64)


def _codes(table: pa.Table, name: str) -> tuple[np.ndarray, list[str]]:
    """Codes (n,) of a dictionary column, -1 where null, and its words."""
    column = table.column(name).combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    array = array if isinstance(array, pa.DictionaryArray) else array.dictionary_encode()
    return array.indices.fill_null(-1).to_numpy().astype(np.int64), array.dictionary.to_pylist()


class Exposure:
    """The fitted model of a build, applied to its buckets."""

    def __init__(self, document: dict[str, Any], rates: OpRates):
        self.rates = rates
        fitted = document["folds"]
        self.intercepts = np.array([fold["intercept"] for fold in fitted])
        self.weights = [np.array([fold[name] for fold in fitted]) for name in EDGES]

    @classmethod
    def read(cls, folder: BuildFolder) -> Exposure | None:
        """The model of a build; None where it has none yet, or nothing could be fitted."""
        if not folder.exposure_model.is_file():
            return None
        document = read_json(folder.exposure_model)
        if not document["folds"]:
            return None
        table = pq.read_table(folder.op_rates)
        return cls(document, OpRates(*(table.column(name).to_numpy() for name in OpRates._fields)))

    def opportunity(self, path: Path) -> np.ndarray:
        """(n,) float32 in (0, 1) for the rows of a bucket; nan where replies cannot be seen."""
        rows = places(path)
        p = self.predict(rows.classes(self.rates), fold_of(rows.key))
        return np.where(rows.shown, p, np.nan).astype(np.float32)

    def predict(self, classes: np.ndarray, fold: np.ndarray) -> np.ndarray:
        """P(answered) (n,) of rows of classes (n, len(EDGES)), each by the model of its fold."""
        logit = self.intercepts[fold]
        for j, weights in enumerate(self.weights):
            logit = logit + weights[fold, classes[:, j]]
        return np.asarray(1 / (1 + np.exp(-logit)))


def fold_of(key: np.ndarray) -> np.ndarray:
    """(n,) int64 in 0..4: the fold whose model has not seen this OP."""
    return (np.asarray(key, np.uint64) % np.uint64(FOLDS)).astype(np.int64)
