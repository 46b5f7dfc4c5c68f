"""The benchmark of label models on vote tables as they come: words, gaps, doubles, strangers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from redditess.corpus.errors import InputError


@pytest.fixture
def bench(load_benchmark, repository, monkeypatch):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))  # its worlds lie beside it
    return load_benchmark("label_models")


def written(at: Path, name: str, text: str) -> str:
    (at / name).write_text(text, "utf8")
    return str(at / name)


def test_words_negative_numbers_gaps_and_doubles_are_read_and_counted(bench, tmp_path) -> None:
    votes = written(
        tmp_path, "v.csv",
        "item,worker,vote\na,w,cat\na,v,dog\nb,w,cat\nb,w,dog\nc,,cat\nd,v,\ne,u,bird\n",
    )  # fmt: skip
    truth = written(tmp_path, "t.csv", "item,truth\na,cat\nb,dog\ne,\nz,fish\n")
    found = bench.read(votes, truth)
    assert found.classes == ["bird", "cat", "dog", "fish"]
    assert found.L.tolist() == [[-1, 2, 1], [-1, -1, 2], [0, -1, -1], [-1, -1, -1]]  # a b e z
    assert found.truth.tolist() == [1, 2, -1, 3]
    assert found.counted == {
        "without_vote_or_worker": 2, "voted_twice": 1, "without_truth": 1, "never_voted_on": 1,
    }  # fmt: skip
    numbers = written(tmp_path, "n.csv", "item,worker,vote\n1,a,-1\n1,b,10\n2.0,a,2.0\n")
    found = bench.read(numbers, written(tmp_path, "u.csv", "item,truth\n1,-1\n2,2\n"))
    assert found.classes == ["-1", "2", "10"]
    assert found.truth.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        ("item,worker\na,w\n", "has no column 'vote'"),
        ("item,worker,vote\n", "holds no row"),
        ("item,worker,vote\na,w,\n", "holds no row"),
    ],
)
def test_a_table_that_cannot_be_used_is_named_in_one_sentence(bench, tmp_path, votes, said) -> None:
    truth = written(tmp_path, "t.csv", "item,truth\na,1\n")
    with pytest.raises(InputError, match=said):
        bench.read(written(tmp_path, "v.csv", votes), truth)


def test_more_than_a_hundred_classes_and_workers_with_one_vote_are_fitted(bench) -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 130, 200)
    L = np.full((200, 80), -1, np.int32)
    for i, t in enumerate(truth):
        for w in rng.choice(79, 4, replace=False):
            L[i, w] = t if rng.random() < 0.8 else rng.integers(0, 130)
    L[0, 79] = truth[0]
    ours, told = bench.ours("ensemble", L, 130)
    theirs, _ = bench.ours("majority", L, 130)
    assert bench.scores(ours, truth)["accuracy"] >= bench.scores(theirs, truth)["accuracy"]
    assert told["chosen"] == "majority" and "too few votes for 130 classes" in told["why"]


STRESSED = ("liars", "rare", "few", "ordinal")


@pytest.mark.slow
@pytest.mark.parametrize("world", STRESSED)
def test_the_default_beats_majority_where_workers_lie_or_miss_a_class(
    bench, load_benchmark, world
) -> None:
    make = load_benchmark("crowd_worlds").STRESS[world]
    gains, f1 = [], []
    for seed in range(3):
        L, truth = make(np.random.default_rng([seed, 7]))
        k = int(max(L.max(), truth.max())) + 1
        found = {
            name: bench.scores(bench.ours(name, L, k)[0], truth)
            for name in ("ensemble", "majority")
        }
        gains.append(found["ensemble"]["accuracy"] - found["majority"]["accuracy"])
        f1.append(found["ensemble"]["f1"] - found["majority"]["f1"])
    assert np.mean(gains) > 0.02 and np.mean(f1) > 0
