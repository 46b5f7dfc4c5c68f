"""Compressed or plain dump file -> decoded bytes, in bounded steps, with every break named.

A file that was cut short is noticed, and every byte before the cut comes out
(docs/design/0002-reading-dumps.md).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

import zstandard

from .blocks import Damage
from .source import PIECE, Source
from .zstd_frame import MAGIC, SKIPPABLE, FrameWalk

FINE = 1 << 12  # bytes, in and out, where a bad frame is searched for its last good one
# A bomb is stopped here (ours): real dumps expand 10 to 20 times, zstd at most some 30,000 times.
FREE_OUTPUT = 1 << 28
MAX_EXPANSION = 1000
_WINDOW = 1 << 31  # bytes: what the published dumps ask for
_XZ_MEMORY = 1 << 30  # an xz dictionary may ask for 4 GiB; `xz -9` needs 64 MiB

_MAGIC = {".zst": MAGIC, ".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}
_ERRORS = (zstandard.ZstdError, zlib.error, lzma.LZMAError, OSError)  # OSError: what bz2 raises
Room = Callable[[], memoryview]
"""Where the next decoded bytes go: at least one byte long."""


class _Decoder(Protocol):
    """What `bz2` and `lzma` decompressors share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """`zlib` with the manners of the other decompressors."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._full = False  # the last output reached its limit: zlib may hold back more

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not (self._zlib.unconsumed_tail or self._full)

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max(max_length, 0))
        self._full = len(out) == max_length
        return out


class _Feed:
    """The compressed bytes of a file; what one frame leaves is there for the next."""

    def __init__(self, source: Source, head: bytes):
        self.source = source
        self.rest: bytes | memoryview = head
        self.last: bytes | memoryview = head  # the piece that was taken last, as it was

    def at(self) -> int:
        """Where in the file the next byte lies."""
        return self.source.n_bytes - len(self.rest)

    def take(self) -> bytes | memoryview:
        """All that is at hand; nothing at the end of the file."""
        self.last, self.rest = self.rest or self.source.read(), b""
        return self.last


class _OneFrame:
    """The bytes of one zstd frame and no others, for a reader that asks."""

    def __init__(self, feed: _Feed):
        self._feed, self.walk = feed, FrameWalk()

    def read(self, _: int) -> bytes | memoryview:
        if self.walk.done:
            return b""
        piece = self._feed.take()
        n = self.walk.feed(piece)
        if n == len(piece):
            return piece
        whole = memoryview(piece)  # thousands of small frames may lie in one piece
        self._feed.rest = whole[n:]
        return whole[:n]


def _reader(
    decompressor: zstandard.ZstdDecompressor, file: _OneFrame | _Fine
) -> zstandard.ZstdDecompressionReader:
    """It uses nothing of a file but `read`."""
    return decompressor.stream_reader(cast("IO[bytes]", file), read_size=PIECE)


class _ZstdFrame:
    """One frame, read by `zstandard`."""

    def __init__(self, feed: _Feed, decompressor: zstandard.ZstdDecompressor):
        self._bytes = _OneFrame(feed)
        self._reader = _reader(decompressor, self._bytes)

    @property
    def whole(self) -> bool:
        return self._bytes.walk.done

    def readinto(self, room: memoryview) -> int:
        """How many bytes were decoded; 0: the frame is at its end, or the file is."""
        return self._reader.readinto(room)


class _Member:
    """One frame of another codec (gzip calls them members)."""

    def __init__(self, feed: _Feed | _Fine, decoder: _Decoder):
        self._feed, self._decoder = feed, decoder

    @property
    def whole(self) -> bool:
        return self._decoder.eof

    def readinto(self, room: memoryview) -> int:
        decoder = self._decoder
        while not decoder.eof:
            piece = self._feed.take() if decoder.needs_input else b""
            if not piece and decoder.needs_input:
                return 0
            out = decoder.decompress(bytes(piece), len(room))
            if decoder.eof:  # padding may stand between members and at the end
                self._feed.rest = decoder.unused_data
            if out:
                room[: len(out)] = out
                return len(out)
        return 0


_DECODERS: dict[str, Callable[[], _Decoder]] = {
    ".gz": _Gzip,
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY),
}


def codec_of(name: str, head: bytes) -> str:
    """Of ".zst", ".gz", ".bz2", ".xz"; "" is plain. By content; by name where that says nothing.

    >>> codec_of("RC_2012-06", b"BZh91AY"), codec_of("RC_2012-06.zst", b'{"id": ')
    ('.bz2', '')
    """
    for codec, magic in _MAGIC.items():
        if head.startswith(magic):
            return codec
    if head[1:4] == SKIPPABLE and head[0] >> 4 == 5:
        return ".zst"
    suffix = Path(name).suffix.lower()
    return "" if head[:1] in b"{ \t\r\n\xef" and head else suffix if suffix in _MAGIC else ""


def decoded(source: Source, room: Room) -> Iterator[int | Damage]:
    """Fills `room()` with the text of one dump file, again and again: yields how many bytes.

    A Damage stands where bytes are missing; what follows it does not continue what came before.
    """
    head = source.read()
    codec = codec_of(source.path.name, head)
    if not codec:
        yield from _plain(_Feed(source, head), room)
        return
    if not head:
        yield Damage(0, "truncated_frame")
    n_out = 0
    for n in _frames(_Feed(source, head), codec, room):
        yield n
        n_out += n if isinstance(n, int) else 0
        if n_out > FREE_OUTPUT + MAX_EXPANSION * source.n_bytes:
            yield Damage(source.n_bytes, "expansion_cap")
            return


def _plain(feed: _Feed, room: Room) -> Iterator[int]:
    while piece := feed.take():
        place = room()
        n = min(len(place), len(piece))
        place[:n] = piece[:n]
        feed.rest = memoryview(piece)[n:]
        yield n


def _frames(feed: _Feed, codec: str, room: Room) -> Iterator[int | Damage]:
    """Frame after frame, until the source ends."""
    decompressor = zstandard.ZstdDecompressor(max_window_size=_WINDOW)  # one window for all
    while _more(feed, codec):
        start, n_out = feed.at(), 0
        frame = _open(feed, codec, decompressor)
        try:
            while n := frame.readinto(room()):
                n_out += n
                yield n
            if not frame.whole:
                yield Damage(feed.source.n_bytes, "truncated_frame")
                return
        except _ERRORS:
            del frame
            yield from _last_good(feed.source, codec, start, n_out, room)
            last = bytes(feed.last)
            first = feed.source.n_bytes - len(last) == start
            feed.rest = _next_frame(feed.source, last[1:] if first else last, codec)


def _open(
    feed: _Feed, codec: str, decompressor: zstandard.ZstdDecompressor
) -> _ZstdFrame | _Member:
    if codec == ".zst":
        return _ZstdFrame(feed, decompressor)
    return _Member(feed, _DECODERS[codec]())


def _more(feed: _Feed, codec: str) -> bool:
    """Whether the file goes on, behind the padding that gzip and xz may have between members."""
    feed.rest = feed.take()
    if codec in (".gz", ".xz") and feed.at():
        while feed.rest and not bytes(feed.rest).strip(b"\0"):
            feed.rest = feed.source.read()
        feed.last = feed.rest = bytes(feed.rest).lstrip(b"\0")
    return bool(feed.rest)


class _Fine:
    """A file in small steps, as `_Feed` gives it in large ones."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.rest: bytes | memoryview = b""

    def take(self) -> bytes:
        return self.read()

    def read(self, _: int = 0) -> bytes:
        return self._file.read(FINE)


