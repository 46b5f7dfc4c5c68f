"""Gold in a build: ids of three kinds -> rows of this build, kept beside it, ready for a fit.

A gold file may name comments by fullname, by the id of a blind sheet, or by the pseudonym that a
release shows. Which is which is settled once, when the build's comments are known.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json, sha256_file, stable_hash, write_json
from ..corpus.errors import InputError
from ..corpus.folder import BuildFolder
from .gold import Gold, Rating
from .matrix import Patterns


class GoldRows(NamedTuple):
    """Rows with gold, one by one: of these a fit must know whose they are."""

    L: np.ndarray  # (g, m) int8
    strata: np.ndarray  # (g,) int64
    label: np.ndarray  # (g,) int8
    group: np.ndarray  # (g,) int64: of OP, or of the thread where OP is not known


def keep_gold(
    folder: BuildFolder, gold: Gold, path: Path, pseudonym: Callable[[str], str]
) -> dict[str, Any]:
    """Writes `gold.json` (mode 0600: it names comments) for the build's comments; returns it.

    `pseudonym` makes the release's id of a fullname. Ids that no comment of the build has are
    listed under "unresolved". Raises InputError where one rater named one comment in two ways.
    """
    wanted = {r.id for r in gold.ratings}
    named = {i: i for i in wanted if i.startswith("t1_")}
    disguised = wanted - named.keys()
    found: dict[str, str] = {}
    for file in folder.buckets(folder.interactions):
        for comment in pq.read_table(file, columns=["comment_id"])[0].to_pylist():
            if comment in named:
                found[comment] = comment
            if disguised and (shown := pseudonym(comment)) in disguised:
                found[shown] = comment
    ratings = [Rating(found[r.id], r.label, r.rater) for r in gold.ratings if r.id in found]
    seen: set[tuple[str, str]] = set()
    for r in ratings:
        if (r.id, r.rater) in seen:
            raise InputError(
                f"{r.rater!r} has rated {r.id} under two ids", path,
                "keep one rating per rater and comment",
            )  # fmt: skip
        seen.add((r.id, r.rater))
    record = {
        "sha256": sha256_file(path), "given": len(wanted), "found": len(found),
        "unresolved": sorted(wanted - found.keys()), "ratings": [list(r) for r in ratings],
    }  # fmt: skip
    write_json(folder.gold, record)
    folder.gold.chmod(0o600)
    return record


def kept_gold(folder: BuildFolder) -> tuple[Gold, dict[str, Any]] | None:
    """What `keep_gold` left, and its counts (no ids); None where the build has no gold."""
    if not folder.gold.is_file():
        return None
    record = read_json(folder.gold)
    gold = Gold(tuple(Rating(*r) for r in record["ratings"]))
    counts = {k: record[k] for k in ("sha256", "given", "found")}
    return gold, counts | {"unresolved": len(record["unresolved"])}


def whose(op: str | None, thread: str) -> int:
    """The number of a group: all rows of one OP, or of one thread where OP is gone.

    >>> whose("a", "t3_1") == whose("a", "t3_2"), whose(None, "t3_1") == whose(None, "t3_2")
    (True, False)
    """
    return stable_hash("gold group", op or "", "" if op else thread) >> 1


class Given(NamedTuple):
    """What `fit` takes."""

    L: np.ndarray
    counts: np.ndarray
    strata: np.ndarray
    gold: np.ndarray
    groups: np.ndarray


def with_gold(counted: Patterns, rows: GoldRows) -> Given:
    """The arguments of `fit`: patterns without gold by count, rows with gold one by one."""
    n, g = len(counted.counts), len(rows.label)
    return Given(
        L=np.concatenate([counted.L, rows.L]),
        counts=np.concatenate([counted.counts, np.ones(g, np.int64)]),
        strata=np.concatenate([counted.strata, rows.strata]),
        gold=np.concatenate([np.full(n, -1, np.int8), rows.label]),
        groups=np.concatenate([np.zeros(n, np.int64), rows.group]),
    )
