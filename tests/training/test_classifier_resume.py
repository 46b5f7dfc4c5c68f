"""A classifier whose training was killed ends with the weights of one that was never stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.training.recipes.recipe import ClassifierRecipe
from redditess.training.runs.checkpoints import last_whole
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.small_classifiers import encoder, recipe, splits

pytestmark = [pytest.mark.needs_torch, pytest.mark.slow]
pytest.importorskip("transformers")

ROOT = Path(__file__).parents[2]
# Everything that has a state: dropout, two epochs of order, accumulation, both heads, three rates,
# patience that is partly used up, a best checkpoint that is not the last one.
HARD = (
    "types_weight=0.5", "pair_weight=0.5", "attention_dropout=0.1", "accumulation=2",
    "layer_decay=0.8", "evaluate_every=0.1", "learning_rate=1e-2",
)  # fmt: skip
FILES = ("model.safetensors", "support_types.safetensors", "tokenizer.json", "config.json")


STOPS = (*HARD, "epochs=8", "early_stopping=2")
ENDS = (*HARD, "epochs=2", "save_every=0.3")


def killed(base: str, run: RunFolder, step: int, changes: Sequence[str]) -> None:
    """One process that trains, and is killed after that step."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/training/killed_classifier.py"), base, str(run.root),
         str(step), *changes],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr[-2000:]


def stopped(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("changes", [STOPS, ENDS], ids=["stops early", "ends"])
def test_a_killed_run_ends_with_the_very_weights_of_one_that_was_never_stopped(
    changes: Sequence[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redditess.training.classifier import classifier
    from redditess.training.classifier.classifier import train_one

    base = encoder(tmp_path / "base")
    whole, run = RunFolder(tmp_path / "whole"), RunFolder(tmp_path / "run")
    wanted = train_one(recipe(*changes), whole, splits(), base)
    last = read_log(whole)[-1]["step"]
    assert last < 40 if changes == STOPS else last == 10  # patience ran out, or all was shown
    killed(base.path, run, last - 2, changes)
    found = last_whole(run)
    assert found and 0 < int(found.name.split("-")[1]) < last - 2
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(classifier, "save_classifier", stopped)  # after the last step
        train_one(recipe(*changes), run, splits(), base, resume=True)
    got = train_one(recipe(*changes), run, splits(), base, resume=True)
    for name in FILES:
        assert (run.model / name).read_bytes() == (whole.model / name).read_bytes(), name
    assert got[0] == wanted[0] and np.array_equal(got[1], wanted[1])
    assert read_log(run) == read_log(whole)
    assert not run.checkpoints.exists()  # optimizer states and pickles are gone


def test_a_finished_seed_is_not_trained_again(tmp_path: Path) -> None:
    from redditess.training.classifier.seeds import each_seed, spread

    trained: list[int] = []

    def train(own: ClassifierRecipe, folder: RunFolder) -> tuple[dict[str, Any], np.ndarray]:
        trained.append(own.seed)
        if trained == [42, 43]:
            raise KeyboardInterrupt
        return {"eval": {"auc": {"value": own.seed / 100}}}, np.array([0.25])

    run = RunFolder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        each_seed(recipe("n_seeds=3"), run, resume=False, train=train)
    results = each_seed(recipe("n_seeds=3"), run, resume=True, train=train)
    assert trained == [42, 43, 43, 44]
    assert [result.seed for result in results] == [42, 43, 44]
    assert results[0].p.tolist() == [0.25] and not run.metrics.is_file()
    found = spread(results)["auc"]
    assert np.allclose([found["mean"], found["sd"], found["n"]], [0.43, 0.01, 3])
    assert spread(results[:1]) == {}
