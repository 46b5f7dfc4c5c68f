"""Shaped rows -> the Parquet files that users load, and everything the card counts about them.

Two passes over `shaped/`: a narrow one decides which rows each file gets, a wide one copies them
file by file, so memory holds a few integers per row and one batch of text.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP, read_stats, write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.manifest import file_record
from ..corpus.records import SIGNALS
from ..corpus.settings import Settings
from ..labeling.schema import BASES
from .annotated import COLUMNS as ANNOTATED
from .annotated import count_annotations
from .features import CONFIGS, LABELS, names, parquet_schema
from .pseudonyms import Key
from .shape import shape_bucket
from .splits import ORDER, split_names
from .twins import STAYS, twins_ahead

SHARD_BYTES = 500_000_000  # in memory, so a compressed file is always smaller; the Hub's advice
_NARROW = ("_split", "_group", "_post_key", "_comment_key", "label")


class Rows(NamedTuple):
    """What decides about every shaped row, as one array per fact, in file order."""

    split: NDArray[np.int8]  # a place in splits.ORDER
    group: NDArray[np.uint64]
    label: NDArray[np.int8]  # a place in features.LABELS, or -1
    twin_in: NDArray[np.int8]  # a place in splits.ORDER, or STAYS

    def of(self, config: str) -> NDArray[np.bool_]:
        """Which rows a config has, over all splits."""
        stays = self.twin_in == STAYS
        return stays & (self.label >= 0) if config == "effectiveness" else stays


def write_release(
    folder: BuildFolder, settings: Settings, key: Key, *, shard_bytes: int = SHARD_BYTES
) -> dict[str, Any]:
    """Writes `redditess/data/**` and returns its part of the manifest.

    `{"stages": {config: {"rows_in", "rows_out", "dropped", "files"}}, "splits": {config: {split:
    {"rows", "groups", "bytes", "labels"}}}, "masked", "content", "annotated",
    "warnings"}`. A split without rows
    has no file: `load_dataset` cannot load one (docs/design/0006). Buckets that are not shaped
    yet are shaped here.
    """
    for path in folder.buckets(folder.interactions):
        if not (folder.shaped / path.name).is_file():
            shape_bucket(folder, int(path.stem[1:]), settings, key)
    parts = folder.buckets(folder.shaped)
    rows = _narrow(parts)
    bytes_per_row = _bytes_per_row(parts, len(rows.split))
    shutil.rmtree(folder.release / "data", ignore_errors=True)  # shards of a killed run
    stages: dict[str, Any] = {}
    splits: dict[str, Any] = {}
    for config in CONFIGS:
        splits[config], files = {}, []
        for name in split_names(settings.splits):
            keep = rows.of(config) & (rows.split == ORDER.index(name))
            shards = _shards(keep, bytes_per_row, shard_bytes)
            files += _write(folder, parts, config, name, keep, shards)
            splits[config][name] = _count(rows, keep, bytes_per_row)
        stages[config] = {**_account(rows, config), "files": files}
    return {
        "stages": stages,
        "splits": splits,
        "masked": _masked(parts),
        "content": _content(parts, rows.of("full")),
        "annotated": count_annotations(_copied(parts, rows.of("full"), list(ANNOTATED))),
        "warnings": _empty(splits),
    }


def _narrow(parts: list[Path]) -> Rows:
    tables = [pq.read_table(part, columns=list(_NARROW)) for part in parts]
    whole = pa.concat_tables(tables)
    split, group, post, comment = (whole[name].to_numpy() for name in _NARROW[:4])
    label = pc.fill_null(whole["label"], -1).to_numpy().astype(np.int8)
    return Rows(split, group, label, twins_ahead(split, post, comment))


def _bytes_per_row(parts: list[Path], n_rows: int) -> float:
    return sum(read_stats(part)["bytes"] for part in parts) / max(1, n_rows)


def _shards(
    keep: NDArray[np.bool_], bytes_per_row: float, shard_bytes: int
) -> list[tuple[int, int]]:
    """The kept rows cut into files of about equal size: first and last (excluded) row of each,
    counted among the kept ones. No rows, no file.
    """
    n_rows = int(keep.sum())
    wanted = max(1, -(-int(n_rows * bytes_per_row) // shard_bytes))
    size = max(1, -(-n_rows // wanted))
    return [(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]


def _write(
    folder: BuildFolder,
    parts: list[Path],
    config: str,
    split: str,
    keep: NDArray[np.bool_],
    shards: list[tuple[int, int]],
) -> list[dict[str, Any]]:
    schema, records, places = parquet_schema(config), [], np.flatnonzero(keep)
    for i, (first, last) in enumerate(shards):
        path = folder.release / "data" / config / f"{split}-{i:05d}-of-{len(shards):05d}.parquet"
        mine = np.zeros(len(keep), dtype=bool)
        mine[places[first:last]] = True
        write_parquet(path, _copied(parts, mine, names(config)), schema)
        records.append({**file_record(path, folder.root), "bytes": path.stat().st_size})
    return records


def _copied(parts: list[Path], keep: NDArray[np.bool_], columns: list[str]) -> Iterator[pa.Table]:
    """The kept rows of all parts, in order. Parts without one are not opened for their text."""
    start = 0
    for part in parts:
        with pq.ParquetFile(part) as file:
            end = start + file.metadata.num_rows
            if keep[start:end].any():
                for batch in file.iter_batches(ROWS_PER_GROUP, columns=columns):
                    wanted = keep[start : start + batch.num_rows]
                    start += batch.num_rows
                    # Parquet gives the columns in file order, the promise is the config's order.
                    yield pa.table(batch.filter(pa.array(wanted)).select(columns))
            start = end


def _count(rows: Rows, keep: NDArray[np.bool_], bytes_per_row: float) -> dict[str, Any]:
    labels = Counter(rows.label[keep].tolist())
    return {
        "rows": int(keep.sum()),
        "groups": len(np.unique(rows.group[keep])),
        "bytes": round(bytes_per_row * int(keep.sum())),
        "labels": {name: labels[i] for i, name in enumerate(LABELS)},
    }


def _account(rows: Rows, config: str) -> dict[str, Any]:
    """rows_in = rows_out + what was dropped: interactions -> `full` -> `effectiveness`."""
    if config == "effectiveness":
        n_in = int(rows.of("full").sum())
        dropped = {"unlabelled": n_in - int(rows.of(config).sum())}
    else:
        n_in = len(rows.label)
        dropped = {f"twin_in_{s}": int((rows.twin_in == i).sum()) for i, s in enumerate(ORDER)}
    return {
        "rows_in": n_in,
        "rows_out": int(rows.of(config).sum()),
        "dropped": {reason: n for reason, n in sorted(dropped.items()) if n},
    }


def _empty(splits: dict[str, Any]) -> list[str]:
    """What a user will miss: configs and splits without rows."""
    found = []
    for config, records in splits.items():
        missing = [name for name, record in records.items() if not record["rows"]]
        if len(missing) == len(records):
            found.append(f"config {config} has no rows")
        else:
            found += [f"split {name} of {config} has no rows" for name in missing]
    return found


def _masked(parts: list[Path]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(read_stats(part)["masked"])
    return dict(sorted(total.items()))


def _content(parts: list[Path], keep: NDArray[np.bool_]) -> dict[str, Any]:
    """What the released rows are about: counts of `full` by community, era, basis and signal."""
    counts: dict[str, Counter[Any]] = {n: Counter() for n in ("subreddit", "era", "basis")}
    observable: Counter[str] = Counter()
    n_invented, days = 0, []
    for table in _copied(parts, keep, [*counts, "observable", "invented", "day"]):
        if not table.num_rows:
            continue
        for name, counter in counts.items():
            counter.update(table[name].to_pylist())
        observable.update(pc.list_flatten(table["observable"]).to_pylist())
        n_invented += pc.sum(table["invented"]).as_py()
        days += pc.min_max(table["day"]).as_py().values()
    return {
        "subreddits": dict(sorted(counts["subreddit"].items())),
        "eras": dict(sorted(counts["era"].items())),
        "basis": {name: counts["basis"][i] for i, name in enumerate(BASES) if counts["basis"][i]},
        "observable": {signal: observable[signal] for signal in SIGNALS},
        "invented": n_invented,
        "days": [str(min(days)), str(max(days))] if days else [],
    }
