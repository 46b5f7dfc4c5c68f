"""Classifier, adapter, merged weights and reward model go up, and a stranger's lines load them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from redditess.corpus.artefacts import read_json, write_json
from redditess.training.cards.card import write_model_card
from redditess.training.cards.model_card_check import check_model_card, check_model_pages
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import AGREEMENT, invented_run

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]

TEXTS = ["I can't sleep before exams", "It did for me, once I wrote my worries down", "thank you"]
BASE_CARD = "---\nlicense: other\n---\n# random numbers\n"
# What a stranger does: fetches the card by name, and runs its lines word for word.
STRANGER = """
import json, re, sys
from pathlib import Path
from huggingface_hub import snapshot_download
for name in sys.argv[1:]:
    folder = Path(snapshot_download(name))
    card = (folder / "README.md").read_text("utf8")
    [lines] = re.findall(r"```python\\n(.*?)```", card, re.S)
    found = {}
    print(f"== {name}", flush=True)
    exec(compile(lines, name, "exec"), found)
    model = found.get("model") or found["classify"].model
    print(json.dumps({
        "name": name, "folder": str(folder), "class": type(model).__name__,
        "sum": sum(p.double().abs().sum().item() for p in model.parameters()),
    }), flush=True)
"""


class Published(NamedTuple):
    """What went up, and what came back from each name."""

    hub: Any
    root: Path
    runs: dict[str, RunFolder]
    said: str
    back: dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def published(hub_process: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Everything is made, pushed and fetched once."""
    pytest.importorskip("peft")
    hub_process.reset()
    root = tmp_path_factory.mktemp("models")
    runs = _runs(root)
    base = hub_process.client(xet=True, do="model", folder=str(root / "base"), repo="ns/base")
    for run in (runs["adapter"], runs["reward"]):
        told = read_json(run.metrics)
        write_json(run.metrics, {**told, "base": {"name": "ns/base", "revision": base["commit"]}})
    for name, run in runs.items():
        done = hub_process.client(xet=True, do="push_run", run=str(run.root), repo=f"ns/{name}")
        assert "error" not in done, done
    found = hub_process.run("-c", STRANGER, *(f"ns/{name}" for name in runs), token="hf_read")
    assert found.returncode == 0, found.stderr[-3000:]
    lines = [json.loads(line) for line in found.stdout.splitlines() if line.startswith('{"name')]
    yield Published(hub_process, root, runs, found.stdout, {line["name"]: line for line in lines})


def _runs(root: Path) -> dict[str, RunFolder]:
    """Runs around models of random numbers; their figures are invented."""
    from redditess.training.generator.merged_run import merge_run
    from redditess.training.models import tiny

    tiny._causal(TEXTS * 20, root / "base")
    (root / "base" / "README.md").write_text(BASE_CARD)
    (root / "governance.toml").write_text(AGREEMENT)
    told = {"model": str(root / "base"), "base_name": "ns/base", "lora_r": 2}
    adapter = invented_run(root / "adapter", "dpo", weights=False, **told)
    _adapter(root / "base", adapter, "CausalLM")
    reward = invented_run(root / "reward", "reward", weights=False, **told)
    _adapter(root / "base", reward, "SequenceClassification")
    classifier = invented_run(root / "classifier", "classifier", weights=False)
    _classifier(root, classifier)
    for run in (adapter, reward, classifier):
        write_model_card(run)
    merged = merge_run(adapter, RunFolder(root / "merged"))
    return {"adapter": adapter, "merged": merged, "reward": reward, "classifier": classifier}


def _adapter(base: Path, run: RunFolder, task: str) -> None:
    import torch
    import transformers
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    more = {"num_labels": 1} if task == "SequenceClassification" else {}
    model = getattr(transformers, f"AutoModelFor{task}").from_pretrained(base, **more)
    kind = "SEQ_CLS" if more else "CAUSAL_LM"
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type=kind, init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(run.model)
    (run.model / "README.md").unlink(missing_ok=True)  # peft's own, with a path
    transformers.AutoTokenizer.from_pretrained(base).save_pretrained(run.model)


def _classifier(root: Path, run: RunFolder) -> None:
    from transformers import AutoModelForSequenceClassification

    from redditess.training.classifier.model import (
        ID2LABEL,
        LABEL2ID,
        load_tokenizer,
        save_classifier,
    )
    from redditess.training.models import tiny

    tiny._encoder(TEXTS * 20, root / "encoder")
    model = AutoModelForSequenceClassification.from_pretrained(
        root / "encoder", num_labels=2, id2label=ID2LABEL, label2id=LABEL2ID
    )
    save_classifier(run.model, model, load_tokenizer(str(root / "encoder"), ""), 64, None)


