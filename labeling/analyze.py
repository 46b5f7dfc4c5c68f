"""What the functions of a build do together: coverage, overlap, conflict, and what is known.

Everything but accuracy is a sum over distinct vote patterns, read from the integer columns of
`votes/`; no text is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from ..stats.intervals import share
from .functions import LabelingFunction
from .llm_votes import llm_functions
from .matrix import Column, Patterns, label_matrix, merge, patterns
from .models.diagnostics import agreement, identification

VOTES = {-2: "not_observable", -1: "abstain", 0: "not_effective", 1: "effective"}
GROUPS = ("era", "subreddit")
Gold = Mapping[str, int]
"""Comment id ("t1_...") -> EFFECTIVE or NOT_EFFECTIVE, by humans."""


def analyze(folder: BuildFolder, gold: Gold | None = None) -> dict[str, Any]:
    """The figures of `redditess label analyze` as JSON values; shares are of all rows.

    "functions": one entry each (`polarity` is the share of votes that are effective, null without
    votes), language models' `llm:<name>` last: overlap and conflict are with the functions that the
    build voted with, so that a model's answers change no figure but their own. "pairs": where two
    functions vote on the same rows (`correlation` is phi, null where one of them does not vary
    there). "era", "subreddit": coverage and polarity by group.
    "identification": per axis, function and vote, where its reliability can come from. Accuracy
    has an interval that counts threads, not rows. Raises BuildError without a finished label stage.
    """
    if not folder.label_model.is_file():
        raise BuildError("no labels in here", folder.root, "finish the build first")
    voted = read_json(folder.label_model)["functions"]
    models = llm_functions(folder)
    functions = [*voted, *(model.describe() for model in models)]
    columns = [
        Column(f["name"], f["name"], f["axis"], f["family"], f["decides"]) for f in functions
    ]
    seen = _Seen(columns, models, gold)
    for path in folder.buckets(folder.votes):
        seen.add(path, folder.interactions / path.name)
    found = merge(seen.parts)
    n = int(found.counts.sum())
    return {
        "rows": n,
        "gold": None if gold is None else {"given": len(gold), "found": seen.n_gold},
        "exposure": _exposure(folder),
        "functions": [
            {**_kept(f), **_function(found, j, len(voted)), "accuracy": seen.accuracy(j)}
            for j, f in enumerate(functions)
        ],
        "pairs": list(_pairs(found, columns)),
        **{group: seen.by_group(group) for group in GROUPS},
        "identification": list(_sources(found, columns, functions)),
    }


class _Seen:
    """What is added up while the buckets go by."""

    def __init__(
        self, columns: Sequence[Column], models: Sequence[LabelingFunction], gold: Gold | None
    ):
        self.columns, self.models, self.gold = columns, models, gold
        self.parts: list[Patterns] = []
        self.groups: dict[str, dict[str, np.ndarray]] = {group: {} for group in GROUPS}
        self.hits: list[list[bool]] = [[] for _ in columns]
        self.threads: list[list[str]] = [[] for _ in columns]
        self.n_gold = 0

    def add(self, votes_path: Path, rows_path: Path) -> None:
        L = self._votes(votes_path)
        known = np.full(len(L), ABSTAIN, np.int64)
        if self.gold:
            known = self._judge(L, pq.read_table(rows_path, columns=["comment_id", "thread_id"]))
        self.parts.append(patterns(L, known + 1))
        rows = pq.read_table(rows_path, columns=list(GROUPS), read_dictionary=list(GROUPS))
        for group in GROUPS:
            words = rows.column(group).unify_dictionaries().combine_chunks().dictionary_encode()
            code = words.indices.to_numpy() if len(L) else np.zeros(0, np.int64)
            for at, word in enumerate(words.dictionary.to_pylist()):
                mine = L[code == at]
                counts = np.stack([(mine == vote).sum(axis=0) for vote in VOTES], axis=1)
                self.groups[group][word] = self.groups[group].get(word, 0) + counts

    def _votes(self, path: Path) -> np.ndarray:
        """(n, m) of one bucket: the build's own votes, then what language models said."""
        own = self.columns[: len(self.columns) - len(self.models)]
        votes = pq.read_table(path, columns=["comment_id", *(f"{c.function}:vote" for c in own)])
        said = [model(votes).vote for model in self.models]
        return np.column_stack([label_matrix(votes, own), *said])

    def _judge(self, L: np.ndarray, rows: Any) -> np.ndarray:
        """Gold labels (n,) of a bucket, ABSTAIN where none; remembers who was right."""
        known = np.full(len(L), ABSTAIN, np.int64)
        threads = rows.column("thread_id")
        for i, comment in enumerate(rows.column("comment_id").to_pylist()):
            truth = (self.gold or {}).get(comment, ABSTAIN)
            if truth in (EFFECTIVE, NOT_EFFECTIVE):
                known[i] = truth
                self.n_gold += 1
                for j in np.flatnonzero(L[i] >= 0):
                    self.hits[j].append(bool(L[i, j] == truth))
                    self.threads[j].append(threads[i].as_py())
        return known

    def accuracy(self, j: int) -> dict[str, Any] | None:
        """Share of votes on gold rows that agree with gold; None without such a row."""
        if not self.hits[j]:
            return None
        found = share(np.array(self.hits[j]), np.array(self.threads[j]))
        ends = {"value": found.value, "low": found.low, "high": found.high}
        return {k: _round(v) for k, v in ends.items()} | {"n": found.n, "threads": found.n_clusters}

    def by_group(self, group: str) -> list[dict[str, Any]]:
        """Groups from the largest: rows, and coverage and polarity of each function."""
        entries = []
        for name, counts in self.groups[group].items():
            n = int(counts[0].sum()) if len(counts) else 0
            each = {
                c.name: {"coverage": _round(no + yes, n), "polarity": _round(yes, no + yes)}
                for c, (_, _, no, yes) in zip(self.columns, counts, strict=True)
            }
            entries.append({"name": name, "rows": n, "functions": each})
        return sorted(entries, key=lambda e: (-e["rows"], e["name"]))


