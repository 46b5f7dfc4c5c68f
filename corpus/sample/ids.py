"""Ids of the sample: base-36 like Reddit's, in order of time, and longer than any of Reddit's.

A real thread has at most seven digits, so no id of the sample opens somebody's thread.
"""

from __future__ import annotations

from .dice import Dice
from .people import base36

_EPOCH = 1_262_304_000  # 2010-01-01; the sample lies between 2012 and 2025
_SLOTS = 150  # ids a second: seeds hardly ever collide, so samples can be built together


class Ids:
    """Hands out every id once."""

    def __init__(self, seed: int):
        self._dice = Dice(seed, "ids")
        self._taken: set[int] = set()

    def post(self, utc: int) -> str:
        """A fullname, "t3_smp" and seven digits."""
        return f"t3_smp{self._next(utc)}"

    def comment(self, utc: int) -> str:
        """A fullname, "t1_smc" and seven digits."""
        return f"t1_smc{self._next(utc)}"

    def _next(self, utc: int) -> str:
        number = (utc - _EPOCH) * _SLOTS + self._dice.integer(0, _SLOTS - 1)
        while number in self._taken:
            number += 1
        self._taken.add(number)
        return f"{base36(number):0>7}"
