"""The outside check reads ratings as they are, and what thanks can tell there is little."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture(scope="module")
def bench(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("outside_check")


def turn(dialogue: str, feedback: int, reply: str) -> dict[str, object]:
    return {"dialog_id": dialogue, "group_id": dialogue, "feedback": feedback, "reply": reply}


def test_thanks_that_follow_ratings_are_found(bench: ModuleType) -> None:
    turns = [
        turn(f"d{i}", rating, reply)
        for i in range(30)
        for rating, reply in ((5, "Thank you so much!"), (1, "We have a cat."))
    ]
    lines = {x["signal"]: x for x in bench.check(turns, ["lexicon"])}
    assert lines["gratitude"]["auc"][0] == 1.0
    assert lines["gratitude"]["pairs"][0] == 1.0
    assert lines["the later turn"]["pairs"][0] == 0.0
    assert lines["uptake"]["auc"][0] == 0.5


def test_pairs_are_of_one_dialogue_and_the_better_one_comes_first(bench: ModuleType) -> None:
    turns = [turn("a", 3, ""), turn("a", 5, ""), turn("b", 1, ""), turn("a", 5, "")]
    assert sorted(map(tuple, bench._pairs(turns).tolist())) == [(1, 0), (3, 0)]
    assert bench._pairs(turns[:1]).shape == (0, 2)


@pytest.mark.slow
def test_on_rated_dialogues_thanks_tells_little(bench: ModuleType, shared_data: Path) -> None:
    path = shared_data / "esconv" / "rated_turns.jsonl"
    if not path.is_file():
        pytest.skip("ESConv's rated turns are not here")
    lines = {x["signal"]: x for x in bench.check(bench.rated(path), ["lexicon"])}
    low, high = lines["gratitude"]["auc"][1:]
    assert 0.5 < low < 0.56 < high < 0.65
    assert lines["the later turn"]["pairs"][0] == pytest.approx(0.71, abs=0.01)
    assert np.isclose(lines["gratitude"]["n_bad"], 57)
