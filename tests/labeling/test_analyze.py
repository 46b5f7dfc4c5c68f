"""`label analyze`: every figure against a count by hand, and what it may not claim."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import EFFECTIVE, NOT_EFFECTIVE
from redditess.corpus.settings import Settings
from redditess.labeling.analyze import analyze
from redditess.labeling.analyze_page import document
from redditess.labeling.functions import resolve
from redditess.labeling.llm import Unscored, Verdict
from redditess.labeling.llm_votes import claim, write_votes
from redditess.labeling.vote import vote_bucket

FUNCTIONS = ("op_response", "op_uptake", "op_rejects", "op_change", "community_reception")
TEXTS = [[], ["thank you"], ["thank you, I'll try it"], ["I already tried that"], ["A Tuesday."]]


@pytest.fixture
def folder(rows, build) -> BuildFolder:
    """Two buckets of random rows, voted."""
    rng = np.random.default_rng(5)
    tables = [
        rows(*(
            {"comment_id": f"t1_{b}x{i}", "thread_id": f"t3_{b}x{i // 3}",
             "op_replies": TEXTS[rng.integers(0, 5)], "score": int(rng.integers(0, 4)),
             "era": ["..2012-05", "2023-07"][i % 2], "subreddit": ["a", "b", "c"][(b + i) % 3],
             "observable": [["op_replies", "score"], ["score"]][int(rng.random() < 0.3)]}
            for i in range(40)
        ))
        for b in range(2)
    ]  # fmt: skip
    made = build(*tables)
    for bucket in range(2):
        vote_bucket(made, bucket, Settings(functions=FUNCTIONS, reader="lexicon"))
    described = [f.describe() for f in resolve(FUNCTIONS)]
    write_json(made.label_model, {"functions": described})
    return made


def table_of(folder: BuildFolder) -> list[dict]:
    return [
        row | vote
        for votes, rows in zip(
            folder.buckets(folder.votes), folder.buckets(folder.interactions), strict=True
        )
        for vote, row in zip(
            pq.read_table(votes).to_pylist(), pq.read_table(rows).to_pylist(), strict=True
        )
    ]


def test_coverage_overlap_conflict_and_polarity_are_counts_of_rows(folder) -> None:
    rows, found = table_of(folder), analyze(folder)
    assert found["rows"] == len(rows) == 80
    votes = [[row[f"{name}:vote"] for name in FUNCTIONS] for row in rows]
    for j, entry in enumerate(found["functions"]):
        said = [v for v in votes if v[j] in (0, 1)]
        others = [[x for i, x in enumerate(v) if i != j and x in (0, 1)] for v in said]
        assert entry["name"] == FUNCTIONS[j]
        assert entry["observable"] == sum(v[j] is not None for v in votes) / 80
        assert entry["coverage"] == len(said) / 80
        assert entry["overlap"] == sum(bool(o) for o in others) / 80
        clash = [1 - v[j] in o for v, o in zip(said, others, strict=True)]
        assert entry["conflict"] == sum(clash) / 80
        share = sum(v[j] for v in said) / len(said) if said else None
        assert entry["polarity"] == (None if share is None else pytest.approx(share, abs=1e-6))
        assert sum(entry["counts"].values()) == 80
    assert found["functions"][0]["conflict"] > 0


def test_pairs_are_compared_where_both_vote(folder) -> None:
    rows = table_of(folder)
    for pair in analyze(folder)["pairs"]:
        both = [
            (row[f"{pair['a']}:vote"], row[f"{pair['b']}:vote"]) for row in rows
            if row[f"{pair['a']}:vote"] in (0, 1) and row[f"{pair['b']}:vote"] in (0, 1)
        ]  # fmt: skip
        assert pair["n"] == len(both)
        if not both:
            assert pair["agreement"] is None and pair["correlation"] is None
            continue
        x, y = np.array(both).T
        assert pair["agreement"] == pytest.approx((x == y).mean(), abs=1e-6)
        varies = len(set(x)) == len(set(y)) == 2
        assert (pair["correlation"] is not None) == varies
        if varies:
            assert pair["correlation"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)


@pytest.mark.parametrize("group", ["era", "subreddit"])
def test_groups_add_up_to_the_whole(folder, group) -> None:
    found = analyze(folder)
    assert sum(e["rows"] for e in found[group]) == found["rows"]
    for entry in found["functions"]:
        voted = sum(e["rows"] * e["functions"][entry["name"]]["coverage"] for e in found[group])
        assert voted == pytest.approx(80 * entry["coverage"], abs=1e-3)
    sizes = [e["rows"] for e in found[group]]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) in (2, 3)


def test_accuracy_stands_on_gold_rows_alone_with_threads_as_clusters(folder) -> None:
    rows = table_of(folder)
    gold = {row["comment_id"]: int(i % 3 > 0) for i, row in enumerate(rows) if i % 4}
    found = analyze(folder, {**gold, "t1_elsewhere": EFFECTIVE})
    assert found["gold"] == {"given": 61, "found": 60}
    (response, *_) = found["functions"]
    hits = {
        row["comment_id"]: row["op_response:vote"] == gold[row["comment_id"]] for row in rows
        if row["comment_id"] in gold and row["op_response:vote"] in (0, 1)
    }  # fmt: skip
    accuracy = response["accuracy"]
    assert accuracy["n"] == len(hits)
    assert accuracy["value"] == pytest.approx(np.mean(list(hits.values())), abs=1e-6)
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    threads = {row["thread_id"] for row in rows if row["comment_id"] in hits}
    assert accuracy["threads"] == len(threads) < accuracy["n"]
    assert all(f["accuracy"] is None for f in analyze(folder)["functions"])
    sources = {(s["function"], s["vote"]): s["source"] for s in found["identification"]}
    assert sources["op_response", EFFECTIVE] == "gold"


def test_what_agreement_cannot_identify_is_called_a_prior(folder) -> None:
    sides = analyze(folder)["identification"]
    assert {s["function"] for s in sides} == set(FUNCTIONS) - {"op_change"}  # it sees the input
    assert {s["source"] for s in sides} == {"prior"}  # one family on each axis
    assert {s["vote"] for s in sides if s["function"] == "op_rejects"} == {NOT_EFFECTIVE}


def test_a_build_without_labels_is_refused(rows, build) -> None:
    with pytest.raises(BuildError, match="no labels in here"):
        analyze(build(rows({})))


def test_no_rows_give_dashes_and_no_nan(rows, build) -> None:
    folder = build(rows().slice(0, 0))
    vote_bucket(folder, 0, Settings(functions=FUNCTIONS, reader="lexicon"))
    described = [f.describe() for f in resolve(FUNCTIONS)]
    write_json(folder.label_model, {"functions": described})
    found = analyze(folder)
    assert found["rows"] == 0 and found["era"] == [] and found["identification"] == []
    assert "nan" not in document(found)
    json.dumps(found, allow_nan=False)


def test_the_verb_prints_a_table_an_object_and_a_page(folder, tmp_path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text("id,label,rater\nt1_0x1,effective,ann\nt1_0x1,0,bea\nt1_0x2,1,ann\n")
    run = CliRunner().invoke
    app, place = make_app(), str(folder.root)
    table = run(app, ["label", "analyze", place], env={"COLUMNS": "200"})
    assert table.exit_code == 0 and "a declared prior only" in table.stdout
    narrow = run(app, ["label", "analyze", place], env={"COLUMNS": "80"}).stdout
    assert all(f"\n{name} " in narrow for name in FUNCTIONS)  # no name is broken
    page = tmp_path / "page.html"
    found = run(
        app, ["label", "analyze", place, "--gold", str(gold), "--json", "--html", str(page)]
    )
    assert json.loads(found.stdout) == analyze(folder, {"t1_0x2": 1})
    html = page.read_text("utf8")
    assert "op_response" in html and "<script" not in html and "nan" not in html


def asked(folder: BuildFolder, name: str = "scripted") -> dict[str, int]:
    """A language model's answers to two thirds of the rows, some without a vote: id -> vote."""
    rows = [row for i, row in enumerate(table_of(folder)) if i % 3]
    votes = {row["comment_id"]: (1, 0, -1)[i % 7 % 3] for i, row in enumerate(rows)}
    answers = {i: Verdict(vote, 0.7, "walk", (), ()) for i, vote in votes.items()}
    answers["t1_1x1"] = Unscored("refused")
    path = claim(folder, name, name)
    write_votes(path, folder, answers, described=(name, "loopback", "p", "{}"), stats={})
    return {i: vote for i, vote in votes.items() if i != "t1_1x1"}


