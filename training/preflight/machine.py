"""Has this machine the memory and the disk?"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from .checks import Check
from .finding import Finding, error, ok, warning
from .memory import need, on_disk, shorter_batch
from .subject import Subject

SURE = 0.9  # of what is free: ours; the rest is libraries, buffers, other programs
_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")


def memory(subject: Subject) -> Iterator[Finding]:
    """Weights, gradients, optimizer and activations fit into what is free."""
    from ..runs.arguments import uses_gpu

    gpu = uses_gpu(subject.recipe)
    free = _free_on_gpu() if gpu else _free_memory()
    wanted = need(subject.recipe, subject.skeleton, _longest(subject))
    where = "the GPU" if gpu else "memory"
    parts = (
        f"weights {_size(wanted.weights)}, gradients {_size(wanted.gradients)}, optimizer "
        f"{_size(wanted.optimizer)}, activations {_size(wanted.activations)}"
    )
    if free is None:
        yield ok(f"A step takes about {_size(wanted.total)} ({parts}).")
    elif wanted.fixed > free:
        yield error(
            f"Weights, gradients and optimizer take {_size(wanted.fixed)}, and {where} has "
            f"{_size(free)} free.",
            "Choose a smaller model, set lora_r above 0 (an adapter), or run on a larger machine.",
        )
    elif wanted.total > SURE * free:
        yield warning(
            f"A step takes about {_size(wanted.total)} ({parts}), and {where} has {_size(free)} "
            "free.",
            f"{shorter_batch(subject.recipe)}.",
        )
    else:
        yield ok(f"A step takes about {_size(wanted.total)} of {_size(free)} free ({parts}).")


def _longest(subject: Subject) -> int:
    """Tokens of the longest sampled row; GRPO writes its own answers."""
    recipe = subject.recipe
    if recipe.kind == "classifier":
        return max((len(f["input_ids"]) for f in subject.encoded.features), default=1)
    if recipe.kind == "grpo":
        return recipe.max_length
    if getattr(recipe, "packing", False):
        return recipe.max_length
    return max((len(s.ids) for s in subject.streams), default=1)


def _free_on_gpu() -> int:
    import torch

    return int(torch.cuda.mem_get_info()[0])


def _free_memory() -> int | None:
    """Bytes, within the limit of a container; None where the system does not say."""
    try:
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    try:
        limit = int((_CGROUP / "memory.max").read_text())
        used = int((_CGROUP / "memory.current").read_text())
        cached = dict(
            line.split() for line in (_CGROUP / "memory.stat").read_text().splitlines()
        ).get("inactive_file", "0")
    except (OSError, ValueError):  # "max": no limit
        return free
    return min(free, limit - used + int(cached))


def disk(subject: Subject) -> Iterator[Finding]:
    """Checkpoints and the model fit onto the disk of the run folder."""
    place = subject.folder.root.absolute() if subject.folder else Path.cwd()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    wanted = on_disk(subject.recipe, subject.skeleton)
    if wanted > free:
        yield error(
            f"Checkpoints and model take {_size(wanted)}, and the disk of the run folder has "
            f"{_size(free)} free.",
            "Name another --out, or set save_every: 0 (a stopped run starts anew).",
        )
    elif wanted > SURE * free:
        yield warning(
            f"Checkpoints and model take {_size(wanted)} of {_size(free)} free on the disk.",
            "Name another --out, or make room.",
        )
    else:
        yield ok(f"Checkpoints and model take {_size(wanted)} of {_size(free)} free on the disk.")


def download(subject: Subject) -> Iterator[Finding]:
    """The weights of a Hub id fit into the cache, where they are not there yet."""
    if subject.base.local:
        return
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.constants import HF_HUB_CACHE

    names = ("model.safetensors", "model.safetensors.index.json")
    revision = subject.base.revision or None
    if any(isinstance(try_to_load_from_cache(subject.base.path, n, revision=revision), str)
           for n in names):  # fmt: skip
        return
    place = Path(HF_HUB_CACHE).absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    wanted = 2 * sum(p.numel() for p in subject.skeleton.parameters())  # most are in 16 bits
    if wanted > free:
        yield error(
            f"{subject.base.name} is about {_size(wanted)} to download, and the disk of the Hub's "
            f"cache has {_size(free)} free.",
            "Set HF_HOME to a folder on a larger disk.",
        )
    else:
        yield ok(f"{subject.base.name} is about {_size(wanted)} to download.")


def _size(n: float) -> str:
    """Bytes in words.

    >>> _size(5_300_000_000), _size(20_000)
    ('5.3 GB', '20 kB')
    """
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if n >= bytes_:
            return f"{n / bytes_:.1f} {unit}"
    return f"{n / 1e3:.0f} kB"


CHECKS = (Check(memory), Check(disk), Check(download))
