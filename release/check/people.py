"""Who writes where, and when: commenters of test that train knows, time, an earlier build."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...stats.intervals import share
from ..narrow import count_seen, seen_commenters
from ..splits import ORDER
from .report import Result, judged, unknown
from .subject import Rows, Subject, numbers, words

TRAIN, TEST = ORDER.index("train"), ORDER.index("test")


def check_people(subject: Subject) -> Iterator[Result]:
    yield _commenters(subject)
    yield _time(subject)


def _commenters(subject: Subject) -> Result:
    """The share is told in every case; it fails only where the build promised none."""
    name = "commenters of train in test"
    rows, private = subject.rows, subject.private
    if private is None:
        told = subject.document.get("seen_commenters", {})
        return unknown(
            name, "Only the private part of the build knows who commented; release.json tells "
            "the counts of its build.", told=told,
        )  # fmt: skip
    known = Rows(np.zeros(0, np.int8), numbers(private["id"]), np.zeros(0, np.uint64))
    at = known.where(rows.id)
    commenter = np.where(at >= 0, private["_commenter"].to_numpy()[np.maximum(at, 0)], 0)
    stays = np.ones(len(at), bool)
    seen = seen_commenters(rows.split, stays, commenter)
    test = rows.split == TEST
    found = share(seen[test], rows.thread[test])
    figures = {
        "splits": count_seen(rows.split, stays, seen), "test_share": _short(found.value),
        "low": _short(found.low), "high": _short(found.high), "n": found.n,
        "threads": found.n_clusters,
    }  # fmt: skip
    promised = bool(subject.document.get("settings", {}).get("drop_seen_commenters"))
    sentence = (
        f"The commenter of {int(seen[test].sum()):,} of {int(test.sum()):,} test rows also writes "
        f"in train."
    )
    return Result(name, "fail" if promised and seen.any() else "pass", sentence, figures)


def _short(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _time(subject: Subject) -> Result:
    """Of a release that is split by time: no row stands on the wrong side of a cut."""
    name = "time order"
    cuts = subject.document.get("cuts")
    if not cuts:
        return Result(
            name, "pass", "Split by poster: time decides nothing.", {"split_by": "poster"}
        )
    if not subject.has(subject.base, "day"):
        return unknown(name, "This form has no days.")
    names = [s for s in reversed(ORDER) if s == "train" or s in cuts]
    starts = {s: date.fromisoformat(cuts[s]) if s in cuts else date.min for s in names}
    ends = {s: starts[later] for s, later in pairwise(names)}
    n_wrong = 0
    for split, batch in subject.batches(subject.base, ["day"]):
        early = pc.less(batch["day"], pa.scalar(starts.get(split, date.min), pa.date32()))
        late = pc.greater_equal(batch["day"], pa.scalar(ends.get(split, date.max), pa.date32()))
        n_wrong += pc.sum(pc.or_(early, late)).as_py() or 0
    return judged(
        name, n_wrong, "Every comment was written in the period of its split.",
        "{n} row(s) were written outside the period of their split.", cuts=dict(cuts),
    )  # fmt: skip


def check_against(subject: Subject, earlier: Path | None) -> Iterator[Result]:
    """No test row, and no thread of one, of an earlier build may be trained on now."""
    name = "test rows of the earlier build"
    if earlier is None:
        yield unknown(name, "No earlier build was named (--against).")
        return
    before = Subject(earlier)
    if before.document.get("key_id") != subject.document.get("key_id"):
        yield unknown(
            name, "The earlier build has ids of another key: its rows cannot be found again.",
            key_id=subject.document.get("key_id"), earlier=before.document.get("key_id"),
        )  # fmt: skip
        return
    if before.form != subject.form:
        yield unknown(name, "The earlier release is of the other form: its rows have other ids.")
        return
    old, now = before.rows, subject.rows
    tested, train = old.split == TEST, now.split == TRAIN
    ids = np.intersect1d(old.id[tested], now.id[train])
    threads = np.intersect1d(old.thread[tested], now.thread[train])
    threads = threads[threads != 0]
    yield judged(
        name, len(ids) + len(threads),
        f"None of its {int(tested.sum()):,} test rows, nor another comment of their threads, is in "
        "train now.",
        "{n} test row(s) and test thread(s) of the earlier build are in train now.",
        rows=len(ids), threads=len(threads), ids=words(ids), thread_ids=words(threads),
        compared=int(np.isin(now.id, old.id).sum()),
        cuts_differ=before.document.get("cuts") != subject.document.get("cuts"),
    )  # fmt: skip
