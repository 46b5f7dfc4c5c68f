"""Tombstones of the dehydrated form: keys that an earlier edition had and this one has not.

A removal takes the raw texts out of the build, so their keys cannot be worked out afterwards; but
the fingerprint stays, and with it the salt: rows that stay keep their keys, and what is missing
was removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ..corpus.errors import BuildError
from .found import find_release
from .public import read_public
from .tombstones import FILE, Tombstones, read, write


def bury(out: Path, document: Mapping[str, Any], before: Path | None) -> dict[str, Any]:
    """Writes `tombstones.json` where `before`, an earlier edition, had rows that `out` has not.

    Returns its part of `release.json`: {} or {"tombstones"}. Raises BuildError where `before` is
    no dehydrated form of the same build.
    """
    if before is None:
        return {}
    earlier = find_release(before).release
    known, key_id = read_public(earlier), document["key_id"]
    if known.get("dehydrated", {}).get("salt") != document["dehydrated"]["salt"]:
        raise BuildError("no earlier edition of this release: its keys have another salt", before,
                         "leave --before out")  # fmt: skip
    listed = read(earlier / FILE, key_id).ids
    gone = (_ids(earlier) | listed) - _ids(out)
    if not gone:
        return {}
    date = (document.get("tombstones") or {}).get("date", "")
    found = Tombstones(key_id, frozenset(gone), frozenset(), date)
    write(out / FILE, found, private=False)
    return {"tombstones": found.told()}


def _ids(release: Path) -> set[str]:
    paths = sorted((release / "data" / "full").glob("*.parquet"))
    return {i for p in paths for i in pq.read_table(p, columns=["id"])["id"].to_pylist()}
