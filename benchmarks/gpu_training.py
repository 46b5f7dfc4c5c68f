"""How much of a GPU does training use, beside what TRL does by default?

    python benchmarks/gpu_training.py [--steps 10] [--json] [--set KEY=VALUE] [--profile]
    python benchmarks/gpu_training.py --shape tiny --device cpu

A model in the shape of Llama-2-7B with random weights and made-up conversations (lengths only
matter), trained by SFT and by DPO in two ways: `ours`, as the recipes llama-2-7b-chat-* say, with
`--set` on top, and `plain`, TRL's defaults with the same adapter. The ceiling is the best of large
matrix products on the same device in the same run, in the dtype of the run, before and after.

Useful operations per real token (padding is none), N weights of frozen matrices, A of the adapter:
forward 2 N + 2 A, backward through them 2 N + 2 A, gradients of weights 2 A, since a frozen matrix
has none; so 4 N + 6 A where full training takes 6 (N + A). Attention over a text of s tokens: 2 s^2
h a layer forward (the causal half of two products), twice that backward. The head counts for
answer tokens only: no other has a loss. A forward pass of the reference costs 2 N. What activation
checkpointing computes again is no use and is not counted: `again` says how much that would be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.recipes.recipe import DpoRecipe, GeneratorRecipe, SftRecipe

SHAPES = {
    "llama-2-7b": {
        "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
        "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32_000,
    },
    "tiny": {
        "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 2_400,
    },
}  # fmt: skip
PRODUCTS = {"llama-2-7b": (4096, 8192, 16384), "tiny": (256, 512)}
"""Sides of the square matrices whose product is the ceiling."""
ROWS = {"llama-2-7b": 4096, "tiny": 96}
WARM = 3  # steps before the clock: kernels are chosen, memory is laid out
SEED = 20_261_121
AIM = 0.45  # of the ceiling, for SFT


class Cost(NamedTuple):
    """Weights of the matrices that every token meets, and what attention needs of the shape."""

    frozen: int  # N
    adapter: int  # A
    head: int
    layers: int
    hidden: int


class Tally:
    """What went through the model, as its decoder saw it.

    trained: lengths of the texts of each pass with gradients; referred: of each without. slots:
    places computed, padding included.
    """

    def __init__(self, trained: Sequence[np.ndarray] = (), referred: Sequence[np.ndarray] = ()):
        self.trained, self.referred, self.slots = list(trained), list(referred), 0

    def tokens(self) -> int:
        return int(sum(lengths.sum() for lengths in self.trained))

    def forget(self) -> None:
        self.trained.clear()
        self.referred.clear()
        self.slots = 0


def useful(tally: Tally, cost: Cost, answer_share: float) -> float:
    """Operations that these passes need, counted as the head of this file says."""
    a = _sums(tally.trained)
    b = _sums(tally.referred)
    attention = 2 * cost.hidden * cost.layers
    trained = a[0] * (4 * cost.frozen + 6 * cost.adapter + 4 * cost.head * answer_share)
    referred = b[0] * (2 * cost.frozen + 2 * cost.head * answer_share)
    return trained + referred + attention * (3 * a[1] + b[1])


def again(tally: Tally, cost: Cost) -> float:
    """Operations that activation checkpointing adds: every layer's forward pass once more."""
    a = _sums(tally.trained)
    return a[0] * 2 * (cost.frozen + cost.adapter) + 2 * cost.hidden * cost.layers * a[1]


def _sums(passes: Sequence[np.ndarray]) -> tuple[float, float]:
    every = np.concatenate(passes).astype(float) if passes else np.zeros(0)
    return float(every.sum()), float((every**2).sum())


class Way(NamedTuple):
    """One way of training, measured after WARM steps."""

    name: str
    seconds: float
    tally: Tally
    cost: Cost
    peak: int  # bytes on the device; 0 on a CPU
    checkpointed: bool
    answer_share: float

    def per_second(self) -> float:
        return self.tally.tokens() / self.seconds

    def rate(self) -> float:
        return useful(self.tally, self.cost, self.answer_share) / self.seconds


def ceiling(device: str, sides: Sequence[int]) -> float:
    """Operations a second of the best square matrix product (2 n^3 each), half a second a side."""
    import torch

    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    best = 0.0
    for n in sides:
        a, b = (torch.randn(n, n, device=device, dtype=dtype) for _ in range(2))
        for _ in range(3):
            a @ b
        _wait(device)
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            for _ in range(4):
                a @ b
            _wait(device)
            done += 4
        best = max(best, done * 2 * n**3 / (time.perf_counter() - start))
    return best


