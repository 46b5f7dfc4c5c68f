"""Which comments protect: they refer to help, set a limit, or speak against a harmful plan.

Posters do not always like that. A pair in which such a comment is the worse answer would teach a
model to stop protecting, so `release.pairs` never makes one. Rules are wide on purpose: a comment
called protective for nothing only loses pairs (docs/pairs.md has what was measured).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .spot import Spotter, load, plain

KINDS = ("referral", "limit_setting", "contradiction")
"""Help named (crisis line, professional, a trusted person); what the writer or reader need not or
may not do; a harmful plan spoken against."""


def protects(texts: pa.Array) -> NDArray[np.uint8]:
    """Texts (n,), null counting as "" -> (n,) bits: 1 referral, 2 limit_setting, 4 contradiction.

    >>> protects(pa.array(["Please call a crisis line", "nice dog", None])).tolist()
    [1, 0, 0]
    """
    x, rules = plain(texts), _rules()
    bits = np.zeros(len(x), np.uint8)
    for place, kind in enumerate(KINDS):
        heard = rules.find(x, kind).to_numpy(zero_copy_only=False)
        bits |= heard.astype(np.uint8) << np.uint8(place)
    return bits


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "protective"))
