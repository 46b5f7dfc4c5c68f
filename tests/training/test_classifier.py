"""A classifier learns, is saved as plain transformers files, and says the same everywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from redditess.corpus.errors import InputError
from redditess.training.classifier.model import (
    CLASSES,
    Classifier,
    load_classifier,
    predict,
    predict_types,
)
from redditess.training.classifier.pair_input import segments
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.small_classifiers import encoder, recipe, rows, splits

pytestmark = [pytest.mark.needs_torch, pytest.mark.slow]
pytest.importorskip("transformers")


class Trained(NamedTuple):
    run: RunFolder
    metrics: dict[str, Any]
    p: np.ndarray


def load_base(*given: Any) -> Any:
    from redditess.training.classifier.base import load_base

    return load_base(*given)


def _trained(folder: Path, *changes: str, kind: str = "bert", n: int = 160) -> Trained:
    from redditess.training.classifier.classifier import train_one

    run = RunFolder(folder / "run")
    base = encoder(folder / "base", kind)
    return Trained(run, *train_one(recipe(*changes), run, splits(n), base))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """With a second head and both losses."""
    return _trained(
        tmp_path_factory.mktemp("classifier"), "types_weight=0.5", "pair_weight=0.5",
        "layer_decay=0.9", "epochs=8", n=320,
    )  # fmt: skip


def test_it_learns_what_the_last_word_tells(trained: Trained) -> None:
    auc = trained.metrics["eval"]["auc"]
    assert auc["low"] > 0.9 and auc["n"] == 96 and auc["n_clusters"] == 24
    assert trained.metrics["eval"]["pair_accuracy"]["value"] > 0.9
    assert np.array_equal(predict(trained.run.model, splits().test), trained.p)


def test_the_folder_holds_plain_files_and_no_pickle(trained: Trained) -> None:
    found = sorted(p.name for p in trained.run.root.rglob("*") if p.is_file())
    assert found == [
        "config.json", "log.jsonl", "model.safetensors", "support_types.safetensors",
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip
    config = json.loads((trained.run.model / "config.json").read_text())
    assert config["id2label"] == {"0": "not_effective", "1": "effective"}
    assert config["architectures"] == ["BertForSequenceClassification"]
    told = "".join(p.read_text("utf8") for p in trained.run.model.glob("*.json"))
    assert str(trained.run.root.parent) not in told


def test_a_pipeline_says_what_predict_says(trained: Trained) -> None:
    from transformers import AutoModelForSequenceClassification, pipeline

    _, info = AutoModelForSequenceClassification.from_pretrained(
        trained.run.model, output_loading_info=True
    )
    assert not any(info.values())  # nothing missing, nothing left over
    test = rows(12, 9)
    long = pa.array(["i can [SEP] not sleep at night " * 30] * 12)
    test = test.set_column(test.column_names.index("post"), "post", long)
    classify = pipeline("text-classification", model=str(trained.run.model), top_k=None)
    asked = [
        {"text": first, "text_pair": second} for first, second in zip(*segments(test), strict=True)
    ]
    said = [
        next(a["score"] for a in classify(one, truncation="only_first") if a["label"] == CLASSES[1])
        for one in asked
    ]
    assert np.allclose(said, predict(trained.run.model, test), atol=1e-6)


def test_the_order_of_rows_and_their_neighbours_change_nothing(trained: Trained) -> None:
    asked = load_classifier(trained.run.model, device="cpu")
    test = rows(40, 5)
    p = predict(asked, test)
    turned = np.random.default_rng(0).permutation(40)
    assert np.allclose(predict(asked, test.take(turned)), p[turned], atol=1e-6)
    assert np.allclose(np.concatenate([predict(asked, test.slice(i, 1)) for i in range(40)]), p)
    assert predict(asked, test.slice(0, 0)).shape == (0,)


def test_the_second_head_knows_support_types_and_the_first_does_not_need_it(
    trained: Trained, tmp_path: Path
) -> None:
    test = splits().test
    asked = load_classifier(trained.run.model)
    said = predict_types(asked, test)
    assert said.shape == (len(test), len(asked.types))
    label = test["label"].to_numpy().astype(bool)
    emotional = said[:, asked.types.index("emotional")]
    assert emotional[label].mean() > emotional[~label].mean() + 0.2
    plain = Classifier(asked.model, asked.tokenizer, asked.max_length)
    assert np.array_equal(predict(plain, test), predict(asked, test))
    with pytest.raises(InputError, match="knows no support types"):
        predict_types(plain, test)


@pytest.mark.parametrize("kind", ["roberta", "modernbert"])
def test_other_architectures_train_with_both_heads(kind: str, tmp_path: Path) -> None:
    made = _trained(
        tmp_path, "types_weight=0.5", "epochs=2", "layer_decay=0.9", "frozen_layers=1", kind=kind,
        n=64,
    )  # fmt: skip
    assert predict_types(made.run.model, splits().test).shape == (96, 6)
    assert "token_type_ids" not in json.loads((made.run.model / "config.json").read_text())


def test_eight_steps_of_one_row_follow_one_of_eight(tmp_path: Path) -> None:
    """Without dropout, weights of the whole set make the batch of a row irrelevant."""
    from redditess.training.classifier import classifier
    from redditess.training.classifier.classifier import train_one

    base = encoder(tmp_path / "base")
    losses = []
    usual = classifier.load_base

    def without_dropout(recipe: Any, base: Any) -> Any:
        model, tokenizer = usual(recipe, base)
        for module in model.modules():
            if type(module).__name__ == "Dropout":
                module.p = 0.0
        return model, tokenizer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "load_base", without_dropout)
        patch.setattr(classifier, "row_order", lambda lengths, n, *_, **__: np.arange(n))
        for batch, accumulation in ((8, 1), (1, 8)):
            run = RunFolder(tmp_path / f"{batch}")
            changes = (f"batch_size={batch}", f"accumulation={accumulation}", "epochs=1",
                       "learning_rate=1e-3")  # fmt: skip
            train_one(recipe(*changes), run, splits(64), base)
            losses.append([line["loss"] for line in read_log(run) if "loss" in line])
    assert len(losses[0]) == 8
    assert np.allclose(losses[0], losses[1], rtol=1e-3)


def test_rows_of_one_seed_give_the_same_weights_and_of_another_do_not(tmp_path: Path) -> None:
    made = [_trained(tmp_path / name, "epochs=1", f"seed={seed}", n=48)
            for name, seed in (("a", 1), ("b", 1), ("c", 2))]  # fmt: skip
    weights = [(m.run.model / "model.safetensors").read_bytes() for m in made]
    assert weights[0] == weights[1] != weights[2]


def test_a_model_of_other_classes_is_refused(tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    base = encoder(tmp_path / "base")
    model = AutoModelForSequenceClassification.from_pretrained(base.path, num_labels=3)
    model.save_pretrained(base.path)
    with pytest.raises(InputError, match="its classes are LABEL_0, LABEL_1, LABEL_2"):
        load_classifier(base.path)


def test_a_second_head_without_anything_to_learn_is_a_mistake() -> None:
    from redditess.training.classifier.types_head import type_targets

    silent = pa.table({"support_types": pa.array([[], []], pa.list_(pa.string()))})
    with pytest.raises(InputError, match="no row has a support type"):
        type_targets(silent)
    assert type_targets(rows(3, 0)).sum(1).tolist() == [1, 1, 1]


def test_an_encoder_with_missing_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    base = encoder(tmp_path / "base")
    file = tmp_path / "base" / "model.safetensors"
    kept = {k: v for k, v in load_file(file).items() if "layer.1.attention" not in k}
    save_file(kept, file, metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"no weights for bert\.encoder\.layer\.1\.attention"):
        load_base(recipe(), base)


def test_a_run_is_stopped_by_order_not_by_how_sure_it_is() -> None:
    from redditess.training.classifier.classifier import _validated

    class Seen(NamedTuple):
        predictions: np.ndarray
        label_ids: np.ndarray

    def seen(odds: list[float], thread: list[int], n: int = 1) -> dict[str, float]:
        wanted = np.zeros((4 * n, 4))
        wanted[:, 0] = np.tile([0.9, 0.2, 0.9, 0.2], n)
        wanted[:, 3] = np.repeat(np.arange(n) * 9, 4) + np.tile(thread, n)
        logits = np.column_stack([np.zeros(4 * n), np.tile(odds, n)])
        return _validated(Seen(logits, wanted))

    within = [5.0, 4.0, -4.0, -5.0]  # right inside both threads, wrong between them
    assert seen(within, [1, 1, 2, 2], 200)["order"] == 1.0  # 400 pairs
    few = seen(within, [1, 1, 2, 2])
    assert few["pair_accuracy"] == 1.0 and few["order"] == 0.75  # two pairs: all rows instead
    sure, modest = seen([90, -90, 90, 90], [1, 1, 2, 2]), seen([1, -1, 1, -1], [1, 1, 2, 2])
    assert sure["order"] < modest["order"] and sure["log_loss"] > modest["log_loss"]
    one_class = Seen(np.zeros((3, 2)), np.tile([0.9, 1, 1, 0], (3, 1)))
    assert _validated(one_class)["order"] == 0.5


def test_era_trains_on_early_days_and_tests_on_late_ones() -> None:
    from redditess.training.classifier.rows import by_era

    made = splits()
    train, validation, test, counts = by_era(made.train, made.validation, made.test)
    cut = pc.max(train["day"]).as_py()
    assert pc.max(validation["day"]).as_py() <= cut < pc.min(test["day"]).as_py()
    assert len(train) + counts["train_after_cut"] == len(made.train)
    assert len(test) + counts["test_before_cut"] == len(made.test)
    assert 0.7 < len(train) / len(made.train) < 0.9
    undated = made.train.set_column(
        made.train.column_names.index("day"), "day", pa.nulls(len(made.train), pa.date32())
    )
    with pytest.raises(InputError, match="no row has a day"):
        by_era(undated, made.validation, made.test)
