"""Every table of a validity report: who predicts whom, beside what needs no reading at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ...corpus.artefacts import stable_hash
from ...stats.intervals import Estimate, share
from ...stats.ranking import auc
from .order import pair_hits, pairs, within_strata
from .rows import TASKS, Rows
from .text import Bags, bags, beside, fit_numbers, fit_text, rarity, shared, weighed

N_FOLDS = 5
N_STRATA = 5
FEWEST = 20  # ours: rows of either class below which a cell stays empty
MAX_FIT = 20_000  # ours: rows one text model learns from, drawn by hash
BASELINES = {
    "length": "length of the comment alone",
    "exposure": "place in the thread and delay alone",
    "post": "words of the post alone",
    "comment_and_post": "words of comment and post",
    "mismatched_post": "the same, shown somebody else's post",
}
FEW_ROWS, FEW_TO_LEARN, FEW_PAIRS, FEW_IN_STRATA = (
    "few_rows", "few_to_learn", "few_pairs", "few_in_strata",
)  # fmt: skip
"""Why a figure is not known (`<figure>_why`); in words: `words.REASONS`."""

Cell = dict[str, Any]
Scorer = Callable[[np.ndarray, np.ndarray, np.ndarray], list[np.ndarray]]
"""(rows to learn from, their answers, rows to score) -> one column of scores a name."""


def tables(rows: Rows) -> dict[str, Any]:
    """All tables as JSON values; a figure that cannot be known is None and keeps its n."""
    fold = np.array([stable_hash("validity fold", op) % N_FOLDS for op in rows.op], np.int64)
    read = _fields(rows)
    text = {t.name: _out_of_fold(rows, t.name, fold, _by_text(read.comment), 1)[0] for t in TASKS}
    plain = {t.name: _baselines(rows, t.name, fold, read) for t in TASKS}
    return {
        "rows": len(rows.comment), "rows_drawn": rows.n_rows, "rows_all": rows.n_all,
        "posters": len(set(rows.op)),
        "tasks": [_task(rows, t.name) | {"yes": t.yes, "no": t.no} for t in TASKS],
        "pairs": [c for t in TASKS for c in _pairs(rows, t.name, text[t.name], plain[t.name])],
        "cells": [
            {"trained_on": a.name, **_cell(rows, b.name, text[a.name])}
            for a in TASKS for b in TASKS
        ],
        "baselines": [
            {"by": by, **_cell(rows, t.name, scores)}
            for by in BASELINES for t in TASKS for scores in [plain[t.name][by]]
        ],
        "eras": [
            {"era": era, **_cell(rows, t.name, text[t.name], rows.era == era)}
            for era in sorted(set(rows.era)) for t in TASKS
        ],
        "selection": _selection(rows, text, read.threads),
    }  # fmt: skip


def _task(rows: Rows, name: str) -> Cell:
    y = rows.y[name]
    return {"name": name, "n_yes": int((y == 1).sum()), "n_no": int((y == 0).sum())}


def _out_of_fold(
    rows: Rows, name: str, fold: np.ndarray, scorer: Scorer, n_columns: int
) -> list[np.ndarray]:
    """Scores (n,) of all rows by models that never saw their poster; nan if one cannot learn."""
    y = rows.y[name]
    known = np.flatnonzero(np.isfinite(y))
    columns = [np.full(len(y), np.nan) for _ in range(n_columns)]
    for k in np.unique(fold):
        learn, there = known[fold[known] != k], np.flatnonzero(fold == k)
        if min((y[learn] == 1).sum(), (y[learn] == 0).sum()) < FEWEST:
            return [np.full(len(y), np.nan) for _ in range(n_columns)]
        learn = _fewer(learn, rows)
        for column, scores in zip(columns, scorer(learn, y[learn], there), strict=True):
            # Models of different folds differ in level and stretch: only their order is used.
            column[there] = (scores - scores.mean()) / (scores.std() or 1.0)
    return columns


def _fewer(learn: np.ndarray, rows: Rows) -> np.ndarray:
    if len(learn) <= MAX_FIT:
        return learn
    order = sorted(
        learn, key=lambda i: stable_hash("validity fit", str(rows.op[i]), rows.comment[i])
    )
    return np.sort(np.array(order[:MAX_FIT]))


def _by_text(words: Bags) -> Scorer:
    def scores(learn: np.ndarray, y: np.ndarray, there: np.ndarray) -> list[np.ndarray]:
        return [words.take(there).dot(fit_text(words.take(learn), y))]

    return scores


def _by_numbers(x: np.ndarray) -> Scorer:
    def scores(learn: np.ndarray, y: np.ndarray, there: np.ndarray) -> list[np.ndarray]:
        middle, spread, weights = fit_numbers(x[learn], y)
        return [((x[there] - middle) / spread) @ weights]

    return scores


def _by_both(true: Bags, false: Bags) -> Scorer:
    """Learns from comments beside their posts; the second column is shown other posts."""

    def scores(learn: np.ndarray, y: np.ndarray, there: np.ndarray) -> list[np.ndarray]:
        weights = fit_text(true.take(learn), y)
        return [which.take(there).dot(weights) for which in (true, false)]

    return scores


class _Fields(NamedTuple):
    """What the text models read, one row a comment."""

    threads: Bags  # the posts, one row a thread, counts
    comment: Bags
    post: Bags
    both: Bags  # comment, its post, the words they share
    other: Bags  # comment, somebody else's post, the words they share


def _fields(rows: Rows) -> _Fields:
    said, asked = bags(rows.comment), bags(rows.threads.post)
    rare = rarity(said)
    words, posts = weighed(said, rare, 0), weighed(asked, rarity(asked), 1)

    def with_posts(at: np.ndarray) -> Bags:
        common = weighed(shared(said, asked.take(at)), rare, 2)
        return beside(beside(words, posts.take(at)), common)

    own = posts.take(rows.at)
    return _Fields(asked, words, own, with_posts(rows.at), with_posts(_mismatched(rows)))


def _baselines(rows: Rows, name: str, fold: np.ndarray, read: _Fields) -> dict[str, np.ndarray]:
    length = np.log1p(rows.n_words)
    found = [
        *_out_of_fold(rows, name, fold, _by_numbers(np.column_stack([length, length**2])), 1),
        *_out_of_fold(rows, name, fold, _by_numbers(rows.exposure), 1),
        *_out_of_fold(rows, name, fold, _by_text(read.post), 1),
        *_out_of_fold(rows, name, fold, _by_both(read.both, read.other), 2),
    ]
    return dict(zip(BASELINES, found, strict=True))


def _mismatched(rows: Rows) -> np.ndarray:
    """(n,) threads of other posters: each thread is given the next one in an order by hash."""
    n = len(rows.threads.op)
    order = sorted(
        range(n), key=lambda t: stable_hash("validity post", str(t), str(rows.threads.op[t]))
    )
    given = np.arange(n)
    for i, thread in enumerate(order):
        others = (order[(i + step) % n] for step in range(1, n))
        given[thread] = next(
            (t for t in others if rows.threads.op[t] != rows.threads.op[thread]), thread
        )
    return given[rows.at]


def _cell(rows: Rows, tested: str, scores: np.ndarray, only: np.ndarray | None = None) -> Cell:
    """AUC on one signal, and its mean within strata of comment length."""
    y = rows.y[tested]
    here = np.isfinite(y) & (True if only is None else only)
    cell: Cell = {
        "tested_on": tested, "n": int(here.sum()), "n_yes": int((y[here] == 1).sum()),
        "posters": len(set(rows.op[here])),
    }  # fmt: skip
    here &= np.isfinite(scores)
    yes, score, op = y[here] == 1, scores[here], rows.op[here]
    if min(yes.sum(), (~yes).sum()) < FEWEST:
        why = _why(scores, FEW_ROWS)
        return cell | _figure("auc", None, why) | _figure("within_length", None, why)
    within = within_strata(score, yes, strata(rows.n_words[here]), op)
    return (
        cell | _figure("auc", auc(score, yes, op)) | _figure("within_length", within, FEW_IN_STRATA)
    )


def _why(scores: np.ndarray, otherwise: str) -> str:
    """Why there is no figure: a model that could not learn leaves no score at all."""
    return otherwise if np.isfinite(scores).any() else FEW_TO_LEARN


def strata(n_words: np.ndarray) -> np.ndarray:
    """Five strata (n,) of equal size by length; equal lengths share one."""
    cuts = np.quantile(n_words, np.arange(1, N_STRATA) / N_STRATA) if len(n_words) else []
    return np.searchsorted(cuts, n_words, side="left")


def _figure(name: str, e: Estimate | None, why: str | None = None) -> Cell:
    """A value and its interval; where there is none, None and the reason as `<name>_why`."""
    if e is None or not np.isfinite(e.value):
        return {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_why": why}
    ends = {name: e.value, f"{name}_low": e.low, f"{name}_high": e.high}
    return {k: round(float(v), 4) if np.isfinite(v) else None for k, v in ends.items()}


def _pairs(rows: Rows, name: str, text: np.ndarray, plain: dict[str, np.ndarray]) -> Iterator[Cell]:
    """How often the right one of two comments on the same post comes first."""
    found = pairs(rows.y[name], rows.thread, rows.comment)
    op = rows.op[found[:, 0]]
    for by, scores in {"text": text, **plain}.items():
        known = np.isfinite(scores[found]).all(axis=1)
        hits = pair_hits(scores, found[known])
        e = share(hits, op[known]) if len(hits) >= FEWEST else None
        yield {
            "task": name, "by": by, "n": int(known.sum()), "n_pairs": len(found),
            "posters": len(set(op[known])), **_figure("accuracy", e, _why(scores, FEW_PAIRS)),
        }  # fmt: skip


def _selection(rows: Rows, text: dict[str, np.ndarray], asked: Bags) -> dict[str, Any]:
    """Posters who came back against those who did not: labels know the first kind only."""
    threads = rows.threads
    known = np.flatnonzero(np.isfinite(threads.returned))
    back = threads.returned[known] == 1
    n_words = np.array([len(threads.post[t].split()) for t in known], float)
    groups = []
    for name, here in (("returned", back), ("silent", ~back)):
        in_group = np.isin(rows.at, known[here])
        groups.append(
            {
                "name": name, "threads": int(here.sum()),
                "comments_per_thread": _mean(threads.n_comments[known][here]),
                "post_words": _mean(n_words[here]),
                **{"community": _cell(rows, "community", text["community"], in_group)},
            }
        )  # fmt: skip
    told = _told_by_post(threads.op[known], asked.take(known), back)
    return {"groups": groups, "told_by_post": told}


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 2) if len(values) else None


def _told_by_post(op: np.ndarray, asked: Bags, back: np.ndarray) -> Cell:
    """Can the words of a post tell whether its poster comes back? AUC, split by poster."""
    cell: Cell = {"n": len(op), "n_yes": int(back.sum())}
    fold = np.array([stable_hash("validity fold", name) % N_FOLDS for name in op], np.int64)
    posts = weighed(asked, rarity(asked))
    scores = np.full(len(op), np.nan)
    for k in range(N_FOLDS):
        learn, there = np.flatnonzero(fold != k)[:MAX_FIT], np.flatnonzero(fold == k)
        if min(back[learn].sum(), (~back[learn]).sum()) >= FEWEST and len(there):
            found = posts.take(there).dot(fit_text(posts.take(learn), back[learn].astype(float)))
            scores[there] = (found - found.mean()) / (found.std() or 1.0)
    here = np.isfinite(scores)
    enough = min(back[here].sum(), (~back[here]).sum()) >= FEWEST
    e = auc(scores[here], back[here], op[here]) if enough else None
    return cell | _figure("auc", e, _why(scores, FEW_ROWS))
