"""A few buffers that decoded text goes through, again and again, so that none is made per block.

Fresh memory costs a page fault every 4 KB, half as much as decompressing into it; and what lies in
a ring can be read by other processes without a copy.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from queue import SimpleQueue

SIZE = 1 << 20  # decoded bytes a slot holds: they stay in the cache (measured)
HEAD = 1 << 18  # before them: room for the beginning of the line that crosses the border
SLOTS = 6


class Closed(Exception):
    """No slot will come back any more."""


class Ring:
    """`n` slots of `head` + `size` bytes. `take` one, fill it from `head` on, `give` it back.

    `fd`: of the memory, for another process; -1 where it is this process's own.
    """

    def __init__(
        self, n: int = SLOTS, size: int = SIZE, *, head: int | None = None, shared: bool = False
    ):
        self.n, self.size = n, size
        self.head = min(HEAD, size // 4) if head is None else head
        n_bytes = n * (self.head + size)
        self.fd = _memory(n_bytes) if shared else -1
        self.memory = mmap.mmap(self.fd, n_bytes)
        self.view = memoryview(self.memory)
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(n):
            self._free.put(slot)

    def take(self) -> int:
        """Where a free slot begins; waits for one. Raises Closed once the ring is closed."""
        slot = self._free.get()
        if slot < 0:
            raise Closed
        return slot * (self.head + self.size)

    def give(self, at: int) -> None:
        """The slot that holds byte `at` is free again; -1 is no slot."""
        if at >= 0:
            self._free.put(at // (self.head + self.size))

    def close(self) -> None:
        """Wakes who waits for a slot."""
        self._free.put(-1)

    def __enter__(self) -> Ring:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self.fd >= 0:
            os.close(self.fd)


def _memory(n_bytes: int) -> int:
    """A file without a name: in memory where the system has such files, else on the disk."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("redditess-ring")
    else:
        fd, path = tempfile.mkstemp()
        os.unlink(path)
    os.ftruncate(fd, n_bytes)
    return fd
