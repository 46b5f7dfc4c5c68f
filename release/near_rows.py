"""Rows whose post or comment nearly repeats one of another split, and which split that is.

Posts and long comments are looked for together: a comment may repeat a post.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .near import NOBODY, NearTexts
from .splits import ORDER
from .twins import STAYS

Texts = Callable[[NDArray[np.bool_]], Iterator[Sequence[str]]]
"""Marks (n rows) -> the texts of the marked rows, in order, in batches."""


class Told(NamedTuple):
    """One kind of text: a key per row (n,), equal for equal words and 0 for none, and a reader."""

    key: NDArray[np.uint64]
    texts: Texts


class Near(NamedTuple):
    """Per row (n,)."""

    holder: NDArray[np.int8]  # the split (a place in ORDER) of the text it repeats, or STAYS
    row: NDArray[np.int64]  # a row that has this text, or -1


def near_ahead(
    split: NDArray[np.int8],
    stays: NDArray[np.bool_],
    told: Sequence[Told],
    threshold: float,
    scratch: Path,
) -> Near:
    """Which rows (n,) must leave, since a text of theirs has Jaccard >= threshold with one of a
    split farther from training. What has left (`stays` false) neither leaves nor makes others
    leave: train meets only those validation rows that stay.

    Equal words in one split are one text. Memory: 100 bytes a text.
    """
    n = len(split)
    found = Near(np.full(n, STAYS, np.int8), np.full(n, -1, np.int64))
    with NearTexts(scratch, threshold) as near:
        owner = [_add(near, split, stays, one) for one in told]  # row -> text, per kind
        near.finish()
        first = _first_rows(owner, len(near.size))
        for holder in range(len(ORDER) - 1):
            alive = stays & (found.holder == STAYS)
            held = _marked(owner, alive & (split == holder), len(near.size))
            asked = _marked(owner, alive & (split > holder), len(near.size))
            partner = near.partners(held, asked)
            for texts in owner:
                mine = np.where(texts >= 0, partner[texts], NOBODY)
                hit = (mine != NOBODY) & alive & (found.holder == STAYS)
                found.holder[hit] = holder
                found.row[hit] = first[mine[hit]]
    return found


def _add(
    near: NearTexts, split: NDArray[np.int8], stays: NDArray[np.bool_], told: Told
) -> NDArray[np.int64]:
    """Gives `near` each distinct text of a split once; returns the text of each row (n,), or -1."""
    rows = np.flatnonzero(stays & (told.key != 0))
    pairs = np.empty(len(rows), [("split", np.int8), ("key", np.uint64)])
    pairs["split"], pairs["key"] = split[rows], told.key[rows]
    order = np.lexsort([rows, pairs["key"], pairs["split"]])
    ranked = pairs[order]
    starts = np.concatenate([[True], ranked[1:] != ranked[:-1]]) if len(rows) else np.zeros(0, bool)
    first = rows[order[starts]]  # the first row of each text; texts are read in order of these
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    owner = np.full(len(split), -1, np.int64)
    owner[rows[order]] = place[np.cumsum(starts) - 1] + near.n_added
    wanted = np.zeros(len(split), bool)
    wanted[first] = True
    first, begin = np.sort(first), 0
    for batch in told.texts(wanted):
        near.add(batch, split[first[begin : begin + len(batch)]])
        begin += len(batch)
    return owner


def _marked(
    owner: list[NDArray[np.int64]], rows: NDArray[np.bool_], n_texts: int
) -> NDArray[np.bool_]:
    marks = np.zeros(n_texts, bool)
    for texts in owner:
        marks[texts[rows & (texts >= 0)]] = True
    return marks


def _first_rows(owner: list[NDArray[np.int64]], n_texts: int) -> NDArray[np.int64]:
    first = np.full(n_texts, -1, np.int64)
    for texts in owner:
        rows = np.flatnonzero(texts >= 0)[::-1]
        first[texts[rows]] = rows
    return first
