"""The lines of one dump file -> wanted rows, and a reason for every line that gives none.

What is counted never depends on block sizes or on how a line was looked at: a line without a
wanted name is `not_candidate` whether it was parsed or not.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import Comment, Submission
from ..settings import Settings
from .decode import Block
from .frames import Damage
from .prefilter import Prefilter, line_ends
from .spool import Spool
from .wire import LineParser

# Share of candidates from which looking for them costs more than it saves, by the costs per line
# in docs/design/0002.
DENSE = 0.8
DAMAGES_KEPT = 100  # per reason, the first ones: `dropped` and `repaired` hold the full counts
_TORN = ("bad_json", "not_an_object")  # what is left of a line that lost its end or its beginning


class Intake:
    """Takes the blocks of one file in order; keeps the wanted rows and counts the rest."""

    def __init__(self, settings: Settings, tmp: Path):
        names = frozenset(name.lower() for name in settings.subreddits)
        self._limit, self._n_buckets, self._tmp = settings.limit, settings.n_buckets, tmp
        self._parse = LineParser(wanted=names)
        self._prefilter = Prefilter(names) if names else None
        self._dense = not names  # most lines are wanted: parse them all
        self.spool: Spool | None = None  # made with the first row
        self.lines = self.kept = 0
        self.dropped: Counter[str] = Counter()
        self.damage: list[Damage] = []
        self._n_damage: Counter[str] = Counter()

    @property
    def kind(self) -> str:
        return self._parse.kind or "empty"

    @property
    def full(self) -> bool:
        """`limit` rows are kept: nothing after them counts."""
        return self.kept == self._limit

    def take(self, block: Block | Damage) -> None:
        if isinstance(block, Damage):
            self._note(block)
            if block.reason == "line_too_long":
                self.lines += 1
                self.dropped["line_too_long"] += 1
            return
        if not self._parse.kind:
            self._parse.look_for_kind(block.data)
        if block.edge:
            self._take_edge(block)
            return
        ends = line_ends(block.data)
        n_candidates = self._all(block, ends) if self._dense else self._picked(block, ends)
        if self._prefilter is not None:
            self._dense = n_candidates > DENSE * len(ends)

    def account(self) -> dict[str, Any]:
        """This file's part of the manifest, but for its name and digest."""
        return {
            "kind": self.kind,
            "lines": self.lines,
            "kept": self.kept,
            "dropped": {reason: n for reason, n in sorted(self.dropped.items()) if n},
            "damage": [damage._asdict() for damage in self.damage],
            "repaired": dict(sorted(self._parse.repaired.items())),
            "spans": dict(sorted(self.spool.spans.items())) if self.spool else {},
        }

    def _all(self, block: Block, ends: NDArray[np.int64]) -> int:
        """Parses every line of the block; returns how many of them were candidates."""
        rows: list[Submission | Comment] = []
        n_other, line, parse = 0, self.lines, self._parse
        for raw in block.data.split(b"\n")[:-1]:
            line += 1
            row = parse(raw, line)
            if isinstance(row, str):
                n_other += self._drop(raw, row)
            else:
                rows.append(row)
                if len(rows) + self.kept == self._limit:
                    break
        self._keep(rows)
        self._note_lines(block, ends)
        self.lines = line
        return len(ends) - n_other

    def _picked(self, block: Block, ends: NDArray[np.int64]) -> int:
        """Parses the candidates only; returns how many there are."""
        assert self._prefilter is not None
        picked = self._prefilter.lines(block.data, ends)
        rows: list[Submission | Comment] = []
        n_lines, n_parsed = len(ends), 0
        stops = ends[picked]
        starts = np.where(picked > 0, ends[picked - 1] + 1, 0)
        bounds = zip(picked.tolist(), starts.tolist(), stops.tolist(), strict=True)
        for at, start, stop in bounds:
            n_parsed += 1
            row = self._parse(block.data[start:stop], self.lines + at + 1)
            if isinstance(row, str):
                self.dropped[row] += 1
                continue
            rows.append(row)
            if len(rows) + self.kept == self._limit:
                n_lines = at + 1
                break
        self._keep(rows)
        n_blank = _n_blank(block.data, ends[:n_lines])
        self.dropped["blank"] += n_blank
        self.dropped["not_candidate"] += n_lines - n_parsed - n_blank
        self._note_lines(block, ends)
        self.lines += n_lines
        return len(picked)

    def _take_edge(self, block: Block) -> None:
        """A line that may be torn is parsed whatever it holds: nothing else shows that it is."""
        self.lines += 1
        raw = block.data.rstrip(b"\r\n")
        row = self._parse(raw, self.lines)
        if not isinstance(row, str):
            self._keep([row])
        elif row in _TORN:
            self.dropped["cut_line"] += 1
            self._parse.damaged[:] = [(self.lines, "cut_line")]
        else:
            self._drop(raw, row)
        for _, reason in self._parse.damaged:
            self._note(Damage(block.start, reason))
        self._parse.damaged.clear()

    def _drop(self, raw: bytes, reason: str) -> int:
        """Counts a line that gave no row; 1 where it was not a candidate."""
        if self._prefilter is None or self._prefilter.matches(raw):
            self.dropped[reason] += 1
            return 0
        self.dropped["blank" if _is_blank(raw) else "not_candidate"] += 1
        self._parse.forget()
        return 1

    def _keep(self, rows: list[Submission | Comment]) -> None:
        if rows:
            self.spool = self.spool or Spool(self.kind, self._n_buckets, self._tmp)
            self.spool.add(rows)
            self.kept += len(rows)

    def _note(self, damage: Damage) -> None:
        self._n_damage[damage.reason] += 1
        if self._n_damage[damage.reason] <= DAMAGES_KEPT:
            self.damage.append(damage)

    def _note_lines(self, block: Block, ends: NDArray[np.int64]) -> None:
        """The parser's damaged lines of this block, with their bytes. Before `lines` moves on."""
        for line, reason in self._parse.damaged:
            at = line - self.lines - 1
            start = int(ends[at - 1]) + 1 if at else 0
            self._note(Damage(block.start + start, reason))
        self._parse.damaged.clear()


def _is_blank(raw: bytes) -> bool:
    """At most two bytes: what a line without a name is when nothing parses it."""
    return len(raw) <= 2 and not raw.strip()


def _n_blank(data: bytes, ends: NDArray[np.int64]) -> int:
    lengths = np.diff(ends, prepend=-1) - 1
    short = np.flatnonzero(lengths <= 2)
    return sum(_is_blank(data[ends[at] - lengths[at] : ends[at]]) for at in short)
