"""A model that a user names: a run, a folder of weights, an adapter, or a Hub id -> one folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.artefacts import read_json
from ...corpus.errors import BuildError, InputError, RemoteError
from ..recipes.named import folder_named
from ..runs.folder import RunFolder

CONFIG, ADAPTER = "config.json", "adapter_config.json"
FETCHED = ("*.json", "*.safetensors", "*.jinja", "*.txt", "*.model", "README.md")
"""What a model needs; never a pickle, never code."""
_WHAT = "give a run, a folder of weights, or a Hub id (user/name)"
_BLOCK = 1 << 20


class Found(NamedTuple):
    """Where a model lies, and what may be said of where it came from."""

    path: Path  # holds config.json or adapter_config.json
    name: str  # the Hub id, or the folder's own name; never a path
    run: RunFolder | None  # the run that made it

    @property
    def is_adapter(self) -> bool:
        """Does it hold an adapter, without the weights of its base?"""
        return (self.path / ADAPTER).is_file()


def find_model(name: str | Path, revision: str = "") -> Found:
    """The folder of a model. Only a name that is no folder here, but could be a Hub id, is asked
    from the Hub.

    Raises InputError for what is none of them, BuildError for an unfinished run, RemoteError where
    the Hub does not give it.
    """
    place = folder_named(str(name), "model", _WHAT, single=True)
    if place is None:
        return Found(_from_hub(str(name), revision), str(name), None)
    if not place.is_dir():
        raise InputError("a file, not a folder", place, _WHAT)
    return _in_folder(place)


def _in_folder(place: Path) -> Found:
    run = RunFolder(place)
    if run.recipe.is_file():
        if not run.metrics.is_file():
            raise BuildError("the run is not finished", place, "redditess train ... --resume")
        return Found(run.model, place.absolute().name, run)
    if not any((place / file).is_file() for file in (CONFIG, ADAPTER)):
        raise InputError(
            f"neither {CONFIG} nor {ADAPTER}", place, "give a run or a folder of save_pretrained"
        )
    above = RunFolder(place.absolute().parent)
    return Found(place, place.absolute().name, above if above.metrics.is_file() else None)


def _from_hub(name: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(name, revision=revision or None, allow_patterns=list(FETCHED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as e:
        said = str(e).strip().split("\n")[0]
        raise RemoteError(
            f"the Hub does not give {name!r} ({said})", "model",
            "check the id and `hf auth login`, or give a folder",
        ) from e  # fmt: skip
    return Path(folder)


def config_of(found: Found) -> dict[str, Any]:
    """config.json, or adapter_config.json of an adapter."""
    name = ADAPTER if found.is_adapter else CONFIG
    return dict(read_json(found.path / name, "save the model again"))


def weights_digest(folder: Path) -> str:
    """16 hex digits over every tensor (name, type, shape, bytes), whatever files they lie in.

    So the same weights are found again after a copy, a rename, or another cut into shards.
    Raises InputError where there is no safetensors file.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise InputError("no *.safetensors", folder, "save the model with save_pretrained")
    whole = hashlib.sha256()
    for line in sorted(line for file in files for line in _tensors(file)):
        whole.update(line.encode())
    return whole.hexdigest()[:16]


def _tensors(file: Path) -> Iterator[str]:
    """One line a tensor, with the digest of its bytes; reads a megabyte at a time."""
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(size))
        for name, about in header.items():
            if name == "__metadata__":
                continue
            start, end = about["data_offsets"]
            opened.seek(8 + size + start)
            digest, left = hashlib.sha256(), end - start
            while left > 0:
                block = opened.read(min(left, _BLOCK))
                if not block:
                    raise InputError("the file is cut off", file, "fetch or save it again")
                digest.update(block)
                left -= len(block)
            yield f"{name} {about['dtype']} {about['shape']} {digest.hexdigest()}\n"
