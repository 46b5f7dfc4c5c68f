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
from .twins import twins_ahead

REASONS = (
    "", *(f"twin_in_{name}" for name in ORDER), *(f"near_twin_in_{name}" for name in ORDER),
    "poster_in_later_split", "written_after_split", "commenter_in_train", *HARMS,
)  # fmt: skip
"""Why a row leaves, "" for one that stays. Places in here are stored: append, never reorder."""
_COLUMNS = (
    "_split", "_group", "_post_key", "_comment_key", "label", "_commenter", "_post_day", "day",
    "subreddit", "invented", "_harm",
)  # fmt: skip


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
    """The narrow columns of all shaped files, in order; `scratch` is an empty folder."""
    whole = pa.concat_tables([pq.read_table(part, columns=list(_COLUMNS)) for part in parts])
    x = {name: whole[name].to_numpy() for name in _COLUMNS if name.startswith("_")}
    x["day"] = pc.cast(whole["day"], pa.int32()).to_numpy()
    decided = _Decided(x["_split"], np.zeros(len(whole), np.int8))
    for bit, name in enumerate(HARMS):
        decided.leave(name, (x["_harm"] >> bit & 1).astype(bool))
    facts: dict[str, Any] = {}
    if settings.split_by == "time":
        found = by_time(x["_post_day"], x["day"], x["_group"], settings)
        decided.split, facts["cuts"] = found.split, found.cuts
        decided.leave("poster_in_later_split", found.later_elsewhere)
        decided.leave("written_after_split", found.written_late)
    keys = x["_post_key"], x["_comment_key"]
    held = twins_ahead(decided.split, *(np.where(decided.stays, key, 0) for key in keys))
    decided.leave_beside("twin_in", held)
    if settings.near:
        texts = (Told(keys[0], _texts(parts, ("title", "post"))),
                 Told(keys[1], _texts(parts, ("comment",))))  # fmt: skip
        near = near_ahead(decided.split, decided.stays, texts, settings.near, scratch)
        decided.leave_beside("near_twin_in", near.holder)
    seen = seen_commenters(decided.split, decided.stays, x["_commenter"])
    facts["seen_commenters"] = count_seen(decided.split, decided.stays, seen)
    if settings.drop_seen_commenters:
        decided.leave("commenter_in_train", seen)
    label = pc.fill_null(whole["label"], -1).to_numpy().astype(np.int8)
    small = small_communities(
        whole["subreddit"].combine_chunks(), x["_group"],
        decided.stays & ~whole["invented"].to_numpy(), settings.min_posters,
    )  # fmt: skip
    facts["small_communities"] = small.told
    return Rows(decided.split, x["_group"], label, decided.leaves, facts, small.names)


class _Decided:
    """Where rows lie and which have left so far, each for its first reason."""

    def __init__(self, split: NDArray[np.int8], leaves: NDArray[np.int8]):
        self.split, self.leaves = split, leaves

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
    return stays & (split != train) & np.isin(commenter, known)


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
