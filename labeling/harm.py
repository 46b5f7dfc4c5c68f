"""What no released text may hold, in whatever column: particulars of a means, urging to use one.

`method_detail` is the screen's category, by its rules: its head was fitted on comments and speaks
at one in 23 of the sample's posts, none of which names a means ("How do you fill the days?"); where
it speaks of a comment, the column `risk` says so. `encouragement` (somebody is urged to die
or to harm themselves) is a part of the screen's `abuse` and `harmful_advice` that has rules of its
own, because those two stay in `full`: people study insults. Rows that hold either leave a release
(release/narrow.py). Nobody with clinical training has reviewed the rules (docs/pairs.md).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .screen import ruled
from .spot import Spotter, load, plain

HARMS = ("method_detail", "encouragement")
"""Their places are bits; both are reasons of release/narrow.py."""


def harms(texts: pa.Array) -> NDArray[np.uint8]:
    """Texts (n,), null counting as "" -> (n,) bits: 1 method_detail, 2 encouragement.

    >>> harms(pa.array(["just kill yourself", "please don't kill yourself", None])).tolist()
    [2, 0, 0]
    """
    x = plain(texts)
    urged = np.zeros(len(x), bool)
    for kind in _rules().kinds:  # two: with decoys, and what no decoy may strike out
        urged |= _rules().find(x, kind).to_numpy(zero_copy_only=False)
    return ruled(x, "method_detail").astype(np.uint8) | urged.astype(np.uint8) << np.uint8(1)


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "encouragement"))
