"""Baselines find what was planted for them, learn from train alone, and say why they are silent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from redditess.corpus.errors import MissingExtra
from redditess.labeling.readers import minilm
from redditess.stats.ranking import auc
from redditess.training.figures import baselines
from redditess.training.figures.baselines import BASELINES, CHEAP, Guess, guesses
from tests.training.made_world import changed, labels, world

pytestmark = pytest.mark.slow  # scikit-learn takes a second to import


def guess(name: str, train: pa.Table, test: pa.Table) -> Guess:
    return next(g for g in guesses(train, test, names=[name]) if g.name == name)


def area(name: str, train: pa.Table, test: pa.Table) -> float:
    p = guess(name, train, test).p
    assert p is not None
    return auc(p, labels(test), np.arange(test.num_rows)).value


def told(rows: pa.Table, column: str, plant: Callable[[bool, Any], Any]) -> pa.Table:
    """The same rows, `plant(effective, value)` in one column."""
    yes = labels(rows)
    return changed(rows, column, lambda i, value: plant(bool(yes[i]), value))


def test_each_gives_probabilities_in_the_order_of_the_table() -> None:
    train, test = world(0)
    said = list(guesses(train, test, names=CHEAP))
    assert [g.name for g in said] == list(BASELINES)
    for g in said[:-1]:
        assert g.p is not None and g.p.shape == (240,) and g.n_train == 600
        assert np.all((g.p >= 0) & (g.p <= 1))
    assert said[-1] == Guess("frozen-minilm", None, "left out of this run")


def test_no_label_and_no_reaction_of_a_test_row_reaches_a_baseline() -> None:
    train, test = world(1)
    other = changed(test, "label", lambda i, label: 1 - label)
    for column in ("basis", "subreddit", "era"):
        other = changed(other, column, lambda i, value: "another")
    other = changed(other, "p_effective", lambda i, p: 1 - p)
    for before, after in zip(
        guesses(train, test, names=CHEAP), guesses(train, other, names=CHEAP), strict=True
    ):
        assert np.array_equal(before.p, after.p) if before.p is not None else after.p is None


def test_majority_says_the_share_of_train_and_nothing_else() -> None:
    train, test = world(2, share=0.7)
    p = guess("majority", train, test).p
    assert p is not None and set(p) == {labels(train).mean()}


def test_each_finds_what_was_planted_for_it_and_only_it_does() -> None:
    train, test = world(3, words=0)
    plants = {
        "length-only": ("comment", lambda yes, text: f"{text} {text}" if yes else text),
        "post-only": ("post", lambda yes, text: f"{text} planted" if yes else text),
        "tfidf": ("comment", lambda yes, text: f"planted {text}" if yes else f"flowers {text}"),
        "exposure-only": ("opportunity", lambda yes, chance: chance / 2 + 0.4 * yes),
    }
    assert all(0.35 < area(name, train, test) < 0.65 for name in plants)
    for name, (column, plant) in plants.items():
        planted = [told(rows, column, plant) for rows in (train, test)]
        assert area(name, *planted) > 0.8
        blind = {"post-only", "exposure-only"} - {name}
        assert all(area(other, *planted) < 0.65 for other in blind)


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = world(4)
    one_label = train.filter(pa.array(labels(train)))
    assert guess("tfidf", one_label, test)[:3] == ("tfidf", None, "train has one label only")
    assert guess("majority", one_label, test).p is not None
    assert guess("majority", train.slice(0, 0), test).why == "train has no row"
    unseen = changed(train, "opportunity", lambda i, chance: float("nan"))
    assert "opportunity" in guess("exposure-only", unseen, test).why

    def nowhere() -> None:
        raise MissingExtra("all-MiniLM-L6-v2 is not installed", "reader", "pip install it")

    monkeypatch.setattr(minilm, "installed", nowhere)
    assert guess("frozen-minilm", train, test).why == "all-MiniLM-L6-v2 is not installed"


def test_texts_without_a_repeated_word_leave_the_share() -> None:
    train, test = world(5)
    alone = changed(train, "comment", lambda i, text: f"x{i}")
    p = guess("tfidf", changed(alone, "comment", lambda i, t: chr(0x4E00 + i)), test).p
    assert p is not None and np.allclose(p, labels(train).mean())


def test_a_missing_opportunity_is_no_chance_of_zero() -> None:
    train, test = world(6)
    holes = changed(test, "opportunity", lambda i, chance: float("nan") if i % 2 else chance)
    p = guess("exposure-only", train, holes).p
    assert p is not None and np.isfinite(p).all()


@pytest.mark.needs_torch
def test_the_frozen_encoder_reads_comment_and_post_within_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    try:
        minilm.installed()
    except MissingExtra:
        pytest.skip("the encoder is not installed")
    monkeypatch.setattr(baselines, "MOST_ENCODED_TEST", 40)
    train, test = world(7, 80, 60, words=0)
    short = [
        told(
            changed(rows, "post", lambda i, text: "I cannot sleep"), "comment",
            lambda yes, text: "Try warm milk" if yes else "Buy a new car",
        )
        for rows in (train, test)
    ]  # fmt: skip
    found = guess("frozen-minilm", *short)
    assert found.p is not None
    assert np.isfinite(found.p).tolist() == [True] * 40 + [False] * 20
    assert auc(found.p[:40], labels(test)[:40], np.arange(40)).value == 1
