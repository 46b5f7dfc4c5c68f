"""`redditess label explain`: what a label rests on, and what would turn it around."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.settings import load_settings
from redditess.labeling import PaperRule, Recipient, resolve
from redditess.labeling.cli import add_verbs
from redditess.labeling.evidence import Heard, line, parse
from redditess.labeling.explain import explain
from redditess.labeling.exposure_fit import fit_exposure
from redditess.labeling.flip import flips, weights
from redditess.labeling.label import fit_labels, label_bucket
from redditess.labeling.vote import vote_bucket

OURS = ["op_response", "op_uptake", "passed_over", "general_feedback"]


def recipient() -> Recipient:
    return Recipient(Recipient.columns_for(resolve(OURS)))


def sentences(model, *row: int) -> list[str]:
    return [f.sentence() for f in flips(model, np.array(row))]


def test_one_vote_flips_a_label_that_rests_on_one() -> None:
    assert sentences(recipient(), 1, -1, -1, -1) == [
        "no label if op_response had not voted",
        "not effective if op_response had voted not effective",
    ]


def test_a_label_on_two_votes_needs_more() -> None:
    found = flips(recipient(), np.array([1, 1, -1, -1]))
    # op_uptake alone keeps it effective; reversed, OP's own words still win or both must go
    assert all(len(f.changes) == 2 for f in found)
    assert {f.label for f in found} >= {-1, 0}


def test_a_silent_row_has_nothing_to_flip() -> None:
    assert flips(recipient(), np.array([-1, -1, -2, -1])) == []
    assert weights(recipient(), np.array([-1, -1, -2, -1])) == {}


def test_both_columns_of_a_stage_change_together() -> None:
    names = ["general_feedback", "community_reception", "op_response_paper"]
    paper = PaperRule(PaperRule.columns_for(resolve(names)))
    assert sentences(paper, -1, -1, 1, 1) == [
        "no label if op_response_paper had not voted",
        "not effective if op_response_paper had voted not effective",
    ]


def test_the_weight_of_a_vote_is_what_p_loses_without_it() -> None:
    model, row = recipient(), np.array([1, -1, -1, 1])
    found = weights(model, row)
    with_both = model.predict_proba(row[None])[0, 1]
    assert found["general_feedback"] == pytest.approx(with_both - 0.9)
    assert set(found) == {"op_response", "general_feedback"}


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
    chance = pq.read_table(folder.bucket_file(folder.votes, 1))["opportunity"][1].as_py()
    assert f"place     1 of 4, chance of an answer here: {chance:.2f}" in lines
    assert "label     effective, p = 0.90 (0.62 to 0.98 over the declared priors)" in lines
    (vote,) = [one for one in lines if one.startswith("  op_response")]
    assert vote.split()[:3] == ["op_response", "effective", "only"]
    assert vote.endswith('reply 0: thanks "Thank you"; reply 0: positive "thank"')
    assert lines[-1] == "not effective if op_response had voted not effective"


def test_explain_as_json(folder) -> None:
    result = CliRunner().invoke(
        command_line(), ["label", "explain", str(folder.root), "k2", "--json"]
    )
    found = json.loads(result.stdout, parse_constant=pytest.fail)  # NaN is not JSON
    assert found["row"]["comment_id"] == "t1_k2"
    assert [v["vote"] for v in found["votes"]][:3] == ["effective", "abstain", "abstain"]


def test_an_unlabelled_row_is_explained_too(folder) -> None:
    text = explain(folder, "t1_zz").text()
    assert "label     no label" in text
    assert text.endswith("no change of up to three votes gives another label")


def test_what_is_not_there_is_said(folder, tmp_path) -> None:
    with pytest.raises(InputError, match="no comment 't1_nope'"):
        explain(folder, "nope")
    with pytest.raises(BuildError, match="finish the build first"):
        explain(type(folder)(tmp_path / "empty"), "k2")
