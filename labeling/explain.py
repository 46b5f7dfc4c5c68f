"""One row of a build, taken apart: what was seen, who voted what and why, what would flip it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json
from ..corpus.errors import BuildError, InputError
from ..corpus.folder import BuildFolder
from ..corpus.records import NOT_OBSERVABLE
from .explanation import Explanation
from .flip import WORDS, Decision, flips
from .functions import LabelingFunction
from .habit import answers, habit, others
from .label import Labeler
from .llm_votes import llm_functions
from .matrix import label_matrix
from .parts import START, parts


class Place(NamedTuple):
    """Where a row of a build lies."""

    bucket: int
    at: int


def explain(folder: BuildFolder, comment_id: str) -> Explanation:
    """Looks a comment up in a build by its fullname ("t1_...") or bare id.

    Raises BuildError where the build has no labels yet, InputError where it has no such comment.
    """
    wanted = comment_id if comment_id.startswith("t1_") else f"t1_{comment_id}"
    if not folder.label_model.is_file():
        raise BuildError("no labels in here", folder.root, "finish the build first")
    for path in folder.buckets(folder.labels):
        ids = pq.read_table(path, columns=["comment_id"]).column(0)
        at = pc.index(ids, wanted).as_py()
        if at >= 0:
            stages = (folder.interactions, folder.votes, folder.labels)
            tables = [_row(stage / path.name, at) for stage in stages]
            return _taken_apart(folder, tables, Place(int(path.stem[1:]), at))
    raise InputError(
        f"no comment {wanted!r} among the interactions",
        folder.root,
        "take an id from interactions/, or see manifest.json for why rows were dropped",
    )


def _taken_apart(folder: BuildFolder, tables: Sequence[pa.Table], place: Place) -> Explanation:
    interaction, votes, label = tables
    document = read_json(folder.label_model)
    labeler = Labeler(document)
    row = label_matrix(votes, labeler.decider.columns or [])[0]
    habit, reason = _habit(folder, labeler.habit_rate, place)
    decision = Decision(labeler.decider, interaction.column("exposure_stratum")[0].as_py(), habit)
    found = parts(decision, row)
    shares = found.votes if found else {}
    said = votes.to_pylist()[0]
    heard = {c.function for c in labeler.decider.columns or []}
    listed = [
        {
            "function": f["name"],
            "vote": _word(said[f"{f['name']}:vote"], "not observable"),
            "score": said[f"{f['name']}:score"],
            "evidence": said[f"{f['name']}:evidence"],
            "weight": shares.get(f["name"]),
            "apart": "" if f["name"] in heard else _apart(f),
        }
        for f in document["functions"]
    ]
    listed += [_opinion(f, interaction) for f in llm_functions(folder)]
    whole = found and {
        "start": START, "votes": found.votes, "habit": found.habit, "habit_why": reason,
    }  # fmt: skip
    seen = interaction.to_pylist()[0] | {"opportunity": said["opportunity"]}
    turned = [flip.sentence() for flip in flips(decision, row)]
    return Explanation(seen, label.to_pylist()[0], listed, whole, turned)


def _habit(folder: BuildFolder, rate: float | None, place: Place) -> tuple[float, str | None]:
    """The poster's habit as log odds, and what it is read from; (0, None) where it stays in."""
    found = None if rate is None else answers(folder, place.bucket)
    if found is None or rate is None:
        return 0.0, None
    n, k = (int(column[place.at]) for column in others(found))
    if not n:
        return 0.0, "the poster answered nothing else in this thread, so nothing is taken out"
    reason = (
        f"of {n} other comments answered in this thread the poster liked {k}; "
        f"posters in general like {rate:.0%}"
    )
    return float(habit(found, rate)[place.at]), reason


def _apart(function: dict[str, Any]) -> str:
    """Why a function is not heard by the label model."""
    if function["sees_input"]:
        return "reads what a model will learn from"
    return f"{function['axis']} axis"


def _opinion(function: LabelingFunction, interaction: pa.Table) -> dict[str, Any]:
    """What a language model said about the row: it has no weight in the label."""
    votes = function(interaction)
    vote, score = int(votes.vote[0]), float(votes.score[0])
    silent = "unscored" if votes.evidence[0] else "not asked"
    return {
        "function": function.name,
        "vote": _word(None if vote == NOT_OBSERVABLE else vote, silent),
        "score": None if math.isnan(score) else score, "evidence": votes.evidence[0],
        "weight": None, "apart": "a language model's word",
    }  # fmt: skip


def _row(path: Any, at: int) -> pa.Table:
    """One row of a Parquet file, reading only its row group."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        n = file.metadata.row_group(group).num_rows
        if at < n:
            return file.read_row_group(group).slice(at, 1)
        at -= n
    raise BuildError("the files of a bucket differ in length", path, "start over with --fresh")


def _word(vote: int | None, null: str = "no label") -> str:
    if vote is None:
        return null
    return "abstain" if vote == -1 else WORDS[vote]
