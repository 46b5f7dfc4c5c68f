"""A file may be cut, bent or hostile: what can be read comes out, and the rest is named."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import random
import tracemalloc
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps import decode, frames
from redditess.corpus.dumps.background import in_background
from redditess.corpus.dumps.blocks import Block, Damage
from redditess.corpus.dumps.decode import read_blocks, sample_lines
from redditess.corpus.dumps.frames import codec_of, decoded
from redditess.corpus.dumps.ring import SIZE, Ring
from redditess.corpus.dumps.source import Source
from redditess.corpus.errors import InputError

CODECS = {
    ".zst": zstd.compress,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": partial(lzma.compress, preset=0),
}
SKIPPABLE = b"\x53\x2a\x4d\x18" + (7).to_bytes(4, "little") + b"ignored"


def noise(n: int, seed: int = 0) -> bytes:
    """Lines that hardly compress: a frame of them has many zstd blocks."""
    rng = random.Random(seed)
    return b"".join(b"%032x\n" % rng.getrandbits(128) for _ in range(n // 33))


def read(path: Path, step: int = SIZE) -> tuple[bytes, list[Damage]]:
    text, damage, room = b"", [], bytearray(step)
    with Source(path) as source:
        for n in decoded(source, lambda: memoryview(room)):
            if isinstance(n, Damage):
                damage.append(n)
            else:
                text += room[:n]
    return text, damage


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("suffix", ["", *CODECS])
def test_every_codec_gives_the_same_text(tmp_path: Path, suffix: str) -> None:
    text = noise(300_000)
    packed = CODECS[suffix](text) if suffix else text
    assert read(write(tmp_path, f"RC_2012-06{suffix}", packed)) == (text, [])


@pytest.mark.parametrize("suffix", CODECS)
def test_a_file_may_hold_several_frames(tmp_path: Path, suffix: str) -> None:
    texts = [noise(50_000, seed) for seed in range(3)]
    packed = b"".join(CODECS[suffix](text) for text in texts)
    assert read(write(tmp_path, f"a{suffix}", packed)) == (b"".join(texts), [])


@pytest.mark.parametrize("suffix", CODECS)
def test_the_size_of_the_steps_changes_nothing(tmp_path: Path, suffix: str) -> None:
    text = b"a" * 1000 + noise(3000) + b"b" * 70_000
    path = write(tmp_path, f"a{suffix}", CODECS[suffix](text))
    for step in (1, 7, 258, 1000, 1 << 16):
        assert read(path, step) == (text, [])


def test_skippable_frames_hold_no_text(tmp_path: Path) -> None:
    packed = SKIPPABLE + zstd.compress(b"one\n") + SKIPPABLE + zstd.compress(b"two\n") + SKIPPABLE
    assert read(write(tmp_path, "a.zst", packed)) == (b"one\ntwo\n", [])


def test_a_window_of_two_gigabytes_opens(tmp_path: Path) -> None:
    p = zstd.CompressionParameter
    maker = zstd.ZstdCompressor(options={p.window_log: 31})
    packed = maker.compress(b"one\n") + maker.flush()
    assert packed[4] & 0x20 == 0 and packed[5] >> 3 == 31 - 10  # the header asks for 2 GiB
    assert read(write(tmp_path, "a.zst", packed)) == (b"one\n", [])


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_padding_between_members_is_no_damage(tmp_path: Path, suffix: str) -> None:
    pack = CODECS[suffix]
    packed = pack(b"one\n") + bytes(8) + pack(b"two\n") + bytes(512)
    assert read(write(tmp_path, f"a{suffix}", packed)) == (b"one\ntwo\n", [])


@pytest.mark.parametrize("suffix", CODECS)
def test_a_cut_file_gives_what_came_before_the_cut(tmp_path: Path, suffix: str) -> None:
    text = noise(2_000_000)
    packed = CODECS[suffix](text)
    cut = len(packed) * 2 // 3
    got, damage = read(write(tmp_path, f"a{suffix}", packed[:cut]))
    assert damage == [Damage(cut, "truncated_frame")]
    assert text.startswith(got)
    lost = len(text) * 2 // 3 - len(got)
    assert lost < 1_000_000  # bzip2 and xz give nothing of a block before its end


def test_a_cut_zstd_file_loses_no_finished_block(tmp_path: Path) -> None:
    text = noise(2_000_000)
    packed = zstd.compress(text)
    for cut in (len(packed) - 1, len(packed) // 2, 5, 3):
        got, damage = read(write(tmp_path, "a.zst", packed[:cut]))
        assert damage == [Damage(cut, "truncated_frame")]
        assert len(got) >= len(text) * cut / len(packed) - (1 << 17) - 100


def test_an_empty_compressed_file_is_cut_but_an_empty_plain_one_is_whole(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a.zst", b"")) == (b"", [Damage(0, "truncated_frame")])
    assert read(write(tmp_path, "a.ndjson", b"")) == (b"", [])


def test_a_flipped_bit_costs_its_block_and_the_next_frame_is_found(tmp_path: Path) -> None:
    texts = [noise(1_000_000, seed) for seed in range(3)]
    packed = [bytearray(zstd.compress(text)) for text in texts]
    at = _block_header(packed[1], 300_000)
    packed[1][at] |= 0x06  # block type 3: reserved
    got, damage = read(write(tmp_path, "a.zst", b"".join(packed)))
    [(byte, reason)] = damage
    assert reason == "bad_frame" and 0 <= byte - len(packed[0]) - at < 2 * frames.FINE
    assert got.startswith(texts[0]) and got.endswith(texts[2])
    middle = got[len(texts[0]) : -len(texts[2])]
    assert texts[1].startswith(middle)
    assert len(middle) > at / len(packed[1]) * len(texts[1]) - (1 << 17) - 100


def _block_header(frame: bytearray, after: int) -> int:
    """Offset of the first zstd block header after this one."""
    at = 4 + 1 + (0 if frame[4] & 0x20 else 1) + (4 if frame[4] >> 6 == 2 else 2)
    while at < after:
        header = int.from_bytes(frame[at : at + 3], "little")
        at += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
    return at


@pytest.mark.parametrize("suffix", CODECS)
def test_any_flipped_bit_is_survived(tmp_path: Path, suffix: str) -> None:
    text = noise(20_000)
    packed = CODECS[suffix](text)
    for seed in range(60):
        rng = random.Random(seed)
        bent = bytearray(packed)
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
        got, damage = read(write(tmp_path, f"a{suffix}", bytes(bent)))
        assert len(got) < 10 * len(text) and len(damage) < 5


def test_a_frame_is_found_though_its_magic_lies_in_two_reads(tmp_path: Path) -> None:
    frame = zstd.compress(b"two\n")
    for n in range(4):
        path = write(tmp_path, "a.zst", frame[n:])
        with Source(path) as source:
            assert frames._next_frame(source, b"bad" + frame[:n], ".zst") == frame


def test_garbage_after_the_last_frame_is_named(tmp_path: Path) -> None:
    packed = zstd.compress(b"one\n")
    got, damage = read(write(tmp_path, "a.zst", packed + b"not a frame at all"))
    assert got == b"one\n"
    assert [d.reason for d in damage] == ["bad_frame"]


def test_a_bomb_is_stopped_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "FREE_OUTPUT", 1 << 24)
    path = write(tmp_path, "a.zst", zstd.compress(b"\n" * (1 << 28)))
    n, damage, room = 0, [], memoryview(bytearray(SIZE))
    tracemalloc.start()
    with Source(path) as source:
        for step in decoded(source, lambda: room):
            n, damage = (n, [*damage, step]) if isinstance(step, Damage) else (n + step, [])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert damage == [Damage(path.stat().st_size, "expansion_cap")]
    assert n < (1 << 24) + frames.MAX_EXPANSION * path.stat().st_size + SIZE + 1
    assert peak < 4 * SIZE


def test_the_content_says_the_codec_and_the_name_only_where_it_cannot() -> None:
    assert codec_of("RC_2012-06", zstd.compress(b"x")) == ".zst"
    assert codec_of("RC_2012-06.zst", b'{"id": "x"}') == ""
    assert codec_of("RC_2012-06.zst", b"\x00\x00\x00\x00") == ".zst"  # a bad first frame
    assert codec_of("RC_2012-06.xz", SKIPPABLE) == ".zst"
    assert codec_of("RC_2012-06.bz2", b"") == ".bz2"


def test_the_digest_is_of_the_whole_file_even_if_reading_stops(tmp_path: Path) -> None:
    path = write(tmp_path, "a.zst", zstd.compress(noise(3_000_000)))
    with Source(path) as source:
        next(decoded(source, lambda: memoryview(bytearray(SIZE))))
        digest = source.sha256()
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert source.n_bytes == path.stat().st_size


def test_a_file_that_cannot_be_opened_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="RC_2012-06"):
        Source(tmp_path / "RC_2012-06.zst")
    with pytest.raises(InputError, match="check the path"), Source(tmp_path) as source:
        source.read()


# --- blocks


def blocks_of(
    pieces: Iterable[bytes | Damage], size: int = SIZE, n_slots: int = 1
) -> Iterator[Block | Damage]:
    """What becomes of such pieces; each slot is given back once it was looked at."""

    def fill(room: Callable[[], memoryview]) -> Iterator[int | Damage]:
        for piece in pieces:
            if isinstance(piece, Damage):
                yield piece
                continue
            while piece:
                place = room()
                n = min(len(place), len(piece))
                place[:n], piece = piece[:n], piece[n:]
                yield n

    ring = Ring(n_slots, size)
    for item in decode.blocks_of(fill, ring):
        if isinstance(item, Block):
            data = bytes(item.data)
            ring.give(item.at)
            item = item._replace(data=data, at=-1)
        yield item


def lines_of(blocks: Iterable[Block | Damage]) -> list[bytes]:
    return [b.data for b in blocks if isinstance(b, Block)]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.lists(st.integers(1, 50), min_size=1), st.integers(1, 64))
def test_nothing_is_lost_wherever_pieces_are_cut(text: bytes, cuts: list[int], size: int) -> None:
    text = text.replace(b"\xef\xbb\xbf", b"")
    pieces, rest, i = [], text, 0
    while rest:
        n = cuts[i % len(cuts)]
        pieces, rest, i = [*pieces, rest[:n]], rest[n:], i + 1
    blocks = [b for b in blocks_of(pieces, size) if isinstance(b, Block)]
    assert b"".join(b.data for b in blocks) == text
    assert all(text[b.start : b.start + len(b.data)] == b.data for b in blocks)
    assert all(b.data.endswith(b"\n") for b in blocks if not b.edge)
    assert [b for b in blocks if b.edge] == blocks[-1:] * (bool(text) and not text.endswith(b"\n"))


def test_a_line_above_the_cap_is_skipped_and_its_byte_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decode, "LINE_CAP", 100)
    long = b"x" * 101 + b"\n"
    text = b"one\n" + long + b"y" * 100 + b"\ntwo\n" + long * 2 + b"z" * 900
    for n, size in ((1, 1), (7, 32), (64, 64), (2000, 80)):
        found = list(blocks_of([text[i : i + n] for i in range(0, len(text), n)], size))
        assert b"".join(lines_of(found)) == b"one\n" + b"y" * 100 + b"\ntwo\n"
        assert [d for d in found if isinstance(d, Damage)] == [
            Damage(at, "line_too_long") for at in (4, 211, 313, 415)
        ]


def test_a_line_of_100_megabytes_needs_no_memory_for_it() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one\n"
        for _ in range(800):
            yield b"x" * (1 << 17)
        yield b"\ntwo\n"

    tracemalloc.start()
    found = list(blocks_of(pieces()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines_of(found) == [b"one\n", b"two\n"]
    assert [d for d in found if isinstance(d, Damage)] == [Damage(4, "line_too_long")]
    assert peak < 4 * decode.LINE_CAP


def test_lines_that_touch_damage_are_edges() -> None:
    found = list(blocks_of([b"one\ntw", Damage(9, "bad_frame"), b"ree\nfour\n"]))
    assert found == [
        Block(b"one\n", 0),
        Block(b"tw", 4, edge=True),
        Damage(9, "bad_frame"),
        Block(b"ree\n", 6, edge=True),
        Block(b"four\n", 10),
    ]


def test_a_byte_order_mark_is_not_part_of_the_first_line() -> None:
    assert list(blocks_of([b"\xef\xbb\xbf{}\n"])) == [Block(b"{}\n", 3)]


def test_threads_change_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "a.zst", zstd.compress(noise(1_000_000)))
    with Source(path) as a, Source(path) as b:
        threaded = list(read_blocks(a, size=1 << 14))
        assert threaded == list(read_blocks(b, size=1 << 14, in_thread=False))
    assert len(threaded) > 1


def test_leaving_early_stops_the_thread() -> None:
    closed = []

    def endless() -> Generator[int, None, None]:
        try:
            n = 0
            while True:
                yield (n := n + 1)
        finally:
            closed.append(n)

    items = in_background(endless(), 2)
    assert next(items) == 1
    items.close()
    assert len(closed) == 1 and closed[0] < 10


def test_an_error_in_the_thread_is_raised_here() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        raise InputError("broken", "a.zst")

    with pytest.raises(InputError, match="broken"):
        list(in_background(failing(), 2))


def test_a_sample_is_the_first_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "a.zst", zstd.compress(b"one\n\n  \ntwo\r\nthree"))
    assert sample_lines(path) == [b"one", b"two\r", b"three"]
    path = write(tmp_path, "b.zst", zstd.compress(noise(1_000_000)))
    assert 1000 < len(sample_lines(path, 1 << 16)) < 4500  # two blocks at most