def test_what_a_language_model_said_stands_beside_and_changes_no_other_figure(folder) -> None:
    without, said = analyze(folder), asked(folder)
    found, rows = analyze(folder), table_of(folder)
    assert found["functions"][:-1] == without["functions"]
    assert found["identification"] == without["identification"]
    entry = found["functions"][-1]
    assert (entry["name"], entry["sees_input"], entry["decides"]) == ("llm:scripted", True, False)
    voted = {i: v for i, v in said.items() if v >= 0}
    others = {
        r["comment_id"]: {r[f"{name}:vote"] for name in FUNCTIONS} & {0, 1} for r in rows
    }  # fmt: skip
    assert entry["observable"] == pytest.approx(len(said) / 80)
    assert entry["coverage"] == pytest.approx(len(voted) / 80)
    assert entry["polarity"] == pytest.approx(np.mean(list(voted.values())), abs=1e-6)
    assert entry["overlap"] == pytest.approx(sum(bool(others[i]) for i in voted) / 80)
    assert entry["conflict"] == pytest.approx(
        sum(1 - v in others[i] for i, v in voted.items()) / 80
    )
    assert entry["conflict"] > 0
    (pair,) = [
        p for p in found["pairs"] if (p["a"], p["b"]) == ("community_reception", "llm:scripted")
    ]
    own = {r["comment_id"]: r["community_reception:vote"] for r in rows}
    x, y = np.array([(own[i], v) for i, v in voted.items() if own[i] in (0, 1)]).T
    assert pair["n"] == len(x)
    assert pair["correlation"] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-6)
    in_eras = sum(e["rows"] * e["functions"]["llm:scripted"]["coverage"] for e in found["era"])
    assert in_eras == pytest.approx(len(voted), abs=1e-3)
    result = CliRunner().invoke(
        make_app(), ["label", "analyze", str(folder.root)], env={"COLUMNS": "200"}
    )
    assert any("llm:scripted" in n and "reported only" in n for n in result.stdout.splitlines())
    assert "llm:scripted" in document(found)


def test_gold_tells_how_often_a_language_model_is_right(folder) -> None:
    voted = {i: v for i, v in asked(folder).items() if v >= 0}
    gold = dict.fromkeys(voted, 1)
    accuracy = analyze(folder, gold)["functions"][-1]["accuracy"]
    assert accuracy["n"] == len(voted)
    assert accuracy["value"] == pytest.approx(np.mean(list(voted.values())), abs=1e-6)