def _kept(function: Mapping[str, Any]) -> dict[str, Any]:
    return {k: function[k] for k in ("name", "axis", "family", "decides", "sees_input", "exposed")}


def _function(found: Patterns, j: int, n_voted: int) -> dict[str, Any]:
    """Figures of column j beside the first `n_voted` columns, the build's own functions."""
    L, counts, n = found.L, found.counts, int(found.counts.sum())
    own, other = L[:, j], L[:, [i for i in range(n_voted) if i != j]]
    against = ((own == EFFECTIVE) & (other == NOT_EFFECTIVE).any(axis=1)) | (
        (own == NOT_EFFECTIVE) & (other == EFFECTIVE).any(axis=1)
    )
    by_vote = {word: int(counts[own == vote].sum()) for vote, word in VOTES.items()}
    n_votes = by_vote["effective"] + by_vote["not_effective"]
    return {
        "counts": by_vote,
        "observable": _round(n - by_vote["not_observable"], n),
        "coverage": _round(n_votes, n),
        "polarity": _round(by_vote["effective"], n_votes),
        "overlap": _round(counts[(own >= 0) & (other >= 0).any(axis=1)].sum(), n),
        "conflict": _round(counts[against].sum(), n),
    }


def _pairs(found: Patterns, columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    same, common = agreement(found.L, found.counts)
    for i in range(len(columns)):
        for j in range(i + 1, len(columns)):
            yield {
                "a": columns[i].name, "b": columns[j].name, "n": int(common[i, j]),
                "agreement": _round(same[i, j]), "correlation": _phi(found, i, j),
            }  # fmt: skip


def _phi(found: Patterns, i: int, j: int) -> float | None:
    """Correlation of two functions' votes on the rows where both vote."""
    both = (found.L[:, i] >= 0) & (found.L[:, j] >= 0)
    x, y, w = found.L[both, i], found.L[both, j], found.counts[both].astype(float)
    if not w.sum():
        return None
    dx, dy = x - np.average(x, weights=w), y - np.average(y, weights=w)
    spread = np.sqrt((w @ dx**2) * (w @ dy**2))
    return _round(w @ (dx * dy), spread) if spread > 1e-12 else None


def _sources(
    found: Patterns, columns: Sequence[Column], functions: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    for axis in dict.fromkeys(c.axis for c in columns):
        mine = [
            j for j, f in enumerate(functions) if f["axis"] == axis and not f["sees_input"]
        ]  # fmt: skip
        some = [columns[j] for j in mine]
        for side in identification(found.L[:, mine], found.counts, some, found.strata - 1):
            yield {"axis": axis, **side._asdict()}


def _exposure(folder: BuildFolder) -> dict[str, Any] | None:
    if not folder.exposure_model.is_file():
        return None
    document = read_json(folder.exposure_model)
    return {k: document.get(k) for k in ("n_rows", "n_answered", "auc", "ece")}


def _round(part: float, whole: float = 1.0) -> float | None:
    """A share to six decimals; None where there is nothing to share, or nothing known."""
    if not whole or part != part:
        return None
    return round(float(part) / float(whole), 6)
