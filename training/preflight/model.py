"""Does the model fit the run: its kind, its vocabulary, its adapter, what this machine can do?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...corpus.errors import RedditessError, SettingsError
from ..models.found_model import find_model
from ..recipes.recipe import GeneratorRecipe, GrpoRecipe
from .checks import Check
from .finding import GENERATORS, Finding, error, ok, refused, said, warning
from .subject import Subject

ALL_LINEAR = ("all-linear",)
DIGESTED = 2 << 30  # bytes of weights that are compared by digest: two seconds of reading


def opens(subject: Subject) -> Iterator[Finding]:
    """The base is found, and its config needs no code of a stranger."""
    for name in ("base", "config", "skeleton"):
        why = subject.failure(name)
        if why is None:
            continue
        if isinstance(why, RedditessError):
            yield refused(why, "the model cannot be used: ")
        else:
            yield _unreadable(subject, name, why)
        return
    n = sum(p.numel() for p in subject.skeleton.parameters())
    yield ok(f"{subject.base.name}: {subject.config.model_type}, {_many(n)} parameters.")


def _unreadable(subject: Subject, name: str, why: Exception) -> Finding:
    words = str(why)
    if "trust_remote_code" in words or "custom code" in words:
        return error(
            f"{subject.recipe.model} brings code of its own, which is never run here.",
            "Choose a model of a standard transformers class, e.g. Qwen/Qwen3-4B-Instruct-2507.",
        )
    if name == "skeleton":
        return error(
            said(f"{subject.recipe.model} is no model for {subject.recipe.kind} ({words})."),
            _kind_fix(subject.recipe.kind),
        )
    return error(
        said(f"The config of {subject.recipe.model} cannot be read ({words})."),
        "Check the id and your access (`hf auth login`), or name a folder that holds config.json.",
    )


def _many(n: int) -> str:
    return f"{n / 1e9:.1f} billion" if n >= 1e9 else f"{n / 1e6:.1f} million"


def kind(subject: Subject) -> Iterator[Finding]:
    """An encoder classifies, a causal model speaks."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES as CAUSAL,
    )
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_MASKED_LM_MAPPING_NAMES as MASKED,
    )

    config, run = subject.config, subject.recipe.kind
    two_sided = config.model_type in MASKED and not getattr(config, "is_decoder", False)
    if getattr(config, "is_encoder_decoder", False):
        yield error(f"{subject.base.name} is an encoder-decoder, which no kind of run trains.",
                    _kind_fix(run))  # fmt: skip
    elif run == "classifier" and not two_sided:
        yield warning(
            f"{subject.base.name} is a {config.model_type}, which reads from left to right: a post "
            "is read without its comment.",
            _kind_fix(run),
        )
    elif run != "classifier" and (two_sided or config.model_type not in CAUSAL):
        yield error(f"{subject.base.name} is a {config.model_type}, an encoder: it cannot answer.",
                    _kind_fix(run))  # fmt: skip


def _kind_fix(run: str) -> str:
    if run == "classifier":
        return "Set model to an encoder: minilm, bert-base-uncased, roberta-base."
    return "Set model to a causal chat model, e.g. Qwen/Qwen3-4B-Instruct-2507 or tiny-causal."


def vocabulary(subject: Subject) -> Iterator[Finding]:
    """Every id that the tokenizer can give has an embedding."""
    rows = subject.skeleton.get_input_embeddings().weight.shape[0]
    vocabulary = subject.tokenizer.get_vocab()
    word, highest = max(vocabulary.items(), key=lambda item: item[1])
    if highest >= rows:
        yield error(
            f"The tokenizer has ids up to {highest:,} ({word!r}), and the model {rows:,} "
            "embeddings.",
            "Use the tokenizer that was saved with the model, or resize the model's embeddings and "
            "save it again.",
        )
    else:
        yield ok(f"Ids up to {highest:,} are within {rows:,} embeddings.")


