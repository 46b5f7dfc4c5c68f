"""`redditess eval classifier`: from a folder of weights to a table, on screen and in files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import InputError, MissingExtra
from redditess.eval.verb_classifier import evaluated
from redditess.training.data.rows import labelled_rows, open_source

pytestmark = pytest.mark.slow  # every call fits the baselines


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that looks like a model; its answers are the length of the comment."""

    def predict(folder: Path, rows: pa.Table) -> np.ndarray:
        assert folder == model
        return np.array([min(1, len(text) / 400) for text in rows["comment"].to_pylist()])

    model = tmp_path / "my-model"
    write_json(model / "config.json", {"model_type": "bert"})
    monkeypatch.setattr("redditess.training.classifier.model.predict", predict)
    return model


@pytest.fixture(autouse=True)
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading with MiniLM takes most of a minute: tests/training/test_baselines.py does it."""

    def nowhere() -> None:
        raise MissingExtra("all-MiniLM-L6-v2 is not installed", "reader", "pip install it")

    monkeypatch.setattr("redditess.labeling.readers.minilm.installed", nowhere)


def call(*words: object) -> Any:
    return CliRunner().invoke(make_app(), ["eval", "classifier", *map(str, words)])


def test_it_prints_the_table_and_talks_beside_it(scripted: Path, demo_build: Path) -> None:
    done = call(scripted, "--data", demo_build)
    assert done.exit_code == 0, done.output
    assert "Self-consistency, not accuracy" in done.stdout
    assert "my-model" in done.stdout and "majority" in done.stdout
    assert "The rows are invented" in done.stdout
    assert "my-model reads" in done.stderr
    assert "frozen-minilm: not measured" in done.stdout


def test_json_is_one_object_with_every_figure(scripted: Path, demo_build: Path) -> None:
    found = json.loads(call(scripted, "--data", demo_build, "--json").stdout)
    rows = labelled_rows(open_source(str(demo_build), allow_invented=True), "test")
    model = found["rows"][-1]
    assert (found["measure"], found["n_test"]) == ("self-consistency", rows.num_rows)
    assert (model["name"], model["kind"]) == ("my-model", "model")
    assert set(model["figures"]["ece"]) == {"value", "low", "high", "n", "n_clusters"}
    assert str(demo_build) not in json.dumps(found)


def test_out_takes_markdown_or_json_and_leaves_stdout_empty(
    scripted: Path, demo_build: Path, tmp_path: Path
) -> None:
    done = call(scripted, "--data", demo_build, "--out", tmp_path / "t.md")
    assert done.stdout == "" and "| my-model |" in (tmp_path / "t.md").read_text("utf8")
    call(scripted, "--data", demo_build, "--json", "--out", tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text("utf8"))["part"] == "test"


def test_gold_makes_it_accuracy(scripted: Path, demo_build: Path, tmp_path: Path) -> None:
    rows = labelled_rows(open_source(str(demo_build), allow_invented=True), "test")
    gold = tmp_path / "gold.csv"
    with gold.open("w", encoding="utf8", newline="") as f:
        ids = rows["id"].to_pylist()[:30]
        said = [(name, i % 2, "ann") for i, name in enumerate(ids)] + [(ids[0], 1, "bob")]
        csv.writer(f).writerows([("id", "label", "rater"), *said])
    table = evaluated(str(scripted), str(demo_build), gold=gold)
    assert (table.measure, table.n_test) == ("accuracy", 29)
    assert "gold left out, tied: 1" in table.notes


def test_rows_that_the_model_was_trained_on_raise_an_alarm(
    scripted: Path, demo_build: Path
) -> None:
    rows = labelled_rows(open_source(str(demo_build), allow_invented=True), "test")
    from redditess.training.data.trained_on import write_trained_on
    from redditess.training.runs.folder import RunFolder

    source = open_source(str(demo_build), allow_invented=True)
    write_trained_on(RunFolder(scripted), source, rows["id"].to_pylist()[:7])
    table = evaluated(str(scripted), str(demo_build))
    assert table.alarms[0] == "the model was trained on 7 of the rows"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"split": "train"}, "no split to test on"),
        ({"sheet_key": Path("k.csv")}, "a key without a sheet"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    more: dict[str, Any], said: str, scripted: Path, demo_build: Path
) -> None:
    with pytest.raises(InputError, match=said):
        evaluated(str(scripted), str(demo_build), **more)


@pytest.mark.needs_torch
def test_a_saved_classifier_is_measured(demo_build: Path, tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    from redditess.training.classifier.model import save_classifier

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
    (tmp_path / "vocab.txt").write_text("\n".join(words), "utf8")
    tokenizer = BertTokenizerFast(str(tmp_path / "vocab.txt"))
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=64,
    )  # fmt: skip
    save_classifier(tmp_path / "m", BertForSequenceClassification(config), tokenizer, 64, None)
    table = evaluated(str(tmp_path / "m"), str(demo_build))
    [model] = [row for row in table.rows if row.kind == "model"]
    assert model.name == "m" and model.figures["roc_auc"]["n"] == table.n_test
