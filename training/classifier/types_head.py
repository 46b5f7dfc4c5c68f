"""Support types as a second head: one linear layer on what the first head reads.

It is trained with the model as a submodule, so that every checkpoint holds it, and leaves it
before the model is saved: what lies in the model folder stays a plain model of transformers, with
`support_types.safetensors` beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ...corpus.errors import InputError
from ...labeling.support import SUPPORT_TYPES

FILE = "support_types.safetensors"
NAME = "support_types"  # of the submodule


class Features:
    """What the last linear layer of a model read in the last forward pass: (b, d)."""

    def __init__(self, model: Any):
        self.last: Any = None
        self.hook = last_linear(model).register_forward_pre_hook(self._keep)

    def _keep(self, module: Any, inputs: Sequence[Any]) -> None:
        self.last = inputs[0]

    def close(self) -> None:
        self.hook.remove()
        self.last = None


def last_linear(model: Any) -> Any:
    """The layer that makes the two logits, in any architecture; InputError where there is none."""
    import torch

    found = [
        module
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module.out_features == model.config.num_labels
    ]
    if not found:
        raise InputError(
            f"{type(model).__name__} has no last linear layer", "types_weight",
            "set it to 0: this model can have no second head",
        )  # fmt: skip
    return found[-1]


def add_head(model: Any) -> Features:
    """Gives the model its second head (small random weights) and listens to the first one's."""
    import torch

    first = last_linear(model)
    head = torch.nn.Linear(first.in_features, len(SUPPORT_TYPES))
    torch.nn.init.normal_(head.weight, std=0.02)
    torch.nn.init.zeros_(head.bias)
    model.add_module(NAME, head.to(first.weight.device))
    return Features(model)


def type_targets(rows: pa.Table) -> np.ndarray:
    """(n, types) float32: 1 where the type was heard. Raises InputError where none ever was."""
    out = np.zeros((len(rows), len(SUPPORT_TYPES)), np.float32)
    place = {name: i for i, name in enumerate(SUPPORT_TYPES)}
    for row, names in enumerate(rows["support_types"].to_pylist()):
        out[row, [place[name] for name in names if name in place]] = 1
    if len(out) and not out.any():
        raise InputError(
            "no row has a support type", "types_weight",
            "set it to 0, or build with support_types in annotate",
        )  # fmt: skip
    return out


def types_loss(logits: Any, truth: Any) -> Any:
    """Mean binary cross entropy over rows and types, (b, types) both; computed in float32."""
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), truth)


def take_head(model: Any) -> Any:
    """Removes the second head from the model and returns it; None where there is none."""
    return model._modules.pop(NAME, None)


def save_head(head: Any, folder: Path) -> None:
    """Weights and the names of the types, in order."""
    from safetensors.torch import save_file

    tensors = {k: v.detach().float().cpu().contiguous() for k, v in head.state_dict().items()}
    save_file(tensors, folder / FILE, metadata={"types": ",".join(SUPPORT_TYPES)})


def load_head(folder: Path) -> tuple[tuple[str, ...], Any] | None:
    """Names of the types and the layer; None where the model has no second head."""
    if not (folder / FILE).is_file():
        return None
    import torch
    from safetensors import safe_open

    with safe_open(str(folder / FILE), framework="pt") as file:
        types = tuple((file.metadata() or {}).get("types", "").split(","))
        weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
    head = torch.nn.Linear(weight.shape[1], weight.shape[0])
    head.load_state_dict({"weight": weight, "bias": bias})
    return types, head.eval()