def _wait(device: str) -> None:
    import torch

    if device == "cuda":
        torch.cuda.synchronize()


def made_model(folder: Path, shape: str, device: str, texts: Sequence[str]) -> Path:
    """Random weights and a tokenizer as a folder that `from_pretrained` takes."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    from redditess.training.models.tiny import CHAT_TEMPLATE
    from redditess.training.models.tiny_tokenizers import SPECIAL, bytes_tokenizer

    tokenizer = bytes_tokenizer(texts)
    tokenizer.chat_template = CHAT_TEMPLATE
    ids = {f"{name}_token_id": tokenizer.convert_tokens_to_ids(SPECIAL[name]) for name in SPECIAL}
    config = LlamaConfig(**SHAPES[shape], max_position_embeddings=4096, **ids)
    torch.manual_seed(SEED)
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = LlamaForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    del model
    _forget(device)
    return folder


def conversations(n: int, shape: str) -> list[tuple[str, str, str]]:
    """(post, answer, other answer) of made-up words; ours: medians of 180, 80 and 80 words."""
    rng = np.random.default_rng(SEED)
    scale = 1.0 if shape != "tiny" else 0.15
    words = np.array(["".join(rng.choice(list("etaoinshrdlu"), 4)) for _ in range(1_500)])

    def text(median: float) -> str:
        size = int(np.clip(rng.lognormal(np.log(median * scale), 0.6), 4, 350 * scale))
        return " ".join(words[rng.integers(0, len(words), size)])

    return [(text(180), text(80), text(80)) for _ in range(n)]


def rows_for(kind: str, made: Sequence[tuple[str, str, str]]) -> Any:
    """The conversations as the trainers take them."""
    from datasets import Dataset

    def said(role: str, text: str) -> list[dict[str, str]]:
        return [{"role": role, "content": text}]

    names = ("completion",) if kind == "sft" else ("chosen", "rejected")
    return Dataset.from_list(
        [
            {"prompt": said("user", post)}
            | {name: said("assistant", text) for name, text in zip(names, texts, strict=False)}
            for post, *texts in made
        ]
    )


def our_trainer(recipe: GeneratorRecipe, folder: Path, rows: Any) -> Any:
    """The trainer that `redditess train` would make of this recipe."""
    from redditess.training.generator import dpo, sft
    from redditess.training.generator.lora import load_tokenizer, starting_model
    from redditess.training.models.bases import resolve_base
    from redditess.training.runs.folder import RunFolder

    base, run = resolve_base(recipe), RunFolder(folder)
    tokenizer, none = load_tokenizer(recipe, base), rows.select(range(0))
    if isinstance(recipe, SftRecipe):
        start = starting_model(recipe, base)
        return sft._trainer(recipe, run, tokenizer, rows, none, start)
    assert isinstance(recipe, DpoRecipe)
    return dpo._trainer(recipe, run, tokenizer, rows, none, base)


def plain_trainer(recipe: GeneratorRecipe, folder: Path, rows: Any, device: str) -> Any:
    """TRL as its first example has it: a model by name, an adapter, and defaults."""
    from peft import LoraConfig
    from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

    lora = LoraConfig(
        r=recipe.lora_r, lora_alpha=recipe.lora_alpha, lora_dropout=recipe.lora_dropout,
        target_modules=list(recipe.lora_targets), task_type="CAUSAL_LM",
    )  # fmt: skip
    must = {"output_dir": str(folder), "max_steps": recipe.max_steps, "report_to": "none",
            "save_strategy": "no", "disable_tqdm": True}  # fmt: skip
    if device == "cpu":  # defaults that a CPU cannot follow
        must |= {"use_cpu": True, "bf16": False, "dataloader_pin_memory": False}
    trainer, config = (SFTTrainer, SFTConfig) if recipe.kind == "sft" else (DPOTrainer, DPOConfig)
    return trainer(model=recipe.model, args=config(**must), train_dataset=rows, peft_config=lora)


def measured(name: str, trainer: Any, device: str, answer_share: float, steps: int) -> Way:
    """Trains WARM + `steps` steps; the clock and the memory are of the last `steps`."""
    import torch
    from transformers import TrainerCallback

    cost, tally = cost_of(trainer.model), Tally()
    clock = {"start": 0.0, "end": 0.0}

    class Clock(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == WARM:
                _wait(device)
                tally.forget()
                if device == "cuda":
                    torch.cuda.reset_peak_memory_stats()
                clock["start"] = time.perf_counter()
            elif state.global_step == WARM + steps:
                _wait(device)
                clock["end"] = time.perf_counter()

    trainer.add_callback(Clock())
    with counted(trainer.model, tally), redirect_stdout(sys.stderr):  # TRL prints its log
        trainer.train()
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    checkpointed = bool(trainer.args.activation_checkpointing)
    seconds = clock["end"] - clock["start"]
    return Way(name, seconds, tally, cost, peak, checkpointed, answer_share)


@contextmanager
def counted(model: Any, tally: Tally) -> Iterator[None]:
    """Writes the lengths of the texts of every pass through the decoder into the tally."""
    import torch

    def seen(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        lengths = lengths_of(kwargs)
        tally.slots += int(kwargs["input_ids"].numel())
        (tally.trained if torch.is_grad_enabled() else tally.referred).append(lengths)

    handle = _decoder(model).register_forward_pre_hook(seen, with_kwargs=True)
    try:
        yield
    finally:
        handle.remove()


def lengths_of(given: dict[str, Any]) -> np.ndarray:
    """Lengths of the texts of one pass: rows of a padded batch, or texts packed into one row."""
    mask, places = given.get("attention_mask"), given.get("position_ids")
    if mask is not None and mask.ndim == 2:
        return np.asarray(mask.sum(1).cpu())
    if places is not None:
        flat = np.asarray(places.reshape(-1).cpu())
        starts = np.flatnonzero(flat == 0)
        return np.diff(np.append(starts, len(flat)))
    rows, length = given["input_ids"].shape
    return np.full(rows, length)


def _decoder(model: Any) -> Any:
    """The stack of layers inside: every pass goes through it, whoever computes the loss."""
    [found] = [m for m in model.modules() if type(m).__name__ == "LlamaModel"]
    return found


def cost_of(model: Any) -> Cost:
    """Counts the matrices of the model; the adapter is what is trained."""
    config = _decoder(model).config
    frozen = adapter = head = 0
    for name, weights in model.named_parameters():
        if weights.ndim != 2 or "embed_tokens" in name or ".ref." in name:
            continue
        if "lm_head" in name:
            head += weights.numel()
        elif "lora_" in name:
            adapter += weights.numel()
        else:
            frozen += weights.numel()
    return Cost(frozen, adapter, head, config.num_hidden_layers, config.hidden_size)


def answer_share_of(kind: str, rows: Any, folder: Path) -> float:
    """Share of all tokens that an answer has: the only ones with a loss."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    answers = every = 0
    for row in rows.select(range(min(64, len(rows)))):
        for name in ("completion",) if kind == "sft" else ("chosen", "rejected"):
            prompt = tokenizer.apply_chat_template(
                row["prompt"], add_generation_prompt=True, return_dict=True
            )["input_ids"]
            whole = tokenizer.apply_chat_template(row["prompt"] + row[name], return_dict=True)
            answers += len(whole["input_ids"]) - len(prompt)
            every += len(whole["input_ids"])
    return answers / every


