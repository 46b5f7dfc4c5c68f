"""A chosen thread as it may be shown: no usernames, no identifiers, evidence found in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.artefacts import read_json
from ...corpus.folder import BuildFolder
from ...corpus.masking import mask
from ...corpus.records import ABSTAIN, Interaction
from ...labeling.evidence import Heard, parse
from ...labeling.flip import Decision, Flip, flips
from ...labeling.habit import answers_in, habit
from ...labeling.label import Labeler
from ...labeling.matrix import label_matrix
from .choose import Chosen, Seen
from .rows import OUTCOMES

MAX_COMMENTS = 8  # shown of one thread; ours: a screen is for reading
SHORTEST_NAME = 3  # Reddit has no shorter usernames
_PREFIX = re.compile(r"^(?:/?u/|@)")


class Vote(NamedTuple):
    """What one labeling function said of a comment."""

    function: str
    vote: int | None  # None: the dump could not show its signal
    evidence: str | None


class Turn(NamedTuple):
    """One comment, what OP answered, what was made of it."""

    row: Interaction  # its texts are masked; names are gone
    speaker: str  # "A", "B", ...
    label: dict[str, Any]  # a row of labels/
    votes: list[Vote]
    heard: list[Heard]  # words in OP's texts
    flips: list[Flip]  # smallest changes of votes that change the label
    seen: Seen


class Dialogue(NamedTuple):
    """A thread to read."""

    chosen: Chosen
    turns: list[Turn]  # by time, at most MAX_COMMENTS, those that matter always among them
    n_hidden: int

    @property
    def first(self) -> Interaction:
        return self.turns[0].row


def read_dialogues(
    folder: BuildFolder, chosen: Iterable[Chosen], exhibits: dict[str, str]
) -> list[Dialogue]:
    """The chosen threads with everything a reader needs, masked."""
    labeler = Labeler(read_json(folder.label_model))
    return [_dialogue(folder, one, labeler, exhibits) for one in chosen]


def _dialogue(
    folder: BuildFolder, chosen: Chosen, labeler: Labeler, exhibits: dict[str, str]
) -> Dialogue:
    rows = pq.read_table(
        folder.interactions / chosen.bucket, filters=[("thread_id", "=", chosen.thread_id)]
    ).sort_by([("position", "ascending"), ("comment_id", "ascending")])
    votes = _aligned(folder.votes / chosen.bucket, rows)
    labels = _aligned(folder.labels / chosen.bucket, rows).to_pylist()
    changes = _flips(labeler, votes, rows)
    people = [Interaction.from_row(row) for row in rows.to_pylist()]
    speakers, pattern = _speakers(people)
    turns = [
        Turn(
            row=_masked(row, speakers, pattern),
            speaker=_speaker(row, speakers),
            label=labels[i],
            votes=_votes(votes, i),
            heard=_heard(votes, i),
            flips=changes[i],
            seen=Seen(
                labels[i]["basis"], exhibits.get(row.comment_id), labels[i]["conflict"],
                OUTCOMES[labels[i]["label"]],
            ),
        )
        for i, row in enumerate(people)
    ]  # fmt: skip
    shown = _most_telling(turns, chosen)
    return Dialogue(chosen, shown, len(turns) - len(shown))


def _aligned(path: Path, rows: pa.Table) -> pa.Table:
    """The rows of `path` that belong to these comments, in their order."""
    ids = rows.column("comment_id").to_pylist()
    table = pq.read_table(path, filters=[("comment_id", "in", ids)])
    return table.take(pc.index_in(pa.array(ids), table.column("comment_id").combine_chunks()))


def _flips(labeler: Labeler, votes: pa.Table, rows: pa.Table) -> list[list[Flip]]:
    """Of a whole thread (its other comments tell the poster's habit of thanking)."""
    model, rate, found = labeler.decider, labeler.habit_rate, answers_in(votes, rows)
    habits = np.zeros(rows.num_rows) if rate is None or found is None else habit(found, rate)
    strata = rows.column("exposure_stratum").to_pylist()
    return [
        flips(Decision(model, stratum, float(shift)), row)
        for row, stratum, shift in zip(
            label_matrix(votes, model.columns or []), strata, habits, strict=True
        )
    ]


def _functions(votes: pa.Table) -> list[str]:
    return [c.removesuffix(":vote") for c in votes.column_names if c.endswith(":vote")]


def _votes(votes: pa.Table, i: int) -> list[Vote]:
    def cell(name: str, what: str) -> Any:
        return votes.column(f"{name}:{what}")[i].as_py()

    return [Vote(name, cell(name, "vote"), cell(name, "evidence")) for name in _functions(votes)]


def _heard(votes: pa.Table, i: int) -> list[Heard]:
    """Words behind the votes; those behind an abstention are not evidence of anything."""
    return [
        heard
        for vote in _votes(votes, i)
        if vote.vote not in (None, ABSTAIN)
        for heard in parse(vote.evidence)
    ]


def _most_telling(turns: list[Turn], chosen: Chosen) -> list[Turn]:
    """The comments the thread was chosen for, then labelled ones, then the rest; by time."""

    def rank(i: int) -> tuple[bool, bool, int]:
        seen = turns[i].seen
        return not chosen.slot.shows(seen), seen.outcome == "unlabelled", i

    kept = sorted(sorted(range(len(turns)), key=rank)[:MAX_COMMENTS])
    return [turns[i] for i in kept]


# ---- nobody's name


def _speakers(rows: list[Interaction]) -> tuple[dict[str, str], re.Pattern[str] | None]:
    """Username -> letter, by first appearance; a pattern that finds any of them in a text."""
    names = dict.fromkeys(row.commenter for row in rows if row.commenter)
    speakers = {name.lower(): _letter(i) for i, name in enumerate(names)}
    speakers.update({row.op.lower(): "OP" for row in rows if row.op})
    words = sorted((n for n in speakers if len(n) >= SHORTEST_NAME), key=len, reverse=True)
    if not words:
        return speakers, None
    either = "|".join(map(re.escape, words))
    return speakers, re.compile(rf"(?i)(?:/?u/|@)?(?<![\w-])(?:{either})(?![\w-])")


def _letter(i: int) -> str:
    """A, B, …, Z, A2, B2, …"""
    return chr(ord("A") + i % 26) + (str(i // 26 + 1) if i >= 26 else "")


def _speaker(row: Interaction, speakers: dict[str, str]) -> str:
    return speakers[row.commenter.lower()] if row.commenter else "someone whose account is gone"


def _masked(
    row: Interaction, speakers: dict[str, str], pattern: re.Pattern[str] | None
) -> Interaction:
    def calm(text: str) -> str:
        if pattern is not None:
            text = pattern.sub(_named(speakers), text)
        return mask(text)[0]

    return replace(
        row,
        op=None,
        commenter=None,
        title=calm(row.title),
        post=calm(row.post),
        comment=calm(row.comment),
        op_replies=tuple(calm(text) for text in row.op_replies),
        op_general=tuple(calm(text) for text in row.op_general),
        op_edit=None if row.op_edit is None else calm(row.op_edit),
    )


def _named(speakers: dict[str, str]) -> Callable[[re.Match[str]], str]:
    """A name in a text -> its letter in brackets."""

    def letter(match: re.Match[str]) -> str:
        return f"[{speakers[_PREFIX.sub('', match[0].lower())]}]"

    return letter
