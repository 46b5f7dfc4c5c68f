"""Encoders as readers, with tiny random models made on the spot."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from redditess.corpus.errors import SettingsError
from redditess.labeling.readers import reader
from redditess.labeling.readers.transformer import class_order, preprocess

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "thank", "you", "no", "@", "user", "http"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):
    """`tiny(labels)`: a folder with a random BERT, as a classifier or (no labels) an encoder."""
    pytest.importorskip("torch", reason="torch is not installed")
    hub = pytest.importorskip("transformers", reason="transformers is not installed")

    def make(*labels: str) -> Path:
        folder = tmp_path_factory.mktemp("tiny")
        (folder / "vocab.txt").write_text("\n".join(WORDS), "utf8")
        shape = {
            "vocab_size": len(WORDS), "hidden_size": 16, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 130,
        }  # fmt: skip
        hub.set_seed(0)
        if labels:
            config = hub.BertConfig(**shape, id2label=dict(enumerate(labels)))
            hub.BertForSequenceClassification(config).save_pretrained(folder)
        else:
            hub.BertModel(hub.BertConfig(**shape)).save_pretrained(folder)
        hub.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
        return folder

    return make


def test_texts_are_read_as_tweetnlp_reads_them() -> None:
    assert preprocess("@a_b hi  http://x.y/z @") == "@user hi  http @"


def test_a_checkpoint_reads_alike_in_any_order_and_to_its_bound(tiny) -> None:
    name = f"transformers:{tiny('Negative', 'neutral', 'POSITIVE')}"
    texts = ["thank you", "no", "you " * 500, ""]
    said = reader(name).read(texts)
    np.testing.assert_allclose(said.sentiment.sum(1), 1, atol=1e-5)
    turned = reader(name).read(texts[::-1])
    np.testing.assert_allclose(said.sentiment, turned.sentiment[::-1], atol=1e-4)
    assert said.thanked.tolist() == [True, False, False, False]


def test_classes_are_found_by_name_and_others_are_refused(tiny) -> None:
    assert class_order({0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, "x") == [0, 1, 2]
    with pytest.raises(SettingsError, match="joy"):
        reader(f"transformers:{tiny('joy', 'neutral', 'negative')}")


def test_a_checkpoint_that_is_nowhere_is_named(tmp_path: Path, tiny) -> None:
    with pytest.raises(SettingsError, match="cannot load"):
        reader(f"transformers:{tmp_path / 'none'}")


def test_heads_on_an_encoder_are_fitted_by_the_script_and_read(tiny, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from redditess.labeling.fit_minilm import main

    folder, data = tiny(), tmp_path
    with pytest.raises(SettingsError, match="fit_minilm"):
        reader(f"minilm:{folder}")
    (data / "emotions.txt").write_text("gratitude\nanger\nneutral", "utf8")
    rows = [("thank you", "0", "a"), ("no", "1", "b"), ("user", "2", "c")] * 6
    for part in ("train", "dev"):
        with (data / f"{part}.tsv").open("w", newline="") as file:
            csv.writer(file, delimiter="\t").writerows(rows)
    main(["--goemotions", str(data), "--encoder", str(folder), "--out", str(folder)])
    said = reader(f"minilm:{folder}").read(["thank you", "no"])
    assert said.thanked.tolist() == [True, False]
    assert said.sentiment[0].argmax() == 2 and said.sentiment[1].argmax() == 0
