"""A poster's habit of thanking, told by the other comments of the thread, taken out of p.

Some posters thank everybody: their thanks say less, and their silence says more. On
the sample's known world p follows the poster's politeness because of that (docs/validity.md). Each
row's log odds are lowered by how much more often than posters in general this one thanked the
*other* comments of the thread that they answered.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.folder import BuildFolder
from ..corpus.records import ABSTAIN, EFFECTIVE
from .functions.columns import lengths, numbers

HEARD = ("op_response", "op_response_paper")
"""Whose EFFECTIVE vote means that OP liked the comment; the first that the build has."""
PRIOR = 4.0  # ours: answers that the general rate counts for; chosen on one world, tested on others
WEIGHT = 0.5  # ours: likewise, so that p follows politeness neither way


class Answers(NamedTuple):
    """One bucket's comments, in order: the thread, whether OP answered, and liked it."""

    thread: np.ndarray
    answered: np.ndarray
    liked: np.ndarray


def answers(folder: BuildFolder, bucket: int) -> Answers | None:
    """Of one bucket, without reading any text; None where no function tells what OP liked."""
    votes = pq.ParquetFile(folder.bucket_file(folder.votes, bucket))
    names = [f"{f}:vote" for f in HEARD if f"{f}:vote" in votes.schema_arrow.names]
    rows = pq.read_table(
        folder.bucket_file(folder.interactions, bucket), columns=["thread_id", "op_reply_depths"]
    )
    return answers_in(votes.read(columns=names[:1]), rows)


def answers_in(votes: pa.Table, rows: pa.Table) -> Answers | None:
    """Of votes (n) and the matching interactions (n); whole threads, or their habit is cut."""
    name = next((f"{f}:vote" for f in HEARD if f"{f}:vote" in votes.column_names), None)
    if name is None:
        return None
    answered = lengths(rows, "op_reply_depths") > 0
    liked = numbers(votes, name) == EFFECTIVE
    return Answers(rows.column("thread_id").to_numpy(), answered, liked & answered)


def general(folder: BuildFolder) -> float | None:
    """The share of answered comments that posters of this build liked; None where it says nothing.

    It says nothing where nobody answered, where all was liked, and where nothing was.
    """
    n_answered = n_liked = 0
    for path in folder.buckets(folder.votes):
        found = answers(folder, int(path.stem[1:]))
        if found is None:
            return None
        n_answered += int(found.answered.sum())
        n_liked += int(found.liked.sum())
    return n_liked / n_answered if 0 < n_liked < n_answered else None


def others(found: Answers) -> tuple[np.ndarray, np.ndarray]:
    """How many *other* comments of its thread OP answered, and liked, for each row: (n,), (n,).

    >>> answered, liked = np.array([True, True, False]), np.array([True, False, False])
    >>> n, k = others(Answers(np.array(["a", "a", "a"]), answered, liked))
    >>> n.tolist(), k.tolist()
    ([1.0, 1.0, 2.0], [0.0, 1.0, 1.0])
    """
    _, code = np.unique(found.thread.astype(str), return_inverse=True)
    n = np.bincount(code, found.answered)[code] - found.answered
    k = np.bincount(code, found.liked)[code] - found.liked
    return n, k


def habit(found: Answers, rate: float) -> np.ndarray:
    """(n,) log odds of liking an answered comment: this poster's in this thread, against `rate`.

    The row itself is left out; 0 where nothing else of the thread was answered.

    >>> both = np.array([True, True])
    >>> habit(Answers(np.array(["a", "a"]), both, both), 0.5).round(2)
    array([0.41, 0.41])
    """
    n, k = others(found)
    here = (k + PRIOR * rate) / (n + PRIOR)
    return np.asarray(np.log(here / (1 - here)) - np.log(rate / (1 - rate)))


def without_habit(p: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Probabilities (n,) with `WEIGHT` times the habit (n,) taken from their log odds; nan stays.

    >>> without_habit(np.array([0.9, np.nan]), np.array([0.4, 0.4])).round(2)
    array([0.88,  nan])
    """
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(1 / (1 + np.exp(-(np.log(p / (1 - p)) - WEIGHT * shift))))


def still_labelled(labels: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Labels (n,) int8, ABSTAIN where taking the habit out moved p to the middle or across it.

    >>> still_labelled(np.array([1, 1, 0]), np.array([0.9, 0.6, 0.2]), np.array([0.8, 0.4, 0.1]))
    array([ 1, -1,  0], dtype=int8)
    """
    return np.where((before - 0.5) * (after - 0.5) > 0, labels, ABSTAIN).astype(np.int8)
