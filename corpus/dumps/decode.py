"""A dump file -> blocks of whole lines, with bounded memory, and what was damaged on the way."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from typing import NamedTuple

from .background import in_background
from .frames import STEP, Damage, decoded
from .source import Source

BLOCK = 1 << 20  # decoded bytes handed over at once: they stay in the cache (measured)
LINE_CAP = 1 << 24  # ours: the longest real line is far below 1 MB
AHEAD = 8  # blocks that wait between the decoding thread and its reader
_BOM = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Bytes that end at a line end; `start` is their offset in the decoded text.

    `edge`: one single line that may have lost its beginning (after damage) or its end (the last
    line of a file without a final newline, or the last before damage).
    """

    data: bytes
    start: int
    edge: bool = False


def read_blocks(
    source: Source, *, size: int = BLOCK, in_thread: bool = True
) -> Generator[Block | Damage, None, None]:
    """Blocks and damage of one file, in file order; decompression runs in a thread of its own.

    Holds at most `AHEAD` + 2 blocks, one line of `LINE_CAP`, and the decompressor's window.
    Raises InputError where the file cannot be read.
    """
    found = blocks_of(decoded(source, min(size, STEP)), size)
    return in_background(found, AHEAD) if in_thread else found


def sample_lines(path: str | os.PathLike[str], n_bytes: int = 1 << 24) -> list[bytes]:
    """The first lines of a dump, about `n_bytes` decoded bytes of them; blank ones left out."""
    lines: list[bytes] = []
    with Source(path) as source:
        size = min(BLOCK, n_bytes)
        for block in read_blocks(source, size=size, in_thread=False):
            if isinstance(block, Block):
                lines += [line for line in block.data.split(b"\n") if line.strip()]
                if block.start + len(block.data) >= n_bytes:
                    break
    return lines


def blocks_of(
    pieces: Iterable[bytes | Damage], size: int = BLOCK
) -> Generator[Block | Damage, None, None]:
    """Pieces cut anywhere -> blocks cut at line ends; nothing but over-long lines is left out."""
    cutter = _Cutter()
    for piece in pieces:
        if isinstance(piece, Damage):
            yield from cutter.flush()
            yield piece
            cutter.torn = True
            continue
        cutter.add(piece)
        if cutter.n_held >= size + cutter.n_tail:  # a long tail is not joined again and again
            yield from cutter.cut()
    yield from cutter.flush()


class _Cutter:
    """Collects pieces; gives them back cut at line ends."""

    def __init__(self) -> None:
        self.held: list[bytes] = []
        self.n_held = 0
        self.n_tail = 0  # the part of it that is known to hold no line end
        self.start = 0  # offset of the first held byte
        self.torn = False  # the first held line has lost its beginning
        self.skipping = False  # inside a line above LINE_CAP

    def add(self, piece: bytes) -> None:
        if self.start == self.n_held == 0 and piece.startswith(_BOM):
            piece = piece[3:]
            self.start = 3
        self.held.append(piece)
        self.n_held += len(piece)

    def cut(self) -> Iterator[Block | Damage]:
        """What is complete by now; the tail stays."""
        data = b"".join(self.held)
        yield from self._cut(data, data.rfind(b"\n") + 1)

    def flush(self) -> Iterator[Block | Damage]:
        """Everything; the tail is an edge."""
        yield from self.cut()
        data = b"".join(self.held)
        if data and not self.skipping:
            yield Block(data, self.start, edge=True)
        self._keep(b"", self.start + len(data))
        self.torn = self.skipping = False

    def _cut(self, data: bytes, end: int) -> Iterator[Block | Damage]:
        start, begin = self.start, 0
        if end and (self.torn or self.skipping):
            begin = data.find(b"\n") + 1
            if not self.skipping:
                yield Block(data[:begin], start, edge=True)
            self.torn = self.skipping = False
        if end - begin > LINE_CAP:  # only then can a whole line be too long
            for at, line in _long_lines(data, begin, end):
                if at > begin:
                    yield Block(data[begin:at], start + begin)
                yield Damage(start + at, "line_too_long")
                begin = at + line
        if end > begin:
            yield Block(data[begin:end], start + begin)
        if len(data) - end > LINE_CAP and not self.skipping:
            yield Damage(start + end, "line_too_long")
            self.skipping, self.torn = True, False
        if self.skipping:
            self._keep(b"", start + len(data))
        else:
            self._keep(data[end:], start + end)

    def _keep(self, tail: bytes, start: int) -> None:
        self.held, self.n_held, self.start = [tail] if tail else [], len(tail), start
        self.n_tail = len(tail)


def _long_lines(data: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """(offset, length with its newline) of every line above the cap."""
    while end - begin > LINE_CAP:
        stop = data.find(b"\n", begin, end) + 1
        if stop - begin > LINE_CAP + 1:
            yield begin, stop - begin
        begin = stop
