"""Compressed or plain dump file -> decoded pieces, in bounded steps, with every break named.

Each codec is used through its low-level decompressor: those say `eof`, so a file that was cut
short is noticed, and give back every byte before the cut (docs/design/0002-reading-dumps.md).
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from backports import zstd

from .source import PIECE, Source

STEP = 1 << 20  # decoded bytes at once: the fewer steps, the fewer waits between threads
FINE = 1 << 12  # both of them, where a bad frame is searched for its last good byte
# A bomb is stopped here (ours): real dumps expand 10 to 20 times, zstd at most some 30,000 times.
FREE_OUTPUT = 1 << 28
MAX_EXPANSION = 1000
_XZ_MEMORY = 1 << 30  # an xz dictionary may ask for 4 GiB; `xz -9` needs 64 MiB

_MAGIC = {".zst": b"\x28\xb5\x2f\xfd", ".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}
_SKIPPABLE = b"\x2a\x4d\x18"  # after a byte 0x50..0x5f: a zstd frame that holds no data
_ERRORS = (zstd.ZstdError, zlib.error, lzma.LZMAError, OSError)  # OSError: what bz2 raises


class Damage(NamedTuple):
    """Something was lost here.

    `byte` counts in the file for `truncated_frame`, `bad_frame` (to within `FINE`) and
    `expansion_cap`; in the decoded text for damage of lines.
    """

    byte: int
    reason: str


class Decoder(Protocol):
    """What `bz2`, `lzma` and `zstd` decompressors share."""

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


def _zstd() -> Decoder:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 31})


_DECODERS: dict[str, Callable[[], Decoder]] = {
    ".zst": _zstd,
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
    if head[1:4] == _SKIPPABLE and head[0] >> 4 == 5:
        return ".zst"
    suffix = Path(name).suffix.lower()
    return "" if head[:1] in b"{ \t\r\n\xef" and head else suffix if suffix in _MAGIC else ""


def decoded(source: Source, step: int = STEP) -> Iterator[bytes | Damage]:
    """The text of one dump file in pieces of about `step` bytes.

    A Damage stands where bytes are missing; what follows it does not continue what came before.
    """
    head = source.read()
    codec = codec_of(source.path.name, head)
    if not codec:
        while head:
            yield head
            head = source.read(min(step, PIECE))
        return
    if not head:
        yield Damage(0, "truncated_frame")
    n_out = 0
    for piece in _frames(source, head, codec, step):
        yield piece
        n_out += len(piece) if isinstance(piece, bytes) else 0
        if n_out > FREE_OUTPUT + MAX_EXPANSION * source.n_bytes:
            yield Damage(source.n_bytes, "expansion_cap")
            return


def _frames(source: Source, piece: bytes, codec: str, step: int) -> Iterator[bytes | Damage]:
    """Frame after frame (gzip calls them members), `piece` first, then the rest of the source."""
    while piece:
        decoder, n_out = _DECODERS[codec](), 0
        start, fed = source.n_bytes - len(piece), piece
        try:
            while not decoder.eof:
                if decoder.needs_input and not piece:
                    piece = fed = source.read()
                    if not piece:
                        yield Damage(source.n_bytes, "truncated_frame")
                        return
                out = decoder.decompress(piece if decoder.needs_input else b"", step)
                piece = b""
                n_out += len(out)
                if out:
                    yield out
            piece = decoder.unused_data
        except _ERRORS:
            del decoder  # and its window: the next one has its own
            yield from _last_good(source, codec, start, n_out)
            first = source.n_bytes - len(fed) == start
            piece = _next_frame(source, fed[1:] if first else fed, codec)
            continue
        if codec in (".gz", ".xz"):  # padding may stand between members and at the end
            while piece and not piece.strip(b"\0"):
                piece = source.read()
            piece = piece.lstrip(b"\0")
        piece = piece or source.read()


def _last_good(source: Source, codec: str, start: int, n_known: int) -> Iterator[bytes | Damage]:
    """What the failing step had decoded before the bad byte: the frame once more, in fine steps.

    A decompressor that raises gives nothing of that step back. The first `n_known` bytes of the
    frame that begins at `start` were given out before.
    """
    decoder = _DECODERS[codec]()
    with source.again(start) as file:
        try:
            while not decoder.eof:
                piece = file.read(FINE) if decoder.needs_input else b""
                out = decoder.decompress(piece, min(n_known, STEP) or FINE)
                if n_known:
                    n_known -= len(out)
                elif out:
                    yield out
        except _ERRORS:
            pass  # what it was about, and the reason we are here
        yield Damage(file.tell(), "bad_frame")


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
