"""Rows whose post or comment nearly repeats one of another split, and which split that is.

Posts and long comments are looked for together: a comment may repeat a post.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .near import NOBODY, NearTexts
from .splits import ORDER
from .twins import STAYS

ROWS_AT_ONCE = 2_000_000  # whose keys are sorted together: about 80 MB
Texts = Callable[[NDArray[np.bool_]], Iterator[Sequence[str]]]
"""Marks (n rows) -> the texts of the marked rows, in order, in batches."""


class Told(NamedTuple):
    """One kind of text: a key per row (n,), equal for equal words and 0 for none, and a reader."""

    key: NDArray[np.uint64]
    texts: Texts


class Near(NamedTuple):
    """Per row (n,)."""

    holder: NDArray[np.int8]  # the split (a place in ORDER) of the text it repeats, or STAYS
    row: NDArray[np.int32]  # a row that has this text, or -1


def near_ahead(
    split: NDArray[np.int8],
    stays: NDArray[np.bool_],
    told: Iterable[Told],
    threshold: float,
    scratch: Path,
) -> Near:
    """Which rows (n,) must leave, since a text of theirs has Jaccard >= threshold with one of a
    split farther from training. What has left (`stays` false) neither leaves nor makes others
    leave: train meets only those validation rows that stay.

    Equal words in one split are one text. Memory: 14 bytes a row and what NearTexts needs;
    `told` may be a generator, so that one array of keys is held at a time.
    """
    n = len(split)
    found = Near(np.full(n, STAYS, np.int8), np.full(n, -1, np.int32))
    with NearTexts(scratch, threshold) as near:
        owner = [_add(near, split, stays, one) for one in told]  # row -> text, per kind
        near.finish()
        first = _first_rows(owner, len(near.sets))
        for holder in range(len(ORDER) - 1):
            alive = stays & (found.holder == STAYS)
            held = _marked(owner, alive & (split == holder), len(near.sets))
            asked = _marked(owner, alive & (split > holder), len(near.sets))
            partner = near.partners(held, asked)
            for texts in owner:
                mine = np.where(texts >= 0, partner[texts], NOBODY)
                hit = (mine != NOBODY) & alive & (found.holder == STAYS)
                found.holder[hit] = holder
                found.row[hit] = first[mine[hit]]
    return found


def _add(
    near: NearTexts, split: NDArray[np.int8], stays: NDArray[np.bool_], told: Told
) -> NDArray[np.int32]:
    """Gives `near` each distinct text of a split once; returns the text of each row (n,), or -1."""
    owner = first_equal(split, told.key, stays)
    wanted = owner == np.arange(len(split), dtype=np.int32)
    first = np.flatnonzero(wanted)  # the first row of each text; texts are read in order of these
    place = (np.cumsum(wanted, dtype=np.int32) - 1 + near.n_added).astype(np.int32)
    has_text = owner >= 0
    owner[has_text] = place[owner[has_text]]
    begin = 0
    for batch in told.texts(wanted):
        near.add(batch, split[first[begin : begin + len(batch)]])
        begin += len(batch)
    return owner


def first_equal(
    split: NDArray[np.int8], key: NDArray[np.uint64], wanted: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """For each wanted row with a key the first such row of the same split and key; -1: no key.

    Keys are digests, so their top bits cut the rows into parts of about equal size.

    >>> first_equal(np.zeros(3, np.int8), np.array([7, 0, 7], np.uint64), np.ones(3, bool))
    array([ 0, -1,  0], dtype=int32)
    """
    first = np.full(len(split), -1, np.int32)
    n_parts = 1 + len(split) // ROWS_AT_ONCE
    part_of = _part_of(key, n_parts)
    for part in range(n_parts):
        rows = np.flatnonzero(wanted & (key != 0) & (part_of == part))
        order = np.lexsort((key[rows], split[rows]))  # stable: rows rise within a text
        ranked = rows[order]
        is_first = np.concatenate(
            [[True], (np.diff(split[ranked]) != 0) | (np.diff(key[ranked]) != 0)]
        )
        is_first = is_first[: len(rows)]
        starts = np.flatnonzero(is_first)
        first[ranked] = np.repeat(ranked[starts], np.diff(np.append(starts, len(rows))))
    return first


def _part_of(key: NDArray[np.uint64], n_parts: int) -> NDArray[np.uint16]:
    return ((key >> np.uint64(48)) * np.uint64(n_parts) >> np.uint64(16)).astype(np.uint16)


def _marked(
    owner: list[NDArray[np.int32]], rows: NDArray[np.bool_], n_texts: int
) -> NDArray[np.bool_]:
    marks = np.zeros(n_texts, bool)
    for texts in owner:
        marks[texts[rows & (texts >= 0)]] = True
    return marks


def _first_rows(owner: list[NDArray[np.int32]], n_texts: int) -> NDArray[np.int32]:
    first = np.full(n_texts, -1, np.int32)
    for texts in owner:
        rows = np.flatnonzero(texts >= 0)[::-1]
        first[texts[rows]] = rows
    return first
