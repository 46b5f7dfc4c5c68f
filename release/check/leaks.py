"""Does anything stand in two splits? Counted again from the released Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..near_rows import Told, near_ahead
from ..splits import ORDER
from ..twins import STAYS, comment_key, post_key, twins_ahead
from .report import Result, judged, unknown
from .subject import Rows, Subject, numbers, words

NEAR = 0.7
"""The promise of every release, whatever the setting `near` of its build says."""
TEXT = ("title", "post", "comment")
SEALED = "rejected_id"
OTHERS = ("chosen_id", SEALED)


def check_leaks(subject: Subject) -> Iterator[Result]:
    """Posters, threads, rows and texts."""
    yield _posters(subject)
    yield _threads(subject)
    yield _one_place(subject)
    yield from _texts(subject)


def _posters(subject: Subject) -> Result:
    name = "poster in two splits"
    rows, private = subject.rows, subject.private
    if private is None:
        return unknown(name, "Only the private part of the build knows who posted what.")
    known = Rows(np.zeros(0, np.int8), numbers(private["id"]), np.zeros(0, np.uint64))
    at = known.where(rows.id)
    group = private["_group"].to_numpy()[np.maximum(at, 0)] if len(private) else rows.thread
    strange = at < 0
    bad = in_two_splits(group[~strange], rows.split[~strange])
    ids = rows.id[~strange][np.isin(group[~strange], bad)]
    return judged(
        name, len(bad) + int(strange.sum()),
        f"None of {len(np.unique(group)):,} posters has rows in two splits.",
        "{n} poster(s) have rows in two splits, or rows that the build does not know.",
        posters=len(bad), rows_unknown=int(strange.sum()), ids=words(ids),
    )  # fmt: skip


def _threads(subject: Subject) -> Result:
    name = "thread in two splits"
    found: dict[str, NDArray[Any]] = {}
    n_threads = 0
    for config in subject.configs:
        if subject.has(config, "thread_id"):
            rows = subject.rows_of(config)
            n_threads = max(n_threads, len(np.unique(rows.thread)))
            if len(bad := in_two_splits(rows.thread, rows.split)):
                found[config] = bad
    if not n_threads:
        return unknown(name, "This form has no thread ids.")
    bad_threads = np.unique(np.concatenate([np.zeros(0, np.uint64), *found.values()]))
    return judged(
        name, len(bad_threads), f"None of {n_threads:,} threads has rows in two splits.",
        "{n} thread(s) have rows in two splits.", configs=list(found), threads=words(bad_threads),
    )  # fmt: skip


def in_two_splits(key: NDArray[Any], split: NDArray[np.int8]) -> NDArray[Any]:
    """Keys (n,) that occur with two values of `split` (n,), each once."""
    if not len(key):
        return key
    order = np.lexsort([split, key])
    key, split = key[order], split[order]
    change = (key[1:] == key[:-1]) & (split[1:] != split[:-1])
    return np.unique(key[1:][change])


def _one_place(subject: Subject) -> Result:
    """Rows of other configs lie where the base config has them; no row stands there twice."""
    base = subject.rows
    repeated = len(base.id) - len(np.unique(base.id))
    wrong: list[str] = []
    n_wrong, n_seen = repeated, 0
    for config in subject.configs:
        for column in (subject.id_column(config), *OTHERS):
            if config == subject.base or not column or not subject.has(config, column):
                continue
            if column == SEALED and subject.form != "text":
                continue  # there it is a sealed word, which only holders of the texts can follow
            for split, batch in subject.batches(config, [column]):
                at = base.where(numbers(batch[column]))
                off = (at < 0) | (base.split[np.maximum(at, 0)] != ORDER.index(split))
                n_wrong += int(off.sum())
                n_seen += len(off)
                wrong += [f"{config}.{column}"] if off.any() else []
    return judged(
        "rows in one place", n_wrong,
        f"All {n_seen:,} ids of other configs lie in the split of `{subject.base}`.",
        "{n} id(s) stand twice, in another split than in `" + subject.base + "`, or not there.",
        repeated=repeated, where=sorted(set(wrong)),
    )  # fmt: skip


def _texts(subject: Subject) -> Iterator[Result]:
    names = "same text in two splits", "near-duplicate in two splits"
    if not subject.has(subject.base, *TEXT):
        yield from (unknown(name, "This form has no text.") for name in names)
        return
    rows = subject.rows
    post, comment = _keys(subject)
    held = twins_ahead(rows.split, post, comment)
    ids = rows.id[held != STAYS]
    yield judged(
        names[0], len(ids), f"No post and no long comment of {len(rows.id):,} rows stands twice.",
        "{n} row(s) repeat, word for word, a post or comment of a split farther from training.",
        ids=words(ids),
    )  # fmt: skip
    told = [
        Told(post, partial(_read, subject, ("title", "post"))),
        Told(comment, partial(_read, subject, ("comment",))),
    ]
    with tempfile.TemporaryDirectory(prefix=".tmp-near-") as scratch:
        near = near_ahead(rows.split, held == STAYS, told, NEAR, Path(scratch))
    at = np.flatnonzero(near.holder != STAYS)
    pairs = [words(rows.id[[i, near.row[i]]]) for i in at[:5]]
    yield judged(
        names[1], len(at), f"No other text has Jaccard {NEAR} or more with one of another split.",
        "{n} row(s) nearly repeat a post or comment of a split farther from training (Jaccard "
        f"{NEAR} or more over three-word shingles).",
        threshold=NEAR, ids=words(rows.id[at]), pairs=pairs,
    )  # fmt: skip


def _keys(subject: Subject) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Digests of posts and long comments of all rows; a post is read once for all its comments."""
    post: list[int] = []
    comment: list[int] = []
    seen: dict[tuple[str, str], int] = {}
    for _, batch in subject.batches(subject.base, TEXT):
        titles, posts, comments = (batch[name].to_pylist() for name in TEXT)
        for pair in zip((t or "" for t in titles), (p or "" for p in posts), strict=True):
            if pair not in seen:
                if len(seen) > 20_000:
                    seen.clear()
                seen[pair] = post_key(*pair)
            post.append(seen[pair])
        comment += [comment_key(text or "") for text in comments]
    return np.array(post, np.uint64), np.array(comment, np.uint64)


def _read(
    subject: Subject, columns: Sequence[str], wanted: NDArray[np.bool_]
) -> Iterator[list[str]]:
    start = 0
    for _, batch in subject.batches(subject.base, columns):
        kept = batch.filter(pa.array(wanted[start : start + batch.num_rows]))
        start += batch.num_rows
        lists = [kept[name].to_pylist() for name in columns]
        yield [" ".join(t or "" for t in row) for row in zip(*lists, strict=True)]
