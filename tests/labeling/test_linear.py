"""The hashed model: its columns against a loop, batches against single texts, its file."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.labeling import linear
from redditess.labeling.linear import Linear, blocks, char_grams, characters, load, save

WILD = ["Thank you!", "", " ", "🙏🏽 merci", "a", "İstanbul ’s", "no\nthanks  \t ok", "x" * 30]


def small_model(bits: tuple[int, int] = (8, 9), extras: int = 2) -> Linear:
    rng = np.random.default_rng(3)
    tables = [rng.normal(size=(1 << b, 3)).astype(np.float32) for b in bits]
    for table in tables:
        table[:, -1] = np.abs(table[:, -1])
    return Linear(("one", "two"), tables, rng.normal(size=(extras, 2)), np.array([0.5, -1.0]))


def test_runs_of_characters_are_those_of_a_loop() -> None:
    text = "ab cd"
    grams = char_grams(characters([text, "zz"]), 20)
    padded = f" {text} "
    wanted = {(i, n) for n in (2, 3, 4, 5) for i in range(len(padded) - n + 1)}
    assert (grams.row == 0).sum() == len(wanted)
    # The same run of characters has the same column wherever it stands.
    seen = {}
    for run, column in zip(_runs(padded), grams.column[grams.row == 0].tolist(), strict=True):
        assert seen.setdefault(run, column) == column
    assert len(set(seen.values())) == len(seen)


def _runs(padded: str) -> list[str]:
    return [padded[i : i + n] for n in (2, 3, 4, 5) for i in range(len(padded) - n + 1)]


def test_words_and_pairs_are_counted_once_with_their_count() -> None:
    block, _ = blocks(["go go go now"], (18, 18))
    # go, now, "go go" (twice), "go now"
    assert sorted(block.tf.tolist()) == pytest.approx(
        sorted([1 + math.log(3), 1.0, 1 + math.log(2), 1.0])
    )


def test_columns_do_not_depend_on_case_blanks_digits_or_apostrophes() -> None:
    one, other = (blocks([t], (18, 18)) for t in ("I’m  OK\tat 12", "i'm ok at 98"))
    assert all(a.column.tolist() == b.column.tolist() for a, b in zip(one, other, strict=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_a_batch_scores_each_text_as_it_does_alone(texts: list[str]) -> None:
    model = small_model()
    extra = np.ones((len(texts), 2))
    together = model.logits(texts, extra)
    assert together.shape == (len(texts), 2)
    for i, text in enumerate(texts):
        np.testing.assert_allclose(
            model.logits([text], extra[i : i + 1])[0], together[i], atol=1e-4
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=30) | st.sampled_from(WILD), max_size=9))
def test_short_and_long_keys_count_the_same_columns(texts: list[str]) -> None:
    """Above 4 texts 2**30 columns need 64-bit keys; a text alone never does."""
    alone = [blocks([text], (30, 30)) for text in texts]
    for k, whole in enumerate(blocks(texts, (30, 30))):
        parts = [pair[k] for pair in alone]
        assert whole.row.tolist() == [i for i, part in enumerate(parts) for _ in part.row]
        assert whole.column.tolist() == [c for part in parts for c in part.column.tolist()]
        assert whole.tf.tobytes() == b"".join(part.tf.tobytes() for part in parts)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40) | st.sampled_from(WILD), min_size=1, max_size=6))
def test_the_sums_of_a_text_do_not_depend_on_its_company(texts: list[str]) -> None:
    model = small_model(bits=(18, 18))
    together = model.sums(texts)
    assert together.tobytes() == b"".join(model.sums([t]).tobytes() for t in texts)


def test_counts_beyond_the_table_are_computed() -> None:
    counts = np.array([1, 2, 1023, 1024, 90_000])
    wanted = (1 + np.log(counts)).astype(np.float32)
    assert linear.weighted(counts).tobytes() == wanted.tobytes()
    assert linear.weighted(counts[:3]).tobytes() == wanted[:3].tobytes()


def test_a_score_is_what_its_description_says() -> None:
    model, text = small_model(), "thanks thanks friend"
    total = np.array([0.5, -1.0])
    for block, table in zip(blocks([text], (8, 9)), model.tables, strict=True):
        counts = Counter(dict(zip(block.column.tolist(), block.tf.tolist(), strict=True)))
        length = math.sqrt(sum((tf * table[c, -1]) ** 2 for c, tf in counts.items()))
        total = total + sum(tf * table[c, :-1] for c, tf in counts.items()) / length
    np.testing.assert_allclose(model.logits([text], np.zeros((1, 2)))[0], total, rtol=1e-4)


def test_a_long_text_is_read_to_its_bound() -> None:
    model = small_model()
    text = "word " * 4000
    cut = text[: linear.MAX_CHARS]
    zeros = np.zeros((1, 2))
    np.testing.assert_array_equal(model.logits([text], zeros), model.logits([cut], zeros))


def test_the_file_gives_back_the_model_and_the_same_bytes(tmp_path: Path) -> None:
    model = small_model()
    for name in ("a", "b"):
        save(tmp_path / name, model, {"figures": {"f1": 1}})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    again, meta = load(tmp_path / "a")
    assert again.heads == ("one", "two") and meta["figures"] == {"f1": 1}
    zeros = np.zeros((len(WILD), 2))
    np.testing.assert_allclose(again.logits(WILD, zeros), model.logits(WILD, zeros), atol=0.02)


def test_the_strongest_word_stands_in_the_text() -> None:
    model = small_model()
    for text in WILD:
        for word in model.strongest(text, "one"):
            assert word in text
    assert any(model.strongest(text, "one") for text in WILD)
