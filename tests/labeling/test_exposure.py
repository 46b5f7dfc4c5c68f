"""The opportunity of an answer: from places, never from words, and never from the same OP's row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import sha256_file
from redditess.corpus.records import ABSTAIN, NOT_EFFECTIVE
from redditess.corpus.settings import Settings
from redditess.labeling import exposure
from redditess.labeling.exposure import Exposure, OpRates, places
from redditess.labeling.exposure_fit import fit_exposure, logistic, weighted_auc
from redditess.labeling.functions.passed_over import FLOOR
from redditess.labeling.vote import vote_bucket
from redditess.stats.ranking import auc

HOUR, T0 = 3600, 1_500_000_000
SETTINGS = Settings(functions=("passed_over",), reader="lexicon")


def world(n_threads: int = 60, per_op: int = 1) -> list[dict]:
    """Threads of four comments; OP is back after an hour and answers the first two of them."""
    given = []
    for t in range(n_threads):
        for place in range(4):
            given.append({
                "thread_id": f"t3_{t}", "comment_id": f"t1_{t}x{place}", "op": f"op{t // per_op}",
                "op_replies": ["ok"] if place < 2 else [], "position": place, "n_siblings": 3,
                "created_utc": T0 + 60 * place, "op_next_seen_utc": T0 + HOUR,
                "n_op_answered": 2, "op_last_seen_utc": T0 + HOUR,
            })  # fmt: skip
    return given


def test_a_place_that_op_answers_has_more_opportunity(rows, build) -> None:
    unseen = {"thread_id": "t3_z", "comment_id": "t1_z", "observable": ["score"]}
    folder = build(rows(*world(), unseen))
    document = fit_exposure(folder)
    chance = Exposure.read(folder).opportunity(folder.buckets(folder.interactions)[0])
    assert np.isnan(chance[-1])
    assert chance[:-1].reshape(-1, 4)[:, :2].min() > 0.8
    assert chance[:-1].reshape(-1, 4)[:, 2:].max() < 0.2
    assert (document["n_rows"], document["n_answered"]) == (240, 120)
    assert document["auc"] == {"all": 1.0, "returned": 1.0, "returned_by_position": 1.0}


def test_no_text_is_read(rows, build) -> None:
    texts = {"title", "post", "comment", "op_replies", "op_edit", "op_general"}
    assert not texts & set(exposure._READS)
    folder = build(rows(*world()))
    fit_exposure(folder)
    before = sha256_file(folder.exposure_model)
    folder = build(rows(*({**row, "comment": "other words", "post": "x"} for row in world())))
    fit_exposure(folder)
    assert sha256_file(folder.exposure_model) == before


def test_the_model_does_not_depend_on_buckets_or_the_order_of_rows(rows, build) -> None:
    table = rows(*world(per_op=3))
    folder = build(table)
    fit_exposure(folder)
    before = sha256_file(folder.exposure_model), sha256_file(folder.op_rates)
    order = pa.array(np.random.default_rng(0).permutation(table.num_rows))
    folder = build(table.slice(120).take(order.filter(pa.array(order.to_numpy() < 120))),
                   table.slice(0, 120), table.slice(0, 0))  # fmt: skip
    fit_exposure(folder)
    assert (sha256_file(folder.exposure_model), sha256_file(folder.op_rates)) == before


def test_an_op_is_predicted_by_a_model_that_never_saw_them(rows, build) -> None:
    given = world(n_threads=40)
    key = places_of(rows(*given), build).key[0]
    mine = int(key % exposure.FOLDS)
    (before, after) = (
        fit_exposure(build(rows(*changed)))["folds"]
        for changed in (given, [{**given[0], "op_replies": []}, *given[1:]])
    )
    assert before[mine] == after[mine]
    assert all(before[f] != after[f] for f in range(exposure.FOLDS) if f != mine)


def places_of(table: pa.Table, build) -> exposure.Places:
    folder = build(table)
    return places(folder.buckets(folder.interactions)[0])


def test_the_rate_elsewhere_leaves_the_own_thread_out(rows, build) -> None:
    rng = np.random.default_rng(3)
    given = [
        {"thread_id": f"t3_{t}", "comment_id": f"t1_{t}x{i}", "op": f"op{t % 4}",
         "op_replies": ["ok"] if rng.random() < 0.4 else [],
         "followup_days": float(rng.choice([3.0, 30.0]))}
        for t in range(14) for i in range(3)
    ]  # fmt: skip
    folder = build(rows(*given[:21]), rows(*given[21:]))
    fit_exposure(folder)
    rates = Exposure.read(folder).rates
    found = np.concatenate(
        [places(p)._rate_elsewhere(rates) for p in folder.buckets(folder.interactions)]
    )
    for row, rate in zip(given, found, strict=True):
        others = [
            x for x in given
            if x["op"] == row["op"] and x["thread_id"] != row["thread_id"]
            and x["followup_days"] >= 7
        ]  # fmt: skip
        if len({x["thread_id"] for x in others}) < 2:
            assert np.isnan(rate)
        else:
            assert rate == np.mean([bool(x["op_replies"]) for x in others])
    assert np.isfinite(found).sum() > 20


def test_unknown_values_have_a_class_of_their_own(rows, build) -> None:
    p = places_of(rows({"op_next_seen_utc": None}, {"op_next_seen_utc": T0 + 99 * HOUR}), build)
    classes = p.classes(OpRates.sums(np.zeros(0, np.uint64), *[np.zeros(0)] * 3))
    assert classes[:, 2].tolist() == [exposure.NEVER_BACK, exposure.NEVER_BACK - 1]
    assert (classes < np.array(exposure.SIZES)).all()


@pytest.mark.parametrize("answered", [True, False])
def test_without_both_kinds_of_row_there_is_no_model_and_no_opportunity(
    rows, build, answered
) -> None:
    folder = build(rows({"op_replies": ["ok"] * answered}), rows().slice(0, 0))
    assert fit_exposure(folder)["folds"] == []
    assert Exposure.read(folder) is None
    vote_bucket(folder, 0, SETTINGS)
    votes = pq.read_table(folder.bucket_file(folder.votes, 0))
    assert votes["opportunity"].to_pylist() == [None]


def test_logistic_regression_recovers_planted_weights() -> None:
    rng = np.random.default_rng(1)
    X = np.hstack([np.ones((40, 1)), rng.integers(0, 2, (40, 3))])
    truth = np.array([-1.0, 0.8, -0.5, 2.0])
    p = 1 / (1 + np.exp(-X @ truth))
    counts = np.stack([np.round(1e6 * (1 - p)), np.round(1e6 * p)], axis=1)
    assert np.allclose(logistic(X, counts), truth, atol=1e-3)


def test_the_weighted_auc_is_that_of_the_rows() -> None:
    rng = np.random.default_rng(2)
    score, counts = rng.integers(0, 6, 30) / 6, rng.integers(0, 5, (30, 2))
    rows = np.repeat(np.repeat(score, 2), counts.ravel())
    positive = np.repeat(np.tile([False, True], 30), counts.ravel())
    expected = auc(rows, positive, np.arange(len(rows))).value
    assert weighted_auc(score, counts) == pytest.approx(expected)


def test_silence_can_be_left_unlabelled(rows, build) -> None:
    table = rows(*({**row, "op_answered_later_sibling": True} for row in world()))
    folder = build(table)
    fit_exposure(folder)
    found = {}
    for silence in ("negative", "unlabelled"):
        vote_bucket(
            folder, 0, Settings(functions=("passed_over",), reader="lexicon", silence=silence)
        )
        found[silence] = pq.read_table(folder.bucket_file(folder.votes, 0)).to_pylist()
    for soft, hard in zip(found["unlabelled"], found["negative"], strict=True):
        silent = hard["passed_over:vote"] == NOT_EFFECTIVE
        assert soft["passed_over:vote"] == (ABSTAIN if silent else hard["passed_over:vote"])
        if silent:
            assert hard["passed_over:score"] == -hard["opportunity"]
        assert {**soft, "passed_over:vote": 0} == {**hard, "passed_over:vote": 0}
    passed = [row["opportunity"] for row in found["negative"] if row["passed_over:vote"] == 0]
    assert passed and min(passed) >= FLOOR
