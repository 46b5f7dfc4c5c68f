"""What decides about every shaped row, as a few integers each: its split, and whether it leaves.

Everything that takes a row out of a release is a reason in `REASONS`, so the counts add up.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from .splits import ORDER
from .twins import STAYS, twins_ahead

REASONS = ("", *(f"twin_in_{name}" for name in ORDER))
"""Why a row leaves, "" for one that stays. Places in here are stored: append, never reorder."""
_COLUMNS = ("_split", "_group", "_post_key", "_comment_key", "label")


class Rows(NamedTuple):
    """One array per fact, in file order."""

    split: NDArray[np.int8]  # a place in splits.ORDER
    group: NDArray[np.uint64]
    label: NDArray[np.int8]  # a place in features.LABELS, or -1
    leaves: NDArray[np.int8]  # a place in REASONS

    def of(self, config: str) -> NDArray[np.bool_]:
        """Which rows a config has, over all splits."""
        stays = self.leaves == 0
        return stays & (self.label >= 0) if config == "effectiveness" else stays

    def reasons(self) -> dict[str, int]:
        """How many rows leave, by reason."""
        counts = np.bincount(self.leaves, minlength=len(REASONS))
        return {name: int(n) for name, n in sorted(zip(REASONS, counts, strict=True)) if name and n}


def read_rows(parts: list[Path]) -> Rows:
    """The narrow columns of all shaped files, in order."""
    whole = pa.concat_tables([pq.read_table(part, columns=list(_COLUMNS)) for part in parts])
    split, group, post, comment = (whole[name].to_numpy() for name in _COLUMNS[:4])
    label = pc.fill_null(whole["label"], -1).to_numpy().astype(np.int8)
    held = twins_ahead(split, post, comment)
    twin = np.array([REASONS.index(f"twin_in_{name}") for name in ORDER], np.int8)
    return Rows(split, group, label, np.where(held == STAYS, 0, twin[held]).astype(np.int8))
