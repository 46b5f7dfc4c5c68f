"""The card of a run that was trained, not made by hand: every trainer's files, none by us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.artefacts import read_json
from redditess.corpus.errors import BuildError
from redditess.training.cards.card import figure_text
from redditess.training.cards.model_card_check import check_model_card
from redditess.training.push import laid_out, refuse_unready
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import AGREEMENT
from tests.training.made_release import make_release, sft_recipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> RunFolder:
    """A tiny SFT run, from recipe to card."""
    from redditess.training.train import train

    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(root / "home"))
        train(sft_recipe(make_release(root / "release"), max_steps=2), root / "run")
    (root / "run" / "governance.toml").write_text(AGREEMENT)
    return RunFolder(root / "run")


def test_a_run_writes_its_card_and_every_figure_is_its_own(trained: RunFolder) -> None:
    card = (trained.model / "README.md").read_text("utf8")
    found = read_json(trained.metrics)
    assert check_model_card(trained) == [
        "redditess.json: governance is None, the run says " + repr(_agreed(trained))[:60]
    ]
    for name in ("loss", "base_loss", "loss_change"):
        assert f"| {figure_text(found['eval'][name])} | {found['n_eval']} |" in card
    assert f"rows of train used | {found['n_train']} |" in card
    assert "not told" not in card.replace("its revision", "") and "Not measured" not in card
    assert not re.search(r"base_model:|datasets:", card)  # neither is on the Hub
    assert "random numbers, made on the spot" in card and str(trained.root.parent) not in card


def _agreed(trained: RunFolder) -> Any:
    from redditess.training.cards.model_facts import model_document

    return model_document(trained)["governance"]


def test_its_adapter_waits_for_a_base_that_others_have_and_merged_it_may_go(
    trained: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redditess.training.generator.merged_run import merge_run

    monkeypatch.setenv("REDDITESS_HOME", str(trained.root.parent / "home"))
    with pytest.raises(BuildError, match="redditess train merge"), laid_out(trained):
        pass
    merged = merge_run(trained, RunFolder(trained.root.parent / "merged"))
    refuse_unready(merged)
    with laid_out(merged) as folder:
        assert {p.name for p in folder.iterdir()} >= {"model.safetensors", "config.json"}
    assert check_model_card(merged) == []
    with pytest.raises(BuildError, match="not empty"):
        merge_run(trained, merged)
    with pytest.raises(BuildError, match="full weights"):
        merge_run(merged, RunFolder(Path(trained.root.parent / "again")))
