"""Shaped rows -> the Parquet files that users load, and everything the card counts about them.

Two passes over `shaped/`: a narrow one decides which rows each file gets, a wide one copies them
file by file, so memory holds a few integers per row and one batch of text.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.artefacts import read_stats, write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.manifest import file_record
from ..corpus.settings import Settings
from .annotated import COLUMNS as ANNOTATED
from .annotated import count_annotations
from .columns import LABELS
from .content import COUNTED, TEXTS, count_content, count_marks, count_masks
from .copying import SHARD_BYTES, copied, shard_path, shards
from .derived import Writer
from .features import names, parquet_schema
from .narrow import Rows, read_rows
from .pseudonyms import Key
from .shape import shape_bucket
from .splits import ORDER, split_names

WHOLE = ("effectiveness", "full")  # configs whose rows are shaped rows as they are


def write_release(
    folder: BuildFolder, settings: Settings, key: Key, *, shard_bytes: int = SHARD_BYTES
) -> dict[str, Any]:
    """Writes `redditess/data/**` and returns its part of the manifest.

    `{"stages": {config: {"rows_in", "rows_out", "dropped", "files"}}, "splits": {config: {split:
    {"rows", "groups", "bytes", "labels"}}}, "masked", "content", "annotated", "seen_commenters",
    "small_communities", "pairs", "warnings"}`, and "cuts" of a build that is split by time.
    A split without rows has no file: `load_dataset` cannot load one (docs/design/0006). Buckets
    that are not shaped yet are shaped here.
    """
    for path in folder.buckets(folder.interactions):
        if not (folder.shaped / path.name).is_file():
            shape_bucket(folder, int(path.stem[1:]), settings, key)
    parts = folder.buckets(folder.shaped)
    with tempfile.TemporaryDirectory(prefix=".tmp-near-", dir=folder.root) as scratch:
        rows = read_rows(parts, settings, Path(scratch))
    bytes_per_row = _bytes_per_row(parts, len(rows.split))
    shutil.rmtree(folder.release / "data", ignore_errors=True)  # shards of a killed run
    stages: dict[str, Any] = {}
    splits: dict[str, Any] = {}
    for config in WHOLE:
        splits[config], files = {}, []
        for name in split_names(settings.splits):
            keep = rows.of(config) & (rows.split == ORDER.index(name))
            cuts = shards(int(keep.sum()), bytes_per_row, shard_bytes)
            files += _write(folder, parts, config, name, keep, cuts, rows.small)
            splits[config][name] = _count(rows, keep, bytes_per_row)
        stages[config] = {**_account(rows, config, _removed(parts)), "files": files}
    writer = Writer(folder, parts, rows, settings, bytes_per_row, shard_bytes)
    derived = writer.write()
    splits |= derived["splits"]
    return {
        "stages": stages | derived["stages"],
        "splits": splits,
        "pairs": derived["pairs"],
        "masked": count_masks(parts),
        "content": {
            **count_content(copied(parts, rows.of("full"), list(COUNTED), rows.small)),
            "marks": count_marks(copied(parts, rows.of("full"), list(TEXTS))),
        },
        "annotated": count_annotations(copied(parts, rows.of("full"), list(ANNOTATED))),
        **rows.facts,
        "warnings": _empty(splits),
    }


def _bytes_per_row(parts: list[Path], n_rows: int) -> float:
    return sum(read_stats(part)["bytes"] for part in parts) / max(1, n_rows)


def _write(
    folder: BuildFolder,
    parts: list[Path],
    config: str,
    split: str,
    keep: NDArray[np.bool_],
    cuts: list[tuple[int, int]],
    small: frozenset[str],
) -> list[dict[str, Any]]:
    schema, records, places = parquet_schema(config), [], np.flatnonzero(keep)
    for i, (first, last) in enumerate(cuts):
        path = folder.release / shard_path(config, split, i, len(cuts))
        mine = np.zeros(len(keep), dtype=bool)
        mine[places[first:last]] = True
        write_parquet(path, copied(parts, mine, names(config), small), schema)
        records.append({**file_record(path, folder.root), "bytes": path.stat().st_size})
    return records


def _count(rows: Rows, keep: NDArray[np.bool_], bytes_per_row: float) -> dict[str, Any]:
    labels = Counter(rows.label[keep].tolist())
    return {
        "rows": int(keep.sum()),
        "groups": len(np.unique(rows.group[keep])),
        "bytes": round(bytes_per_row * int(keep.sum())),
        "labels": {name: labels[i] for i, name in enumerate(LABELS)},
    }


def _removed(parts: list[Path]) -> int:
    """Rows that were left out of the shaped files on request."""
    return sum(read_stats(part).get("dropped", {}).get("tombstone", 0) for part in parts)


def _account(rows: Rows, config: str, n_removed: int) -> dict[str, Any]:
    """rows_in = rows_out + what was dropped: interactions -> `full` -> `effectiveness`."""
    if config == "effectiveness":
        n_in = int(rows.of("full").sum())
        dropped = {"unlabelled": n_in - int(rows.of(config).sum())}
    else:
        n_in, dropped = len(rows.label) + n_removed, {**rows.reasons(), "tombstone": n_removed}
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
