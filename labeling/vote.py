"""The vote stage: one bucket of interactions -> what every labeling function says, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.records import EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from ..corpus.settings import Settings
from . import readers
from .functions import LabelingFunction, Votes, resolve
from .schema import vote_schema

COUNTED = {-2: "not_observable", -1: "abstain", 0: "not_effective", 1: "effective"}


def vote_bucket(folder: BuildFolder, bucket: int, settings: Settings) -> dict[str, Any]:
    """`interactions/` -> `votes/` for one bucket; rows keep their order.

    Returns (and leaves in the footer) rows_in, rows_out, dropped, and per function how many rows
    it voted effective, not_effective, abstain, could not observe, and in how many another
    function voted the opposite (conflict). Of the texts one row group is in memory at a time; the
    votes, about 100 bytes a row, wait for the counts, which are written first.
    """
    functions = resolve(settings.functions)
    source = pq.ParquetFile(folder.bucket_file(folder.interactions, bucket))
    n_rows = source.metadata.num_rows
    stats: dict[str, Any] = {
        "rows_in": n_rows, "rows_out": n_rows, "dropped": {},
        "functions": {f.name: dict.fromkeys([*COUNTED.values(), "conflict"], 0) for f in functions},
    }  # fmt: skip

    tables = []
    for group in range(source.num_row_groups):
        batch = source.read_row_group(group, columns=columns_read(functions))
        with readers.using(settings.reader):
            votes = [f(batch) for f in functions]
        _count(functions, votes, stats["functions"])
        tables.append(votes_table(batch.column("comment_id"), functions, votes))
    target = folder.bucket_file(folder.votes, bucket)
    write_parquet(target, tables, vote_schema([f.name for f in functions]), stats=stats)
    return stats


def columns_read(functions: Sequence[LabelingFunction]) -> list[str]:
    """The columns of interactions that these functions look at, and the row's id."""
    return list(dict.fromkeys(["comment_id", *(c for f in functions for c in f.reads)]))


def votes_table(
    ids: pa.ChunkedArray, functions: Sequence[LabelingFunction], votes: Sequence[Votes]
) -> pa.Table:
    """The answers of several functions to the same rows, as `schema.vote_schema` says."""
    arrays: list[Any] = [ids]
    for answer in votes:
        arrays += [
            pa.array(answer.vote, pa.int8(), mask=answer.vote == NOT_OBSERVABLE),
            pa.array(answer.score, pa.float32(), mask=np.isnan(answer.score)),
            pa.array(answer.evidence, pa.string()),
        ]
    return pa.Table.from_arrays(arrays, schema=vote_schema([f.name for f in functions]))


def _count(
    functions: Sequence[LabelingFunction], votes: Sequence[Votes], into: dict[str, dict[str, int]]
) -> None:
    """Adds one batch to the counts; conflict: this function votes and another votes the reverse."""
    L = np.stack([v.vote for v in votes], axis=1)
    has = {side: np.equal(L, side).any(axis=1) for side in (EFFECTIVE, NOT_EFFECTIVE)}
    for j, function in enumerate(functions):
        counts = into[function.name]
        for code, word in COUNTED.items():
            counts[word] += int((L[:, j] == code).sum())
        against = ((L[:, j] == EFFECTIVE) & has[NOT_EFFECTIVE]) | (
            (L[:, j] == NOT_EFFECTIVE) & has[EFFECTIVE]
        )
        counts["conflict"] += int(against.sum())
