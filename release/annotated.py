"""Counts of what the screen and the support types say, for manifest, card and report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.records import EFFECTIVE
from ..labeling.schema import BASES
from ..labeling.screen import HAZARDS, RISKS, SCREENS
from ..labeling.support import SUPPORT_TYPES

COLUMNS = ("screen", "risk", "support_types", "label", "basis")
GRATEFUL = ("thanked", "uptake", "positive_reply")
"""Bases of a label on which the poster liked the comment."""


def count_annotations(tables: Iterable[pa.Table]) -> dict[str, Any]:
    """Rows with COLUMNS -> `{"screen", "risk", "support_types", "grateful", "grateful_flagged"}`.

    The first three are counts by value (a row counts once for each value of its lists).
    `grateful`: effective rows whose poster reacted well; `grateful_flagged`: those of them with a
    hazard, by hazard, with `any` for rows that have at least one. Context marks (lived experience)
    are no hazard and are not counted there.
    """
    screen = dict.fromkeys(SCREENS, 0)
    lists = {"risk": dict.fromkeys(RISKS, 0), "support_types": dict.fromkeys(SUPPORT_TYPES, 0)}
    grateful, flagged = 0, dict.fromkeys(("any", *HAZARDS), 0)
    for table in tables:
        for i, name in enumerate(SCREENS):
            screen[name] += pc.sum(pc.equal(table["screen"], i)).as_py() or 0
        for column, counts in lists.items():
            for found in pc.list_flatten(table[column]).value_counts().to_pylist():
                counts[found["values"]] += found["counts"]
        liked = table["risk"].filter(_liked(table)).combine_chunks()
        grateful += len(liked)
        held = {name: _holds(liked, name) for name in HAZARDS}
        for name, rows in held.items():
            flagged[name] += int(rows.sum())
        flagged["any"] += int(np.any(list(held.values()), axis=0).sum())
    return {"screen": screen, **lists, "grateful": grateful, "grateful_flagged": flagged}


def _liked(table: pa.Table) -> pa.ChunkedArray:
    places = pa.array([BASES.index(name) for name in GRATEFUL], pa.int64())
    effective = pc.fill_null(pc.equal(table["label"], EFFECTIVE), False)
    return pc.and_(effective, pc.is_in(table["basis"], value_set=places))


def _holds(lists: pa.ListArray, value: str) -> np.ndarray[Any, Any]:
    """Which lists hold a value; each value stands in a list once at most."""
    rows = np.zeros(len(lists), dtype=bool)
    parents = pc.list_parent_indices(lists)
    rows[parents.filter(pc.equal(pc.list_flatten(lists), value)).to_numpy()] = True
    return rows
