"""The end of a zstd frame is found without decoding, wherever its bytes are cut."""

from __future__ import annotations

import random

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps.zstd_frame import FrameWalk

SKIPPABLE = b"\x5f\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"12345"


def text(n: int, seed: int) -> bytes:
    """Stretches that compress well, not at all, and to a single byte."""
    rng = random.Random(seed)
    parts = [b"z" * (n // 3), rng.randbytes(n // 3), b"word " * (n // 15)]
    rng.shuffle(parts)
    return b"".join(parts)


def walked(packed: bytes, cuts: list[int]) -> tuple[int, bool]:
    """How many bytes are taken where they come in such pieces, and whether that is the end."""
    walk, taken, i = FrameWalk(), 0, 0
    while taken < len(packed) and not walk.done:
        piece = packed[taken : taken + cuts[i % len(cuts)]]
        taken += walk.feed(memoryview(piece))
        i += 1
    return taken, walk.done


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([0, 1, 255, 256, 70_000, 400_000]),
    st.integers(0, 5),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from([1, 2, 3, 7, 1000, 1 << 17, 1 << 20]), min_size=1, max_size=4),
)
def test_a_frame_ends_where_the_decompressor_says(
    n: int, seed: int, checksum: bool, sized: bool, cuts: list[int]
) -> None:
    if n > 1000 and max(cuts) < 1000:
        cuts = [*cuts, 1 << 17]
    maker = zstandard.ZstdCompressor(write_checksum=checksum, write_content_size=sized)
    packed = maker.compress(text(n, seed))
    assert walked(packed + b"and what follows", cuts) == (len(packed), True)
    assert walked(packed[:-1], cuts) == (len(packed) - 1, False)


def test_a_window_and_many_blocks_change_nothing() -> None:
    options = zstandard.ZstdCompressionParameters(window_log=31, write_checksum=1)
    maker = zstandard.ZstdCompressor(compression_params=options).compressobj()
    packed = b"".join(
        maker.compress(text(50_000, i)) + maker.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        for i in range(9)
    )
    packed += maker.flush()
    assert walked(packed + packed, [1 << 20]) == (len(packed), True)


def test_a_frame_with_a_dictionary_has_a_longer_head() -> None:
    words = zstandard.ZstdCompressionDict(bytes(range(256)) * 8, zstandard.DICT_TYPE_RAWCONTENT)
    for number in (7, 300, 70_000):
        made = zstandard.train_dictionary(
            1024, [text(300, i) + bytes([i]) * 9 for i in range(99)], dict_id=number
        )
        packed = zstandard.ZstdCompressor(dict_data=made).compress(text(900, 1))
        assert zstandard.get_frame_parameters(packed).dict_id == number
        assert walked(packed + b"more", [3, 1]) == (len(packed), True)
    assert walked(zstandard.ZstdCompressor(dict_data=words).compress(b"x"), [1])[1]


def test_a_skippable_frame_is_as_long_as_it_says() -> None:
    assert walked(SKIPPABLE + SKIPPABLE, [4]) == (len(SKIPPABLE), True)


@pytest.mark.parametrize("head", [b"not a frame", b"\x28\xb5\x2f\xfd\x20\x01\x07\x00\x00"])
def test_what_makes_no_sense_has_no_end(head: bytes) -> None:
    assert walked(head + bytes(1000), [64]) == (len(head) + 1000, False)
