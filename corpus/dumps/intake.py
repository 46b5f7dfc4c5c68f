"""The account of one dump file: wanted rows, and a reason for every line that gives none."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from ..settings import Settings
from .blocks import Block, Damage
from .sift import DAMAGES_KEPT, Found, Sifter
from .spool import HELD_BYTES, Spool


class Intake:
    """Takes the blocks of one file in order; keeps the wanted rows and counts the rest."""

    def __init__(self, settings: Settings, tmp: Path):
        self._limit, self._n_buckets, self._tmp = settings.limit, settings.n_buckets, tmp
        self.sifter = Sifter(frozenset(name.lower() for name in settings.subreddits))
        self.spool: Spool | None = None  # made with the first row
        self.lines = self.kept = 0
        self.dropped: Counter[str] = Counter()
        self.damage: list[Damage] = []
        self.repaired: Counter[str] = Counter()
        self._n_damage: Counter[str] = Counter()

    @property
    def kind(self) -> str:
        return self.sifter.kind or "empty"

    @property
    def full(self) -> bool:
        """`limit` rows are kept: nothing after them counts."""
        return self.kept == self._limit

    def sift(self, block: Block, before: int) -> Found:
        """What a block holds; its rows are kept, the rest is not counted yet."""
        room = None if self._limit is None else self._limit - self.kept
        found = self.sifter.take(block, before, room)
        if found.columns:
            self.spool = self.spool or Spool(self.kind, self._n_buckets, self._tmp, HELD_BYTES)
            self.spool.add(found.columns)
        return found

    def add(self, found: Found) -> None:
        """Counts what the next block gave."""
        self.lines += found.lines
        self.kept += found.lines - found.dropped.total()
        self.dropped += found.dropped
        self.repaired += found.repaired
        for damage in found.damage:
            self._n_damage[damage.reason] += 1
            if self._n_damage[damage.reason] <= DAMAGES_KEPT:
                self.damage.append(damage)

    def account(self, spans: dict[str, list[int]]) -> dict[str, Any]:
        """This file's part of the manifest, but for its name and digest."""
        return {
            "kind": self.kind,
            "lines": self.lines,
            "kept": self.kept,
            "dropped": {reason: n for reason, n in sorted(self.dropped.items()) if n},
            "damage": [damage._asdict() for damage in self.damage],
            "repaired": dict(sorted(self.repaired.items())),
            "spans": dict(sorted(spans.items())),
        }


def lost(damage: Damage) -> Found:
    """A damage of the file; a line that was too long is one of its lines."""
    if damage.reason != "line_too_long":
        return Found(damage=[damage])
    return Found(lines=1, dropped=Counter(line_too_long=1), damage=[damage])
