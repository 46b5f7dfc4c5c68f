"""Why a row has its label: its `basis`, and one plain sentence. Never a word of a user's text.

Both come from votes, the kinds of evidence and integers only; a sentence is the poster's part
("poster thanked this comment"), what became of the siblings, and the community's part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from .functions import LabelingFunction
from .functions.columns import lengths, numbers, observable
from .functions.community import beats

READS = (
    "comment_id", "op_replies", "observable", "score", "created_utc", "n_siblings", "n_earlier",
    "min_score_earlier", "max_score_later", "n_op_answered", "op_last_seen_utc", "exposure_stratum",
    "followup_days",
)  # fmt: skip
"""The columns of interactions that the label stage looks at."""

_OFTEN = " (this poster thanks often: not enough for a label)"
_SELDOM = " (this poster seldom thanks: not enough for a label)"
_STRENGTH = ("thanked", "uptake", "positive_reply", "rejected", "passed_over", "community")


class Heard:
    """The votes of a batch by what they rest on: (n,) bool arrays per basis, for both labels."""

    def __init__(self, votes: pa.Table, functions: Sequence[LabelingFunction]):
        n = votes.num_rows
        self.by_basis = {basis: np.zeros(n, bool) for basis in _STRENGTH}
        self.other = {EFFECTIVE: np.zeros(n, bool), NOT_EFFECTIVE: np.zeros(n, bool)}
        self.deciding = {EFFECTIVE: np.zeros(n, bool), NOT_EFFECTIVE: np.zeros(n, bool)}
        self.general = np.zeros(n, bool)
        for function in functions:
            if function.sees_input:
                continue
            vote = _votes(votes, function.name)
            self._add(function, vote, votes.column(f"{function.name}:evidence"))

    def _add(self, function: LabelingFunction, vote: np.ndarray, evidence: pa.ChunkedArray) -> None:
        good, bad = vote == EFFECTIVE, vote == NOT_EFFECTIVE
        if function.axis == "recipient" and function.decides:
            self.deciding[EFFECTIVE] |= good
            self.deciding[NOT_EFFECTIVE] |= bad
        if function.family == "op_reply":
            thanks, uptake = _says(evidence, ": thanks "), _says(evidence, ": uptake ")
            self.by_basis["thanked"] |= good & thanks
            self.by_basis["uptake"] |= good & uptake
            self.by_basis["positive_reply"] |= good & ~thanks & ~uptake
            self.by_basis["rejected"] |= bad
        elif function.family == "silence":
            self.by_basis["passed_over"] |= bad
        elif function.axis == "community":
            self.by_basis["community"] |= good | bad
        elif function.family == "op_general":
            self.general |= good
        elif function.axis == "recipient":
            self.other[EFFECTIVE] |= good
            self.other[NOT_EFFECTIVE] |= bad

    def basis(self, labels: np.ndarray) -> np.ndarray:
        """(n,) object: one of schema.BASES, None where `labels` (n,) has no label.

        The strongest evidence on the label's side names it; "mixed" where deciding votes of the
        poster's axis oppose each other, or where no single kind of evidence carries the label.
        """
        basis = np.full(len(labels), None, object)
        basis[labels != ABSTAIN] = "mixed"
        sides = {
            EFFECTIVE: ("thanked", "uptake", "positive_reply"),
            NOT_EFFECTIVE: ("rejected", "passed_over"),
        }
        for side, names in sides.items():
            rows = labels == side
            for name in reversed(names):
                basis[rows & self.by_basis[name]] = name
            reacted = np.logical_or.reduce([self.by_basis[name] for name in names])
            only_votes = ~reacted & ~self.other[side] & ~self.general & self.by_basis["community"]
            basis[rows & only_votes] = "community"
        split = self.deciding[EFFECTIVE] & self.deciding[NOT_EFFECTIVE]
        basis[split & (labels != ABSTAIN)] = "mixed"
        return basis


def sentences(
    rows: pa.Table, heard: Heard, conflict: np.ndarray, unsure: np.ndarray | None = None
) -> list[str]:
    """One sentence per row of interactions (columns `READS`), aligned with `heard`.

    `unsure` (n,) is not 0 where the poster's habit of thanking took the label: above 0 of one who
    thanks often, below of one who seldom does.
    """
    poster = _poster(rows, heard)
    siblings = _siblings(rows)
    community = _community(rows)
    against = np.where(conflict, " (the community disagrees)", "").tolist()
    often = np.zeros(rows.num_rows) if unsure is None else unsure
    taken = np.select([often > 0, often < 0], [_OFTEN, _SELDOM], "").tolist()
    return [
        "; ".join(part for part in parts if part) + note + habit
        for *parts, note, habit in zip(poster, siblings, community, against, taken, strict=True)
    ]


def _poster(rows: pa.Table, heard: Heard) -> list[str]:
    """What the poster did about this comment; later lines win."""
    n_replies = lengths(rows, "op_replies")
    returned = numbers(rows, "op_last_seen_utc") > numbers(rows, "created_utc")
    text = np.full(rows.num_rows, "poster never came back", object)
    text[returned] = "poster came back and did not answer this comment"
    text[~observable(rows, "op_replies")] = "the dump cannot show what the poster answered"
    text[heard.by_basis["passed_over"]] = "poster answered others and passed over this comment"
    text[n_replies > 0] = "poster answered this comment without a clear sign"
    text[heard.by_basis["rejected"]] = "poster answered this comment negatively"
    text[heard.by_basis["positive_reply"]] = "poster answered this comment warmly"
    text[heard.by_basis["uptake"]] = "poster said that this comment helped or will be acted on"
    text[heard.by_basis["thanked"]] = "poster thanked this comment"
    both = heard.by_basis["thanked"] & heard.by_basis["uptake"]
    text[both] = "poster thanked this comment and took it up"
    split = heard.deciding[EFFECTIVE] & heard.deciding[NOT_EFFECTIVE]
    text[split] = "poster's signs contradict each other"
    text[heard.general & (n_replies == 0)] += "; poster thanked everyone later"
    return list(text)


def _siblings(rows: pa.Table) -> list[str]:
    """How many other comments the poster left unanswered, where this one was answered."""
    answered = lengths(rows, "op_replies") > 0
    others = np.maximum(numbers(rows, "n_op_answered") - 1, 0)
    left = np.maximum(numbers(rows, "n_siblings") - others, 0)
    said = np.where(answered & (left > 0) & (numbers(rows, "followup_days") >= 1), left, 0)
    return [f"{_count(int(k), 'sibling')} passed over" if k else "" for k in said.tolist()]


def _community(rows: pa.Table) -> list[str]:
    """Points, and how they stand against the siblings that had more time, or less."""
    score, later = numbers(rows, "score"), numbers(rows, "max_score_later")
    text = np.array([_count(s, "point") for s in rows.column("score").to_pylist()], object)
    above = beats(score, numbers(rows, "min_score_earlier"))
    below = beats(later, score)
    n_earlier = numbers(rows, "n_earlier")
    for i in np.flatnonzero(below):
        text[i] += f", a later sibling has {later[i]:.0f}"
    for i in np.flatnonzero(above & ~below):
        of = "an earlier sibling"
        if n_earlier[i] > 1:
            of = f"the lowest of {n_earlier[i]:.0f} earlier siblings"
        text[i] += f", at least twice {of}"
    text[~observable(rows, "score") | np.isnan(score)] = "points hidden"
    return list(text)


def _count(n: int | None, noun: str) -> str:
    return f"{n} {noun}" if n in (1, -1) else f"{n} {noun}s"


def _votes(votes: pa.Table, name: str) -> np.ndarray:
    return np.asarray(pc.fill_null(votes.column(f"{name}:vote"), ABSTAIN).to_numpy())


def _says(evidence: pa.ChunkedArray, words: str) -> np.ndarray:
    found: Any = pc.fill_null(pc.match_substring(evidence, words), False)
    return np.asarray(found.to_numpy()).astype(bool)
