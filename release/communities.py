"""Communities of few posters: their rows stay, under one name that tells nothing.

A community of three posters and a day are as good as a user name. Counted over the rows that are
released; the threads of one poster count once.
"""

from __future__ import annotations

from collections.abc import Set
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

SMALL = "(small communities)"
"""No community can have this name: Reddit's hold letters, digits and underscores."""


class Small(NamedTuple):
    """`names` as the dump spells them; `told`: what the manifest may say, without a name."""

    names: frozenset[str]
    told: dict[str, int]  # "min_posters", "communities" and "rows" that were merged


def small_communities(
    community: pa.Array, group: NDArray[np.uint64], counts: NDArray[np.bool_], min_posters: int
) -> Small:
    """Communities with fewer than `min_posters` posters among the rows (n,) that count.

    Spellings that differ in case are one community. Rows that leave do not count, nor do invented
    ones: they protect nobody, and are never merged.
    """
    rows = np.flatnonzero(counts)
    names = community.take(pa.array(rows))
    folded = pc.utf8_lower(names)
    pairs = pa.table({"name": folded, "poster": pa.array(group[rows])})
    counted = pairs.group_by("name").aggregate([("poster", "count_distinct")])
    few = pc.less(counted["poster_count_distinct"], min_posters)
    held = counted["name"].filter(few).combine_chunks()
    few_rows = names.filter(pc.is_in(folded, held))
    told = {"min_posters": min_posters, "communities": len(held), "rows": len(few_rows)}
    return Small(frozenset(pc.unique(few_rows).to_pylist()), told)


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