def _forget(device: str) -> None:
    import gc

    import torch

    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()


def recipe_for(kind: str, folder: Path, args: argparse.Namespace) -> GeneratorRecipe:
    """The recipe of the paper's generator, cut to a few steps, with the user's changes."""
    always = ["data=none", "start=", "evaluate_every=0", "save_every=0", f"device={_device(args)}"]
    small = ["batch_size=2", "accumulation=1", "max_length=128", "prompt_cap=64", "lora_r=4"]
    short = ["accumulation=4", *(small if args.shape == "tiny" else [])]
    steps = [f"max_steps={WARM + args.steps}"]
    recipe = read_recipe(f"llama-2-7b-chat-{kind}", [*always, *short, *steps, *args.set])
    assert isinstance(recipe, GeneratorRecipe)
    return replace(recipe, model=str(folder), model_revision="")


def _device(args: argparse.Namespace) -> str:
    return "auto" if args.device == "cuda" else "cpu"


def run(args: argparse.Namespace) -> tuple[list[Way], float]:
    """All four ways, ours and plain in turn, and the ceiling."""
    sides, ways = PRODUCTS[args.shape], []
    best = ceiling(args.device, sides)
    with tempfile.TemporaryDirectory() as place:
        made = conversations(ROWS[args.shape], args.shape)
        texts = [text for row in made[:500] for text in row]
        folder = made_model(Path(place) / "model", args.shape, args.device, texts)
        for kind in ("sft", "dpo"):
            rows, recipe = rows_for(kind, made), recipe_for(kind, folder, args)
            answers = answer_share_of(kind, rows, folder)
            for who in ("plain", "ours"):
                at = Path(place) / f"{who}-{kind}"
                trainer = (
                    our_trainer(recipe, at, rows)
                    if who == "ours"
                    else plain_trainer(recipe, at, rows, args.device)
                )
                with _profiled(args.profile and who == "ours", args.device):
                    ways.append(
                        measured(f"{who} {kind}", trainer, args.device, answers, args.steps)
                    )
                del trainer
                _forget(args.device)
                print(_line(ways[-1], best), file=sys.stderr, flush=True)
    return ways, max(best, ceiling(args.device, sides))


