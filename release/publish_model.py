"""A trained model on the Hub, by the same road as a dataset: branch, verify, one commit, tag."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..corpus.artefacts import read_json
from ..corpus.errors import BuildError
from .going_up import File, listed
from .governance import require_governance
from .hub import Hub
from .journal import Journal
from .publish import Plan, carry_out
from .publish_plan import Prepared, check_names

MODEL_FILES = (
    r"README\.md",
    r"LICENSE(\.txt|\.md)?",
    r"[\w.-]+\.safetensors",
    r"[\w.-]+\.json",
    r"[\w.-]+\.jinja",
    r"(vocab|merges|added_tokens)\.txt",
    r"[\w.-]+\.(model|spm)",  # sentencepiece
    r"\.eval_results/[\w.-]+\.yaml",
)
# Their strings are pieces of words, and "/usr/bin" may be one.
WORD_LISTS = {"tokenizer.json", "vocab.json", "added_tokens.json"}
# Keys under which trainers write where they loaded a model from.
NAMES_OF_MODELS = {"_name_or_path", "base_model_name_or_path", "base_model", "model_name_or_path"}
_PATH = re.compile(r"(?:file:)?/[^/\s]+/\S*|~/\S+|\.\.?/\S*|[A-Za-z]:[\\/]\S*")


def plan_model(
    folder: str | Path, repo_id: str, *, private: bool = False, tag: str | None = None
) -> Prepared:
    """Refuses what must not go up with a model; no network is used.

    Raises SettingsError without governance.toml (in the folder's parent or here), BuildError
    without a card or weights, for a pickle such as training_args.bin, for weights that are no
    safetensors, for a path of this machine in a JSON file or in the card's YAML.
    """
    folder = Path(folder)
    check_names(repo_id, tag)
    require_governance(folder.absolute().parent, what="models")
    if not (folder / "README.md").is_file():
        raise BuildError("no model card", folder / "README.md", "write one: what it is not for")
    files = listed(folder, MODEL_FILES)
    weights = [file for file in files if file.place.suffix == ".safetensors"]
    if not weights:
        raise BuildError("no *.safetensors", folder, "save the model with save_pretrained")
    for file in weights:
        _read_header(file)
    _refuse_paths(folder, files)
    journal = folder.absolute().parent / f"{folder.absolute().name}.publish.json"
    plan = Plan(repo_id, "model", "models", tuple(files), {}, private, tag or "")
    return Prepared(plan, Journal(journal, repo_id))


def publish_model(
    folder: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    tag: str | None = None,
    token: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Publishes a folder of `save_pretrained`; returns {"commit", "tag"}.

    Raises what `plan_model` and `carry_out` raise.
    """
    plan, journal = plan_model(folder, repo_id, private=private, tag=tag)
    return carry_out(plan, Hub(repo_id, "model", token=token, pause=pause), journal)


def _read_header(file: File) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file.place, framework="numpy") as tensors:
            tensors.keys()
    except SafetensorError as e:
        raise BuildError(f"not safetensors ({e})", file.place, "save the model again") from e


def _refuse_paths(folder: Path, files: list[File]) -> None:
    """A path tells a user name and an institution, and nobody else can load from it."""
    from huggingface_hub.repocard import metadata_load

    for file in files:
        if file.place.suffix == ".json" and file.place.name not in WORD_LISTS:
            found = read_json(file.place, "save the model again")
        elif file.name == "README.md":
            found = metadata_load(file.place) or {}
        else:
            continue
        for key, text in _strings(found):
            if _PATH.fullmatch(text) or (key in NAMES_OF_MODELS and _is_here(folder, text)):
                raise BuildError(
                    f"{key} is a path of this machine: {text!r}", file.place,
                    "write the name that the base model has on the Hub",
                )  # fmt: skip


def _is_here(folder: Path, text: str) -> bool:
    return bool(text) and len(text) < 4096 and (Path(text).exists() or (folder / text).exists())


def _strings(value: Any, key: str = "a value") -> Iterator[tuple[str, str]]:
    """Every string in parsed JSON, with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
