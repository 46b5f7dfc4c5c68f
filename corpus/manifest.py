"""`manifest.json`: what was read, kept and dropped, by reason (docs/house.md).

It is written last: its presence means that the build is complete. No times, hosts, absolute
paths or worker counts are in it, so equal builds have equal manifests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from .artefacts import read_json, sha256_file
from .errors import BuildError
from .folder import BuildFolder

FORMAT = 1
Record = Mapping[str, Any]


def stage_record(
    records: Iterable[Record], files: Iterable[Path] = (), root: Path | None = None
) -> dict[str, Any]:
    """Sums `rows_in`, `rows_out` and `dropped` of many tasks; lists the files they left.

    Raises BuildError where a sum does not balance: a lost row must stop a build.
    """
    total: dict[str, Any] = {"rows_in": 0, "rows_out": 0, "dropped": {}}
    for record in records:
        total["rows_in"] += record["rows_in"]
        total["rows_out"] += record["rows_out"]
        add_counts(total["dropped"], record.get("dropped", {}))
    lost = total["rows_in"] - total["rows_out"] - sum(total["dropped"].values())
    if lost:
        raise BuildError(f"{lost} rows are neither kept nor counted", "manifest", "report this")
    return {**total, "files": [file_record(path, root) for path in files]}


def add_counts(total: dict[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Adds counts by reason into `total`, which it returns; reasons that never fired stay out."""
    for reason, n in more.items():
        if n:
            total[reason] = total.get(reason, 0) + n
    return total


def file_record(path: Path, root: Path | None = None) -> dict[str, Any]:
    """Path relative to the build, rows and digest of one Parquet file."""
    return {
        "path": (path.relative_to(root) if root else path).as_posix(),
        "rows": pq.read_metadata(path).num_rows,
        "sha256": sha256_file(path),
    }


def read_manifest(build: str | Path) -> dict[str, Any]:
    """The manifest of a finished build.

    Raises BuildError where the folder holds none: not a build, not finished, or damaged.
    """
    path = BuildFolder(build).manifest
    if not path.is_file():
        raise BuildError(
            "no manifest.json: not a build folder, or the build has not finished",
            build,
            "run `redditess build DUMPS --out` with this folder to finish it",
        )
    return read_document(path, "remove it, then run `redditess build DUMPS --out` again")


def read_document(path: Path, next_step: str) -> dict[str, Any]:
    """A manifest, or what a release says of itself. Raises BuildError for a file that is neither:
    cut off, empty, or of another program.
    """
    found = read_json(path, next_step)
    if not isinstance(found, dict) or not isinstance(found.get("stages"), dict):
        raise BuildError("not a manifest", path, next_step)
    return found


def is_damaged(manifest: Mapping[str, Any]) -> bool:
    """True iff a frame was damaged or a wanted line unreadable: exit status 3 (docs/house.md)."""
    return any(record["damage"] for record in manifest["inputs"])
