"""Rows of an invented world and encoders made on the spot, for tests of the classifier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from redditess.training.classifier.rows import Splits
from redditess.training.models.bases import Base
from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.recipes.recipe import ClassifierRecipe

WORDS = ("try", "walk", "sleep", "talk", "friend", "doctor", "maybe", "hard", "day", "night")
TELLS = ("never", "gentle")  # the last word of a comment says its label


def rows(n: int, seed: int, *, per_thread: int = 4) -> pa.Table:
    """`labelled_rows` of n comments whose last word tells the label."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    said = [" ".join(rng.choice(WORDS, rng.integers(3, 20))) for _ in range(n)]
    day = np.arange("2020-01-01", "2021-01-01", dtype="datetime64[D]")
    return pa.table({
        "id": [f"{seed}-{i}" for i in range(n)],
        "thread_id": [f"{seed}-t{i // per_thread}" for i in range(n)],
        "title": ["a hard day"] * n,
        "post": ["i can not sleep at night " * int(k) for k in rng.integers(0, 9, n)],
        "comment": [f"{text} {TELLS[k]}" for text, k in zip(said, label, strict=True)],
        "label": pa.array(label, pa.int8()),
        "p_effective": np.where(label, 0.9, 0.2),
        "opportunity": rng.uniform(0.1, 0.9, n),
        "basis": ["thanked" if k else "passed_over" for k in label],
        "support_types": [["emotional"] if k else ["informational"] for k in label],
        "day": pa.array(rng.choice(day, n)),
        "cluster": pa.array(np.arange(n) // per_thread),
    })  # fmt: skip


def splits(n: int = 160) -> Splits:
    """Train, validation and test of one world."""
    return Splits(rows(n, 1), rows(48, 2), rows(96, 3), {})


def encoder(folder: Path, kind: str = "bert") -> Base:
    """A random encoder of two layers with a tokenizer of its own."""
    import torch
    import transformers as hub

    from redditess.training.models.tiny_tokenizers import words_tokenizer

    torch.set_num_threads(1)  # tests run side by side
    tokenizer = words_tokenizer([*WORDS, *TELLS, "i can not sleep at night a hard day"] * 3)
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer), "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 160,
        "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    if kind == "modernbert":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
        sizes |= {"bos_token_id": 2, "eos_token_id": 3, "cls_token_id": 2, "sep_token_id": 3}
    config, model = {
        "bert": (hub.BertConfig, hub.BertModel),
        "roberta": (hub.RobertaConfig, hub.RobertaModel),
        "modernbert": (hub.ModernBertConfig, hub.ModernBertModel),
    }[kind]
    if kind == "roberta":
        tokenizer.model_input_names = ["input_ids", "attention_mask"]
    torch.manual_seed(0)
    model(config(**sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Base(str(folder), f"redditess/tiny-{kind}", "", True, True)


def recipe(*changes: str) -> ClassifierRecipe:
    """The shipped recipe `minilm` for a tiny encoder: short, on the CPU."""
    found = read_recipe("minilm", [
        "device=cpu", "allow_invented=true", "max_length=64", "epochs=3", "learning_rate=2e-3",
        "evaluate_every=0.25", "save_every=0.25", "early_stopping=0", "n_seeds=1", *changes,
    ])  # fmt: skip
    assert isinstance(found, ClassifierRecipe)
    return found
