"""A dump file -> blocks of whole lines, with bounded memory, and what was damaged on the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial

from ..places import Url
from .background import in_background
from .blocks import Block, Damage
from .frames import Room, decoded
from .ring import SIZE, Ring
from .source import Source

LINE_CAP = 1 << 24  # ours: the longest real line is far below 1 MB
AHEAD = 8  # blocks and damages that wait between the decoding thread and its reader
_BOM = b"\xef\xbb\xbf"


def read_blocks(
    source: Source, *, size: int = SIZE, in_thread: bool = True
) -> Generator[Block | Damage, None, None]:
    """Blocks and damage of one file, in file order, each block with bytes of its own.

    Raises InputError where the file cannot be read.
    """
    with Ring(size=size) as ring:
        read = ring_blocks if in_thread else _blocks_here
        with closing(read(source, ring)) as found:
            for item in found:
                if isinstance(item, Block) and item.at >= 0:
                    data = bytes(item.data)
                    ring.give(item.at)
                    yield Block(data, item.start)
                else:
                    yield item


def ring_blocks(source: Source, ring: Ring) -> Generator[Block | Damage, None, None]:
    """The same, in the slots of a ring; decompression runs in a thread of its own.

    Holds the ring, one line of `LINE_CAP`, and the decompressor's window.
    """
    return in_background(_blocks_here(source, ring), AHEAD, wake=ring.close)


def sample_lines(path: str | os.PathLike[str] | Url, n_bytes: int = 1 << 24) -> list[bytes]:
    """The first lines of a dump, about `n_bytes` decoded bytes of them; blank ones left out."""
    lines: list[bytes] = []
    with Source(path) as source:
        size = min(SIZE, n_bytes)
        for block in read_blocks(source, size=size, in_thread=False):
            if isinstance(block, Block):
                lines += [line for line in bytes(block.data).split(b"\n") if line.strip()]
                if block.start + len(block.data) >= n_bytes:
                    break
    return lines


def _blocks_here(source: Source, ring: Ring) -> Generator[Block | Damage, None, None]:
    return blocks_of(partial(decoded, source), ring)


def blocks_of(
    pieces: Callable[[Room], Iterator[int | Damage]], ring: Ring
) -> Generator[Block | Damage, None, None]:
    """Decoded bytes cut at line ends; nothing but over-long lines is left out."""
    cutter = _Cutter(ring)
    for item in pieces(cutter.room):
        if isinstance(item, Damage):
            yield from cutter.flush()
            yield item
            cutter.torn = True
        elif cutter.filled(item):
            yield from cutter.cut()
    yield from cutter.flush()


class _Cutter:
    """Fills slot after slot; gives them away cut at line ends.

    The beginning of a line that crosses the border goes before the next slot's text; only one that
    is longer than the room there is put together elsewhere, up to `LINE_CAP`.
    """

    def __init__(self, ring: Ring):
        self._ring = ring
        self._slot = -1  # where the one that is being filled begins
        self._lo = self._hi = 0  # what of the ring's memory is text and not yet cut
        self._start = 0  # offset of that, or of what is carried, in the decoded text
        self._tail = b""  # for the next slot
        self._held: list[bytes] = []  # of one long line
        self._n_held = 0
        self.torn = False  # the next line has lost its beginning
        self._skipping = False  # inside a line above LINE_CAP

    def room(self) -> memoryview:
        """The rest of the slot."""
        ring = self._ring
        if self._slot < 0:
            self._slot = ring.take()
            self._lo = self._hi = self._slot + ring.head
        if self._tail:
            self._lo = self._hi - len(self._tail)
            ring.view[self._lo : self._hi] = self._tail
            self._tail = b""
        return ring.view[self._hi : self._slot + ring.head + ring.size]

    def filled(self, n: int) -> bool:
        """`n` more bytes are text; whether the slot is full."""
        self._hi += n
        return self._hi == self._slot + self._ring.head + self._ring.size

    def cut(self) -> Iterator[Block | Damage]:
        """What is complete by now; the tail is carried."""
        memory = self._ring.memory
        if self._slot < 0:
            return
        if self._start == 0 and not self._held and memory[self._lo : self._lo + 3] == _BOM:
            self._lo += 3
            self._start = 3
        if self._held or self.torn or self._skipping:
            yield from self._first_line()
        end = memory.rfind(b"\n", self._lo, self._hi) + 1 or self._lo
        tail = memory[end : self._hi]
        if end > self._lo:
            block = Block(self._ring.view[self._lo : end], self._start, at=self._lo)
            self._slot, self._start = -1, self._start + len(block.data)
            yield block
        else:
            self._hi = self._lo = self._slot + self._ring.head
        yield from self._carry(tail)

    def flush(self) -> Iterator[Block | Damage]:
        """Everything; the tail is an edge."""
        yield from self.cut()
        data = b"".join([*self._held, self._tail])
        if data and not self._skipping:
            yield Block(data, self._start, edge=True)
        self._start += len(data)
        self._tail, self._held, self._n_held = b"", [], 0
        self.torn = self._skipping = False

    def _first_line(self) -> Iterator[Block | Damage]:
        """The line that began before this slot, if it ends here, as a block of its own."""
        memory = self._ring.memory
        end = memory.find(b"\n", self._lo, self._hi) + 1
        if not end:
            return
        line = b"".join([*self._held, memory[self._lo : end]])
        if not self._skipping and len(line) > LINE_CAP + 1:
            yield Damage(self._start, "line_too_long")
        elif not self._skipping:
            yield Block(line, self._start, edge=self.torn)
        self._start += len(line)
        self._lo = end
        self._held, self._n_held = [], 0
        self.torn = self._skipping = False

    def _carry(self, tail: bytes) -> Iterator[Damage]:
        """Keeps the beginning of the next line."""
        if self._skipping:
            self._start += len(tail)
        elif not self._held and not self.torn and len(tail) <= self._ring.head:
            self._tail = tail
        else:
            self._held.append(tail)
            self._n_held += len(tail)
            if self._n_held > LINE_CAP:
                yield Damage(self._start, "line_too_long")
                self._start += self._n_held
                self._held, self._n_held = [], 0
                self._skipping, self.torn = True, False