@contextmanager
def _profiled(wanted: bool, device: str) -> Iterator[None]:
    """What takes the time, by kernel, on stderr."""
    if not wanted:
        yield
        return
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[getattr(ProfilerActivity, device.upper())]) as found:
        yield
    order = f"self_{device}_time_total"
    print(found.key_averages().table(sort_by=order, row_limit=20), file=sys.stderr)


def _line(way: Way, best: float) -> str:
    padding = 1 - (way.tally.tokens() + _sums(way.tally.referred)[0]) / max(way.tally.slots, 1)
    more = again(way.tally, way.cost) / way.seconds / best if way.checkpointed else 0.0
    memory = f"{way.peak / 2**30:.1f} GiB" if way.peak else "memory not measured on a CPU"
    return (
        f"{way.name:10} {way.per_second():>10,.0f} tokens/s  "
        f"{way.rate() / best:6.1%} of the ceiling (+ {more:.1%} computed again)  "
        f"{padding:5.1%} padding  {memory}"
    )


def told(ways: Sequence[Way], best: float, args: argparse.Namespace) -> list[dict[str, Any]]:
    """The ratios, each with its bound; figures of the run beside them."""
    by = {way.name: way for way in ways}
    about = {"device": _name(args.device), "shape": args.shape, "ceiling_tflops": best / 1e12}
    lines = []
    for kind in ("sft", "dpo"):
        ours, plain = by[f"ours {kind}"], by[f"plain {kind}"]
        facts = about | {"tokens_per_second": ours.per_second(), "peak_bytes": ours.peak}
        if kind == "sft":
            lines.append(_ratio("sft: useful operations / ceiling", ours.rate() / best, AIM, ">=",
                                "matrix products on this device", facts))  # fmt: skip
        speed = ours.per_second() / plain.per_second()
        lines.append(_ratio(f"{kind}: tokens a second, ours / plain", speed, 1.0, ">=",
                            "TRL's defaults", facts))  # fmt: skip
        if plain.peak:
            lines.append(_ratio(f"{kind}: peak memory, ours / plain", ours.peak / plain.peak, 1.0,
                                "<=", "TRL's defaults", facts))  # fmt: skip
    return [line | {"n": args.steps} for line in lines]


def _ratio(
    name: str, ratio: float, bound: float, sense: str, baseline: str, facts: dict[str, Any]
) -> dict[str, Any]:
    row = {"name": name, "ratio": round(ratio, 3), "bound": bound, "sense": sense}
    return row | {"baseline": baseline} | facts


def _name(device: str) -> str:
    import torch

    return torch.cuda.get_device_name(0) if device == "cuda" else "cpu"


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--shape", choices=[*SHAPES], default="llama-2-7b")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--steps", type=int, default=10, help="steps under the clock")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--profile", action="store_true", help="the dearest kernels of our ways")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    import torch

    if args.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device here; try --shape tiny --device cpu, which claims nothing.",
              file=sys.stderr)  # fmt: skip
        return 1
    ways, best = run(args)
    if not args.json:
        print(f"ceiling {best / 1e12:.2f} Tflop/s on {_name(args.device)}")
        print("\n".join(_line(way, best) for way in ways))
    for line in told(ways, best, args):
        verdict = f"{line['name']}: {line['ratio']} ({line['sense']} {line['bound']})"
        print(json.dumps(line) if args.json else verdict)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
