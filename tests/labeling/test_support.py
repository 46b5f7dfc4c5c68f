"""Support types and strategies: taxonomies, rules, crosswalk, and agreement with ESConv."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from redditess.labeling.spot import load
from redditess.labeling.support import (
    STRATEGIES,
    SUPPORT_TYPES,
    strategies,
    support_types,
    types_of_strategy,
)

ROOT = Path(__file__).parents[2]


def types_of(text: str) -> list[str]:
    return support_types(pa.array([text])).to_pylist()[0]


def test_six_types_and_eight_strategies_have_definitions() -> None:
    assert SUPPORT_TYPES == (
        "emotional", "informational", "esteem", "network", "tangible", "coping_strategy",
    )  # fmt: skip
    assert len(STRATEGIES) == 8 and STRATEGIES[-1] == "Others"
    for name in ("support_types", "esconv_strategies"):
        assert all(entry["definition"] for entry in load("taxonomies", name).values())
    assert all(entry["source"] for entry in load("taxonomies", "support_types").values())


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("emotional", "I'm so sorry, that sounds exhausting."),
        ("emotional", "Sending you a big hug"),
        ("informational", "You should talk to your doctor about the side effects."),
        ("informational", "There are free apps, see [URL]"),
        ("esteem", "This is not your fault. You are strong."),
        ("esteem", "It took courage to post this"),
        ("network", "You're not alone, many of us have been there."),
        ("network", "A local support group could help"),
        ("tangible", "I can drive you to the appointment"),
        ("tangible", "do you need a ride? I could lend you my tent"),
        ("coping_strategy", "try box breathing or go for a walk"),
        ("coping_strategy", "Journaling helps, one day at a time"),
    ],
)
def test_each_type_is_heard(kind: str, text: str) -> None:
    assert kind in types_of(text)


@pytest.mark.parametrize("text", ["", "lol", "The cat sat on the mat.", "what a day 2014 was"])
def test_small_talk_is_no_support(text: str) -> None:
    assert types_of(text) == []


def test_types_stand_in_the_order_of_the_taxonomy() -> None:
    text = (
        "Try a walk. You're not alone, it's not your fault, and I'm so sorry. I can drive you over"
    )
    assert types_of(text) == list(SUPPORT_TYPES)


def test_every_strategy_stands_for_known_types() -> None:
    used = {t for s in STRATEGIES for t in types_of_strategy(s)}
    assert used == set(SUPPORT_TYPES) - {"tangible"}  # nobody lends a chat partner a car


@pytest.mark.parametrize(
    ("strategy", "text"),
    [
        ("Question", "How long has this been going on?"),
        ("Self-disclosure", "I lost my job last year"),
        ("Providing Suggestions", "Have you tried talking to your manager?"),
        ("Reflection of feelings", "You must feel so overwhelmed"),
        ("Restatement or Paraphrasing", "So you are worried that he will leave"),
        ("Others", "Hello there"),
    ],
)
def test_a_plain_turn_gets_its_strategy(strategy: str, text: str) -> None:
    assert strategies(pa.array([text])) == [strategy]


def test_heads_agree_with_esconv_more_than_the_baselines(shared_data: Path) -> None:
    """On macro-F1 by dialogue: the lower end is above both baselines' upper ends."""
    if not (shared_data / "esconv").is_dir():
        pytest.skip("ESConv is not among the shared material")
    spec = importlib.util.spec_from_file_location("bench_st", ROOT / "benchmarks/support_types.py")
    assert spec and spec.loader
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    found = bench.measure(shared_data)
    assert found["ours"].n_clusters == 130
    assert found["ours"].low > max(found["commonest"].high, found["drawn"].high)


LEAST_F1 = {
    "emotional": 0.66, "informational": 0.55, "esteem": 0.36, "network": 0.30, "tangible": 0.65,
    "coping_strategy": 0.57,
}  # fmt: skip
"""Measured once on held-out items (docs/support_types.md), less about the interval's half."""


@pytest.mark.parametrize("kind", SUPPORT_TYPES)
def test_held_out_items_are_typed_as_well_as_was_measured(kind: str) -> None:
    spec = importlib.util.spec_from_file_location("bench_ho", ROOT / "benchmarks/support_types.py")
    assert spec and spec.loader
    bench = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = bench
    spec.loader.exec_module(bench)
    heard = bench.held_out()[kind]
    assert heard.recall.n >= 60 and heard.false_alarms.n >= 200
    assert heard.f1 >= LEAST_F1[kind]


def test_macro_f1_counts_a_class_that_nobody_says() -> None:
    spec = importlib.util.spec_from_file_location("bench_f1", ROOT / "benchmarks/support_types.py")
    assert spec and spec.loader
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert bench.macro_f1(np.array([0, 0]), np.array([0, 1]), 2) == pytest.approx(1 / 3)
