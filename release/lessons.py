"""The labelled rows that stay in a release, as integers, one shaped file at a time: what pairs and
examples are made of.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.settings import Settings
from ..labeling.screen import SCREENS
from .fitness import risk_bit
from .narrow import Rows

COLUMNS = (
    "id", "thread_id", "basis", "p_effective", "p_low", "p_high", "opportunity", "screen",
    "_post_risk", "_protects", "_own_life", "_stratum", "_place", "_created", "_length",
    "_text_key",
)  # fmt: skip


class Lessons(NamedTuple):
    """One array per fact, (n,), sorted by thread, then by place in the release."""

    row: NDArray[np.int64]  # place in file order among all shaped rows
    split: NDArray[np.int8]
    id: NDArray[np.uint64]
    thread: NDArray[np.uint64]
    effective: NDArray[np.bool_]
    basis: NDArray[np.int8]
    p: NDArray[np.float64]  # nan: no vote on the recipient axis
    p_low: NDArray[np.float64]
    p_high: NDArray[np.float64]
    opportunity: NDArray[np.float64]  # nan: not observable
    screen: NDArray[np.int8]  # a place in SCREENS
    at_risk: NDArray[np.bool_]  # the post: by a minor, or in crisis where that is left out
    protects: NDArray[np.uint8]
    own_life: NDArray[np.bool_]
    stratum: NDArray[np.int8]
    place: NDArray[np.int32]
    created: NDArray[np.int64]
    length: NDArray[np.int32]
    text_key: NDArray[np.uint64]

    @property
    def no_flag(self) -> NDArray[np.bool_]:
        """Screened, and nothing heard: no lived experience and no offer of contact either."""
        return self.screen == SCREENS.index("no_flag")

    def take(self, at: NDArray[Any]) -> Lessons:
        return Lessons(*(column[at] for column in self))


def read_lessons(
    part: Path, start: int, wanted: NDArray[np.bool_], rows: Rows, settings: Settings
) -> Lessons:
    """The rows of one shaped file, whose first is row `start` of all, that are `wanted` (n,)."""
    found = []
    with pq.ParquetFile(part) as file:
        for batch in file.iter_batches(ROWS_PER_GROUP, columns=list(COLUMNS)):
            mine = wanted[start : start + batch.num_rows]
            table = pa.table(batch.filter(pa.array(mine)))
            found.append(_lessons(table, start + np.flatnonzero(mine), rows, settings))
            start += batch.num_rows
        if not found:
            empty = file.schema_arrow.empty_table().select(list(COLUMNS))
            found.append(_lessons(empty, np.zeros(0, np.int64), rows, settings))
    whole = Lessons(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    return whole.take(np.lexsort((whole.row, whole.thread)))


def _lessons(x: pa.Table, row: NDArray[np.int64], rows: Rows, settings: Settings) -> Lessons:
    def number(name: str) -> NDArray[Any]:
        return pc.fill_null(pc.cast(x[name], pa.float64()), float("nan")).to_numpy()

    avoided = risk_bit("minor_disclosed")
    if settings.crisis_posts == "out":
        avoided |= risk_bit("crisis")
    return Lessons(
        row, rows.split[row], _hex(x["id"]), _hex(x["thread_id"]),
        rows.label[row] == 1,
        pc.fill_null(x["basis"], -1).to_numpy().astype(np.int8),
        number("p_effective"), number("p_low"), number("p_high"), number("opportunity"),
        pc.fill_null(x["screen"], 0).to_numpy().astype(np.int8),
        (x["_post_risk"].to_numpy() & avoided) != 0,
        *(x[name].to_numpy() for name in
          ("_protects", "_own_life", "_stratum", "_place", "_created", "_length", "_text_key")),
    )  # fmt: skip


def _hex(ids: pa.ChunkedArray) -> NDArray[np.uint64]:
    """Pseudonyms of 16 hex digits as integers."""
    raw = bytes.fromhex("".join(ids.to_pylist()))
    return np.frombuffer(raw, ">u8").astype(np.uint64)
