"""The one table: right figures in the right rows, words that say what was measured, no surprise."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from redditess.corpus.errors import InputError
from redditess.stats.ranking import auc
from redditess.stats.within import pair_accuracy
from redditess.training.data.source import Source
from redditess.training.figures import evaluate as evaluation
from redditess.training.figures.baselines import BASELINES, CHEAP
from redditess.training.figures.evaluate import evaluate
from redditess.training.figures.figure import FIGURES, MOVED
from redditess.training.figures.strata import cut_day, is_early, is_late, strata
from redditess.training.figures.table import Part, Row, Table, table_json
from redditess.training.figures.table_text import main_markdown, short, table_markdown, table_rich
from tests.training.made_world import answers, changed, labels, world

TRAIN, TEST = world(0)
SEEDS = {seed: answers(TEST, 1 + seed / 10, seed) for seed in (3, 4, 5)}


def cheap(rows: pa.Table, p: Any, **more: Any) -> Table:
    """No baseline that must learn, no alarm: what a table costs without them."""
    return evaluate(rows, p, **{"train": TRAIN, "source": None, "baselines": ["majority"], **more})


@pytest.fixture(autouse=True)
def silent(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """Alarms learn models of their own: slow tests only."""
    if not request.node.get_closest_marker("slow"):
        monkeypatch.setattr(evaluation, "leak_alarm", lambda *_, **__: [])
        monkeypatch.setattr(evaluation, "CHEAP", ("majority",))
    yield


@pytest.fixture(scope="module")
def whole() -> Table:
    return evaluate(TEST, SEEDS, train=TRAIN, source=None, baselines=CHEAP)


def row(table: Table, name: str) -> Row:
    return next(r for r in table.rows if r.name == name)


def part(table: Table, name: str) -> Part:
    return next(p for p in table.strata if p.name == name)


def drawn(table: Table) -> str:
    told = StringIO()
    Console(file=told, width=80, force_terminal=False).print(table_rich(table))
    return told.getvalue()


@pytest.mark.slow
def test_every_baseline_and_the_model_stand_in_it(whole: Table) -> None:
    assert [r.name for r in whole.rows] == [*BASELINES, "model"]
    for r in whole.rows:
        assert list(r.figures) == list(FIGURES) or r.why == "left out of this run"
    model, words = row(whole, "model"), row(whole, "tfidf")
    assert model.figures["pair_accuracy"]["value"] > words.figures["pair_accuracy"]["value"]
    assert model.gain is not None and model.gain["low"] > 0
    assert whole.alarms == []
    assert "frozen-minilm: not measured (left out of this run)" in whole.notes


@pytest.mark.slow
def test_what_majority_gets_is_seen_at_a_glance(whole: Table) -> None:
    lines = table_markdown(whole).splitlines()
    first = next(line for line in lines if line.startswith("| ") and "---" not in line
                 and not line.startswith("|  |"))  # fmt: skip
    assert first.startswith("| majority | .50 [.50, .50] |")
    assert any(line.startswith("- Without reading anything (majority)") for line in lines)


@pytest.mark.slow
def test_the_terminal_gets_80_columns(whole: Table) -> None:
    lines = drawn(whole).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("model" in line and ".7" in line for line in lines)
    assert not any("…" in line for line in lines)


@pytest.mark.slow
def test_early_and_late_is_always_there_and_learns_from_early_rows_alone(whole: Table) -> None:
    cut = cut_day(TRAIN)
    assert cut is not None and whole.era is not None
    late = is_late(TRAIN, cut)
    assert 0.7 < 1 - late.mean() < 0.9
    poisoned = changed(TRAIN, "label", lambda i, y: 1 - y if late[i] else y)
    poisoned = changed(poisoned, "comment", lambda i, text: "x" if late[i] else text)
    again = evaluate(TEST, SEEDS[3], train=poisoned, source=None, baselines=CHEAP)
    assert again.era == whole.era
    assert whole.era.n_train == is_early(TRAIN, cut).sum()
    assert whole.era.n_test == is_late(TEST, cut).sum()
    assert list(whole.era.rows) == list(CHEAP)
    assert f"Learnt on days to {cut}" in table_markdown(whole)


def test_figures_are_those_of_the_first_seed_and_seeds_stand_apart() -> None:
    alone, three = row(cheap(TEST, SEEDS[3]), "model"), row(cheap(TEST, SEEDS), "model")
    assert three.figures == alone.figures and alone.seeds == {}
    each = [pair_accuracy(p, labels(TEST), *threads(TEST)).value for p in SEEDS.values()]
    told = three.seeds["pair_accuracy"]
    assert told["mean"] == pytest.approx(np.mean(each), abs=1e-5)
    assert told["sd"] == pytest.approx(np.std(each, ddof=1), abs=1e-5)
    assert list(told["values"]) == ["3", "4", "5"]
    assert "model over 3 seeds, means: pairs in a thread" in table_markdown(cheap(TEST, SEEDS))


def threads(rows: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    return np.array(rows["thread_id"].to_pylist()), rows["cluster"].to_numpy()


def test_the_headline_is_the_order_within_threads_by_cluster() -> None:
    found = row(cheap(TEST, SEEDS[3]), "model").figures
    assert next(iter(found)) == "pair_accuracy"
    expected = pair_accuracy(SEEDS[3], labels(TEST), *threads(TEST))
    assert list(found["pair_accuracy"].values()) == pytest.approx(list(expected), abs=1e-5)
    expected = auc(SEEDS[3], labels(TEST), TEST["cluster"].to_numpy())
    assert list(found["roc_auc"].values()) == pytest.approx(list(expected), abs=1e-5)


def test_labels_of_the_rule_show_self_consistency_and_never_accuracy() -> None:
    table = cheap(TEST, SEEDS[3])
    assert table.measure == "self-consistency"
    assert table_markdown(table).startswith("*Self-consistency*, not accuracy: 240 test rows")


def test_only_gold_shows_accuracy_on_the_judged_rows_alone() -> None:
    judged = TEST["id"].to_pylist()[10:90]
    gold = {name: int(i % 3 == 0) for i, name in enumerate(judged)}
    table = cheap(TEST, SEEDS, gold=gold)
    assert (table.measure, table.n_test, table.n_effective) == ("accuracy", 80, 27)
    assert table_markdown(table).startswith("*Accuracy* against human gold")
    kept = TEST.slice(10, 80)
    told = changed(kept, "label", lambda i, label: int(i % 3 == 0))
    assert row(table, "model") == row(cheap(told, {s: p[10:90] for s, p in SEEDS.items()}), "model")
    assert "baselines learnt from labels of the rule, not from people" in table.notes


def test_figures_that_prevalence_moves_are_shown_at_the_natural_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "redditess.training.data.rows.natural_prevalence", lambda source, split: 0.1
    )
    monkeypatch.setattr("redditess.training.data.rows.cluster_kind", lambda source: "poster")
    source = Source("redditess", "f" * 16, "", Path(), None, {})
    table = cheap(TEST, SEEDS[3], source=source)
    model = row(table, "model")
    assert table.prevalence == {"labelled": round(labels(TEST).mean(), 5), "natural": 0.1}
    assert set(model.natural) == set(MOVED)
    # Precision falls where effective rows are rare, so PR-AUC and F1 effective do.
    assert model.natural["pr_auc"]["high"] < model.figures["pr_auc"]["low"]
    assert model.natural["f1_effective"]["value"] < model.figures["f1_effective"]["value"]
    text = table_markdown(table)
    assert "of all comments it would be 10 %" in text
    assert "**Were 10 % of the rows effective, as of all comments**" in text
    assert "by poster" in text


def test_strata_of_one_kind_hold_every_row_once_but_for_evidence() -> None:
    kinds: dict[str, list[np.ndarray]] = {}
    for stratum in strata(TRAIN, TEST):
        kinds.setdefault(stratum.by, []).append(stratum.rows)
    assert list(kinds) == ["length", "subreddit", "era", "day", "basis"]
    for kind in ("length", "subreddit", "era", "day"):
        assert np.sum(kinds[kind], axis=0).tolist() == [1] * TEST.num_rows
    assert len(kinds["length"]) == 5


def test_the_day_of_the_cut_is_early_and_no_day_is_neither() -> None:
    days = changed(
        TRAIN.slice(0, 10), "day", lambda i, day: None if i == 9 else date(2020, 1, 1 + i)
    )
    cut = cut_day(days, 0.5)
    assert cut == date(2020, 1, 5)
    assert is_early(days, cut).tolist() == [True] * 5 + [False] * 5
    assert is_late(days, cut).tolist() == [False] * 5 + [True] * 4 + [False]
    assert cut_day(days.slice(9)) is None


def test_cuts_of_length_are_those_of_train() -> None:
    long = changed(TEST, "comment", lambda i, text: text * 50)
    sizes = [int(s.rows.sum()) for s in strata(TRAIN, long) if s.by == "length"]
    assert sizes == [0, 0, 0, 0, TEST.num_rows]


def test_evidence_of_one_label_is_held_against_the_other_label() -> None:
    table = cheap(TEST, SEEDS[3])
    y, basis = labels(TEST), np.array(TEST["basis"].to_pylist())
    found = part(table, "rejected against all effective")
    assert (found.n, found.n_effective) == (np.sum((basis == "rejected") | y), y.sum())
    assert found.rows["model"]["roc_auc"]["value"] is not None


def test_a_stratum_that_is_too_small_shows_its_size_and_the_reason() -> None:
    few = changed(TEST, "subreddit", lambda i, name: "tiny" if i < 25 else name)
    label = labels(TEST)
    one = changed(few, "era", lambda i, era: "all yes" if label[i] else era)
    table = cheap(one, SEEDS[3])
    tiny, yes = part(table, "tiny"), part(table, "all yes")
    assert (tiny.n, tiny.why, tiny.rows) == (25, "fewer than 20 rows of a label", {})
    assert (yes.n, yes.why) == (label.sum(), "one label only")
    assert f"| tiny | 25 ({tiny.n_effective}) | – fewer than 20 rows of a label |" in (
        table_markdown(table)
    )


def test_many_communities_end_in_others() -> None:
    many = changed(TEST, "subreddit", lambda i, name: f"sub{i % 30:02d}")
    names = [p.name for p in cheap(many, SEEDS[3]).strata if p.by == "subreddit"]
    assert len(names) == 13 and names[-1] == "(others)"


def test_rows_that_were_cut_by_day_before_training_have_no_second_cut() -> None:
    table = cheap(TEST, SEEDS[3], split="era")
    assert table.era is None and table.split == "era"


def test_json_holds_everything_and_draws_the_same_table() -> None:
    table = cheap(TEST, SEEDS)
    told = json.loads(json.dumps(table_json(table), allow_nan=False))
    assert table_markdown(told) == table_markdown(table)
    assert table_markdown(told).startswith(main_markdown(told).rstrip("\n"))
    model = next(r for r in told["rows"] if r["name"] == "model")
    for key in FIGURES:
        assert set(model["figures"][key]) == {"value", "low", "high", "n", "n_clusters"}
    points = told["reliability"]["model"]
    assert sum(point["n"] for point in points) == TEST.num_rows


def test_names_from_data_cannot_break_the_table() -> None:
    hostile = "a|b\n| c <script> \x1b[31m [x](http://x)"
    table = cheap(changed(TEST, "subreddit", lambda i, name: hostile), SEEDS[3], name=hostile)
    text = table_markdown(table)
    assert re.search(r"(?<!\\)[<\[]script|(?<!\\)\[x\]", text) is None
    assert "\x1b" not in text and "\x1b" not in drawn(table)
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        bars = {line.replace("\\|", "").count("|") for line in block.splitlines()}
        assert len(bars) == 1


def test_several_models_stand_side_by_side() -> None:
    table = cheap(TEST, {"one": SEEDS[3], "two": {7: SEEDS[4], 8: SEEDS[5]}})
    assert [r.name for r in table.rows if r.kind == "model"] == ["one", "two"]
    assert row(table, "two").seeds["ece"]["n_seeds"] == 2


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (np.zeros(3), "3 answers for 240 rows"),
        (np.full(240, np.nan), "no probability"),
        (np.full(240, 1.2), "no probability"),
    ],
)
def test_answers_that_do_not_fit_are_refused(p: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        cheap(TEST, p)
    with pytest.raises(InputError, match="no seed"):
        cheap(TEST, {"a": {}})


def test_gold_of_other_rows_is_refused_with_the_next_step() -> None:
    with pytest.raises(InputError, match="rate comments of the test split"):
        cheap(TEST, SEEDS[3], gold={"another": 1})


def test_one_label_in_test_leaves_dashes_and_no_crash() -> None:
    only = TEST.filter(pa.array(labels(TEST)))
    table = cheap(only, np.full(only.num_rows, 0.7))
    model = row(table, "model").figures
    assert model["roc_auc"]["value"] is None and model["pair_accuracy"]["value"] is None
    assert "| model | – |" in table_markdown(table)


def test_a_figure_reads_as_the_house_writes_it() -> None:
    assert short({"value": -0.021, "low": -0.1, "high": 0.0}) == "−.02 [−.10, 0]"
    assert short({"value": 1.0, "low": None, "high": None}) == "1.00"
