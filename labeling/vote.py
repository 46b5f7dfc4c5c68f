"""The vote stage: one bucket of interactions -> what every labeling function says, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import write_parquet
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from ..corpus.settings import Settings
from . import readers
from .exposure import Exposure
from .functions import LabelingFunction, Votes, resolve
from .schema import vote_schema

COUNTED = {-2: "not_observable", -1: "abstain", 0: "not_effective", 1: "effective"}


def vote_bucket(folder: BuildFolder, bucket: int, settings: Settings) -> dict[str, Any]:
    """`interactions/` -> `votes/` for one bucket; rows keep their order.

    Returns (and leaves in the footer) rows_in, rows_out, dropped, and per function how many rows
    it voted effective, not_effective, abstain, could not observe, and in how many another
    function voted the opposite (conflict). With `tolerate`, "faults" counts by name the rows that
    a function failed on; their votes are null. One row group is in memory at a time, and the
    opportunities, about 100 bytes a row of the bucket while they are computed.
    """
    functions = resolve(settings.functions)
    path = folder.bucket_file(folder.interactions, bucket)
    n_rows = pq.read_metadata(path).num_rows
    stats: dict[str, Any] = {
        "rows_in": n_rows, "rows_out": n_rows, "dropped": {},
        "functions": {f.name: dict.fromkeys([*COUNTED.values(), "conflict"], 0) for f in functions},
    }  # fmt: skip
    exposure = Exposure.read(folder)
    opportunity = None if exposure is None else exposure.opportunity(path)
    tables = _voted(path, functions, settings, opportunity, stats)
    target = folder.bucket_file(folder.votes, bucket)
    write_parquet(target, tables, vote_schema([f.name for f in functions]), closing=lambda: stats)
    return stats


def _voted(
    path: Path,
    functions: Sequence[LabelingFunction],
    settings: Settings,
    opportunity: np.ndarray | None,
    stats: dict[str, Any],
) -> Iterator[pa.Table]:
    """The votes of one row group after the other, counted into `stats` on the way."""
    source, at = pq.ParquetFile(path), 0
    for group in range(source.num_row_groups):
        batch = source.read_row_group(group, columns=columns_read(functions))
        n = batch.num_rows
        known = np.full(n, np.nan) if opportunity is None else opportunity[at : at + n]
        chance = pa.array(known, pa.float32(), from_pandas=True)
        at += n
        batch = batch.append_column("opportunity", chance)
        with readers.using(settings.reader):
            votes = [
                _softened(f, _asked(f, batch, settings.tolerate, stats), settings.silence)
                for f in functions
            ]
        _count(functions, votes, stats["functions"])
        yield votes_table(batch.column("comment_id"), functions, votes, chance)


def columns_read(functions: Sequence[LabelingFunction]) -> list[str]:
    """The columns of interactions that these functions look at, and the row's id."""
    wanted = dict.fromkeys(["comment_id", *(c for f in functions for c in f.reads)])
    return [name for name in wanted if name != "opportunity"]  # the vote stage adds it


def _asked(
    function: LabelingFunction, batch: pa.Table, tolerate: bool, stats: dict[str, Any]
) -> Votes:
    """The function's answer; a fault stops the build, or with `tolerate` silences its rows."""
    try:
        return function(batch)
    except BuildError:
        if not tolerate:
            raise
    answers = [_alone(function, batch.slice(i, 1)) for i in range(batch.num_rows)]
    failed = [i for i, answer in enumerate(answers) if answer is None]
    votes = Votes.blank(batch.num_rows, NOT_OBSERVABLE)
    if failed:
        for i, answer in enumerate(answers):
            if answer is not None:
                votes.vote[i], votes.score[i] = answer.vote[0], answer.score[0]
                votes.evidence[i] = answer.evidence[0]
    # Where no row fails alone, the fault is in the batch, and none of its answers is to be had.
    faults = stats.setdefault("faults", {})
    faults[function.name] = faults.get(function.name, 0) + (len(failed) or batch.num_rows)
    return votes


def _alone(function: LabelingFunction, row: pa.Table) -> Votes | None:
    try:
        return function(row)
    except BuildError:
        return None


def _softened(function: LabelingFunction, votes: Votes, silence: str) -> Votes:
    """Under `silence = "unlabelled"` OP's silence is no negative; score and evidence stay."""
    if silence == "unlabelled" and function.family == "silence":
        votes.vote[votes.vote == NOT_EFFECTIVE] = ABSTAIN
    return votes


def votes_table(
    ids: pa.ChunkedArray,
    functions: Sequence[LabelingFunction],
    votes: Sequence[Votes],
    opportunity: pa.Array,
) -> pa.Table:
    """The answers of several functions to the same rows, as `schema.vote_schema` says."""
    arrays: list[Any] = [ids]
    for answer in votes:
        arrays += [
            pa.array(answer.vote, pa.int8(), mask=answer.vote == NOT_OBSERVABLE),
            pa.array(answer.score, pa.float32(), mask=np.isnan(answer.score)),
            pa.array(answer.evidence, pa.string()),
        ]
    arrays.append(opportunity)
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
