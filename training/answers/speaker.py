"""A language model that is ready to answer: weights, tokenizer, what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.artefacts import read_json
from ...corpus.errors import InputError
from ..cards.model_facts import FILE as FACTS
from ..data.trained_on import refuse_stale
from ..models.bases import resolve_base
from ..models.found_model import ADAPTER, Found, config_of, find_model
from ..models.tiny import NAMES
from ..recipes.read_recipe import read_recipe
from ..recipes.recipe import GeneratorRecipe

Message = dict[str, str]


class Speaker(NamedTuple):
    """A causal language model and how it is spoken to. A plain (model, tokenizer) does as well."""

    model: Any
    tokenizer: Any
    name: str = ""  # a Hub id or a folder's name, never a path
    prompt_cap: int = 0  # tokens of the longest prompt, template included; 0: as the model has room
    invented: bool = False  # was it trained on invented rows?


def load_speaker(model: str, adapter: str = "", revision: str = "") -> Speaker:
    """A run, a folder of weights, an adapter (with its base) or a Hub id, ready to answer.

    Raises InputError for what cannot answer (a classifier, a tokenizer without a chat template, an
    adapter whose base is not here), BuildError for weights that have learned from rows that were
    removed since, and what `find_model` raises.
    """
    found = find_model(model, revision)
    if adapter and found.is_adapter:
        raise InputError(f"{found.name!r} is an adapter itself", "--model", "name its base there")
    tip = find_model(adapter) if adapter else found
    if adapter and not tip.is_adapter:
        raise InputError(f"no {ADAPTER}", tip.path, "give the folder of an adapter to --adapter")
    for place in (found.path, tip.path):
        refuse_stale(place)
    base = found.path if adapter or not found.is_adapter else base_of(found)
    loaded = _load(base, tip)
    tokenizer = _tokenizer(tip, base)
    return Speaker(loaded, tokenizer, tip.name, _cap_of(tip), _is_invented(tip))


def base_of(adapter: Found) -> Path:
    """The folder of the model that an adapter belongs to."""
    if adapter.run is not None:
        recipe = read_recipe(adapter.run.recipe)
        return find_model(resolve_base(recipe).path, recipe.model_revision).path
    named = config_of(adapter)
    base = str(named.get("base_model_name_or_path") or "")
    if base.removeprefix("redditess/") not in NAMES:  # those are made here, the Hub has none
        with suppress(InputError):
            return find_model(base, str(named.get("revision") or "")).path
    raise InputError(
        f"its base {base!r} is not here", adapter.path / ADAPTER,
        "give the base to --model and this folder to --adapter",
    )  # fmt: skip


def _load(base: Path, tip: Found) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    kinds = config_of(Found(base, "", None)).get("architectures") or [""]
    if "Causal" not in kinds[0] and "LMHead" not in kinds[0]:
        raise InputError(f"a {kinds[0] or 'model of no kind'}, which cannot answer", base,
                         "give a causal language model")  # fmt: skip
    gpu = torch.cuda.is_available()
    model = AutoModelForCausalLM.from_pretrained(
        base, local_files_only=True, use_safetensors=True, dtype="auto" if gpu else torch.float32
    )
    if tip.is_adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(tip.path), local_files_only=True)
    return model.to("cuda" if gpu else "cpu").eval()


def _tokenizer(tip: Found, base: Path) -> Any:
    from transformers import AutoTokenizer

    own = (tip.path / "tokenizer_config.json").is_file()
    place = tip.path if own else base
    tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
    if not tokenizer.chat_template:
        raise InputError("the tokenizer has no chat template", place,
                         "give a model that was tuned on conversations")  # fmt: skip
    return tokenizer


def ends_of_answer(speaker: Speaker) -> list[int]:
    """Token ids that end an answer: the tokenizer's and every one that the model names."""
    named = speaker.model.generation_config.eos_token_id
    named = [named] if isinstance(named, int) else list(named or [])
    own = speaker.tokenizer.eos_token_id
    return sorted({*named, *([own] if own is not None else [])})


def room(speaker: Speaker, max_new_tokens: int) -> int:
    """The longest prompt in tokens. Raises InputError where an answer leaves no room for one."""
    config = speaker.model.config.get_text_config()
    longest = getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0)
    left = (longest or 1 << 30) - max_new_tokens
    if left < 16:
        raise InputError(
            f"{max_new_tokens} new tokens of {longest}", "--max-new-tokens",
            f"leave room for the prompt: at most {max(longest - 16, 1)}",
        )  # fmt: skip
    return min(left, speaker.prompt_cap) if speaker.prompt_cap else left


def said(messages: Sequence[Message]) -> str:
    """What the person said, all turns of theirs, as one text to be screened."""
    return "\n\n".join(m["content"] for m in messages if m["role"] != "assistant")


def _cap_of(tip: Found) -> int:
    """A run's own cap: a longer prompt than in training would be another kind of prompt."""
    if tip.run is None:
        return 0
    recipe = read_recipe(tip.run.recipe)
    return recipe.prompt_cap if isinstance(recipe, GeneratorRecipe) else 0


def _is_invented(tip: Found) -> bool:
    """Was it trained on invented rows? Runs say so in their recipe, published models in the file
    beside their card; of any other model nothing is known.
    """
    if tip.run is not None:
        return read_recipe(tip.run.recipe).allow_invented
    place = tip.path / FACTS
    told = read_json(place, "fetch the model again") if place.is_file() else {}
    return bool(dict(told).get("recipe", {}).get("allow_invented"))