def test_the_lines_of_each_card_load_what_they_name(published: Published) -> None:
    classes = {name.removeprefix("ns/"): found["class"] for name, found in published.back.items()}
    assert classes == {
        "adapter": "PeftModelForCausalLM", "merged": "LlamaForCausalLM",
        "reward": "PeftModelForSequenceClassification",
        "classifier": "BertForSequenceClassification",
    }  # fmt: skip


def test_the_lines_print_an_answer(published: Published) -> None:
    _, *parts = published.said.split("== ns/")
    said = {part.partition("\n")[0]: part for part in parts}
    assert "'label': 'effective'" in said["classifier"] and "'score': 0." in said["classifier"]
    assert said["reward"].count("Just relax. ") == 1
    for name in ("adapter", "merged"):  # an answer, or that it was withheld
        assert len(said[name].splitlines()[1]) > 3


def test_what_comes_back_is_what_was_trained(published: Published) -> None:
    """Of the adapter with its base from the Hub, and of the weights that both were added into."""
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(published.root / "base")
    total = sum(p.double().abs().sum().item() for p in base.parameters())
    assert published.back["ns/adapter"]["sum"] > total + 1
    folder = Path(published.back["ns/merged"]["folder"])
    ids = torch.arange(5, 40)[None]
    with torch.no_grad():
        merged = AutoModelForCausalLM.from_pretrained(folder)(ids).logits
        adapter = published.root / "adapter" / "model"
        told = read_json(adapter / "adapter_config.json")
        write_json(adapter / "adapter_config.json",
                   {**told, "base_model_name_or_path": str(published.root / "base")})  # fmt: skip
        apart = AutoPeftModelForCausalLM.from_pretrained(adapter)(ids).logits
        plain = base(ids).logits
    assert torch.allclose(merged, apart, atol=1e-5) and not torch.allclose(merged, plain, atol=1e-3)


def test_the_adapter_names_its_base_and_the_commit_that_it_was_trained_on(
    published: Published,
) -> None:
    folder = Path(published.back["ns/adapter"]["folder"])
    told = read_json(folder / "adapter_config.json")
    assert told["base_model_name_or_path"] == "ns/base"
    assert told["revision"] == published.hub.refs("models/ns/base")["refs/heads/main"]


@pytest.mark.parametrize("name", ["adapter", "merged", "reward", "classifier"])
def test_nothing_of_this_machine_and_no_token_went_up(published: Published, name: str) -> None:
    folder = Path(published.back[f"ns/{name}"]["folder"])
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix() for path in files} - {".gitattributes"}
    assert {"README.md", "redditess.json", ".eval_results/redditess.yaml"} < names
    assert not [n for n in names if n.startswith(("trained_on", "run.", "training_args"))]
    rows = (published.root / "adapter" / "trained_on.txt").read_text().split()[-1]
    for trace in (str(published.root), "/tmp/", f"{Path.home()}/", "hf_owner", rows):
        found = [path.name for path in files if trace.encode() in path.read_bytes()]
        assert not [n for n in found if n != "tokenizer.json"], trace


def test_no_token_is_left_in_a_run(published: Published) -> None:
    files = [path for path in published.root.rglob("*") if path.is_file()]
    assert any(path.name == "upload.publish.json" for path in files)
    assert not [path for path in files if b"hf_owner" in path.read_bytes()]


@pytest.mark.parametrize("name", ["adapter", "merged", "reward", "classifier"])
def test_a_downloaded_card_can_be_checked(published: Published, name: str) -> None:
    folder = Path(published.back[f"ns/{name}"]["folder"])
    assert check_model_pages(folder) == []
    assert check_model_card(published.runs[name]) == []
    assert not (published.runs[name].root / "upload").exists()
    assert f'"ns/{name}"' in (folder / "README.md").read_text("utf8")


def test_a_merged_run_keeps_account_and_gates(published: Published) -> None:
    merged, adapter = published.runs["merged"], published.runs["adapter"]
    assert merged.trained_ids.read_bytes() == adapter.trained_ids.read_bytes()
    card = (merged.model / "README.md").read_text("utf8")
    assert "added into the weights of the base" in card and "base_model_relation: finetune" in card
    write_json(merged.stale, {"format": 1, "rows": 1})
    told = published.hub.client(xet=True, do="push_run", run=str(merged.root), repo="ns/merged")
    assert "removed on request" in told["error"]
    merged.stale.unlink()
