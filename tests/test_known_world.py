"""The known world on a small grid: every model stands on counted rows, and the figure holds it."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from xml.etree import ElementTree

import pytest


@pytest.fixture(scope="module")
def bench(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("known_world")


@pytest.mark.slow
def test_the_default_beats_the_paper_where_thanks_are_confounded(bench: ModuleType) -> None:
    lines = bench.measured(1.0, ["majority", "paper", "ensemble"], seeds=1, n_threads=900)
    json.dumps(lines, allow_nan=False)
    found = {x["model"]: x for x in lines if "auc" in x}
    assert list(found) == ["majority", "paper", "ensemble"]
    assert found["ensemble"]["auc"][1] > 0.5
    (against,) = [x for x in lines if "ratio" in x]
    assert against["gap"][1] > 0
    assert against["n"] <= min(found["paper"]["n"], found["ensemble"]["n"])
    drawn = ElementTree.fromstring(bench.figure(lines))
    assert "ensemble" in "".join(drawn.itertext())


def test_a_figure_without_a_value_draws_the_others(bench: ModuleType) -> None:
    three = [0.6, 0.5, 0.7]
    lines = [
        {"model": m, "confounding": c, "auc": three, "op_politeness": three,
         "exposure": three if c else [None] * 3}
        for m in ("paper", "ensemble") for c in (0.0, 1.0)
    ]  # fmt: skip
    assert bench.figure(lines).count("<path") == 6