def _last_good(
    source: Source, codec: str, start: int, n_known: int, room: Room
) -> Iterator[int | Damage]:
    """What the failing step had decoded before the bad byte: the frame once more, in fine steps.

    A decompressor that raises gives nothing of that step back. The first `n_known` bytes of the
    frame that begins at `start` were given out before.
    """
    known = memoryview(bytearray(min(n_known, PIECE)))
    with source.again(start) as file:
        frame = _again(_Fine(file), codec)
        try:
            while n_known and (n := frame.readinto(known[:n_known])):
                n_known -= n
            while n := frame.readinto(room()[:FINE]):
                yield n
        except _ERRORS:
            pass  # what it was about, and the reason we are here
        yield Damage(file.tell(), "bad_frame")


def _again(fine: _Fine, codec: str) -> zstandard.ZstdDecompressionReader | _Member:
    if codec == ".zst":
        return _reader(zstandard.ZstdDecompressor(max_window_size=_WINDOW), fine)
    return _Member(fine, _DECODERS[codec]())


def _next_frame(source: Source, piece: bytes, codec: str) -> bytes:
    """After a bad frame: the file from the next thing that looks like a frame, or b"".

    Only where the magic is long enough to be no accident; else the rest of the file is lost.
    """
    magic = _MAGIC[codec]
    while piece and len(magic) >= 4:
        at = piece.find(magic)
        if at >= 0:
            return piece[at:]
        more = source.read()
        if not more:
            break
        piece = piece[1 - len(magic) :] + more
    return b""
