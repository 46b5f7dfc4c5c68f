"""What `model` of a recipe may be, and that a slip of the pen is not asked for on the Hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import BuildError, InputError, MissingExtra, SettingsError
from redditess.training.models.bases import MINILM_NAME, Base, resolve_base
from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.runs.folder import RunFolder


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Base]:
    """`base("model", key=value)`: of a recipe that is otherwise one of ours."""
    monkeypatch.chdir(tmp_path)

    def resolve(model: object, **more: object) -> Base:
        changes = [f"model={model}", *(f"{key}={value}" for key, value in more.items())]
        return resolve_base(read_recipe("demo-sft", changes))

    return resolve


def saved(folder: Path, **config: object) -> Path:
    folder.mkdir(parents=True)
    write_json(folder / "config.json", {"model_type": "llama", **config})
    return folder


def test_a_hub_id_stays_as_it_is_with_its_revision(base: Callable[..., Base]) -> None:
    found = base("meta-llama/Llama-2-7b-chat-hf", model_revision="f5db02d")
    assert found == Base(
        "meta-llama/Llama-2-7b-chat-hf", "meta-llama/Llama-2-7b-chat-hf", "f5db02d", False, False
    )
    assert base("bert-base-uncased").name == "bert-base-uncased"


def test_the_card_may_name_another_base_than_what_is_loaded(base: Callable[..., Base]) -> None:
    assert base("ns/mirror", base_name="ns/original") == Base(
        "ns/mirror", "ns/original", "", False, False
    )


def test_a_folder_is_told_by_its_own_name_and_never_by_its_path(
    base: Callable[..., Base], tmp_path: Path
) -> None:
    place = saved(tmp_path / "secret" / "Llama-mine")
    for name in (place, "secret/Llama-mine"):
        assert base(name) == Base(str(place), "Llama-mine", "", True, False)
    assert base(saved(tmp_path / "a", _name_or_path="org/known")).name == "org/known"
    assert base(saved(tmp_path / "b", _name_or_path="secret/Llama-mine")).name == "b"
    assert base(saved(tmp_path / "c", _name_or_path="/home/me/x")).name == "c"
    assert base(place, base_name="org/original").name == "org/original"


def test_a_run_of_ours_is_a_base_too(base: Callable[..., Base], tmp_path: Path) -> None:
    place = saved(tmp_path / "run" / "model")
    assert base("run") == Base(str(place), "run", "", True, False)
    RunFolder(tmp_path / "run").stale.write_text('{"rows": 1}')
    with pytest.raises(BuildError, match="removed on request"):
        base("run")


def test_an_adapter_is_no_base(base: Callable[..., Base], tmp_path: Path) -> None:
    (tmp_path / "run" / "model").mkdir(parents=True)
    write_json(tmp_path / "run" / "model" / "adapter_config.json", {})
    for name in ("run", "run/model"):
        with pytest.raises(InputError, match="is an adapter, no model; write it under start"):
            base(name)


@pytest.mark.parametrize("name", ["./gone", "/gone/away", "~/gone", "run/gone", "empty"])
def test_a_folder_without_a_model_is_never_asked_for_on_the_hub(
    base: Callable[..., Base], tmp_path: Path, name: str
) -> None:
    for folder in ("run", "empty"):
        (tmp_path / folder).mkdir()
    with pytest.raises(InputError, match=r"^model: .*name a folder of save_pretrained, a Hub id"):
        base(name)


@pytest.mark.parametrize(
    ("slip", "meant"), [("tiny-casual", "tiny-causal"), ("miniLM", "minilm"), ("mini-lm", "minilm")]
)
def test_a_slip_of_the_pen_is_told(base: Callable[..., Base], slip: str, meant: str) -> None:
    with pytest.raises(SettingsError, match=f"no model '{slip}'; did you mean {meant}"):
        base(slip)


@pytest.mark.parametrize("name", ["minilm", "tiny-causal", "here"])
def test_only_the_hub_has_revisions(base: Callable[..., Base], tmp_path: Path, name: str) -> None:
    saved(tmp_path / "here")
    with pytest.raises(SettingsError, match="model_revision is 'v1'"):
        base(name, model_revision="v1")


def test_the_installed_encoder_goes_by_its_own_name(
    base: Callable[..., Base], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "redditess.training.models.bases.installed", lambda: tmp_path / "all-MiniLM"
    )
    assert base("minilm") == Base(str(tmp_path / "all-MiniLM"), MINILM_NAME, "", True, False)


def test_an_encoder_that_is_not_installed_says_how(
    base: Callable[..., Base], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redditess.labeling.readers.minilm.PACKAGE", "no_such_package")
    with pytest.raises(MissingExtra, match=r"redditess\[minilm\]"):
        base("minilm")


@pytest.mark.slow
@pytest.mark.needs_torch
@pytest.mark.parametrize("name", ["tiny-causal", "tiny-encoder"])
def test_a_tiny_model_is_made_and_says_so(
    base: Callable[..., Base], small_build: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, name: str,
) -> None:  # fmt: skip
    pytest.importorskip("transformers")
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    asked = {"data": small_build, "allow_invented": "true"}
    found = base(name, **asked)
    assert found[1:] == (f"redditess/{name}", "", True, True)
    assert Path(found.path).parent == tmp_path / "home" / "tiny"
    # A run that goes on from another finds the same base, whatever its recipe says besides.
    assert base(name, **asked, limit=3, seed=99) == found
