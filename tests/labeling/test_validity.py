"""Convergent validity: planted constructs are found, posters do not leak, few rows say nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling.label import fit_labels, label_bucket
from redditess.labeling.validity import measure, read_validity, validity
from redditess.labeling.validity.order import pair_hits, pairs, within_strata
from redditess.labeling.validity.page import document
from redditess.labeling.validity.rows import TASKS, Rows, Threads, read
from redditess.labeling.validity.text import BITS, bags, fit_text, rarity, shared, weighed
from redditess.labeling.validity.words import dashes, text
from redditess.labeling.vote import vote_bucket
from redditess.stats.intervals import resampled
from redditess.stats.ranking import auc

FILLER = ["the", "and", "of", "to", "in", "it", "was", "on", "at", "from", "by", "an", "as", "but"]


def world(n_threads: int = 120, seed: int = 0) -> Rows:
    """Six comments a thread. One construct (a word) drives thanks and uptake; length drives votes.

    The label follows the place in the thread only.
    """
    rng = np.random.default_rng(seed)
    n = 6 * n_threads
    at, position = np.arange(n) // 6, np.arange(n) % 6
    warm = rng.random(n) < 0.5
    n_words = rng.integers(8, 80, n)
    comments = [
        " ".join([*rng.choice(FILLER, k), "breathe" if w else "whatever"])
        for k, w in zip(n_words, warm, strict=True)
    ]
    noise = rng.random((3, n)) < 0.1
    y = {
        "community": (n_words > np.median(n_words)).astype(float),
        "thanked_or_passed": (warm ^ noise[0]).astype(float),
        "thanked_or_rejected": np.full(n, np.nan),
        "uptake_or_passed": (warm ^ noise[1]).astype(float),
        "label": ((position < 3) ^ noise[2]).astype(float),
    }
    posters = np.array([f"poster{t // 2}" for t in range(n_threads)], object)
    exposure = np.column_stack([position, np.zeros((n, 3))]).astype(float)
    threads = Threads(
        posters, [f"post number {t}" for t in range(n_threads)], np.full(n_threads, 6.0),
        np.where(np.arange(n_threads) % 2, 1.0, 0.0),
    )  # fmt: skip
    return Rows(
        op=posters[at], thread=np.array([f"t3_{t}" for t in at], object),
        era=np.where(at % 2, "2017-07..2022-12", "2023-11..").astype(object), comment=comments,
        at=at, n_words=n_words.astype(float), exposure=exposure, y=y, threads=threads,
        n_rows=n, n_all=n,
    )  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return measure.tables(world(seed=1))


def cell(found: dict[str, Any], table: str, **which: str) -> dict[str, Any]:
    (one,) = [c for c in found[table] if all(c[k] == v for k, v in which.items())]
    return one


def test_signals_of_one_construct_predict_each_other_and_no_other(found: dict[str, Any]) -> None:
    across = cell(found, "cells", trained_on="thanked_or_passed", tested_on="uptake_or_passed")
    assert across["auc_low"] > 0.8
    assert across["within_length_low"] > 0.75
    other = cell(found, "cells", trained_on="thanked_or_passed", tested_on="label")
    assert abs(other["auc"] - 0.5) < 0.08


def test_what_is_length_is_found_by_length_and_gone_within_it(found: dict[str, Any]) -> None:
    by_length = cell(found, "baselines", by="length", tested_on="community")
    assert by_length["auc"] > 0.99
    assert cell(found, "baselines", by="length", tested_on="thanked_or_passed")["auc"] < 0.6
    votes = cell(found, "cells", trained_on="community", tested_on="community")
    assert votes["within_length"] < votes["auc"]


def test_what_is_place_is_found_by_place(found: dict[str, Any]) -> None:
    assert cell(found, "baselines", by="exposure", tested_on="label")["auc_low"] > 0.8
    assert cell(found, "pairs", task="label", by="exposure")["accuracy"] > 0.85
    reading = cell(found, "cells", trained_on="label", tested_on="label")
    assert reading["auc_low"] < 0.5 < reading["auc_high"]


def test_the_post_alone_cannot_order_comments_of_one_thread(found: dict[str, Any]) -> None:
    assert cell(found, "pairs", task="thanked_or_passed", by="post")["accuracy"] == 0.5
    assert cell(found, "pairs", task="thanked_or_passed", by="text")["accuracy_low"] > 0.8


def test_a_signal_without_rows_is_a_dash_with_its_n(found: dict[str, Any]) -> None:
    empty = cell(found, "cells", trained_on="label", tested_on="thanked_or_rejected")
    assert (empty["n"], empty["auc"], empty["within_length_high"]) == (0, None, None)
    assert "nan" not in json.dumps(found, allow_nan=False).lower()
    page = document(found | {"fingerprint": "0" * 16})
    assert (empty["auc_why"], empty["within_length_why"]) == ("few_rows", "few_rows")
    assert "nan" not in text(found) and ">nan" not in page


def test_every_dash_says_why(found: dict[str, Any]) -> None:
    untaught = cell(found, "cells", trained_on="thanked_or_rejected", tested_on="label")
    assert untaught["auc"] is None and untaught["auc_why"] == "few_to_learn"
    by_length = cell(found, "pairs", task="thanked_or_rejected", by="length")
    assert (by_length["n_pairs"], by_length["accuracy_why"]) == (0, "few_to_learn")
    shown = text(found)
    for words in dashes(found):
        assert words in " ".join(shown.split()) and words in document(found | {"fingerprint": "f"})
    assert dashes(found) == [
        "– a: fewer than 20 rows of either kind to test on.",
        "– b: fewer than 20 rows of either kind to learn from, without one in 5 posters.",
        "thanked vs negative reply: 0 and 0 rows, too few to learn from.",
    ]
    assert not re.search(r"–(?! [ab]\b)", shown)
    assert max(map(len, shown.splitlines())) <= 80


def test_few_pairs_and_no_stratum_are_told_apart() -> None:
    rows = world(60)
    few = np.full(len(rows.comment), np.nan)
    few[:110] = np.arange(110) < 55  # one thread only has both kinds
    rows.y["label"] = few
    scores = np.arange(len(few), dtype=float)
    (pair,) = measure._pairs(rows, "label", scores, {})
    assert (pair["n_pairs"], pair["accuracy"], pair["accuracy_why"]) == (5, None, "few_pairs")
    rows.n_words = np.where(few == 1, 10.0, 50.0)  # every length has one kind
    found = measure._cell(rows, "label", scores)
    assert found["auc"] is not None
    assert (found["within_length"], found["within_length_why"]) == (None, "few_in_strata")


def test_eras_and_selection_stand_on_counted_rows(found: dict[str, Any]) -> None:
    eras = [c for c in found["eras"] if c["tested_on"] == "label"]
    assert sorted((c["era"], c["n"]) for c in eras) == [
        ("2017-07..2022-12", 360), ("2023-11..", 360),
    ]  # fmt: skip
    assert [g["threads"] for g in found["selection"]["groups"]] == [60, 60]
    assert found["selection"]["told_by_post"]["n"] == 120


def test_no_row_is_scored_by_a_model_that_saw_its_poster() -> None:
    rows = world(40)
    fold = np.array([int(name[6:]) % 5 for name in rows.op])
    seen = []

    def spy(learn: np.ndarray, y: np.ndarray, there: np.ndarray) -> list[np.ndarray]:
        seen.append((set(rows.op[learn]), set(rows.op[there])))
        return [np.arange(len(there), dtype=float)]

    (scores,) = measure._out_of_fold(rows, "label", fold, spy, 1)
    assert len(seen) == 5
    assert all(learned and not learned & tested for learned, tested in seen)
    assert np.isfinite(scores).all()


def test_a_mismatched_post_is_of_somebody_else() -> None:
    rows = world(40)
    given = measure._mismatched(rows)
    assert not np.any(rows.threads.op[given] == rows.op)


def test_the_interval_within_strata_agrees_with_resampling() -> None:
    rng = np.random.default_rng(1)
    posters = rng.integers(0, 80, 600)
    yes = rng.random(600) < 0.4
    scores = 0.7 * yes + rng.normal(size=80)[posters] + rng.normal(size=600)
    strata = rng.integers(0, 5, 600)

    def mean_area(at: np.ndarray) -> float:
        parts = [at[strata[at] == k] for k in range(5)]
        return float(np.mean([auc(scores[p], yes[p], posters[p]).value for p in parts]))

    ours, drawn = within_strata(scores, yes, strata, posters), resampled(mean_area, posters)
    assert ours.value == pytest.approx(drawn.value)
    assert (ours.low, ours.high) == pytest.approx((drawn.low, drawn.high), abs=0.012)


def test_a_level_that_differs_between_strata_does_not_count_within_them() -> None:
    strata = np.repeat([0, 1], 100)
    yes = np.concatenate([np.arange(100) < 80, np.arange(100) < 20])
    e = within_strata(1.0 - strata, yes, strata, np.arange(200))
    assert e.value == 0.5
    assert auc(1.0 - strata, yes, np.arange(200)).value > 0.75


def test_pairs_stay_in_their_thread_and_a_long_one_is_cut() -> None:
    y = np.array([1.0] * 8 + [0.0] * 8 + [1.0, 0.0, np.nan])
    thread = np.array(["a"] * 16 + ["b"] * 3, object)
    found = pairs(y, thread, [f"text {i}" for i in range(19)])
    assert len(found) == 25 + 1
    assert np.all(y[found[:, 0]] == 1) and np.all(y[found[:, 1]] == 0)
    assert np.all(thread[found[:, 0]] == thread[found[:, 1]])
    assert pair_hits(np.zeros(19), found).tolist() == [0.5] * 26


def test_a_bag_of_words_learns_words_and_empty_texts_are_harmless() -> None:
    texts = ["walk outside now"] * 30 + ["call your doctor"] * 30 + [""]
    counts, y = bags(texts), np.array([1.0] * 30 + [0.0] * 31)
    x = weighed(counts, rarity(counts))
    scores = x.dot(fit_text(x, y))
    assert scores[0] > scores[60] > scores[30]
    assert scores[60] == 0
    assert np.bincount(x.owner(), x.value**2) == pytest.approx([1.0] * 60)


def test_what_a_comment_shares_with_its_post_is_found_row_by_row() -> None:
    comments = bags(["walk at night", "", "the night, the night", "walk"])
    posts = bags(["the night is long", "the night", "is the night long", "at night"])
    common = shared(comments, posts)
    (night,) = bags(["night"]).place
    assert np.diff(common.start).tolist() == [1, 0, 3, 0]  # the third: both words and their pair
    assert common.place[0] == night
    assert common.value[1:].tolist() == pytest.approx([1 + np.log(2)] * 3)  # as often as said
    apart = weighed(posts, rarity(posts), 1).place
    assert apart.min() >= 1 << BITS and apart.max() < 2 << BITS  # a field of its own


def test_many_texts_are_read_in_parts_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"comment {'a' * (i % 5)} number {'b' * (i % 3)}" for i in range(25)]
    whole = bags(texts)
    monkeypatch.setattr("redditess.labeling.validity.text.AT_ONCE", 4)
    for ours, theirs in zip(bags(texts), whole, strict=True):
        assert ours.tolist() == theirs.tolist()
    assert bags([]).n == 0


def made(build: Callable[..., BuildFolder], rows: Callable[..., pa.Table]) -> BuildFolder:
    """Threads of three: thanked, passed over, answered with a plan."""
    given = []
    for t in range(30):
        common = {
            "thread_id": f"t3_{t:x}", "op": f"op{t}" if t else None,
            "op_last_seen_utc": 1_500_090_000, "n_op_answered": 2,
            "op_answered_later_sibling": True,
        }  # fmt: skip
        given += [
            common
            | {"op_replies": ["Thank you so much, that helped."], "comment": "breathe slowly"},
            common | {"comment": "whatever you say"},
            common | {"op_replies": ["I'll try that tonight."], "comment": "walk a while"},
        ]
    folder = build(rows(*given))
    settings = load_settings("sample")
    vote_bucket(folder, 0, settings)
    fit_labels(folder, settings)
    label_bucket(folder, 0, settings)
    write_json(folder.manifest, {"fingerprint": "feed"})
    return folder


def test_a_build_is_read_from_its_votes_and_gives_the_same_bytes(
    build: Callable[..., BuildFolder], rows: Callable[..., pa.Table]
) -> None:
    folder = made(build, rows)
    read_rows = read(folder)
    assert np.nansum(read_rows.y["thanked_or_passed"]) == 30
    assert (read_rows.y["uptake_or_passed"] == 1).sum() >= 30
    assert read_rows.op[0] == "t3_0"  # the account is gone: the thread stands for it
    found = validity(folder)
    first = folder.validity.read_bytes()
    validity(folder)
    assert folder.validity.read_bytes() == first
    assert found["rows_all"] == 90
    assert {t["name"] for t in found["tasks"]} == {t.name for t in TASKS}


def test_tables_of_another_build_are_not_taken_for_this_one(
    build: Callable[..., BuildFolder], rows: Callable[..., pa.Table]
) -> None:
    folder = made(build, rows)
    assert read_validity(folder) is None
    validity(folder)
    assert read_validity(folder) == read_json(folder.validity)
    write_json(folder.manifest, {"fingerprint": "beef"})
    assert read_validity(folder) is None


def test_an_unfinished_build_is_refused(build: Callable[..., BuildFolder]) -> None:
    with pytest.raises(BuildError, match="no finished build"):
        validity(build())
