"""Texts that nearly repeat one of another split are all found, and nothing else is."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.release import near as module
from redditess.release import near_rows, near_sets, prefixes
from redditess.release.near import NOBODY, NearTexts
from redditess.release.near_rows import Told, near_ahead
from redditess.release.shingles import shingle
from redditess.release.splits import ORDER
from redditess.release.twins import STAYS

pytestmark = pytest.mark.slow

TEST, VALIDATION, TRAIN = (ORDER.index(name) for name in ("test", "validation", "train"))


def edited_texts(n: int, seed: int) -> list[str]:
    """Families of texts that differ by a few words, of all lengths, with common words."""
    rng = random.Random(seed)
    words = [f"w{int(rng.paretovariate(0.7)) % 3000}" for _ in range(5000)]
    texts: list[str] = []
    while len(texts) < n:
        base = [rng.choice(words) for _ in range(rng.choice((1, 2, 4, 15, 40, 150)))]
        for _ in range(rng.randint(1, 4)):
            own = list(base)
            for _ in range(int(len(own) * rng.choice((0, 0.02, 0.05, 0.1)))):
                own[rng.randrange(len(own))] = rng.choice(words)
            texts.append(" ".join(own))
    return texts[:n]


def brute(texts: Sequence[str], split: Sequence[int], holder: int, threshold: float) -> set[int]:
    sets = shingle(texts)
    of = [set(sets.value[a:b].tolist()) for a, b in zip(sets.start, sets.start[1:], strict=False)]
    return {
        i
        for i, mine in enumerate(of)
        for j, other in enumerate(of)
        if split[i] > holder == split[j] and mine
        if len(mine & other) >= threshold * len(mine | other) - 1e-9
    }


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("tiny", [False, True])
def test_exactly_the_pairs_of_a_plain_loop_are_found(
    threshold: float, tiny: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tiny:  # many batches, portions and rounds
        monkeypatch.setattr(module, "CHUNK_CHARS", 500)
        monkeypatch.setattr(near_sets, "MAX_MEMBERS", 300)
        monkeypatch.setattr(near_sets, "KEPT_MAPPED", 10_000)
        monkeypatch.setattr(module, "MAX_PAIRS", 7)
        monkeypatch.setattr(prefixes, "MAX_ENTRIES", 2_000)
        monkeypatch.setattr(module, "FIRST_MEETINGS", 1)
    texts = edited_texts(400, seed=int(threshold * 10))
    split = np.random.default_rng(1).integers(0, 3, len(texts)).astype(np.int8)
    with NearTexts(tmp_path, threshold) as near:
        near.add(texts[:150], split[:150])
        near.add(texts[150:], split[150:])
        near.finish()
        for holder in (TEST, VALIDATION):
            found = near.partners(split == holder, split > holder)
            wanted = brute(texts, split.tolist(), holder, threshold)
            assert len(wanted) > 20
            assert set(np.flatnonzero(found != NOBODY).tolist()) == wanted
            sides = brute(texts, split.tolist(), holder, threshold)
            assert all(split[found[i]] == holder for i in sides)
    assert list(tmp_path.iterdir()) == []


def test_a_template_that_everybody_uses_costs_no_comparison_of_all_with_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_compared = 0
    plain = NearTexts._is_near

    def counted(self: NearTexts, a: module.Ints, b: module.Ints) -> module.Marks:
        nonlocal n_compared
        n_compared += len(a)
        return plain(self, a, b)

    monkeypatch.setattr(NearTexts, "_is_near", counted)
    template = " ".join(f"line{n}" for n in range(95))
    texts = [f"{template} own{n} x{n} y{n}" for n in range(3_000)]
    split = np.arange(3_000).astype(np.int8) % 2
    with NearTexts(tmp_path, 0.7) as near:
        near.add(texts, split)
        near.finish()
        found = near.partners(split == 0, split == 1)
    assert ((found != NOBODY) == (split == 1)).all()
    assert n_compared <= 1_500 * 20  # of 2,250,000 pairs


def test_texts_without_a_word_are_near_nothing(tmp_path: Path) -> None:
    with NearTexts(tmp_path, 0.7) as near:
        near.add(
            ["", "!!!", "\N{PENSIVE FACE}", "word", "Word!"], np.array([0, 1, 1, 0, 1], np.int8)
        )
        near.finish()
        found = near.partners(near.split == 0, near.split == 1)
    assert found.tolist() == [NOBODY] * 4 + [3]
    with NearTexts(tmp_path, 0.7) as empty:
        empty.finish()
        assert len(empty.partners(np.zeros(0, bool), np.zeros(0, bool))) == 0


def rows_of(texts: list[str], split: list[int], stays: list[bool] | None = None) -> list[int]:
    keys = np.array([crc32(t.encode()) for t in texts], np.uint64)

    def read(wanted: module.Marks) -> Iterator[list[str]]:
        chosen = [t for t, w in zip(texts, wanted, strict=True) if w]
        yield chosen[:1]
        yield chosen[1:]

    with tempfile.TemporaryDirectory() as scratch:
        near = near_ahead(
            np.array(split, np.int8), np.array(stays or [True] * len(texts)),
            [Told(keys, read)], 0.7, Path(scratch),
        )  # fmt: skip
    for row, holder in enumerate(near.holder.tolist()):
        assert (holder == STAYS) == (near.row[row] == -1)
        assert holder == STAYS or split[near.row[row]] == holder
    return near.holder.tolist()


A = " ".join(f"a{n}" for n in range(40))
B = A.replace("a20", "else")  # 3 of 38 shingles differ: .85
C = B.replace("a30", "else").replace("a10", "else")  # near B (.72), not near A (.62)


def test_the_copy_farthest_from_training_stays() -> None:
    assert rows_of([A, B, B], [TRAIN, VALIDATION, TEST]) == [TEST, TEST, STAYS]
    assert rows_of([A, B], [TRAIN, VALIDATION]) == [VALIDATION, STAYS]
    assert rows_of([A, C], [TRAIN, TEST]) == [STAYS, STAYS]


def test_what_has_left_makes_nobody_leave() -> None:
    # C in train is near B in validation, which leaves, because A in test is near B.
    assert rows_of([C, B, A], [TRAIN, VALIDATION, TEST]) == [STAYS, TEST, STAYS]
    assert rows_of([A, B], [TRAIN, TEST], [True, False]) == [STAYS, STAYS]


def test_all_rows_of_a_post_leave_with_it() -> None:
    assert rows_of([A, B, A], [TRAIN, TEST, TRAIN]) == [TEST, STAYS, TEST]


def test_near_texts_inside_one_split_stay() -> None:
    assert rows_of([A, B, C], [TRAIN] * 3) == [STAYS] * 3


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.booleans()), max_size=40),
    at_once=st.sampled_from([2, 7, 1_000]),
)
def test_equal_words_of_one_split_are_one_text_in_any_number_of_parts(
    rows: list[tuple[int, int, bool]], at_once: int
) -> None:
    split, kind, wanted = (np.array([row[i] for row in rows]) for i in range(3))
    key = kind.astype(np.uint64) * np.uint64(2**61 + 12_345)  # spread over all parts; 0 stays 0
    first: dict[tuple[int, int], int] = {}
    expected = [first.setdefault((s, k), i) if w and k else -1 for i, (s, k, w) in enumerate(rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_rows, "ROWS_AT_ONCE", at_once)
        found = near_rows.first_equal(split.astype(np.int8), key, wanted.astype(bool))
    assert found.tolist() == expected


def test_what_a_search_holds_in_memory_does_not_grow_with_words(tmp_path: Path) -> None:
    """13 bytes a text, however long: sets and sketches stay in files."""
    rng = random.Random(3)
    with NearTexts(tmp_path, 0.7) as near:
        for words in (20, 400):
            texts = [" ".join(f"v{rng.random()}" for _ in range(words)) for _ in range(200)]
            near.add(texts, np.zeros(200, np.int8))
        near.finish()
        held = near.sets.size.nbytes + near.sets.start.nbytes + near.split.nbytes
        assert held <= 13 * 400 + 8
        assert not near.sets.sketch.flags.owndata and near.sets.sketch.base is not None
    assert list(tmp_path.iterdir()) == []
