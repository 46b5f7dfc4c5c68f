"""What decides about every shaped row, as a few integers each: its split, and whether it leaves.

Everything that takes a row out of a release is a reason in `REASONS`, so the counts add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.settings import Settings
from ..labeling.harm import HARMS
from .communities import small_communities
from .near_rows import Texts, Told, near_ahead
from .splits import ORDER, by_time
from .twins import among, twins_ahead

REASONS = (
    "", *(f"twin_in_{name}" for name in ORDER), *(f"near_twin_in_{name}" for name in ORDER),
    "poster_in_later_split", "written_after_split", "commenter_in_train", *HARMS,
)  # fmt: skip
"""Why a row leaves, "" for one that stays. Places in here are stored: append, never reorder."""
_DTYPES: dict[str, Any] = {
    "_split": np.int8, "_group": np.uint64, "_post_key": np.uint64, "_comment_key": np.uint64,
    "label": np.int8, "_commenter": np.uint64, "_post_day": np.int32, "day": np.int32,
    "invented": np.bool_, "_harm": np.uint8,
}  # fmt: skip
_KEYS = {"_post_key": ("title", "post"), "_comment_key": ("comment",)}  # and whose words they tell


class Rows(NamedTuple):
    """One array per fact, in file order."""

    split: NDArray[np.int8]  # a place in splits.ORDER
    group: NDArray[np.uint64]
    label: NDArray[np.int8]  # a place in features.LABELS, or -1
    leaves: NDArray[np.int8]  # a place in REASONS
    facts: dict[str, Any]  # for the manifest: "cuts", "seen_commenters", …
    small: frozenset[str] = frozenset()  # communities that are not named (release/communities.py)

    def of(self, config: str) -> NDArray[np.bool_]:
        """Which rows a config has, over all splits."""
        stays = self.leaves == 0
        return stays & (self.label >= 0) if config == "effectiveness" else stays

    def reasons(self) -> dict[str, int]:
        """How many rows leave, by reason."""
        counts = np.bincount(self.leaves, minlength=len(REASONS))
        return {name: int(n) for name, n in sorted(zip(REASONS, counts, strict=True)) if name and n}


def read_rows(parts: list[Path], settings: Settings, scratch: Path) -> Rows:
    """The narrow columns of all shaped files, in order; `scratch` is an empty folder.

    A column is read when it is asked for and dropped afterwards: memory is 11 bytes a row for the
    result and some 50 while texts are compared (docs/scale.md).
    """
    decided = _Decided(column(parts, "_split"))
    harm = column(parts, "_harm")
    for bit, name in enumerate(HARMS):
        decided.leave(name, (harm >> bit & 1).astype(bool))
    facts: dict[str, Any] = {}
    if settings.split_by == "time":
        post_day, day = column(parts, "_post_day"), column(parts, "day")
        found = by_time(post_day, day, column(parts, "_group"), settings)
        del post_day, day
        decided.split, facts["cuts"] = found.split, found.cuts
        decided.leave("poster_in_later_split", found.later_elsewhere)
        decided.leave("written_after_split", found.written_late)
    _leave_beside_twins(decided, parts, settings, scratch)
    seen = seen_commenters(decided.split, decided.stays, column(parts, "_commenter"))
    facts["seen_commenters"] = count_seen(decided.split, decided.stays, seen)
    if settings.drop_seen_commenters:
        decided.leave("commenter_in_train", seen)
    group, label = column(parts, "_group"), column(parts, "label")
    names, code = _communities(parts)
    counts = decided.stays & ~column(parts, "invented")
    small = small_communities(names, code, group, counts, settings.min_posters)
    facts["small_communities"] = small.told
    return Rows(decided.split, group, label, decided.leaves, facts, small.names)


def _leave_beside_twins(
    decided: _Decided, parts: list[Path], settings: Settings, scratch: Path
) -> None:
    keys = [column(parts, name) for name in _KEYS]
    for key in keys:
        key[~decided.stays] = 0
    decided.leave_beside("twin_in", twins_ahead(decided.split, *keys))
    if settings.near:
        told = (Told(keys.pop(0), _texts(parts, columns)) for columns in _KEYS.values())
        near = near_ahead(decided.split, decided.stays, told, settings.near, scratch)
        decided.leave_beside("near_twin_in", near.holder)


def column(parts: list[Path], name: str) -> NDArray[Any]:
    """One column of integers of all shaped files, in order; -1 where a label is null, days since
    1970 for dates.
    """
    found, start = np.empty(sum(map(_n_rows, parts)), _DTYPES[name]), 0
    for part in parts:
        values = pq.read_table(part, columns=[name])[name]
        if pa.types.is_date32(values.type):
            values = pc.cast(values, pa.int32())
        if values.null_count:
            values = pc.fill_null(values, -1)
        found[start : start + len(values)] = values.to_numpy()
        start += len(values)
    return found


def _n_rows(part: Path) -> int:
    return int(pq.read_metadata(part).num_rows)


def _communities(parts: list[Path]) -> tuple[list[str], NDArray[np.int32]]:
    """Names of communities as spelt, and for each row (n,) the place of its own."""
    places: dict[str, int] = {}
    found, start = np.empty(sum(map(_n_rows, parts)), np.int32), 0
    for part in parts:
        values = pq.read_table(part, columns=["subreddit"])["subreddit"].combine_chunks()
        coded = values.dictionary_encode()
        own = [places.setdefault(name, len(places)) for name in coded.dictionary.to_pylist()]
        found[start : start + len(values)] = np.array(own, np.int32)[coded.indices.to_numpy()]
        start += len(values)
    return list(places), found


class _Decided:
    """Where rows lie and which have left so far, each for its first reason."""

    def __init__(self, split: NDArray[np.int8]):
        self.split, self.leaves = split, np.zeros(len(split), np.int8)

    @property
    def stays(self) -> NDArray[np.bool_]:
        return self.leaves == 0

    def leave(self, reason: str, rows: NDArray[np.bool_]) -> None:
        self.leaves[rows & self.stays] = REASONS.index(reason)

    def leave_beside(self, reason: str, held: NDArray[np.int8]) -> None:
        """`held`: the split (a place in ORDER) that a row must not stand beside, or STAYS."""
        for place, name in enumerate(ORDER):
            self.leave(f"{reason}_{name}", held == place)


def seen_commenters(
    split: NDArray[np.int8], stays: NDArray[np.bool_], commenter: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Which rows of test and validation were written by somebody who also writes in train."""
    train = ORDER.index("train")
    known = np.unique(commenter[stays & (split == train) & (commenter != 0)])
    rows = np.flatnonzero(stays & (split != train))
    seen = np.zeros(len(split), bool)
    seen[rows[among(commenter[rows], known)]] = True
    return seen


def count_seen(
    split: NDArray[np.int8], stays: NDArray[np.bool_], seen: NDArray[np.bool_]
) -> dict[str, dict[str, int]]:
    """{"validation": {"rows", "seen"}, "test": ...}: rows whose commenter also writes in train."""
    return {
        name: {"rows": int(rows.sum()), "seen": int((rows & seen).sum())}
        for name in ("validation", "test")
        if (rows := stays & (split == ORDER.index(name))).any()
    }


def _texts(parts: list[Path], columns: tuple[str, ...]) -> Texts:
    """Reads texts of wanted rows (marks over all rows), in order, batch by batch."""

    def read(wanted: NDArray[np.bool_]) -> Iterator[list[str]]:
        start = 0
        for part in parts:
            with pq.ParquetFile(part) as file:
                for batch in file.iter_batches(ROWS_PER_GROUP, columns=list(columns)):
                    kept = pa.array(wanted[start : start + batch.num_rows])
                    start += batch.num_rows
                    found = batch.filter(kept)
                    lists = [found[name].to_pylist() for name in columns]
                    yield [" ".join(t or "" for t in row) for row in zip(*lists, strict=True)]

    return read
