"""What must not go up with a model is refused before any network is used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from safetensors.numpy import save_file

from redditess.corpus.artefacts import read_json, write_json, write_parquet
from redditess.corpus.errors import BuildError, RedditessError, SettingsError
from redditess.release.publish_model import plan_model
from redditess.release.safety import FILE as SAFETY
from redditess.release.safety import read_safety
from redditess.training.cards.card import write_model_card
from redditess.training.push import LAID_OUT, laid_out, push, refuse_unready
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import figure, invented_run

WORSE = {"worse_than_base": True, "figures": {"flagged_share": {"tuned": figure(0.2)}}}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A finished run with an adapter, its card written."""
    found = invented_run(tmp_path / "run", "dpo")
    write_model_card(found)
    return found


@pytest.fixture(autouse=True)
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal that came too late would ask this Hub, where nobody is."""
    monkeypatch.setattr("redditess.release.publish_model.Hub", _nobody)


def _nobody(*_: object, **__: object) -> Any:
    raise AssertionError("the Hub was asked")


def refused(run: RunFolder, match: str, **more: Any) -> str:
    with pytest.raises(RedditessError, match=match) as error:
        push(run, "ns/model", **more)
    assert not (run.root / LAID_OUT).exists()
    assert str(error.value).count("\n") == 0
    return str(error.value)


def test_what_may_go_up_is_asked_of_the_hub(run: RunFolder) -> None:
    with pytest.raises(AssertionError, match="the Hub was asked"):
        push(run, "ns/model")
    assert not (run.root / LAID_OUT).exists()


def test_a_stale_run_is_not_published(run: RunFolder) -> None:
    write_json(run.stale, {"format": 1, "rows": 3})
    assert "3 row(s) removed on request" in refused(run, "train it again")


def test_nor_is_one_that_went_on_from_a_run_that_is_stale(tmp_path: Path) -> None:
    before = invented_run(tmp_path / "sft", "sft")
    run = invented_run(tmp_path / "dpo", "dpo", start=str(before.root))
    refuse_unready(run)
    write_json(before.stale, {"format": 1, "rows": None})
    assert str(before.root) in refused(run, "removed on request")


def test_a_run_that_is_not_finished_is_not_published(run: RunFolder) -> None:
    run.metrics.unlink()
    refused(run, "not finished; go on with --resume")


@pytest.mark.parametrize("base", ["base", "redditess/tiny-causal"])
def test_an_adapter_needs_a_base_that_others_can_load(tmp_path: Path, base: str) -> None:
    model = "tiny-causal" if "tiny" in base else str(tmp_path / "base")
    run = invented_run(tmp_path / "run", "sft", model=model)
    write_json(run.metrics, {**read_json(run.metrics), "base": {"name": base, "revision": ""}})
    said = refused(run, "which nobody else can load")
    assert "redditess train merge" in said and "base_name" in said and base in said


def test_names_and_an_agreement_are_asked_for(run: RunFolder, monkeypatch: Any) -> None:
    monkeypatch.chdir(run.root)
    with pytest.raises(SettingsError, match="no name of a repository"):
        push(run, "model")
    (run.root / "governance.toml").unlink()
    refused(run, "nobody has agreed to publish models")


def test_a_model_less_safe_than_its_base_needs_a_reason_that_its_card_prints(
    run: RunFolder,
) -> None:
    write_json(run.root / SAFETY, WORSE)
    assert "--override" in refused(run, "less safe")
    refused(run, "less safe", although="  ")
    with pytest.raises(BuildError, match="less safe"):  # also for who goes round the run
        plan_model(run.model, "ns/model")
    with pytest.raises(AssertionError, match="the Hub was asked"):
        push(run, "ns/model", although="it is studied for its harm")
    assert "it is studied for its harm" in (run.model / "README.md").read_text("utf8")
    write_json(run.root / SAFETY, {**WORSE, "worse_than_base": False})
    with pytest.raises(AssertionError, match="the Hub was asked"):
        push(run, "ns/model")


@pytest.mark.parametrize("found", ["{", "[]", "{}", '{"worse_than_base": "no", "figures": {}}',
                                   '{"worse_than_base": false}'])  # fmt: skip
def test_a_gate_that_cannot_be_read_is_shut(run: RunFolder, found: str) -> None:
    (run.root / SAFETY).write_text(found)
    with pytest.raises(BuildError, match=SAFETY):
        read_safety(run.root)
    with pytest.raises(BuildError, match=SAFETY):
        plan_model(run.model, "ns/model")


PLANTED: list[tuple[str, bytes, str]] = [
    ("training_args.bin", b"\x80\x04x", "a pickle"),
    ("scheduler.json", b"\x80\x04x", "a pickle"),
    ("optimizer.pt", b"x", "a pickle"),
    ("modeling.py", b"import os", "a program"),
    ("checkpoint-3/adapter_config.json", b"{}", "not a part of a release"),
    ("predictions.parquet", b"PAR1PAR1", "not a part of a release"),
    ("trained_on.json", b"{}", "belongs to the run"),
    ("trained_on.txt", b"0011223344556677", "not a part of a release"),
    ("run.json", b"{}", "belongs to the run"),
    ("notes.json", b'{"at": "/mnt/data/models"}', "a path of this machine"),
    ("notes.json", b'{"at": ["~/models/x"]}', "a path of this machine"),
    ("special_tokens_map.json", b'{"note": "see HOME/x"}', "names a folder of this machine"),
    ("chat_template.jinja", b"{# from RUN/base #}", "names a folder of this machine"),
    ("LICENSE", b"see HOME/licences", "names a folder of this machine"),
]


@pytest.mark.parametrize(("name", "content", "words"), PLANTED, ids=lambda x: str(x)[:40])
def test_what_was_planted_beside_the_weights_is_refused(
    run: RunFolder, name: str, content: bytes, words: str
) -> None:
    place = run.model / name
    place.parent.mkdir(exist_ok=True)
    here = {b"HOME": os.fsencode(Path.home()), b"RUN": os.fsencode(run.root)}
    for word, path in here.items():
        content = content.replace(word, path)
    place.write_bytes(content)
    assert name in refused(run, words)


def test_a_path_in_the_notes_of_the_weights_is_refused(run: RunFolder) -> None:
    weights = run.model / "adapter_model.safetensors"
    for note in ("/mnt/runs/7", f"made from {run.root}/base"):
        save_file({"w": np.ones(3, np.float32)}, weights, metadata={"from": note})
        refused(run, "this machine")


def test_a_link_is_refused(run: RunFolder, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (run.model / "more.json").symlink_to(tmp_path / "secret.json")
    refused(run, "a link")


def test_configs_go_up_with_names_of_the_hub_and_stay_as_they_are_here(run: RunFolder) -> None:
    here = str(run.root / "base")
    (run.model / "config.json").write_text(json.dumps({"_name_or_path": here, "model_type": "x"}))
    told = {"name_or_path": here, "is_local": True, "tokenizer_file": here, "model_max_length": 9}
    (run.model / "tokenizer_config.json").write_text(json.dumps(told))
    adapter = run.model / "adapter_config.json"
    adapter.write_text(json.dumps({**read_json(adapter), "base_model_name_or_path": here}))
    before = {p.name: p.read_bytes() for p in run.model.iterdir() if p.is_file()}
    with laid_out(run) as folder:
        assert folder.parent == run.root
        goes = read_json(folder / "adapter_config.json")
        assert goes["base_model_name_or_path"] == "somebody/base"
        assert goes["revision"] == "b" * 40 and goes["peft_type"] == "LORA"
        assert read_json(folder / "config.json") == {"model_type": "x"}
        assert read_json(folder / "tokenizer_config.json") == {"model_max_length": 9}
        weights = "adapter_model.safetensors"
        assert (folder / weights).samefile(run.model / weights)  # no second copy of what is large
        plan_model(folder, "ns/model")
    assert {p.name: p.read_bytes() for p in run.model.iterdir() if p.is_file()} == before


def test_a_base_name_written_later_is_enough(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "sft", model=str(tmp_path / "base"))
    write_json(run.metrics, {**read_json(run.metrics), "base": {"name": "base", "revision": ""}})
    refused(run, "which nobody else can load")
    recipe = run.recipe.read_text("utf8").replace("base_name: ''", "base_name: ns/base")
    run.recipe.write_text(recipe)
    write_model_card(run)
    with laid_out(run) as folder:
        told = read_json(folder / "adapter_config.json")
    assert (told["base_model_name_or_path"], told["revision"]) == ("ns/base", None)


def test_a_card_whose_figures_the_answers_do_not_make_is_not_published(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "classifier")
    answers = pa.table({"id": ["a", "b"], "label": pa.array([0, 1], pa.int8()), "p_7": [0.1, 0.9]})
    write_parquet(run.predictions, answers, answers.schema)
    assert "2 rows, the table is of 211" in refused(run, "the card is not true")
