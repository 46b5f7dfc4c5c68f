"""The manifest of a release after rows have left: what lies there is counted again.

What happened before the release (lines read, votes, rows that left for other reasons) is history
and stays. So does the fingerprint: it names what the build was made from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...corpus.folder import BuildFolder
from ...corpus.manifest import file_record
from ..annotated import COLUMNS as ANNOTATED
from ..annotated import count_annotations
from ..columns import LABELS
from ..content import COUNTED, TEXTS, count_content, count_marks
from .parquet import columns
from .private import TOMBSTONE
from .released import ids_of

Record = dict[str, Any]
PRIVATE_STAGES = ("assemble", "vote", "label")


def recount(
    document: Mapping[str, Any], release: Path, told: Record, build: BuildFolder | None = None
) -> Record:
    """A manifest (or, without `build`, a `release.json`) as it must read now. `told`: the account
    of the tombstones. Reads every row of `full` once.
    """
    new: Record = {**document, "tombstones": told}
    root = build.root if build else release
    new["stages"] = {k: {**v} for k, v in document["stages"].items()}
    new["splits"] = {
        config: {split: _split(release, config, split, record)
                 for split, record in splits.items()}
        for config, splits in document["splits"].items()
    }  # fmt: skip
    for config in new["splits"]:
        _stage(new, config, release, root)
    _content(new, release)
    _people(new, release, build)
    _pairs(new, document)
    for name in PRIVATE_STAGES if build else ():
        new["stages"][name]["files"] = _files(new["stages"][name]["files"], build)
    return new


def _split(release: Path, config: str, split: str, record: Record) -> Record:
    files = sorted((release / "data" / config).glob(f"{split}-*.parquet"))
    rows = sum(pq.read_metadata(path).num_rows for path in files)
    if rows == record["rows"]:
        return {**record}
    new = {**record, "rows": rows}
    if "bytes" in record:
        new["bytes"] = round(record["bytes"] * rows / record["rows"])
    if "labels" in record:
        new["labels"] = _labels(files, record["labels"])
    return new


def _labels(files: Sequence[Path], before: Mapping[str, int]) -> dict[str, int]:
    counts: Counter[Any] = Counter()
    for path in files:
        counts.update(columns(path, ["label"])["label"].to_pylist())
    if set(before) == set(LABELS):  # True == 1: `unpaired` says it with a boolean
        return {name: counts[i] for i, name in enumerate(LABELS)}
    return {name: counts[name] for name in before}


def _stage(new: Record, config: str, release: Path, root: Path) -> None:
    """Rows that left now are counted under their own reason; in = out + dropped, as before."""
    stage = new["stages"][config]
    rows = sum(split["rows"] for split in new["splits"][config].values())
    dropped = dict(stage["dropped"])
    if config == "effectiveness":
        stage["rows_in"] = new["stages"]["full"]["rows_out"]
        counts = {**dropped, "unlabelled": stage["rows_in"] - rows}
    else:
        counts = {**dropped, TOMBSTONE: dropped.get(TOMBSTONE, 0) + stage["rows_out"] - rows}
    stage["dropped"] = {reason: n for reason, n in sorted(counts.items()) if n}
    stage["rows_out"] = rows
    before = {f["path"]: f for f in stage["files"]}
    stage["files"] = [
        _file(path, root, before.get(path.relative_to(root).as_posix()))
        for split in new["splits"][config]
        for path in sorted((release / "data" / config).glob(f"{split}-*.parquet"))
    ]
    order = {name: i for i, name in enumerate(before)}
    stage["files"].sort(key=lambda f: order.get(f["path"], len(order)))


def _file(path: Path, root: Path, before: Record | None) -> Record:
    record = {**file_record(path, root), "bytes": path.stat().st_size}
    return record if before is None else {**before, **record}


def _files(before: Sequence[Record], build: BuildFolder | None) -> list[Record]:
    root = build.root if build else Path()
    return [{**f, **file_record(root / f["path"], root)} for f in before]


def _content(new: Record, release: Path) -> None:
    """What the card says about the rows of `full`, of the columns that this form has."""
    files = sorted((release / "data" / "full").glob("*.parquet"))
    here = set(pq.read_schema(files[0]).names) if files else set()
    if not files or set(COUNTED) <= here:
        marks = new["content"].get("marks")
        new["content"] = {**new["content"], **count_content(_read(files, COUNTED))}
        if marks is not None and (not files or set(TEXTS) <= here):
            new["content"]["marks"] = count_marks(_read(files, TEXTS))
    if not files or set(ANNOTATED) <= here:
        counted = count_annotations(_read(files, ANNOTATED))
        new["labels"] = {**new["labels"], "annotated": counted}


def _read(files: Sequence[Path], names: Sequence[str]) -> Iterator[pa.Table]:
    for path in files:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=list(names))


def _people(new: Record, release: Path, build: BuildFolder | None) -> None:
    """Posters of each split, and commenters seen in train: only the private rows tell them.

    Without the build these figures leave the card where they may have changed.
    """
    if build is None:
        for splits in new["splits"].values():
            for record in splits.values():
                record.pop("groups", None)
        new.pop("seen_commenters", None)
        return
    order, group, commenter = _known(build)
    for config, splits in new["splits"].items():
        for split, record in splits.items():
            if "groups" in record and (ids := ids_of(release, config, split)).size:
                record["groups"] = len(np.unique(group[np.searchsorted(order, ids)]))
            elif "groups" in record and not record["rows"]:
                record["groups"] = 0
    if "seen_commenters" in new:
        by_split = {
            split: commenter[np.searchsorted(order, ids_of(release, "full", split))]
            for split in new["splits"]["full"]
        }
        new["seen_commenters"] = _seen(by_split)


def _known(build: BuildFolder) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ids of all shaped rows, sorted; who asked and who answered, in the same order."""
    parts = [columns(p, ["id", "_group", "_commenter"]) for p in build.buckets(build.shaped)]
    ids = np.concatenate(
        [np.array([int(i, 16) for i in p["id"].to_pylist()], np.uint64) for p in parts]
    )
    order = np.argsort(ids)
    group, who = (
        np.concatenate([p[n].to_numpy() for p in parts])[order] for n in ("_group", "_commenter")
    )
    return ids[order], group, who


def _seen(by_split: Mapping[str, np.ndarray]) -> dict[str, dict[str, int]]:
    train = by_split.get("train", np.zeros(0, np.uint64))
    known = np.unique(train[train != 0])
    return {
        name: {"rows": len(who), "seen": int(np.isin(who, known).sum())}
        for name in ("validation", "test")
        if len(who := by_split.get(name, np.zeros(0, np.uint64)))
    }


def _pairs(new: Record, before: Mapping[str, Any]) -> None:
    """Pairs that left, at the strictness that was released; the others were never made."""
    pairs = before.get("pairs")
    if not pairs or "preferences" not in new["stages"]:
        return
    n = before["stages"]["preferences"]["rows_out"] - new["stages"]["preferences"]["rows_out"]
    level = dict(pairs["levels"][pairs["level"]])
    if n:
        dropped = level["dropped"]
        level["dropped"] = {**dropped, TOMBSTONE: dropped.get(TOMBSTONE, 0) + n}
        level["pairs"] -= n
    new["pairs"] = {**pairs, "levels": {**pairs["levels"], pairs["level"]: level}}
