"""A merged model answers as base and adapter did, and loads without peft."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.artefacts import read_json, write_json, write_text
from redditess.corpus.errors import BuildError, InputError, RemoteError
from redditess.training.generator.merge import merge
from redditess.training.generator.sft import train_sft
from redditess.training.models.bases import resolve_base
from redditess.training.recipes.read_recipe import recipe_text
from redditess.training.runs.folder import RunFolder
from tests.training.made_release import make_release, sft_recipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]
QUESTIONS = ["About my winter", "exam rent\n\nnight", "", "😀 é"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("merge")
        patch.setenv("REDDITESS_HOME", str(home / "home"))
        yield home


@pytest.fixture(scope="module")
def base(place: Path) -> Path:
    """A folder that is a model, with settings of its own for answers."""
    recipe = sft_recipe(make_release(place / "release"))
    folder = Path(shutil.copytree(resolve_base(recipe).path, place / "somebase"))
    settings = read_json(folder / "generation_config.json")
    # as Llama 2 ships it: today's transformers refuses to save these two together
    write_json(
        folder / "generation_config.json", {**settings, "temperature": 0.6, "do_sample": False}
    )
    return folder


@pytest.fixture(scope="module")
def run(place: Path, base: Path) -> RunFolder:
    folder = RunFolder(place / "run")
    recipe = sft_recipe(place / "release", model=str(base), base_name="somebody/base")
    metrics = train_sft(recipe, folder, resume=False)
    write_text(folder.recipe, recipe_text(recipe))
    write_json(folder.metrics, metrics)
    return folder


@pytest.fixture(scope="module")
def merged(place: Path, run: RunFolder) -> Path:
    return merge(run.root, place / "merged")


def logits(model: Any, tokenizer: Any) -> Any:
    import torch

    found = []
    for words in QUESTIONS:
        ids = tokenizer.apply_chat_template(
            [{"role": "user", "content": words}], add_generation_prompt=True, return_tensors="pt"
        )["input_ids"]
        with torch.no_grad():
            found.append(model(ids).logits.flatten())
    return torch.cat(found)


def test_the_logits_are_those_of_base_and_adapter(run: RunFolder, base: Path, merged: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(merged)
    plain = AutoModelForCausalLM.from_pretrained(base)
    without = logits(plain, tokenizer)
    adapted = logits(PeftModel.from_pretrained(plain, str(run.model)), tokenizer)
    whole = logits(AutoModelForCausalLM.from_pretrained(merged), tokenizer)
    # float32: W x + B A x and (W + B A) x differ by the rounding of some 64 terms of size 1
    assert float((whole - adapted).abs().max()) < 2e-6
    assert float((whole - without).abs().max()) > 1e-2


def test_template_and_settings_of_the_base_are_kept(base: Path, merged: Path) -> None:
    assert (merged / "chat_template.jinja").read_text() == (
        base / "chat_template.jinja"
    ).read_text()
    kept, was = (read_json(folder / "generation_config.json") for folder in (merged, base))
    assert kept == was and kept["temperature"] == 0.6


def test_nothing_but_a_model_is_there_and_it_names_no_folder(merged: Path, place: Path) -> None:
    files = sorted(p for p in merged.rglob("*") if p.is_file())
    assert {p.suffix for p in files} == {".json", ".jinja", ".safetensors"}
    assert not [p for p in files if p.name.startswith("adapter")]
    assert not any(str(place).encode() in p.read_bytes() for p in files)


def test_an_adapter_outside_its_run_is_merged_where_its_base_is_found(
    run: RunFolder, base: Path, tmp_path: Path, merged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    alone = Path(shutil.copytree(run.model, tmp_path / "alone"))
    with pytest.raises(RemoteError, match="does not give 'somebody/base'"):
        merge(alone, tmp_path / "out")
    about = read_json(alone / "adapter_config.json")
    write_json(alone / "adapter_config.json", {**about, "base_model_name_or_path": str(base)})
    made = merge(alone, tmp_path / "out")
    assert (made / "model.safetensors").read_bytes() == (merged / "model.safetensors").read_bytes()


def test_what_cannot_be_merged_is_refused_and_leaves_nothing(
    run: RunFolder, merged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="full weights already"):
        merge(merged, tmp_path / "out")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(BuildError, match="is there already"):
        merge(run.root, tmp_path / "full")
    write_json(run.stale, {"rows": 2})
    try:
        with pytest.raises(BuildError, match="removed on request"):
            merge(run.root, tmp_path / "out")
    finally:
        run.stale.unlink()

    def full_disk(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(shutil, "copyfile", full_disk)
    with pytest.raises(OSError, match="no space"):
        merge(run.root, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["full"]
