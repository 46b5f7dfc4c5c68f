"""Writes what models are trained on: `preferences`, `unpaired` and `sft`, and counts how they came.

All are made of rows of `effectiveness` and lie in the split of their poster, so nothing can leak
that does not leak there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..corpus.artefacts import write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.manifest import file_record
from ..corpus.settings import Settings
from .balance import accuracy
from .columns import LABELS
from .copying import copied, shard_path, shards
from .examples import conversations, messages, prompt, turn
from .features import arrow_schema, parquet_schema
from .lessons import Lessons, read_lessons
from .narrow import Rows
from .pair_rules import LEVELS, REASONS
from .pair_texts import near_texts, pair_tables
from .pairs import Ends, Selection, alike_pairs, settle, signs
from .splits import ORDER, split_names

SFT_FLOOR = 0.7
"""Least `p_effective` of `sft`; ours: below it one comment in three was not acknowledged."""

Tables = Callable[[NDArray[np.int64]], Iterator[pa.Table]]
"""Places of rows (or of pairs) -> their tables, in order."""


class Written(NamedTuple):
    """One config's part of the manifest."""

    stage: dict[str, Any]
    splits: dict[str, Any]


class Writer:
    """Writes one release's derived configs; `shaped` is the folder's list of shaped files."""

    def __init__(
        self, folder: BuildFolder, shaped: list[Path], rows: Rows, settings: Settings,
        bytes_per_row: float, shard_bytes: int,
    ):  # fmt: skip
        self.folder, self.shaped, self.rows, self.settings = folder, shaped, rows, settings
        self.bytes_per_row, self.shard_bytes = bytes_per_row, shard_bytes
        self.x = read_lessons(shaped, rows, settings)

    def write(self) -> dict[str, Any]:
        """`{"stages": {config: …}, "splits": {config: …}, "pairs": …}` of the manifest."""
        pairs, preferences = self._preferences()
        written = {"preferences": preferences, "unpaired": self._unpaired(), "sft": self._sft()}
        return {
            "stages": {config: w.stage for config, w in written.items()},
            "splits": {config: w.splits for config, w in written.items()},
            "pairs": pairs,
        }

    def _preferences(self) -> tuple[dict[str, Any], Written]:
        levels = select(self.shaped, self.x)
        name = self.settings.pairs
        own = levels[name]
        told = {level: self._told(found) for level, found in levels.items()}

        def tables(at: NDArray[np.int64]) -> Iterator[pa.Table]:
            return pair_tables(self.shaped, self.x, own.ends[at])

        chosen = own.ends[:, 0]
        found = self._write("preferences", self.x.row[chosen], tables)
        stage = _stage(own.n_candidates, own.dropped, found)
        return {"level": name, "levels": told}, Written(stage, found.splits)

    def _told(self, found: Selection) -> dict[str, Any]:
        return {
            "candidates": found.n_candidates,
            "pairs": len(found.ends),
            "dropped": {r: found.dropped[r] for r in REASONS if found.dropped[r]},
            "splits": {
                name: _biases(self.x, found.ends[self.x.split[found.ends[:, 0]] == place])
                for name, place in self._splits()
            },
        }

    def _splits(self) -> list[tuple[str, int]]:
        return [(name, ORDER.index(name)) for name in split_names(self.settings.splits)]

    def _unpaired(self) -> Written:
        x = self.x
        return self._single("unpaired", _why_not(x, {
            "no_probability": np.isnan(x.p), "post_at_risk": x.at_risk, "flagged": ~x.no_flag,
            "own_life": x.effective & x.own_life,
            "protective_rejected": ~x.effective & (x.protects != 0),
        }))  # fmt: skip

    def _sft(self) -> Written:
        x = self.x
        return self._single("sft", _why_not(x, {
            "not_effective": ~x.effective, "post_at_risk": x.at_risk, "flagged": ~x.no_flag,
            "own_life": x.own_life, "below_floor": ~(x.p >= SFT_FLOOR),
        }))  # fmt: skip

    def _single(self, config: str, why_not: tuple[NDArray[np.bool_], Counter[str]]) -> Written:
        """A config whose rows are single comments, in file order."""
        stays, dropped = why_not
        rows = np.sort(self.x.row[stays])

        def tables(at: NDArray[np.int64]) -> Iterator[pa.Table]:
            keep = np.zeros(len(self.rows.label), bool)
            keep[rows[at]] = True
            return (_single_table(config, table) for table in
                    copied(self.shaped, keep, [*_READ[config]]))  # fmt: skip

        found = self._write(config, rows, tables)
        if config == "unpaired":
            self._add_labels(found.splits, rows)
        return Written(_stage(len(self.x.row), dropped, found), found.splits)

    def _add_labels(self, splits: dict[str, Any], rows: NDArray[np.int64]) -> None:
        for name, place in self._splits():
            counts = Counter(self.rows.label[rows[self.rows.split[rows] == place]].tolist())
            splits[name]["labels"] = {label: counts[i] for i, label in enumerate(LABELS)}

    def _write(self, config: str, rows: NDArray[np.int64], tables: Tables) -> _Files:
        """`rows`: of each released row its place among the shaped ones (of a pair, of chosen)."""
        files, splits = [], {}
        for name, place in self._splits():
            at = np.flatnonzero(self.rows.split[rows] == place)
            size = [0]
            cuts = shards(len(at), self.bytes_per_row, self.shard_bytes)
            for i, (first, last) in enumerate(cuts):
                path = self.folder.release / shard_path(config, name, i, len(cuts))
                held = _measured(tables(at[first:last]), size)
                write_parquet(path, held, parquet_schema(config))
                record = file_record(path, self.folder.root)
                files.append({**record, "bytes": path.stat().st_size})
            groups = len(np.unique(self.rows.group[rows[at]]))
            splits[name] = {"rows": len(at), "groups": groups, "bytes": size[0]}
        return _Files(files, splits)


