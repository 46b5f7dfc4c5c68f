"""The folder that is trained on, proven whole before anything is read from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...corpus.errors import BuildError, InputError
from ...release.found import refuse_damaged
from ...release.public import read_public


def read_released(release: Path) -> dict[str, Any]:
    """`release.json` of a folder in the text form whose files are those that it lists.

    Sizes and both ends of every file are compared, not digests: `train check` has seconds, and
    `redditess release check` compares the digests. Raises InputError for another form (the
    dehydrated one has no text), BuildError for a file that is missing, cut off, of another size
    or not of this release.
    """
    document = read_public(release)
    form = document.get("form", "text")
    if form != "text":
        raise InputError(
            f"the {form} form has no text to train on", release,
            "restore it from your dumps with `redditess release hydrate`",
        )  # fmt: skip
    listed = {
        record["path"]: record
        for config in document.get("splits", {})
        for record in document["stages"].get(config, {}).get("files", [])
    }
    for name, record in listed.items():
        _refuse_other(release / name, record)
    here = {p.relative_to(release).as_posix() for p in (release / "data").rglob("*.parquet")}
    if strange := sorted(here - listed.keys()):
        raise BuildError(
            "not a file of this release", release / strange[0], "remove it, or download it again"
        )
    return document


def _refuse_other(path: Path, record: dict[str, Any]) -> None:
    if not path.is_file():
        raise BuildError(
            "missing, although release.json lists it", path, "download or build it again"
        )
    refuse_damaged(path)
    if "bytes" in record and path.stat().st_size != record["bytes"]:
        raise BuildError(
            f"{path.stat().st_size} bytes, and release.json says {record['bytes']}", path,
            "download or build it again",
        )  # fmt: skip
