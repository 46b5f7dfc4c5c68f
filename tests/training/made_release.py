"""A released folder made by hand, small enough to train on in a second: all texts are invented.

Each post has two answers. The effective one offers company, the other one brushes off: a model that
learns anything from pairs learns to prefer company.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from redditess.corpus.artefacts import write_json, write_parquet
from redditess.release.features import arrow_schema
from redditess.training.recipes.recipe import DpoRecipe, SftRecipe
from tests.training.invented_runs import recipe_of

N_POSTS = {"train": 48, "validation": 8, "test": 12}
TROUBLE = [
    "exam",
    "rent",
    "night",
    "sister",
    "job",
    "move",
    "letter",
    "winter",
    "noise",
    "cough",
    "garden",
    "bill",
]
KIND = ["together", "listen", "gentle", "tea", "walk", "breathe", "slowly", "warm", "rest", "here"]
COLD = [
    "whatever",
    "obvious",
    "stop",
    "nonsense",
    "hurry",
    "enough",
    "pointless",
    "wrong",
    "noisy",
    "away",
]
LONG = 150  # words of the one post in eight that no cap of these tests lets through whole

GENERATOR: dict[str, Any] = {
    "model": "tiny-causal", "device": "cpu", "attention": "sdpa", "allow_invented": True,
    "max_length": 160, "prompt_cap": 96, "max_steps": 4, "epochs": 1.0, "learning_rate": 5e-3,
    "batch_size": 4, "accumulation": 1, "max_grad_norm": 1.0, "evaluate_every": 0.5,
    "save_every": 0.25, "warmup_share": 0.1, "lora_r": 4, "lora_alpha": 8, "lora_dropout": 0.1,
    "lora_targets": ["all-linear"], "quantization": "none", "start": "", "seed": 3,
}  # fmt: skip


def sft_recipe(release: Path, **more: Any) -> SftRecipe:
    made = recipe_of("sft", **{**GENERATOR, "data": str(release), **more})
    assert isinstance(made, SftRecipe)
    return made


def dpo_recipe(release: Path, **more: Any) -> DpoRecipe:
    given = {**GENERATOR, "beta": 0.1, "data": str(release), **more}
    made = recipe_of("dpo", **given)
    assert isinstance(made, DpoRecipe)
    return made


def make_release(folder: Path, n_posts: Mapping[str, int] = N_POSTS) -> Path:
    """Configs full, effectiveness, sft, unpaired, preferences; splits as `n_posts` says."""
    rng = random.Random(5)
    rows = {split: [_post(rng, f"{split[:2]}{n}", n) for n in range(n_posts[split])]
            for split in n_posts}  # fmt: skip
    files: dict[str, list[dict[str, Any]]] = {}
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for config, made in (("full", _plain), ("effectiveness", _plain), ("sft", _sft),
                         ("unpaired", _single), ("preferences", _pair)):  # fmt: skip
        for split, posts in rows.items():
            table = _table(config, [row for post in posts for row in made(post)])
            name = f"data/{config}/{split}-00000-of-00001.parquet"
            write_parquet(folder / name, table, table.schema)
            size = (folder / name).stat().st_size
            files.setdefault(config, []).append({"path": name, "bytes": size})
            counts.setdefault(config, {})[split] = {"rows": table.num_rows, "groups": len(posts)}
    stages = {config: {"files": found} for config, found in files.items()}
    told = {"format": 1, "form": "text", "fingerprint": "aabbccdd00112233"}
    write_json(folder / "release.json", {**told, "stages": stages, "splits": counts})
    return folder


def _table(config: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = arrow_schema(config)
    return pa.table({f.name: pa.array([r.get(f.name) for r in rows], f.type) for f in schema})


def _post(rng: random.Random, name: str, n: int) -> dict[str, Any]:
    long = LONG if n % 8 == 7 else 0
    return {
        "thread": f"{rng.getrandbits(64):016x}", "title": f"About my {rng.choice(TROUBLE)}",
        "post": " ".join(rng.choice(TROUBLE) for _ in range(rng.randint(4, 16) + long)),
        "good": f"{name}g", "bad": f"{name}b",
        "kind": " ".join(rng.choice(KIND) for _ in range(rng.randint(3, 12))) + ".",
        "cold": " ".join(rng.choice(COLD) for _ in range(rng.randint(3, 12))) + ".",
    }  # fmt: skip


def _plain(post: dict[str, Any]) -> list[dict[str, Any]]:
    shared = {k: post[k] for k in ("title", "post")} | {
        "thread_id": post["thread"], "invented": True, "basis": 0, "screen": 1, "opportunity": 0.5,
        "subreddit": "sample", "era": "now", "support_types": [],
    }  # fmt: skip
    return [
        {**shared, "id": post["good"], "comment": post["kind"], "label": 1, "p_effective": 0.9},
        {**shared, "id": post["bad"], "comment": post["cold"], "label": 0, "p_effective": 0.1},
    ]


def _said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _asked(post: dict[str, Any]) -> dict[str, str]:
    return _said("user", f"{post['title']}\n\n{post['post']}")


def _sft(post: dict[str, Any]) -> list[dict[str, Any]]:
    said = [_asked(post), _said("assistant", post["kind"])]
    return [{"messages": said, "p_effective": 0.9, "id": post["good"]}]


def _single(post: dict[str, Any]) -> list[dict[str, Any]]:
    """Both answers of every other post, the good one alone of the rest: two kinds, 2 to 1."""
    sides = [("kind", "good", True), ("cold", "bad", False)][: 1 + int(post["good"][2:-1]) % 2]
    return [
        {
            "prompt": [_asked(post)], "completion": [_said("assistant", post[side])],
            "label": label, "p_effective": 0.9 if label else 0.1, "id": post[name],
        }
        for side, name, label in sides
    ]  # fmt: skip


def _pair(post: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "prompt": [_asked(post)], "chosen": [_said("assistant", post["kind"])],
            "rejected": [_said("assistant", post["cold"])], "margin": 0.8,
            "chosen_id": post["good"], "rejected_id": post["bad"],
        }
    ]  # fmt: skip
