"""Comments that protect, texts that urge to harm: what is heard of invented items, what is not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.labeling.fit_heads import wordings
from redditess.labeling.harm import HARMS, harms
from redditess.labeling.protective import KINDS, protects
from redditess.stats.intervals import wilson

HERE = Path(__file__).parent
TABLES = ("referral", "limits", "contradicts")


def items(name: str, most: int = 3) -> dict[str, dict[str, list[str]]]:
    """Table -> positive, negative -> texts."""
    tables = tomllib.loads((HERE / f"{name}.toml").read_text("utf8"))
    return {
        table: {
            side: [text for line in block.strip().splitlines() for text in wordings(line, most)]
            for side, block in sides.items()
        }
        for table, sides in tables.items()
    }


def heard(texts: list[str]) -> np.ndarray:
    return protects(pa.array(texts)) > 0


def test_there_are_two_hundred_items_of_both_sides_and_a_second_set() -> None:
    found = items("protective_items")
    assert tuple(found) == TABLES
    texts = {side: [t for sides in found.values() for t in sides[side]] for side in found["limits"]}
    assert min(len(set(side)) for side in texts.values()) >= 200
    second = items("protective_second")
    assert tuple(second) == TABLES
    assert all(len(side) == 35 for sides in second.values() for side in sides.values())
    assert not {t for sides in second.values() for s in sides.values() for t in s} & {
        t for side in texts.values() for t in side
    }


@pytest.mark.parametrize("table", TABLES)
def test_of_the_items_it_was_made_on_nearly_all_is_heard(table: str) -> None:
    sides = items("protective_items")[table]
    assert heard(sides["positive"]).mean() >= 0.98
    assert heard(sides["negative"]).mean() <= 0.35


def test_the_second_set_is_heard_as_docs_pairs_says() -> None:
    """Measured once, rules never corrected on it; a false alarm only loses a pair."""
    second = items("protective_second")
    right = np.concatenate([heard(sides["positive"]) for sides in second.values()])
    wrong = np.concatenate([heard(sides["negative"]) for sides in second.values()])
    low, _ = wilson(right.mean(), len(right))
    _, high = wilson(wrong.mean(), len(wrong))
    assert low >= 0.88 and high <= 0.32


def test_the_bits_name_the_kinds() -> None:
    texts = ["please see a doctor", "you don't owe him an answer", "please don't do it", "nice dog"]
    bits = protects(pa.array(texts))
    assert [KINDS[k] for k in range(3) if bits[k] >> k & 1] == list(KINDS)
    assert bits[3] == 0 and protects(pa.array([], pa.string())).tolist() == []


def test_what_urges_somebody_to_harm_is_heard_and_its_denial_is_not() -> None:
    [(_, block)] = [("", tomllib.loads((HERE / "encouragement_items.toml").read_text("utf8")))]
    sides = {
        side: [text for line in lines.strip().splitlines() for text in wordings(line, 8)]
        for side, lines in block.items()
    }
    bit = 1 << HARMS.index("encouragement")
    assert len(sides["positive"]) >= 100 and len(sides["negative"]) >= 60
    assert (harms(pa.array(sides["positive"])) & bit > 0).mean() >= 0.98
    assert (harms(pa.array(sides["negative"])) & bit > 0).mean() <= 0.02


@settings(max_examples=8, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_has_an_answer_that_its_neighbours_do_not_change(texts: list[str]) -> None:
    for find in (protects, harms):
        whole = find(pa.array(texts, pa.string())).tolist()
        assert whole == [int(find(pa.array([t], pa.string()))[0]) for t in texts]