class _Files(NamedTuple):
    files: list[dict[str, Any]]
    splits: dict[str, Any]


def select(shaped: list[Path], x: Lessons) -> dict[str, Selection]:
    """The pairs of every level; texts are read once for all."""
    made = {name: alike_pairs(x, level) for name, level in LEVELS.items()}
    keys = {name: _key(x, found.ends) for name, found in made.items()}
    every = np.unique(np.concatenate([*keys.values(), np.zeros(0, np.int64)]))
    ends = np.stack([every // max(len(x.row), 1), every % max(len(x.row), 1)], axis=1)
    near = near_texts(shaped, x, ends)
    return {
        name: settle(x, found, near[np.searchsorted(every, keys[name])])
        for name, found in made.items()
    }


def _key(x: Lessons, ends: Ends) -> NDArray[np.int64]:
    return np.asarray(ends[:, 0] * max(len(x.row), 1) + ends[:, 1], np.int64)


def _biases(x: Lessons, ends: Ends) -> dict[str, Any]:
    """What rules that see one number would get right, of a level's pairs in one split."""
    length, place = signs(x, ends)
    told = {"length_only": accuracy(length), "position_only": accuracy(place)}
    return {
        "pairs": len(ends),
        **{name: None if value is None else round(value, 4) for name, value in told.items()},
        "posts": len(np.unique(x.thread[ends[:, 0]])),
    }


def _why_not(
    x: Lessons, reasons: dict[str, NDArray[np.bool_]]
) -> tuple[NDArray[np.bool_], Counter[str]]:
    """Which rows have no reason, and how many have which first."""
    stays, dropped = np.ones(len(x.row), bool), Counter[str]()
    for reason, wrong in reasons.items():
        dropped[reason] += int((stays & wrong).sum())
        stays &= ~wrong
    return stays, dropped


def _stage(n_in: int, dropped: Counter[str], found: _Files) -> dict[str, Any]:
    return {
        "rows_in": n_in,
        "rows_out": sum(split["rows"] for split in found.splits.values()),
        "dropped": {reason: n for reason, n in sorted(dropped.items()) if n},
        "files": found.files,
    }


def _measured(tables: Iterator[pa.Table], size: list[int]) -> Iterator[pa.Table]:
    for table in tables:
        size[0] += table.nbytes
        yield table


_READ = {
    "unpaired": ("title", "post", "comment", "label", "p_effective", "id"),
    "sft": ("title", "post", "comment", "p_effective", "id"),
}


def _single_table(config: str, x: pa.Table) -> pa.Table:
    said = zip(x["title"].to_pylist(), x["post"].to_pylist(), strict=True)
    prompts = [prompt(*words) for words in said]
    answers = [turn(text or "") for text in x["comment"].to_pylist()]
    made = {"p_effective": x["p_effective"], "id": x["id"]}
    if config == "sft":
        made["messages"] = conversations([("user", prompts), ("assistant", answers)])
    else:
        made |= {
            "prompt": messages("user", prompts),
            "completion": messages("assistant", answers),
            "label": pc.equal(x["label"], LABELS.index("effective")),
        }
    schema = arrow_schema(config)
    return pa.table([made[f.name] for f in schema], schema)
