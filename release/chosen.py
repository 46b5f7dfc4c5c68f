"""The pairs of every level, chosen file by file and balanced over all of them.

Both comments of a pair answer one post and lie in one shaped file, so lessons are held for one file
at a time; of a pair itself a few integers stay (`pair_columns`).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .balance import accuracy, balanced
from .lessons import Lessons
from .pair_columns import Pairs, pairs_of, together
from .pair_rules import LEVELS, REASONS
from .pair_texts import near_texts
from .pairs import Ends, alike_pairs, capped
from .splits import ORDER


class Chosen:
    """One level: `add` the files in order, then `balance`."""

    def __init__(self) -> None:
        self.n_candidates = 0
        self.dropped: Counter[str] = Counter()
        self._parts: list[Pairs] = []

    def add(self, pairs: Pairs, n_candidates: int, dropped: Counter[str]) -> None:
        self._parts.append(pairs)
        self.n_candidates += n_candidates
        self.dropped.update(dropped)

    def balance(self) -> None:
        """The fewest pairs leave for which neither length nor place alone tells chosen from
        rejected, split by split; what stays is in `pairs`, sorted by place in the release.
        """
        found = together(self._parts)
        self._parts = []
        kept = balanced(found.split, found.length, found.place, found.order)
        self.dropped["balance"] += int((~kept).sum())
        self.pairs = found.take(kept)

    def told(self, splits: list[str]) -> dict[str, Any]:
        """For the manifest: what was found, and what rules that see one number would get right."""
        places = {name: self.pairs.split == ORDER.index(name) for name in splits}
        return {
            "candidates": self.n_candidates,
            "pairs": len(self.pairs.split),
            "dropped": {r: self.dropped[r] for r in REASONS if self.dropped[r]},
            "splits": {name: _biases(self.pairs, here) for name, here in places.items()},
        }


def choose(into: dict[str, Chosen], part: Path, start: int, x: Lessons) -> None:
    """Adds the pairs of one file, whose first row is `start`; its texts are read once for all."""
    made = {name: alike_pairs(x, level) for name, level in LEVELS.items()}
    keys = {name: _key(x, found.ends) for name, found in made.items()}
    every = np.unique(np.concatenate([*keys.values(), np.zeros(0, np.int64)]))
    ends = np.stack([every // max(len(x.row), 1), every % max(len(x.row), 1)], axis=1)
    near = near_texts(part, x.row[ends] - start)
    for name, found in made.items():
        kept = capped(x, found, near[np.searchsorted(every, keys[name])])
        into[name].add(pairs_of(x, kept.ends), kept.n_candidates, kept.dropped)


def _key(x: Lessons, ends: Ends) -> NDArray[np.int64]:
    return np.asarray(ends[:, 0] * max(len(x.row), 1) + ends[:, 1], np.int64)


def _biases(pairs: Pairs, here: NDArray[np.bool_]) -> dict[str, Any]:
    alone = {
        "length_only": accuracy(pairs.length[here]),
        "position_only": accuracy(pairs.place[here]),
    }
    return {
        "pairs": int(here.sum()),
        **{name: None if value is None else round(value, 4) for name, value in alone.items()},
        "posts": len(np.unique(pairs.thread[here])),
    }