def pad(subject: Subject) -> Iterator[Finding]:
    """There is a token to fill shorter rows with."""
    if subject.tokenizer.pad_token_id is None:
        yield error(
            "The tokenizer has no padding token: rows of different length make no batch.",
            "Set pad_token in tokenizer_config.json of the model.",
        )


def adapter(subject: Subject) -> Iterator[Finding]:
    """A new adapter lies on linear layers that exist, and on nothing else."""
    recipe = subject.recipe
    assert isinstance(recipe, GeneratorRecipe)
    if not recipe.lora_r:
        return
    if not recipe.lora_alpha:
        yield error("lora_alpha is 0: the adapter is multiplied by 0.",
                    f"Set lora_alpha: {2 * recipe.lora_r}.")  # fmt: skip
    if not recipe.lora_targets:
        yield error("lora_targets is empty.", f"Set lora_targets: {_suggested(subject)}.")
        return
    wrong = list(_wrong_targets(subject, recipe.lora_targets))
    yield from wrong
    if not wrong:
        n = len(targeted(subject.skeleton, recipe.lora_targets))
        yield ok(f"The adapter (r {recipe.lora_r}) lies on {n} linear layers.")


def _wrong_targets(subject: Subject, targets: Sequence[str]) -> Iterator[Finding]:
    for target in () if tuple(targets) == ALL_LINEAR else targets:
        named = [(n, m) for n, m in subject.skeleton.named_modules() if _matches(n, target)]
        fix = f"Set lora_targets: {_suggested(subject)}."
        if not named:
            yield error(f"lora_targets names {target}, and no module of {subject.base.name} is "
                        "called so.", fix)  # fmt: skip
        elif odd := [n for n, m in named if not _may_adapt(n, m)]:
            yield error(f"lora_targets names {target}, which is no inner linear layer "
                        f"({odd[0]}, a {type(dict(named)[odd[0]]).__name__}).", fix)  # fmt: skip


def _matches(name: str, target: str) -> bool:
    """As PEFT matches a list of names."""
    return name == target or name.endswith(f".{target}")


def _is_linear(module: Any) -> bool:
    return type(module).__name__ in ("Linear", "Conv1D")


def _may_adapt(name: str, module: Any) -> bool:
    """Not embeddings, norms, or the output layer: adapting those is another method."""
    last = name.rpartition(".")[2]
    return _is_linear(module) and last not in ("lm_head", "embed_out", "score", "classifier")


def targeted(skeleton: Any, targets: Sequence[str]) -> list[tuple[str, Any]]:
    """The modules that an adapter would lie on."""
    inner = [(n, m) for n, m in skeleton.named_modules() if _may_adapt(n, m)]
    if tuple(targets) == ALL_LINEAR:
        return inner
    return [(n, m) for n, m in inner if any(_matches(n, t) for t in targets)]


def _suggested(subject: Subject) -> str:
    names = dict.fromkeys(
        n.rpartition(".")[2] for n, m in subject.skeleton.named_modules() if _may_adapt(n, m)
    )
    return f"[{', '.join(names)}]"


def start(subject: Subject) -> Iterator[Finding]:
    """What the run goes on from is there, of this base and shape, and not stale."""
    from ..generator.lora import refuse_other_adapter, start_folder

    recipe = subject.recipe
    assert isinstance(recipe, GeneratorRecipe)
    if not recipe.start:
        return
    folder = start_folder(recipe)
    if recipe.lora_r:
        refuse_other_adapter(recipe, subject.base, folder)
        if name := _other_shape(subject, folder):
            yield error(
                f"The adapter in start has another shape than {subject.base.name} at {name}.",
                "Name as `model` the base that the adapter was trained on, or another start.",
            )
            return
    yield ok("The run goes on from weights of the same base and shape.")


