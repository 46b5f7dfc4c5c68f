"""Run folders made by hand: the files that a trainer leaves, with figures that nobody measured."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from safetensors.numpy import save_file

from redditess.corpus.artefacts import write_json, write_text
from redditess.training.figures.table import Row, Table, table_json
from redditess.training.recipes.read_recipe import make_recipe, recipe_text
from redditess.training.recipes.recipe import KINDS
from redditess.training.runs.folder import RunFolder

AGREEMENT = """
purpose = "tests"
source = "invented by redditess"
basis = "ours"
ethics = "none needed: nobody wrote it"
retention = "until the test ends"
removal_contact = "nobody@example.org"
who_may_use = "whoever reads these tests"
date = "2026-11-21"
"""
FINGERPRINT = "00112233aabbccdd"
SETTLED: dict[str, Any] = {
    "schedule": "linear", "precision": "float32", "attention": "eager", "device": "cpu",
    "learning_rate": 2e-5, "batch_size": 2, "seed": 7, "max_length": 64, "n_seeds": 1,
    "allow_invented": True, "lora_targets": ["q_proj"], "data": "build/mine",
    "model": "somebody/base",
}  # fmt: skip


def recipe_of(kind: str, **more: Any) -> Any:
    """A complete recipe of a kind; what is not settled is 0, false, empty or the first choice."""
    cls = KINDS[kind]
    types = get_type_hints(cls)
    values = {f.name: _empty(types[f.name]) for f in fields(cls)}
    known = {k: v for k, v in SETTLED.items() if k in values}
    return make_recipe({**values, **known, "kind": kind, **more})


def _empty(type_: Any) -> Any:
    if get_origin(type_) is tuple:
        return []
    return get_args(type_)[0] if get_args(type_) else type_()


def figure(value: float | None, n: int = 211) -> dict[str, Any]:
    """A figure with an interval that fits it."""
    ends = (None, None) if value is None else (round(value - 0.04, 5), round(value + 0.04, 5))
    return {"value": value, "low": ends[0], "high": ends[1], "n": n, "n_clusters": 97}


def table(measure: str = "self-consistency") -> dict[str, Any]:
    """The one table of a classifier, two rows of it."""
    of = (
        "pair_accuracy",
        "f1_effective",
        "f1_not_effective",
        "macro_f1",
        "roc_auc",
        "pr_auc",
        "ece",
    )
    rows = [
        Row("tfidf", "baseline", "words", "", 500, {k: figure(0.611) for k in of}, {}, None, {}),
        Row("model", "model", "the model", "", None,
            {k: figure(0.703 + i / 1000) for i, k in enumerate(of)}, {}, figure(0.092), {}),
    ]  # fmt: skip
    found = Table(
        measure=measure, interval="poster", data={}, part="test", split="released",  # type: ignore[arg-type]
        n_train=500, n_test=211, n_effective=120, n_threads=88, n_clusters=97,
        prevalence={"labelled": 0.56872, "natural": 0.3119}, invented=True, rows=rows, strata=[],
        era=None, reliability={}, alarms=[], notes=[],
    )  # fmt: skip
    return table_json(found)


METRICS: dict[str, dict[str, Any]] = {
    "kto": {"eval": {"reward_accuracy": figure(0.5678)}},
    "grpo": {
        "eval": {"reward": figure(0.4321)},
        "rewards": {
            "weights": {"effectiveness": 1.0, "screen": 0.5},
            "reward_model": {"name": "classifier", "digest": "f" * 64},
            "evaluation_model": {"name": "", "digest": ""},
        },
    },
    "classifier": {"eval": {"roc_auc": figure(0.7431)}, "table": table()},
    "sft": {"eval": {"loss": figure(2.3456), "base_loss": figure(3.4567)}},
    "dpo": {
        "eval": {
            "reward_accuracy": figure(0.6178), "reward_margin": figure(None),
            "chosen_displaced": figure(0.2),
        },
        "safety": {
            "flagged_share": {"tuned": {**figure(0.0938), "n": 32}, "base": None},
            "categories": {"tuned": {"contact_offer": 3}}, "what": "share of 32 generations",
        },
    },
    "reward": {"eval": {"reward_accuracy": figure(0.6234)}},
}  # fmt: skip
CHECK = [
    {"check": "bos", "level": "ok", "what": "One BOS.", "fix": ""},
    {"check": "length", "level": "warning", "what": "3 prompts in /home/ann/rows.json are long.",
     "fix": "Raise max_length."},
]  # fmt: skip


def invented_run(root: Path, kind: str, *, weights: bool = True, **recipe: Any) -> RunFolder:
    """A finished run; `weights` False leaves `model/` to the caller."""
    run = RunFolder(root)
    root.mkdir(parents=True, exist_ok=True)
    told = recipe_of(kind, **recipe)
    data = {"name": "somebody/redditess", "fingerprint": FINGERPRINT, "revision": "a" * 40}
    write_text(run.recipe, recipe_text(told))
    write_json(run.about, {
        "format": 1, "kind": kind, "command": "redditess train x.yaml", "commit": "c" * 40,
        "seed": 7, "seeds": [7], "data": data, "python": "3.11.2",
        "packages": {"redditess": "0.1.0", "torch": "2.13.0"}, "device": "cpu",
        "started_utc": "2026-11-21T10:00:00Z", "wall_s": 1234.5, "resumed": 1,
    })  # fmt: skip
    write_json(run.findings, CHECK)
    ids = "".join(f"{n:016x}\n" for n in range(17))
    write_text(run.trained_ids, ids)
    digest = hashlib.sha256(ids.encode()).hexdigest()
    told_of_ids = {"ids_file": run.trained_ids.name, "ids_sha256": digest}
    write_json(run.trained_on, {"fingerprint": FINGERPRINT, **told_of_ids})
    write_text(root / "governance.toml", AGREEMENT)
    if weights:
        fake_weights(run, adapter=kind != "classifier")
    write_json(run.metrics, {
        "kind": kind, "data": data, "base": {"name": told.model, "revision": "b" * 40},
        "n_train": 1503, "n_eval": 211, "counts": {"prompt_shortened": 5}, **METRICS[kind],
    })  # fmt: skip
    return run


def fake_weights(run: RunFolder, *, adapter: bool) -> None:
    """Files as save_pretrained leaves them, with nothing to load in them."""
    run.model.mkdir()
    name = "adapter_model" if adapter else "model"
    save_file({"w": np.ones((4, 4), np.float32)}, run.model / f"{name}.safetensors")
    config = {"base_model_name_or_path": "somebody/base", "peft_type": "LORA", "revision": None}
    place = run.model / ("adapter_config.json" if adapter else "config.json")
    place.write_text(json.dumps(config if adapter else {"model_type": "bert"}))
