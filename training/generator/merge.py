"""An adapter and its base as one model: full weights that need no peft."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

from ...corpus.errors import BuildError, InputError
from ..answers.speaker import base_of
from ..data.trained_on import refuse_stale
from ..models.found_model import Found, config_of, find_model

GENERATION = "generation_config.json"
_KINDS = {
    "CAUSAL_LM": ("AutoModelForCausalLM", {}),
    "SEQ_CLS": ("AutoModelForSequenceClassification", {"num_labels": 1}),  # a reward model
}


def merge(run_or_adapter: Path, out: Path) -> Path:
    """Writes the merged weights with tokenizer, chat template and the base's generation settings
    into `out`, whole or not at all, and returns it.

    Weights keep the dtype of the base: in float32 the logits are those of the adapter up to
    rounding, in bfloat16 the sum of both is rounded once more. Raises InputError where there is no
    adapter or its base is not here, BuildError for an `out` that is there already and for weights
    that must not be used any more.
    """
    found = find_model(run_or_adapter)
    refuse_stale(found.path)
    if not found.is_adapter:
        raise InputError("full weights already", run_or_adapter, "use them as they are")
    if out.exists() and any(out.iterdir()):
        raise BuildError("is there already", out, "name a new folder")
    base = base_of(found)
    made = out.parent / f".tmp-{out.name}-{secrets.token_hex(4)}"
    try:
        _write(found, base, made)
        if out.exists():
            out.rmdir()
        made.rename(out)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return out


def _write(found: Found, base: Path, out: Path) -> None:
    from transformers import AutoTokenizer, GenerationConfig

    model = _merged(found, base)
    # settings that today's transformers would refuse to save are still the base's own
    model.generation_config = GenerationConfig()
    model.save_pretrained(out)
    (out / GENERATION).unlink(missing_ok=True)
    if (base / GENERATION).is_file():
        shutil.copyfile(base / GENERATION, out / GENERATION)
    own = found.path if (found.path / "tokenizer_config.json").is_file() else base
    AutoTokenizer.from_pretrained(own, local_files_only=True).save_pretrained(out)


def _merged(found: Found, base: Path) -> Any:
    import transformers
    from peft import PeftModel

    task = str(config_of(found).get("task_type"))
    if task not in _KINDS:
        raise InputError(f"an adapter for {task}", found.path, f"use {' or '.join(_KINDS)}")
    name, more = _KINDS[task]
    plain = getattr(transformers, name).from_pretrained(
        base, dtype="auto", local_files_only=True, use_safetensors=True, **more
    )
    adapted = PeftModel.from_pretrained(plain, str(found.path), local_files_only=True)
    return adapted.merge_and_unload(safe_merge=True)
