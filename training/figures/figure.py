"""Every figure of one set of answers on one set of rows, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...stats.calibration import calibration_error
from ...stats.classification import f1_scores
from ...stats.intervals import Estimate
from ...stats.precision_recall import average_precision, prevalence_weights
from ...stats.ranking import auc
from ...stats.within import pair_accuracy, pair_gain

FIGURES = {
    "pair_accuracy": "pairs in a thread",
    "f1_effective": "F1 effective",
    "f1_not_effective": "F1 not eff.",
    "macro_f1": "macro-F1",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
    "ece": "ECE",
}
"""Key in JSON -> head of the column. The first is the headline."""
MOVED = ("f1_effective", "f1_not_effective", "macro_f1", "pr_auc", "ece")
"""Figures that another share of effective rows would change."""
IN_STRATA = ("pair_accuracy", "roc_auc", "macro_f1")
THRESHOLD = 0.5  # effective from here on: the label rule's own
FEWEST_PAIRS = 20  # ours, as in label validity

Figure = dict[str, Any]


class Tested(NamedTuple):
    """The test rows, as far as figures need them; all arrays (n,)."""

    label: np.ndarray  # booleans: effective
    thread: np.ndarray  # numbers
    cluster: np.ndarray  # numbers: the poster, or the thread where posters are not known

    def only(self, rows: np.ndarray) -> Tested:
        return Tested(*(column[rows] for column in self))


def tested(rows: pa.Table) -> Tested:
    """Columns label, thread_id, cluster of a table as of `data.rows.labelled_rows`."""
    thread = rows["thread_id"].combine_chunks().dictionary_encode().indices
    return Tested(
        np.asarray(rows["label"].to_numpy()) == 1,
        np.asarray(thread.to_numpy(zero_copy_only=False)),
        np.asarray(rows["cluster"].to_numpy()),
    )


def figures(p: np.ndarray, rows: Tested) -> dict[str, Figure]:
    """All of FIGURES for P(effective) (n,); each {"value", "low", "high", "n", "n_clusters"}.

    null where a figure cannot be known (one class, no pairs), null ends where an interval cannot.
    Rows where p is nan were not read and do not count.
    """
    p, rows = _read(p, rows)
    pair = pair_accuracy(p, rows.label, rows.thread, rows.cluster)
    found = {"pair_accuracy": figure(pair), "roc_auc": _area(p, rows), **_moved(p, rows, None)}
    return {name: found[name] for name in FIGURES}


def at_prevalence(p: np.ndarray, rows: Tested, prevalence: float) -> dict[str, Figure]:
    """The figures of MOVED, had a share `prevalence` of the rows been effective."""
    p, rows = _read(p, rows)
    return _moved(p, rows, prevalence_weights(rows.label, prevalence))


def few_figures(p: np.ndarray, rows: Tested) -> dict[str, Figure]:
    """The figures of IN_STRATA; a pair accuracy of fewer than 20 pairs says so instead."""
    p, rows = _read(p, rows)
    pair = figure(pair_accuracy(p, rows.label, rows.thread, rows.cluster))
    if pair["n"] < FEWEST_PAIRS:
        pair |= dict.fromkeys(("value", "low", "high"))
    f1 = f1_scores(p >= THRESHOLD, rows.label, rows.cluster).macro
    return {"pair_accuracy": pair, "roc_auc": _area(p, rows), "macro_f1": figure(f1)}


def gain(p: np.ndarray, other: np.ndarray, rows: Tested) -> Figure:
    """Pair accuracy of `p` minus that of `other`, on the same pairs."""
    return figure(pair_gain(p, other, rows.label, rows.thread, rows.cluster))


def spread(each: Mapping[int, dict[str, Figure]]) -> dict[str, Figure]:
    """Figures of runs that differ in their seed only -> mean and sd (n - 1) of each figure."""
    found: dict[str, Figure] = {}
    for name in FIGURES:
        values = [f[name]["value"] for f in each.values()]
        known = np.array([v for v in values if v is not None], float)
        if len(known) < 2:
            continue
        found[name] = {
            "mean": _number(known.mean()), "sd": _number(known.std(ddof=1)),
            "n_seeds": len(known), "values": dict(zip(map(str, each), values, strict=True)),
        }  # fmt: skip
    return found


def figure(e: Estimate) -> Figure:
    """An Estimate as JSON; nan becomes null."""
    ends = {name: _number(getattr(e, name)) for name in ("value", "low", "high")}
    return {**ends, "n": e.n, "n_clusters": e.n_clusters}


def _read(p: np.ndarray, rows: Tested) -> tuple[np.ndarray, Tested]:
    known = np.isfinite(p)
    return p[known], rows.only(known)


def _area(p: np.ndarray, rows: Tested) -> Figure:
    """ROC-AUC; one answer for all rows ties every pair: .5 by definition, a point."""
    found = auc(p, rows.label, rows.cluster)
    if len(p) and np.ptp(p) == 0 and found.value == 0.5:
        found = found._replace(low=0.5, high=0.5)
    return figure(found)


def _moved(p: np.ndarray, rows: Tested, weights: np.ndarray | None) -> dict[str, Figure]:
    f1 = f1_scores(p >= THRESHOLD, rows.label, rows.cluster, weights=weights)
    found = {
        "f1_effective": f1.positive, "f1_not_effective": f1.negative, "macro_f1": f1.macro,
        "pr_auc": average_precision(p, rows.label, rows.cluster, weights=weights),
        "ece": calibration_error(p, rows.label, rows.cluster, weights=weights),
    }  # fmt: skip
    return {name: figure(e) for name, e in found.items()}


def _number(x: float) -> float | None:
    """Five decimals: what noise of 1e-12 between machines cannot move."""
    return round(float(x), 5) if np.isfinite(x) else None
