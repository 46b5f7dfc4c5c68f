"""Communities of few posters: their rows stay, under one name that tells nothing.

A community of three posters and a day are as good as a user name. Counted over the rows that are
released; the threads of one poster count once.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SMALL = "(small communities)"
"""No community can have this name: Reddit's hold letters, digits and underscores."""


_ROWS_AT_ONCE = 1_000_000


class Small(NamedTuple):
    """`names` as the dump spells them; `told`: what the manifest may say, without a name."""

    names: frozenset[str]
    told: dict[str, int]  # "min_posters", "communities" and "rows" that were merged


def small_communities(
    names: Sequence[str], code: NDArray[np.int32], group: NDArray[np.uint64],
    counts: NDArray[np.bool_], min_posters: int,
) -> Small:  # fmt: skip
    """Communities with fewer than `min_posters` posters among the rows (n,) that count.

    `code` (n,): the place of a row's community in `names`. Spellings that differ in case are one
    community. Rows that leave do not count, nor do invented ones: they protect nobody, and are
    never merged. Memory: posters are only remembered while their community may be small.
    """
    spelt = pc.utf8_lower(pa.array(names, pa.string())).dictionary_encode()
    of = spelt.indices.to_numpy()
    n_rows = np.zeros(len(names), np.int64)
    few = np.ones(len(spelt.dictionary), bool)
    who, where = np.zeros(0, np.uint64), np.zeros(0, np.int64)  # posters of communities
    for start in range(0, len(code), _ROWS_AT_ONCE):
        rows = start + np.flatnonzero(counts[start : start + _ROWS_AT_ONCE])
        n_rows += np.bincount(code[rows], minlength=len(names))
        rows = rows[few[of[code[rows]]]]
        who = np.concatenate([who, group[rows]])
        where = np.concatenate([where, of[code[rows]]])
        order = np.lexsort([who, where])
        who, where = who[order], where[order]
        first = np.ones(len(who), bool)
        first[1:] = (who[1:] != who[:-1]) | (where[1:] != where[:-1])
        few &= np.bincount(where[first], minlength=len(few)) < min_posters
        kept = first & few[where]
        who, where = who[kept], where[kept]
    small = np.flatnonzero((n_rows > 0) & few[of]).tolist()
    told = {
        "min_posters": min_posters,
        "communities": len({int(of[i]) for i in small}),
        "rows": int(n_rows[small].sum()),
    }
    return Small(frozenset(names[i] for i in small), told)


def merged(table: pa.Table, small: Set[str]) -> pa.Table:
    """The same rows with `SMALL` for the communities named; without the column, as they are."""
    if not small or "subreddit" not in table.column_names:
        return table
    hit = pc.is_in(table["subreddit"], pa.array(sorted(small), pa.string()))
    if "invented" in table.column_names:
        hit = pc.and_(hit, pc.invert(pc.fill_null(table["invented"], False)))
    place = table.column_names.index("subreddit")
    names = pc.if_else(hit, SMALL, table["subreddit"])
    return table.set_column(place, table.schema.field(place), names)
