"""`redditess label explain`: what a label rests on, and what would turn it around."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from redditess.corpus.artefacts import read_json
from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling import MajorityVote, PaperRule, Recipient, resolve
from redditess.labeling.cli import add_verbs
from redditess.labeling.evidence import Heard, line, parse
from redditess.labeling.explain import explain
from redditess.labeling.exposure_fit import fit_exposure
from redditess.labeling.flip import Decision, flips
from redditess.labeling.habit import answers, habit
from redditess.labeling.label import Labeler, fit_labels, label_bucket
from redditess.labeling.matrix import Column, label_matrix
from redditess.labeling.parts import START, parts, rounded
from redditess.labeling.vote import vote_bucket

OURS = ["op_response", "op_uptake", "passed_over", "general_feedback"]


def recipient() -> Recipient:
    return Recipient(Recipient.columns_for(resolve(OURS)))


def sentences(model, *row: int) -> list[str]:
    return [f.sentence() for f in flips(Decision(model), np.array(row))]


def test_one_vote_flips_a_label_that_rests_on_one() -> None:
    assert sentences(recipient(), 1, -1, -1, -1) == [
        "no label if op_response had not voted",
        "not effective if op_response had voted not effective",
    ]


def test_a_label_on_two_votes_needs_more() -> None:
    found = flips(Decision(recipient()), np.array([1, 1, -1, -1]))
    # op_uptake alone keeps it effective; reversed, OP's own words still win or both must go
    assert all(len(f.changes) == 2 for f in found)
    assert {f.label for f in found} >= {-1, 0}


def test_a_silent_row_has_nothing_to_flip() -> None:
    assert flips(Decision(recipient()), np.array([-1, -1, -2, -1])) == []
    assert parts(Decision(recipient()), np.array([-1, -1, -2, -1])) is None


def test_both_columns_of_a_stage_change_together() -> None:
    names = ["general_feedback", "community_reception", "op_response_paper"]
    paper = PaperRule(PaperRule.columns_for(resolve(names)))
    assert sentences(paper, -1, -1, 1, 1) == [
        "no label if op_response_paper had not voted",
        "not effective if op_response_paper had voted not effective",
    ]


def test_the_part_of_a_vote_is_what_it_adds_over_the_orders_of_joining() -> None:
    model, row = recipient(), np.array([1, -1, -1, 1])
    found = parts(Decision(model), row)
    thanks, beside, both = (
        model.predict_proba(np.array([votes]))[0, 1]
        for votes in ([1, -1, -1, -1], [-1, -1, -1, 1], row)
    )
    added = (beside - START, both - thanks)  # general_feedback first, and second
    assert found.votes["general_feedback"] == pytest.approx(np.mean(added))
    assert set(found.votes) == {"op_response", "general_feedback"}
    assert found.p == pytest.approx(both) and found.habit == 0


@pytest.mark.parametrize("n", [7, 15])  # all sets of votes are tried up to twelve
def test_votes_that_say_the_same_have_the_same_part(n: int) -> None:
    names = [f"crowd{i}" for i in range(n)]
    model = MajorityVote([Column(c, c, family=c) for c in names]).fit(np.ones((1, n), np.int8))
    row = np.array([1] * (n - 2) + [0, 0])
    found = parts(Decision(model, habit=0.4), row)
    assert len({round(found.votes[c], 9) for c in names[:-2]}) == 1
    assert found.votes[names[-1]] == pytest.approx(found.votes[names[-2]])
    assert found.votes[names[0]] > 0 > found.votes[names[-1]] and found.habit < 0
    assert found.p - found.habit == pytest.approx((n - 2) / n)


def test_a_flip_counts_the_habit_that_is_taken_out() -> None:
    row = np.array([-1, -1, 0, -1])  # passed over, p = .30 by votes alone
    plain = Decision(recipient())
    blunt = Decision(recipient(), habit=-4.0)  # one who seldom thanks: silence says little
    assert plain.label(row[None]).tolist() == [0]
    assert blunt.label(row[None]).tolist() == [-1] and blunt.probability(row[None])[0] > 0.5
    sentence = "not effective if the poster's habit of thanking were left in"
    assert flips(blunt, row)[0].sentence() == sentence
    thanked = np.array([1, -1, -1, -1])
    assert all(f.changes for f in flips(Decision(recipient(), habit=0.5), thanked))


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_rounded_parts_add_up_to_the_rounded_whole(values: list[float]) -> None:
    shown = rounded(values, math.fsum(values))
    assert round(math.fsum(shown), 6) == round(round(math.fsum(values) * 100) / 100, 6)
    assert all(abs(a - b) <= 0.0100001 for a, b in zip(shown, values, strict=True))


@pytest.mark.slow
def test_the_parts_of_every_labelled_row_of_the_sample_add_up_to_its_p(demo_build: Path) -> None:
    folder, n = BuildFolder(demo_build), 0
    labeler = Labeler(read_json(folder.label_model))
    assert labeler.habit_rate is not None
    for path in folder.buckets(folder.labels):
        votes, labels = pq.read_table(folder.votes / path.name), pq.read_table(path)
        rows = pq.read_table(folder.interactions / path.name)
        L = label_matrix(votes, labeler.decider.columns)
        habits = habit(answers(folder, int(path.stem[1:])), labeler.habit_rate)
        strata = rows.column("exposure_stratum").to_pylist()
        known = [i for i, p in enumerate(labels["p_effective"].to_pylist()) if p is not None]
        for i in known:
            found = parts(Decision(labeler.decider, strata[i], habits[i]), L[i])
            assert found.p == pytest.approx(labels["p_effective"][i].as_py(), abs=1e-7)
        for i in known[::12]:
            told = explain(folder, labels["comment_id"][i].as_py())
            total = [told.parts["start"], told.parts["habit"], *told.parts["votes"].values()]
            assert math.fsum(total) == pytest.approx(told.label["p_effective"], abs=1e-7)
            assert max(map(len, told.text().splitlines())) <= 80
        n += len(known)
    assert n > 1_000


def test_evidence_can_be_taken_apart_again() -> None:
    heard = [Heard("reply 0", "thanks", ("thank you", "ty")), Heard("edit", "negative", ("hate",))]
    assert parse(line(heard)) == heard
    assert line([Heard("reply 0", "thanks", ())]) is None
    assert parse(None) == parse("score 41") == []
    wild = Heard("general 1", "positive", ('a "b"; reply 0: thanks "x"' + "y" * 200, "n\nl"))
    (again,) = parse(line([wild]))
    assert (again.place, again.kind, again.words[1]) == ("general 1", "positive", "n l")


@pytest.fixture
def folder(rows, build):
    made = build(
        rows({"comment_id": "t1_zz"}),
        rows({}, {"comment_id": "t1_k2", "op_replies": ["Thank you!"], "score": 7}),
    )
    settings = load_settings("default")
    fit_exposure(made)
    for bucket in (0, 1):
        vote_bucket(made, bucket, settings)
    fit_labels(made, settings)
    for bucket in (0, 1):
        label_bucket(made, bucket, settings)
    return made


def command_line() -> typer.Typer:
    app = typer.Typer()
    add_verbs(app)
    return app


@pytest.mark.parametrize("comment", ["t1_k2", "k2"])
def test_explain_shows_row_votes_weight_and_flip(folder, comment) -> None:
    result = CliRunner().invoke(command_line(), ["label", "explain", str(folder.root), comment])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0] == "t1_k2 in t3_a (sample_sleep)"
    assert "reply 0    Thank you!" in lines
    chance = pq.read_table(folder.bucket_file(folder.votes, 1))["opportunity"][1].as_py()
    assert f"place      1 of 4, chance of an answer here: {chance:.2f}" in lines
    assert "label      effective, p = 0.90 (0.62 to 0.98 over the declared priors)" in lines
    at = lines.index("  +0.40  op_response: effective")
    assert lines[at - 1] == "   0.50  with nothing heard"
    assert lines[at + 1] == '         reply 0: thanks "Thank you"; reply 0: positive "thank"'
    assert "  =0.90  p" in lines
    assert lines[-1] == "  not effective if op_response had voted not effective"


def test_explain_as_json(folder) -> None:
    result = CliRunner().invoke(
        command_line(), ["label", "explain", str(folder.root), "k2", "--json"]
    )
    found = json.loads(result.stdout, parse_constant=pytest.fail)  # NaN is not JSON
    assert found["row"]["comment_id"] == "t1_k2"
    assert [v["vote"] for v in found["votes"]][:3] == ["effective", "abstain", "abstain"]


def test_an_unlabelled_row_is_explained_too(folder) -> None:
    text = explain(folder, "t1_zz").text()
    assert "label      no label" in text
    assert "no p: nobody voted" in text
    assert text.endswith("no change of up to three votes gives another label")


def test_text_of_users_does_not_steer_the_terminal(rows, build) -> None:
    evil = "\x1b]0;owned\x07\x1b[31mThank you\u202e"
    made = build(rows({"comment": evil, "op_replies": [evil], "title": evil, "post": evil}))
    settings = load_settings("default")
    fit_exposure(made)
    vote_bucket(made, 0, settings)
    fit_labels(made, settings)
    label_bucket(made, 0, settings)
    found = explain(made, "t1_0")
    said = {"vote": "effective", "evidence": f"reply 0: {evil}", "apart": "said"}
    votes = [vote | said for vote in found.votes]
    text = found.text() + found._replace(votes=votes).text()
    assert "Thank you" in text and not any(c in text for c in "\x1b\x07\u202e")


def test_what_is_not_there_is_said(folder, tmp_path) -> None:
    with pytest.raises(InputError, match="no comment 't1_nope'"):
        explain(folder, "nope")
    with pytest.raises(BuildError, match="finish the build first"):
        explain(type(folder)(tmp_path / "empty"), "k2")
