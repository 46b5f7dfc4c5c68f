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
from .flip import WORDS, flips, weights
from .functions import LabelingFunction
from .label import Labeler
from .llm_votes import llm_functions
from .matrix import label_matrix


class Explanation(NamedTuple):
    """Everything known about one comment's label."""

    row: dict[str, Any]  # of interactions/, and `opportunity`
    label: dict[str, Any]  # of labels/
    votes: list[dict[str, Any]]  # function, vote (word), score, evidence, weight, only
    flips: list[str]  # plain sentences

    def text(self) -> str:
        """For a terminal, user text cut to a few lines. It stays on the screen of its reader."""
        p = self.label["p_effective"]
        lines = [
            f"{self.row['comment_id']} in {self.row['thread_id']} ({self.row['subreddit']})",
            f"post      {_short(self.row['title'] + ' / ' + self.row['post'])}",
            f"comment   {_short(self.row['comment'])}",
            f"place     {_place(self.row)}",
            *(f"OP reply {i} {_short(t)}" for i, t in enumerate(self.row["op_replies"])),
            "",
            f"label     {_word(self.label['label'])}"
            + ("" if p is None else f", p = {p:.2f} ({_range(self.label)})"),
            f"basis     {self.label['basis'] or 'none'}",
            f"why       {self.label['why']}",
            "",
            "votes     (weight: how much P(effective) would fall without the vote)",
            *(_vote_line(v) for v in self.votes),
            "",
            *(self.flips or ["no change of up to three votes gives another label"]),
        ]
        return "\n".join(lines)


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
            return _taken_apart(folder, [_row(stage / path.name, at) for stage in stages])
    raise InputError(
        f"no comment {wanted!r} among the interactions",
        folder.root,
        "take an id from interactions/, or see manifest.json for why rows were dropped",
    )


def _taken_apart(folder: BuildFolder, tables: Sequence[pa.Table]) -> Explanation:
    interaction, votes, label = tables
    document = read_json(folder.label_model)
    model = Labeler(document).decider
    row = label_matrix(votes, model.columns or [])[0]
    stratum = interaction.column("exposure_stratum")[0].as_py()
    weight = weights(model, row, stratum)
    said = votes.to_pylist()[0]
    listed = [
        {
            "function": f["name"],
            "vote": _word(said[f"{f['name']}:vote"], "not observable"),
            "score": said[f"{f['name']}:score"],
            "evidence": said[f"{f['name']}:evidence"],
            "weight": _number(weight.get(f["name"])),
            "only": list(weight) == [f["name"]],
        }
        for f in document["functions"]
    ]
    listed += [_opinion(f, interaction) for f in llm_functions(folder)]
    turned = [flip.sentence() for flip in flips(model, row, stratum)]
    seen = interaction.to_pylist()[0] | {"opportunity": said["opportunity"]}
    return Explanation(seen, label.to_pylist()[0], listed, turned)


def _opinion(function: LabelingFunction, interaction: pa.Table) -> dict[str, Any]:
    """What a language model said about the row: it has no weight in the label."""
    votes = function(interaction)
    vote, score = int(votes.vote[0]), float(votes.score[0])
    silent = "unscored" if votes.evidence[0] else "not asked"
    return {
        "function": function.name,
        "vote": _word(None if vote == NOT_OBSERVABLE else vote, silent),
        "score": _number(score), "evidence": votes.evidence[0], "weight": None, "only": False,
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


def _vote_line(vote: dict[str, Any]) -> str:
    weight = "" if vote["weight"] is None else f"{vote['weight']:+.2f}"
    weight = "only" if vote["only"] else weight  # without it there is no probability to compare
    return f"  {vote['function']:<22}{vote['vote']:<15}{weight:<7}{vote['evidence'] or ''}".rstrip()


def _number(weight: float | None) -> float | None:
    """JSON has no nan."""
    return None if weight is None or math.isnan(weight) else weight


def _word(vote: int | None, null: str = "no label") -> str:
    if vote is None:
        return null
    return "abstain" if vote == -1 else WORDS[vote]


def _range(label: dict[str, Any]) -> str:
    return f"{label['p_low']:.2f} to {label['p_high']:.2f} over the declared priors"


def _place(row: dict[str, Any]) -> str:
    chance = row["opportunity"]
    known = "unknown" if chance is None else f"{chance:.2f}"
    return f"{row['position'] + 1} of {row['n_siblings'] + 1}, chance of an answer here: {known}"


def _short(text: str, limit: int = 240) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
