"""Where a zstd frame ends, told from the headers of its blocks, without decoding any.

The fast reader of `zstandard` says neither whether a frame was cut short nor how much of its input
it left for the next one; headers say both, exactly (RFC 8878). There is one for about 13 KB.
"""

from __future__ import annotations

from collections.abc import Callable

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = b"\x2a\x4d\x18"  # after a byte 0x50..0x5f: a frame that holds no data
_DICTIONARY_ID = (0, 1, 2, 4)  # bytes, by two bits of the descriptor
_CONTENT_SIZE = (0, 2, 4, 8)
_CHECKSUM = 4  # bytes
_RLE, _RESERVED = 1, 3  # types of blocks
_Step = Callable[[bytes], None]


class FrameWalk:
    """Takes the compressed bytes of one frame in order. `done`: its last byte was seen.

    Never done where a header makes no sense: the decompressor says what is wrong then.
    """

    def __init__(self) -> None:
        self.done = False
        self._skip = 0  # bytes until the next header
        self._head = b""  # what there is of it
        self._want = 4  # its length
        self._next: _Step = self._magic
        self._trailer = 0

    def feed(self, piece: bytes | memoryview) -> int:
        """How many bytes of `piece` belong to the frame: all, unless it ends in there."""
        at, n = 0, len(piece)
        while True:
            step = min(self._skip, n - at)
            at += step
            self._skip -= step
            if self._skip or self.done:
                return at
            taken = piece[at : at + self._want - len(self._head)]
            self._head += taken
            at += len(taken)
            if len(self._head) < self._want:
                return at
            self._next(self._head)

    def _magic(self, head: bytes) -> None:
        if head == MAGIC:
            self._expect(5, self._descriptor)
        elif head[1:] == SKIPPABLE and head[0] >> 4 == 5:
            self._expect(8, self._skippable)
        else:
            self._give_up()

    def _skippable(self, head: bytes) -> None:
        self._skip, self._want, self._head = int.from_bytes(head[4:], "little"), 0, b""
        self._next = self._end

    def _descriptor(self, head: bytes) -> None:
        flags = head[4]
        single = flags >> 5 & 1  # one segment: no window, and always a content size
        n_size = _CONTENT_SIZE[flags >> 6] or single
        self._trailer = _CHECKSUM if flags & 4 else 0
        self._expect(5 + (1 - single) + _DICTIONARY_ID[flags & 3] + n_size, self._blocks)

    def _blocks(self, _: bytes) -> None:
        self._head, self._want, self._next = b"", 3, self._block

    def _block(self, head: bytes) -> None:
        value = int.from_bytes(head, "little")
        last, kind, size = value & 1, value >> 1 & 3, value >> 3
        if kind == _RESERVED:
            self._give_up()
            return
        self._skip, self._head = 1 if kind == _RLE else size, b""
        if last:
            self._skip += self._trailer
            self._want, self._next = 0, self._end

    def _end(self, _: bytes) -> None:
        self.done = True

    def _expect(self, n_bytes: int, then: _Step) -> None:
        """The header is longer than what was needed so far."""
        self._want, self._next = n_bytes, then

    def _give_up(self) -> None:
        self._skip = 1 << 62
