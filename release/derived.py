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
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.manifest import file_record
from ..corpus.settings import Settings
from .chosen import Chosen, choose
from .columns import LABELS
from .copying import copied, shard_path, shards
from .examples import conversations, messages, prompt, turn
from .features import arrow_schema, parquet_schema
from .lessons import Lessons, read_lessons
from .narrow import Rows
from .pair_rules import LEVELS
from .pair_texts import pair_tables
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
        self.levels = {name: Chosen() for name in LEVELS}
        self.singles = {name: _Single() for name in _RULES}
        self._choose()

    def write(self) -> dict[str, Any]:
        """`{"stages": {config: …}, "splits": {config: …}, "pairs": …}` of the manifest."""
        written = {"preferences": self._preferences(), **{c: self._single(c) for c in _RULES}}
        names = split_names(self.settings.splits)
        levels = {level: found.told(names) for level, found in self.levels.items()}
        return {
            "stages": {config: w.stage for config, w in written.items()},
            "splits": {config: w.splits for config, w in written.items()},
            "pairs": {"level": self.settings.pairs, "levels": levels},
        }

    def _choose(self) -> None:
        """One pass over the shaped files; the lessons of one of them are held at a time."""
        wanted, start = self.rows.of("effectiveness"), 0
        for part in self.shaped:
            x = read_lessons(part, start, wanted, self.rows, self.settings)
            choose(self.levels, part, start, x)
            for config, single in self.singles.items():
                single.add(x, _RULES[config](x))
            with pq.ParquetFile(part) as file:
                start += file.metadata.num_rows
        for found in self.levels.values():
            found.balance()

    def _preferences(self) -> Written:
        own = self.levels[self.settings.pairs]

        def tables(at: NDArray[np.int64]) -> Iterator[pa.Table]:
            return pair_tables(self.shaped, own.pairs.take(at))

        found = self._write("preferences", own.pairs.rows[:, 0], tables)
        return Written(_stage(own.n_candidates, own.dropped, found), found.splits)

    def _splits(self) -> list[tuple[str, int]]:
        return [(name, ORDER.index(name)) for name in split_names(self.settings.splits)]

    def _single(self, config: str) -> Written:
        """A config whose rows are single comments, in file order."""
        single = self.singles[config]
        rows = single.rows

        def tables(at: NDArray[np.int64]) -> Iterator[pa.Table]:
            keep = np.zeros(len(self.rows.label), bool)
            keep[rows[at]] = True
            return (_single_table(config, table) for table in
                    copied(self.shaped, keep, [*_READ[config]]))  # fmt: skip

        found = self._write(config, rows, tables)
        if config == "unpaired":
            self._add_labels(found.splits, rows)
        return Written(_stage(single.n_in, single.dropped, found), found.splits)

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


class _Single:
    """The rows of a config of single comments, and why others have none."""

    def __init__(self) -> None:
        self.n_in = 0
        self.dropped: Counter[str] = Counter()
        self._found = [np.zeros(0, np.int64)]

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.concatenate(self._found)

    def add(self, x: Lessons, reasons: dict[str, NDArray[np.bool_]]) -> None:
        """The rows of one file that have no reason to be left out; the others have their first."""
        stays = np.ones(len(x.row), bool)
        for reason, wrong in reasons.items():
            self.dropped[reason] += int((stays & wrong).sum())
            stays &= ~wrong
        self.n_in += len(x.row)
        self._found.append(np.sort(x.row[stays]))


def _not_unpaired(x: Lessons) -> dict[str, NDArray[np.bool_]]:
    return {
        "no_probability": np.isnan(x.p), "post_at_risk": x.at_risk, "flagged": ~x.no_flag,
        "own_life": x.effective & x.own_life,
        "protective_rejected": ~x.effective & (x.protects != 0),
    }  # fmt: skip


def _not_sft(x: Lessons) -> dict[str, NDArray[np.bool_]]:
    return {
        "not_effective": ~x.effective, "post_at_risk": x.at_risk, "flagged": ~x.no_flag,
        "own_life": x.own_life, "below_floor": ~(x.p >= SFT_FLOOR),
    }  # fmt: skip


_RULES = {"unpaired": _not_unpaired, "sft": _not_sft}


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
