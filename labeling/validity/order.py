"""Does a score put the right one first: within strata of length, and within one thread?"""

from __future__ import annotations

import numpy as np

from ...corpus.artefacts import stable_hash
from ...stats.intervals import Z95, Estimate, wilson
from ...stats.ranking import ranks

MAX_PAIRS = 25  # ours: of one thread, so that a long one does not speak for all
FEWEST_IN_STRATUM = 5  # ours: of either class; a stratum with fewer says nothing


def within_strata(
    scores: np.ndarray, yes: np.ndarray, strata: np.ndarray, clusters: np.ndarray
) -> Estimate:
    """The mean over strata of the AUC inside each; all arrays (n,).

    The interval is that of clustered data (Obuchowski 1997), the strata's placement values summed
    by cluster: a poster may stand in several strata. nan where no stratum has enough of both.
    """
    parts = []
    for stratum in np.unique(strata):
        here = np.flatnonzero(strata == stratum)
        if min(yes[here].sum(), (~yes[here]).sum()) >= FEWEST_IN_STRATUM:
            parts.append((here, *_area(scores[here], yes[here])))
    names, code = np.unique(clusters.astype(str), return_inverse=True)
    n, k = sum(len(here) for here, _, _ in parts), len(names)
    if not parts:
        return Estimate(np.nan, np.nan, np.nan, 0, 0)
    area = float(np.mean([part for _, part, _ in parts]))
    away = np.zeros(k)
    for here, _, off in parts:
        away += np.bincount(code[here], off, minlength=k) / len(parts)
    error = float(np.sqrt(k / max(1, k - 1) * np.sum(away**2)))
    if error == 0 or area in (0.0, 1.0):
        rarer = sum(min(yes[here].sum(), (~yes[here]).sum()) for here, _, _ in parts)
        return Estimate(area, *wilson(area, int(rarer)), n, k)
    middle, half = np.log(area / (1 - area)), Z95 * error / (area * (1 - area))
    low, high = 1 / (1 + np.exp(-(middle + half * np.array([-1, 1]))))
    return Estimate(area, float(low), float(high), n, k)


def _area(scores: np.ndarray, yes: np.ndarray) -> tuple[float, np.ndarray]:
    """AUC of one stratum, and how far each row (n,) pulls it from its value."""
    n_yes, n_no, overall = int(yes.sum()), int((~yes).sum()), ranks(scores)
    placed = np.empty(len(scores))
    placed[yes] = (overall[yes] - ranks(scores[yes])) / n_no
    placed[~yes] = 1 - (overall[~yes] - ranks(scores[~yes])) / n_yes
    area = float(placed[yes].mean())
    return area, (placed - area) / np.where(yes, n_yes, n_no)


def pairs(y: np.ndarray, thread: np.ndarray, texts: list[str]) -> np.ndarray:
    """(p, 2) row numbers (yes, no) of the same thread; at most `MAX_PAIRS` a thread, by hash."""
    known = np.flatnonzero(np.isfinite(y))
    groups: dict[str, tuple[list[int], list[int]]] = {}
    for i in known.tolist():
        groups.setdefault(thread[i], ([], []))[0 if y[i] == 1 else 1].append(i)
    found: list[tuple[int, int]] = []
    for yes, no in groups.values():
        every = [(a, b) for a in yes for b in no]
        if len(every) > MAX_PAIRS:
            every.sort(key=lambda pair: stable_hash("pair", texts[pair[0]], texts[pair[1]]))
        found += every[:MAX_PAIRS]
    return np.array(found, np.int64).reshape(-1, 2)


def pair_hits(scores: np.ndarray, found: np.ndarray) -> np.ndarray:
    """(p,) 1.0 where the yes row scores higher, 0.5 where both score the same."""
    gap = scores[found[:, 0]] - scores[found[:, 1]]
    return np.where(np.abs(gap) < 1e-9, 0.5, (gap > 0).astype(float))