def _other_shape(subject: Subject, folder: Any) -> str:
    """The first adapted module that the base has not, or has in another width; "" for none."""
    from safetensors import safe_open

    modules = dict(subject.skeleton.named_modules())
    for file in sorted(folder.glob("adapter_model*.safetensors")):
        with safe_open(str(file), "np") as tensors:
            keys = tensors.keys()
            for key in keys:
                name, _, end = key.partition(".lora_A.")
                if not end:
                    continue
                module = modules.get(name.removeprefix("base_model.model."))
                width = getattr(module, "in_features", None)
                if width != tensors.get_slice(key).get_shape()[-1]:
                    return name
    return ""


def device(subject: Subject) -> Iterator[Finding]:
    """What the recipe asks of a GPU, this machine has."""
    import torch

    from ..runs.arguments import uses_gpu

    recipe, gpu = subject.recipe, uses_gpu(subject.recipe)
    found = []
    if getattr(recipe, "quantization", "none") == "4bit":
        if not gpu:
            found.append(error("quantization is 4bit, and no CUDA GPU is used.",
                               "Set quantization: none, or run where a GPU is."))  # fmt: skip
        elif find_spec("bitsandbytes") is None:
            found.append(error("quantization is 4bit, and bitsandbytes is not installed.",
                               "Run `pip install bitsandbytes`."))  # fmt: skip
    if recipe.attention == "flash_attention_2":
        if not gpu:
            found.append(error("attention is flash_attention_2, and no CUDA GPU is used.",
                               "Set attention: sdpa."))  # fmt: skip
        elif find_spec("flash_attn") is None:
            found.append(error("attention is flash_attention_2, and flash_attn is not installed.",
                               "Set attention: sdpa, or `pip install flash-attn`."))  # fmt: skip
        elif recipe.precision != "bfloat16":
            found.append(error("flash_attention_2 computes in 16 bits, and precision is float32.",
                               "Set precision: bfloat16, or attention: sdpa."))  # fmt: skip
    if recipe.precision == "bfloat16" and not gpu:
        found.append(warning("precision is bfloat16, and without a GPU the run is in float32.",
                             "Set precision: float32, or run where a GPU is."))  # fmt: skip
    elif recipe.precision == "bfloat16" and not torch.cuda.is_bf16_supported(False):
        found.append(error("precision is bfloat16, which this GPU does not compute in.",
                           "Set precision: float32."))  # fmt: skip
    where = torch.cuda.get_device_name(0) if gpu else "the CPU"
    yield from found or [
        ok(f"Runs on {where} in {recipe.precision}, attention {recipe.attention}.")
    ]


def judges(subject: Subject) -> Iterator[Finding]:
    """What rewards is not what judges, whatever the folders are called."""
    recipe = subject.recipe
    assert isinstance(recipe, GrpoRecipe)
    if not recipe.reward_effectiveness:
        return
    if not recipe.reward_model:
        yield error("reward_model is empty.", "Set reward_model to a run, a folder or a Hub id.")
        return
    if not recipe.evaluation_model:
        yield warning(
            "evaluation_model is empty: nothing yet says who will judge the result.",
            "Set evaluation_model to a classifier of another run, base and seed.",
        )
        return
    _refuse_one_model(recipe.reward_model, recipe.evaluation_model)
    yield ok("What rewards and what judges are two models.")


def _refuse_one_model(first: str, second: str) -> None:
    """Hub ids are compared by name (nothing is downloaded to compare it), folders by weights."""
    from ..generator.rewards.identity import refuse_same

    here = Path(first).is_dir() and Path(second).is_dir()
    if here and _sizes(first) == _sizes(second) and sum(_sizes(first)) < DIGESTED:
        refuse_same(first, second)
    elif first.rstrip("/") == second.rstrip("/"):
        raise SettingsError(
            f"{second!r} is the reward_model, too", "evaluation_model",
            "name another one, of another base and seed",
        )  # fmt: skip


def _sizes(folder: str) -> list[int]:
    found = find_model(folder).path
    return sorted(path.stat().st_size for path in found.glob("*.safetensors"))


CHECKS = (
    Check(opens), Check(kind), Check(vocabulary), Check(pad), Check(adapter, GENERATORS),
    Check(start, GENERATORS), Check(device), Check(judges, ("grpo",)),
)  # fmt: skip
