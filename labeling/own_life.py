"""Which comments speak of the writer's own life: a model that learns them would claim one.

The screen's `lived_experience` marks shared troubles and hears about half of them (docs/screen.md):
enough for a column that people read, too little for a text that a model is taught to say. This rule
hears any past, body, family or job of the writer, at the price of many a harmless comment.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .spot import Spotter, load, plain


def tells_own_life(texts: pa.Array) -> NDArray[np.bool_]:
    """Texts (n,), null counting as "" -> (n,).

    >>> tells_own_life(pa.array(["I cried for a week, then it passed", "Try a walk"])).tolist()
    [True, False]
    """
    found = _rules().find(plain(texts), "own_life").to_numpy(zero_copy_only=False)
    return np.asarray(found, np.bool_)


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "own_life"))
