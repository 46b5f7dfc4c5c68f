"""One block of lines -> its wanted rows, and a reason for every line that gives none.

What is counted never depends on block sizes or on how a line was looked at: a line without a
wanted name is `not_candidate` whether it was parsed or not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..records import Comment, Submission
from .blocks import Block, Damage
from .prefilter import Prefilter, line_ends
from .whole import Columns, by_column, columns_of
from .wire import LineParser

# Share of candidates from which looking for them costs more than it saves, by the costs per line
# in docs/design/0002.
DENSE = 0.8
DAMAGES_KEPT = 100  # per reason, the first ones: `dropped` and `repaired` hold the full counts
Row = Submission | Comment
_TORN = ("bad_json", "not_an_object")  # what is left of a line that lost its end or its beginning


@dataclass
class Found:
    """What one block gave: kept + all dropped = lines."""

    lines: int = 0
    candidates: int = 0  # lines that may be of a wanted subreddit
    columns: Columns = field(default_factory=list)  # of the rows it gave; [] without one
    dropped: Counter[str] = field(default_factory=Counter)
    damage: list[Damage] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)


class Sifter:
    """Looks at the blocks of one file, in order, or at some of them."""

    def __init__(self, names: frozenset[str]):
        self._names = names
        self._parse = LineParser(wanted=names)
        self._prefilter = Prefilter(names) if names else None
        self._dense = not names  # most lines are wanted: parse them all

    @property
    def kind(self) -> str:
        """ "submissions" or "comments"; "" until a line says."""
        return self._parse.kind

    @kind.setter
    def kind(self, kind: str) -> None:
        self._parse.kind = kind

    def look_for_kind(self, block: Block) -> None:
        if not self.kind:
            self._parse.look_for_kind(block.data)

    def take(self, block: Block, before: int, room: int | None = None) -> Found:
        """`before`: lines of the file before this block. Ends with the `room`-th row."""
        self.look_for_kind(block)
        found = Found()
        if block.edge:
            found.columns = by_column(self._edge(block, before, found))
        else:
            ends = line_ends(block.data)
            look = self._all if self._dense else self._picked
            found.columns = look(block, ends, before, room, found)
            self._note_lines(block, ends, before, found)
            if self._prefilter is not None:
                self._dense = found.candidates > DENSE * len(ends)
        found.repaired, self._parse.repaired = self._parse.repaired, Counter()
        return found

    def _all(
        self, block: Block, ends: NDArray[np.int64], before: int, room: int | None, found: Found
    ) -> Columns:
        """Parses every line of the block: at once, or one by one where some may give no row."""
        if room is None or room >= len(ends):
            columns = columns_of(self.kind, block.data, ends, before, self._names)
            if columns:
                found.lines = found.candidates = len(ends)
                return columns
        return by_column(self._each(block, ends, before, room, found))

    def _each(
        self, block: Block, ends: NDArray[np.int64], before: int, room: int | None, found: Found
    ) -> list[Row]:
        rows: list[Row] = []
        start = 0
        for stop in ends.tolist():
            raw = bytes(block.data[start:stop])
            start = stop + 1
            found.lines += 1
            row = self._parse(raw, before + found.lines)
            if isinstance(row, str):
                found.candidates += self._drop(raw, row, found)
            else:
                rows.append(row)
                if len(rows) == room:
                    break
        found.candidates += len(rows)
        return rows

    def _picked(
        self, block: Block, ends: NDArray[np.int64], before: int, room: int | None, found: Found
    ) -> Columns:
        """Parses the candidates only."""
        assert self._prefilter is not None
        picked = self._prefilter.lines(block.data, ends)
        rows: list[Row] = []
        n_lines, n_parsed = len(ends), 0
        starts = np.where(picked > 0, ends[picked - 1] + 1, 0)
        bounds = zip(picked.tolist(), starts.tolist(), ends[picked].tolist(), strict=True)
        for at, start, stop in bounds:
            n_parsed += 1
            row = self._parse(bytes(block.data[start:stop]), before + at + 1)
            if isinstance(row, str):
                found.dropped[row] += 1
                continue
            rows.append(row)
            if len(rows) == room:
                n_lines = at + 1
                break
        n_blank = _n_blank(block.data, ends[:n_lines])
        found.dropped["blank"] += n_blank
        found.dropped["not_candidate"] += n_lines - n_parsed - n_blank
        found.lines, found.candidates = n_lines, len(picked)
        return by_column(rows)

    def _edge(self, block: Block, before: int, found: Found) -> list[Row]:
        """A line that may be torn is parsed whatever it holds: nothing else shows that it is."""
        found.lines = 1
        raw = bytes(block.data).rstrip(b"\r\n")
        row = self._parse(raw, before + 1)
        rows = [] if isinstance(row, str) else [row]
        if row in _TORN:
            found.dropped["cut_line"] += 1
            self._parse.damaged[:] = [(before + 1, "cut_line")]
        elif isinstance(row, str):
            self._drop(raw, row, found)
        found.damage += [Damage(block.start, reason) for _, reason in self._parse.damaged]
        self._parse.damaged.clear()
        return rows

    def _drop(self, raw: bytes, reason: str, found: Found) -> int:
        """Counts a line that gave no row; 1 where it was a candidate."""
        if self._prefilter is None or self._prefilter.matches(raw):
            found.dropped[reason] += 1
            return 1
        found.dropped["blank" if _is_blank(raw) else "not_candidate"] += 1
        self._parse.forget()
        return 0

    def _note_lines(self, block: Block, ends: NDArray[np.int64], before: int, found: Found) -> None:
        """The parser's damaged lines of this block, with their bytes, as many as can be kept."""
        seen: Counter[str] = Counter()
        for line, reason in self._parse.damaged:
            seen[reason] += 1
            if seen[reason] <= DAMAGES_KEPT:
                at = line - before - 1
                start = int(ends[at - 1]) + 1 if at else 0
                found.damage.append(Damage(block.start + start, reason))
        self._parse.damaged.clear()


def _is_blank(raw: bytes) -> bool:
    """At most two bytes: what a line without a name is when nothing parses it."""
    return len(raw) <= 2 and not raw.strip()


def _n_blank(data: bytes | memoryview, ends: NDArray[np.int64]) -> int:
    lengths = np.diff(ends, prepend=-1) - 1
    short = np.flatnonzero(lengths <= 2)
    return sum(_is_blank(bytes(data[ends[at] - lengths[at] : ends[at]])) for at in short)
