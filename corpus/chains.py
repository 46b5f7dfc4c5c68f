"""Which top-level comment a reply stands under, and how deep: parent pointers, climbed together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def climb(children: Ints, parents: Ints, n: int) -> tuple[Ints, Ints]:
    """Pairs child -> parent among comments 0..n-1 -> (n,) topmost ancestor, (n,) steps to it.

    Doubles every pointer until none moves: log2 of the deepest chain rounds, so a chain of ten
    thousand replies costs fourteen. A comment without a pair is its own ancestor at 0 steps. What
    hangs on a cycle ends on some comment of that cycle, which is never a top-level one.

    >>> climb(np.array([1, 2]), np.array([0, 1]), 3)
    (array([0, 0, 0]), array([0, 1, 2]))
    """
    up = np.arange(n, dtype=np.int64)
    up[children] = parents
    steps = np.zeros(n, dtype=np.int64)
    steps[children] = 1
    for _ in range(max(1, n.bit_length())):
        further = up[up]
        if np.array_equal(further, up):
            break
        steps += steps[up]
        up = further
    return up, steps
