"""What a labeling function is: a named rule that turns interactions into votes, with evidence."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...corpus.errors import BuildError, SettingsError
from ...corpus.records import ABSTAIN, EFFECTIVE, INTERACTION_SCHEMA, NOT_EFFECTIVE, NOT_OBSERVABLE

AXES = ("recipient", "community", "screen")
"""OP's reaction, the scores, risk. A label model is fitted per axis (docs/design/0005)."""

INPUTS = frozenset({"title", "post", "comment"})
"""What a model will learn from. A rule that reads them would teach the model its own rule."""


READABLE = (*INTERACTION_SCHEMA.names, "opportunity")
"""What a function may read: an interaction, and the chance of an answer there (`exposure`)."""


class Votes(NamedTuple):
    """One function's answer to n rows."""

    vote: np.ndarray  # (n,) int8: EFFECTIVE, NOT_EFFECTIVE, ABSTAIN or NOT_OBSERVABLE
    score: np.ndarray  # (n,) float32 in [-1, 1], nan where there is none
    evidence: list[str | None]  # the words or the integers behind the vote

    @classmethod
    def blank(cls, n: int, vote: int = ABSTAIN) -> Votes:
        """n rows that all say the same, without a score and without evidence."""
        return cls(np.full(n, vote, np.int8), np.full(n, np.nan, np.float32), [None] * n)


Rule = Callable[[pa.Table], Votes]


@dataclass(frozen=True)
class LabelingFunction:
    """A named, versioned rule. Calling it never changes anything and never raises a surprise.

    `reads` are the columns of `INTERACTION_SCHEMA` that it may look at, and `opportunity`. `family`
    names the piece of evidence: functions of one family hear the same thing and count once.
    `exposed` says that the vote also depends on who got to see the comment (its place, its hour),
    so that its reliability must not be assumed equal across exposure strata. `decides` is False for
    a function that may support a label but never make one alone.
    """

    name: str
    rule: Rule
    reads: tuple[str, ...]
    source: str
    axis: str = "recipient"
    family: str = ""
    exposed: bool = False
    decides: bool = True
    version: int = 1

    def __post_init__(self) -> None:
        if self.axis not in AXES:
            raise SettingsError(f"axis {self.axis!r}", self.name, f"use one of {', '.join(AXES)}")
        for column in self.reads:
            if column not in READABLE:
                near = difflib.get_close_matches(column, READABLE, 1)
                hint = f"did you mean {near[0]}?" if near else "see corpus.records.Interaction"
                raise SettingsError(f"reads an unknown column {column!r}", self.name, hint)
        if not self.family:
            object.__setattr__(self, "family", self.name)

    @property
    def sees_input(self) -> bool:
        """Reads title, post or comment: stored with its votes, never part of `p_effective`."""
        return bool(INPUTS & set(self.reads))

    def __call__(self, batch: pa.Table | pa.RecordBatch) -> Votes:
        """Votes for a batch with at least the columns `reads` and `comment_id`.

        Raises BuildError that names the function and the first comment it fails on. The text of
        the comment is not in the message, nor is the exception's own (it may quote the text).
        """
        table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        try:
            return self._checked(self.rule(table), table.num_rows)
        except Exception as fault:
            raise self._fault(table, fault) from fault

    def describe(self) -> dict[str, Any]:
        """What a manifest or a label model says about the function, as JSON values."""
        return {
            "name": self.name, "version": self.version, "axis": self.axis, "family": self.family,
            "reads": list(self.reads), "exposed": self.exposed, "decides": self.decides,
            "sees_input": self.sees_input, "source": self.source,
        }  # fmt: skip

    def _checked(self, votes: Votes, n: int) -> Votes:
        vote, score = np.asarray(votes.vote), np.asarray(votes.score, np.float32)
        if not len(vote) == len(score) == len(votes.evidence) == n:
            raise ValueError("votes, scores and evidence must have one entry per row")
        if n and (vote.min() < NOT_OBSERVABLE or vote.max() > EFFECTIVE):
            raise ValueError("a vote is EFFECTIVE, NOT_EFFECTIVE, ABSTAIN or NOT_OBSERVABLE")
        if np.any(np.abs(score[~np.isnan(score)]) > 1):
            raise ValueError("a score lies in [-1, 1]")
        return Votes(vote.astype(np.int8), score, votes.evidence)

    def _fault(self, table: pa.Table, fault: Exception) -> BuildError:
        """Looks for the first row that fails alone; a batch fault names its first comment."""
        ids = table.column("comment_id").to_pylist()
        culprit = ids[0] if ids else "an empty batch"
        for i, comment_id in enumerate(ids):
            try:
                self._checked(self.rule(table.slice(i, 1)), 1)
            except Exception as alone:
                culprit, fault = comment_id, alone
                break
        frame = traceback.extract_tb(fault.__traceback__)[-1]
        place = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        return BuildError(
            f"labeling function {self.name} raised {type(fault).__name__} at {place}",
            f"comment {culprit}",
            "correct the function or leave it out with --functions",
        )


class _Row(SimpleNamespace):
    """What a per-row rule gets: the columns it declared, as attributes of an Interaction."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{name!r} is not in the reads=(...) of this labeling function")


def per_row(rule: Callable[[Any], int], reads: Sequence[str]) -> Rule:
    """A rule on one interaction -> a rule on a table. The vote `None` means not observable."""
    columns = list(dict.fromkeys([*reads, "comment_id"]))

    def on_table(table: pa.Table) -> Votes:
        votes = Votes.blank(table.num_rows)
        for i, row in enumerate(table.select(columns).to_pylist()):
            view = _Row(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()})
            vote = rule(view)
            votes.vote[i] = NOT_OBSERVABLE if vote is None else _known(vote)
        return votes

    return on_table


def _known(vote: Any) -> int:
    if vote not in (EFFECTIVE, NOT_EFFECTIVE, ABSTAIN):
        raise ValueError("a vote is EFFECTIVE, NOT_EFFECTIVE, ABSTAIN or None")
    return int(vote)


def labeling_function(
    *,
    reads: Sequence[str],
    source: str,
    axis: str = "recipient",
    family: str = "",
    exposed: bool = False,
    decides: bool = True,
    version: int = 1,
    batch: bool = False,
    name: str = "",
) -> Callable[[Callable[[Any], Any]], LabelingFunction]:
    """Makes a labeling function of `f(interaction) -> vote`; with `batch`, `f(table) -> Votes`.

    A per-row rule sees only the columns it `reads`, and returns EFFECTIVE, NOT_EFFECTIVE,
    ABSTAIN, or None where the dump could not show the signal.

    >>> @labeling_function(reads=("op_replies",), source="an example")
    ... def op_wrote(x):
    ...     return EFFECTIVE if x.op_replies else ABSTAIN
    >>> op_wrote.name, op_wrote.sees_input
    ('op_wrote', False)
    """

    def wrap(rule: Callable[[Any], Any]) -> LabelingFunction:
        made = LabelingFunction(
            name=name or rule.__name__,
            rule=rule if batch else per_row(rule, reads),
            reads=tuple(reads), source=source, axis=axis, family=family,
            exposed=exposed, decides=decides, version=version,
        )  # fmt: skip
        object.__setattr__(made, "__doc__", rule.__doc__)
        return made

    return wrap
