"""A causal language model on its way in and out: loaded as the recipe says, with its adapter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...corpus.artefacts import read_json, write_json
from ...corpus.errors import InputError, MissingExtra, SettingsError
from ..recipes.recipe import GeneratorRecipe
from ..runs.arguments import uses_gpu, weights_dtype
from ..runs.folder import RunFolder

if TYPE_CHECKING:
    from ..models.bases import Base

ADAPTER = "adapter_config.json"
ALL_LINEAR = ("all-linear",)


class Start(NamedTuple):
    """What a trainer begins with. `peft_config` is for a new adapter, None where the model has
    one already (it goes on from another run) or where all weights are trained.
    """

    model: Any
    peft_config: Any


def load_tokenizer(recipe: GeneratorRecipe, base: Base) -> Any:
    """The tokenizer of the run that it goes on from, else that of the base.

    Raises SettingsError for one without a chat template: the rows are conversations.
    """
    from transformers import AutoTokenizer

    start = start_folder(recipe) if recipe.start else None
    if start and (start / "tokenizer_config.json").is_file():
        tokenizer = AutoTokenizer.from_pretrained(start)
    else:
        with _told(base.name):
            tokenizer = AutoTokenizer.from_pretrained(base.path, **_revision(base))
    if not tokenizer.chat_template:
        raise SettingsError(
            "a tokenizer without a chat template", base.name, "name the chat model of the family"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # never in a loss: masks tell, not ids
    return tokenizer


def load_model(recipe: GeneratorRecipe, base: Base, kind: str = "CausalLM", **more: Any) -> Any:
    """The plain model: safetensors only, in the dtype, with the attention and on the device of
    the recipe. `kind` is the end of the Auto class's name; `more` goes to its config.

    Raises SettingsError or MissingExtra where the recipe asks what this machine has not, and
    InputError where the weights cannot be had.
    """
    import transformers

    auto = getattr(transformers, f"AutoModelFor{kind}")
    with _told(base.name):
        return auto.from_pretrained(
            base.path, dtype=weights_dtype(recipe), attn_implementation=recipe.attention,
            use_safetensors=True, **_revision(base), **quantized(recipe), **more,
        )  # fmt: skip


def lora_config(recipe: GeneratorRecipe, base: Base, **more: Any) -> Any:
    """A new adapter as the recipe describes it; None where all weights are trained (lora_r 0)."""
    from peft import LoraConfig

    if not recipe.lora_r:
        return None
    all_linear = recipe.lora_targets == ALL_LINEAR
    settings = {
        "r": recipe.lora_r, "lora_alpha": recipe.lora_alpha, "lora_dropout": recipe.lora_dropout,
        "target_modules": "all-linear" if all_linear else list(recipe.lora_targets),
        "task_type": "CAUSAL_LM", "revision": exactly(base) or None,
    }  # fmt: skip
    return LoraConfig(**{**settings, **more})


def starting_model(recipe: GeneratorRecipe, base: Base) -> Start:
    """The base with a new adapter to come, with the adapter of `start`, or as it is."""
    if not recipe.start:
        return Start(load_model(recipe, base), lora_config(recipe, base))
    start = start_folder(recipe)
    if recipe.lora_r:
        return Start(continue_adapter(recipe, base, start), None)
    return Start(load_model(recipe, base._replace(path=str(start), revision="")), None)


def continue_adapter(recipe: GeneratorRecipe, base: Base, start: Path) -> Any:
    """The base with the adapter of another run, trainable.

    DPO takes a copy of it, made before the first step, as its reference. Raises SettingsError for
    an adapter of another base or another shape than the recipe says.
    """
    from peft import PeftModel

    refuse_other_adapter(recipe, base, start)
    return PeftModel.from_pretrained(load_model(recipe, base), start, is_trainable=True)


def start_folder(recipe: GeneratorRecipe) -> Path:
    """The folder with the weights that `start` names: of a run its model, else itself.

    Raises InputError where there are none, SettingsError where they are of the other kind
    (adapter or full weights) than the recipe trains, BuildError where a row was removed from the
    data that made them.
    """
    from ..data.trained_on import refuse_stale

    folder = model_folder(Path(recipe.start))
    refuse_stale(Path(recipe.start))
    is_adapter = (folder / ADAPTER).is_file()
    if is_adapter and not recipe.lora_r:
        raise SettingsError(
            "an adapter, but lora_r is 0", folder, "merge it and name the result, or set lora_r"
        )
    if recipe.lora_r and not is_adapter:
        raise SettingsError(
            "full weights, but lora_r asks for an adapter", folder,
            'name them as `model` with a base_name, and start: ""',
        )  # fmt: skip
    return folder


def model_folder(folder: Path) -> Path:
    """Where the weights lie, of a run folder or of a folder of weights. Raises InputError."""
    for place in (RunFolder(folder).model, folder):
        if (place / ADAPTER).is_file() or (place / "config.json").is_file():
            return place
    raise InputError(
        "no trained model", folder, "name a finished run, or a folder with adapter_config.json"
    )


def refuse_other_adapter(recipe: GeneratorRecipe, base: Base, folder: Path) -> None:
    """Raises SettingsError where an adapter does not belong to this base or recipe."""
    held = read_json(folder / ADAPTER, "train it again")
    of, revision = held.get("base_model_name_or_path") or "", held.get("revision") or ""
    if of not in (base.name, base.path):
        raise SettingsError(
            f"an adapter of {of}, not of {base.name}", folder, f"set model: {of}, or another start"
        )
    if revision and exactly(base) and revision != exactly(base):
        raise SettingsError(
            f"an adapter of {of} at {revision}, not at {exactly(base)}", folder,
            "use the same model_revision (or, for a made model, the same data)",
        )  # fmt: skip
    for key, name in (("lora_r", "r"), ("lora_alpha", "lora_alpha")):
        if held.get(name) != getattr(recipe, key):
            raise SettingsError(
                f"an adapter with {key} {held.get(name)}, not {getattr(recipe, key)}", folder,
                f"set {key}: {held.get(name)}",
            )  # fmt: skip
    targets = held.get("target_modules")
    if recipe.lora_targets != ALL_LINEAR and set(targets or ()) != set(recipe.lora_targets):
        raise SettingsError(
            f"an adapter on {', '.join(sorted(targets or ()))}", folder, "set lora_targets to these"
        )


def is_adapted(model: Any) -> bool:
    from peft import PeftModel

    return isinstance(model, PeftModel)


@contextmanager
def untrained(model: Any, recipe: GeneratorRecipe, base: Base) -> Iterator[Any]:
    """The base before any of our training: the model without its adapters, or loaded anew."""
    if is_adapted(model):
        with model.disable_adapter():
            yield model
    else:
        yield load_model(recipe, base).to(model.device)


@contextmanager
def reference(trainer: Any) -> Iterator[Any]:
    """The model as the run began, as TRL kept it for a preference loss: a model of its own, the
    copy of the adapter that it went on from, or the model without its adapter.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)
    if trainer.ref_model is not None:
        yield trainer.accelerator.unwrap_model(trainer.ref_model)
    elif "ref" not in model.peft_config:
        with model.disable_adapter():
            yield model
    else:
        trained = model.active_adapter
        model.set_adapter("ref")
        try:
            yield model
        finally:
            model.set_adapter(trained)


