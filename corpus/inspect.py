"""What is in a dump file, told in a second from its first lines.

Everything but names, bytes and what was read is an estimate. A compressed file cannot be entered
in the middle: where a file is neither named after its month nor read to its end, its last month
stays open.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from .dumps.blocks import Damage
from .dumps.decode import read_blocks
from .dumps.frames import codec_of
from .dumps.source import PIECE, Source
from .dumps.wire import LineParser
from .eras import ERAS, month_of, month_start, next_month
from .places import Place, Url
from .records import Comment, Submission

SAMPLE_BYTES = 16 << 20  # decoded bytes per file: about 9,000 lines in a fifth of a second (ours)
_TAIL_BYTES = 2 << 20
_NAMED_MONTH = re.compile(r"R[CS]_(?:v2_)?(\d{4}-(?:0[1-9]|1[0-2]))(?!\d)", re.IGNORECASE)
_TYPICAL_RATIO = (
    12.4  # of whole-site months (docs/benchmarks.md); used where too little was decoded
)


@dataclass(frozen=True)
class FileFacts:
    """One dump file as its sample shows it."""

    path: str
    name: str
    kind: str  # "submissions", "comments"; "empty": no line says
    codec: str  # ".zst", ".gz", ".bz2", ".xz"; "": plain
    n_bytes: int
    whole: bool  # the sample is the whole file: nothing is estimated
    n_sampled: int  # lines
    n_lines: int  # of the file, estimated
    text_bytes: int  # of the file when decoded, estimated
    first_month: str  # "" where no line has a time
    last_month: str | None  # None: not known from a sample
    subreddits: dict[str, int]  # as spelt most often -> lines in the sample, most first
    dropped: dict[str, int]  # lines of the sample that give no row, by reason
    damage: tuple[str, ...]  # what was broken so far
    edited_share: float | None  # of the rows that say; None: none says
    score_share: float | None  # rows that show their score
    merged: bool  # keeps `previous_selftext`: a merged torrent (docs/dumps.md)
    invented: bool  # made by corpus.sample

    def months(self) -> list[str]:
        """All from the first to the last month; only the first where the last is not known."""
        last = self.last_month or self.first_month
        month, found = self.first_month, []
        while month and month <= last:
            found.append(month)
            month = next_month(month)
        return found

    def may_hold(self, month: str) -> bool:
        """False where the sample rules the month out."""
        open_end = self.last_month is None
        return bool(self.first_month) and self.first_month <= month and (
            open_end or month <= str(self.last_month)
        )  # fmt: skip

    def eras(self) -> list[str]:
        """The names of the eras that `months` lie in, in order."""
        months = [month_start(m) for m in self.months()]
        return [e.name for e in ERAS if any(e.start_utc <= m < e.end_utc for m in months)]

    def n_of(self, subreddits: Iterable[str]) -> int:
        """Lines in the sample of any of these, whatever the case; of all where none is named."""
        wanted = {s.lower() for s in subreddits}
        return sum(n for s, n in self.subreddits.items() if not wanted or s.lower() in wanted)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "months": self.months(), "eras": self.eras()}


def inspect_files(
    paths: Sequence[str | os.PathLike[str] | Url], n_bytes: int | None = SAMPLE_BYTES
) -> list[FileFacts]:
    """`inspect_file` for each, in the given order."""
    return [inspect_file(path, n_bytes) for path in paths]


def inspect_file(
    path: str | os.PathLike[str] | Url, n_bytes: int | None = SAMPLE_BYTES
) -> FileFacts:
    """Reads the first `n_bytes` decoded bytes of a dump (None: all of it).

    Of a plain file also the last two megabytes. Raises InputError where it cannot be read.
    """
    tally = _Tally()
    with (
        Source(path) as source,
        closing(read_blocks(source, size=1 << 20, in_thread=False)) as read,
    ):
        whole = True
        for block in read:
            if isinstance(block, Damage):
                tally.damage.append(block.reason)
                continue
            tally.take(bytes(block.data).split(b"\n"), len(block.data))
            if n_bytes is not None and tally.n_bytes >= n_bytes:
                whole = False
                break
        consumed, size, place = source.n_bytes, source.state.size, source.path
        codec = codec_of(place.name, source.head)
        whole = whole or (consumed >= size and not codec)
        seen_end = whole
        if not whole and not codec:
            tally.take(_tail(source, size), 0)
            seen_end = True
    return tally.facts(place, codec, size, whole, seen_end, consumed)


def _tail(source: Source, size: int) -> Iterator[bytes]:
    """The whole lines of the last megabytes of a plain file."""
    with source.again(max(0, size - _TAIL_BYTES)) as f:
        yield from f.read().split(b"\n")[1:]


class _Tally:
    """Counts what the lines of one sample say."""

    def __init__(self) -> None:
        self.parse = LineParser()
        self.n_bytes = self.n_lines = self.n_rows = 0
        self.dropped: Counter[str] = Counter()
        self.spelt: Counter[str] = Counter()
        self.months: Counter[str] = Counter()
        self.edited: Counter[str] = Counter()
        self.n_scored = 0
        self.merged = self.invented = False
        self.damage: list[str] = []

    def take(self, lines: Iterable[bytes], n_bytes: int) -> None:
        self.n_bytes += n_bytes
        for line in lines:
            if line.strip():
                self.n_lines += 1
                row = self.parse(line, self.n_lines)
                if isinstance(row, str):
                    self.dropped[row] += 1
                else:
                    self._count(row)
        self.parse.damaged.clear()

    def _count(self, row: Submission | Comment) -> None:
        self.n_rows += 1
        self.spelt[row.subreddit] += 1
        self.months[month_of(row.created_utc)] += 1
        self.edited[row.edited] += 1
        self.n_scored += row.score is not None
        self.invented = self.invented or row.invented
        if isinstance(row, Submission):
            self.merged = self.merged or row.previous_selftext is not None

    def facts(
        self, path: Place, codec: str, size: int, whole: bool, seen_end: bool, consumed: int
    ) -> FileFacts:
        text_bytes = self._text_bytes(codec, size, whole, consumed)
        line_bytes = self.n_bytes / self.n_lines if self.n_lines and self.n_bytes else 0
        first, last = self._months(path.name, seen_end)
        n_said = self.edited["unedited"] + self.edited["at"] + self.edited["yes"]
        return FileFacts(
            path=str(path),
            name=path.name,
            kind=self.parse.kind or "empty",
            codec=codec,
            n_bytes=size,
            whole=whole,
            n_sampled=self.n_lines,
            n_lines=self.n_lines if whole or not line_bytes else round(text_bytes / line_bytes),
            text_bytes=text_bytes,
            first_month=first,
            last_month=last,
            subreddits=_without_case(self.spelt),
            dropped=dict(self.dropped.most_common()),
            damage=tuple(dict.fromkeys(self.damage)),
            edited_share=(n_said - self.edited["unedited"]) / n_said if n_said else None,
            score_share=self.n_scored / self.n_rows if self.n_rows else None,
            merged=self.merged,
            invented=self.invented,
        )

    def _text_bytes(self, codec: str, size: int, whole: bool, consumed: int) -> int:
        if whole:
            return self.n_bytes
        if not codec:
            return size
        ratio = self.n_bytes / consumed
        if consumed <= PIECE:  # one piece, most of it perhaps not yet decoded
            ratio = max(ratio, _TYPICAL_RATIO)
        return round(size * ratio)

    def _months(self, name: str, seen_end: bool) -> tuple[str, str | None]:
        """First and last month. A name is believed only as far as the lines agree with it."""
        if not self.months:
            return "", None
        first, last = min(self.months), max(self.months)
        named = _NAMED_MONTH.match(name)
        if seen_end or (named and first == last == named[1]):
            return first, last
        return first, None


def _without_case(spelt: Counter[str]) -> dict[str, int]:
    """Names that differ only by case become one, as spelt most often; most lines first."""
    total: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for name, n in sorted(spelt.items(), key=lambda item: (-item[1], item[0])):
        total[name.lower()] += n
        spelling.setdefault(name.lower(), name)
    ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    return {spelling[lower]: n for lower, n in ordered}
