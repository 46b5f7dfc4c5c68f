"""Which rows belong together when an interval is drawn: those of one poster.

Comments on one person's posts share a situation and a way to thank, so they count as one draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...release.posters import knows_posters, poster_groups
from .source import Source

ClusterKind = Literal["poster", "thread"]


def cluster_kind(source: Source) -> ClusterKind:
    """By poster where the build is at hand; a released folder links no threads of one person.

    Clusters of threads are smaller than those of posters: intervals come out a little too narrow.
    """
    return "poster" if knows_posters(source.build) else "thread"


def clusters(source: Source, ids: Sequence[str], thread_ids: Sequence[str]) -> pa.Array:
    """One int64 for each row (n,); equal numbers: one poster (or thread, see `cluster_kind`)."""
    if source.build is not None and knows_posters(source.build):
        return pa.array(poster_groups(source.build, ids), pa.int64())
    return pa.array(_threads(thread_ids), pa.int64())


def _threads(thread_ids: Sequence[str]) -> NDArray[np.int64]:
    """16 hex digits are 64 bits."""
    return np.array([int(t, 16) for t in thread_ids], np.uint64).view(np.int64)