def save_trained(trainer: Any, recipe: GeneratorRecipe, base: Base, run: RunFolder) -> None:
    """Weights, tokenizer and chat template into `run.model`, and nothing else.

    An adapter names as its base what the recipe or the Hub calls it (`base.name`), never a path.
    """
    trainer.save_model(str(run.model))
    if not trainer.is_world_process_zero():
        return
    _only_what_is_published(run.model)
    if (run.model / ADAPTER).is_file():
        held = read_json(run.model / ADAPTER)
        about: dict[str, Any] = {
            "base_model_name_or_path": base.name, "revision": exactly(base) or None,
            "inference_mode": True,
        }  # fmt: skip
        if isinstance(held.get("target_modules"), list):  # a set, in another order every time
            about["target_modules"] = sorted(held["target_modules"])
        write_json(run.model / ADAPTER, {**held, **about})


def _only_what_is_published(folder: Path) -> None:
    """Peft writes a README with local paths, and the reference of DPO beside the adapter."""
    for path in sorted(folder.rglob("*"), reverse=True):
        kept = path.suffix in (".safetensors", ".json", ".jinja", ".model", ".txt")
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_file() and (path.parent != folder or not kept):
            path.unlink()


def quantized(recipe: GeneratorRecipe) -> dict[str, Any]:
    """What from_pretrained is told for `quantization: 4bit`; nothing otherwise.

    NF4 with double quantisation, computing in bfloat16 (QLoRA, Dettmers et al. 2023).
    """
    if recipe.quantization == "none":
        return {}
    if not uses_gpu(recipe):
        raise SettingsError("quantization 4bit without a GPU", "recipe", "set quantization: none")
    if not recipe.lora_r:
        raise SettingsError("quantization 4bit with lora_r 0", "recipe", "set lora_r: 16")
    if find_spec("bitsandbytes") is None:
        raise MissingExtra("bitsandbytes is not installed", "recipe", "pip install bitsandbytes")
    import torch
    from accelerate import PartialState
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_quant_storage=torch.bfloat16,  # FSDP shards floats only (accelerate/fsdp-qlora)
    )  # fmt: skip
    return {"quantization_config": config, "device_map": {"": PartialState().process_index}}


def exactly(base: Base) -> str:
    """Which one of its name: the commit, or the digest in the folder of a model made on the spot;
    "" where nothing tells.
    """
    return Path(base.path).name.rpartition("-")[2] if base.made else base.revision


def _revision(base: Base) -> dict[str, str]:
    return {} if base.local or not base.revision else {"revision": base.revision}


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What transformers says over a page, in one sentence."""
    try:
        yield
    except (OSError, ImportError, ValueError) as e:
        said = " ".join(str(e).split())[:300]
        raise InputError(
            f"cannot be loaded ({said})", name, "see model, attention and your access"
        ) from e
