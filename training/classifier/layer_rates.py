"""Which layers of an encoder learn, and how fast."""

from __future__ import annotations

from typing import Any

from ...corpus.errors import SettingsError


def layers_of(model: Any) -> list[Any]:
    """Embeddings first, then the encoder's layers from below: lists of parameters' owners.

    Raises SettingsError for an architecture whose layers cannot be told apart.
    """
    import torch

    encoder = getattr(model, model.base_model_prefix, model)
    stacks = [m for m in encoder.modules() if isinstance(m, torch.nn.ModuleList)]
    stack = next((s for s in stacks if len(s) == model.config.num_hidden_layers), None)
    embeddings = getattr(encoder, "embeddings", None)
    if stack is None or embeddings is None:
        raise SettingsError(
            f"the layers of {type(model).__name__} cannot be told apart", "layer_decay",
            "set layer_decay 1 and frozen_layers 0",
        )  # fmt: skip
    return [embeddings, *stack]


def freeze(model: Any, n_frozen: int) -> None:
    """The embeddings and the `n_frozen` lowest layers learn nothing; 0: all learn.

    Nothing below them asks for gradients, so the backward pass ends there by itself.
    """
    if not n_frozen:
        return
    layers = layers_of(model)
    if n_frozen >= len(layers):
        raise SettingsError(
            f"{n_frozen} frozen layers of {len(layers) - 1}", "frozen_layers",
            f"give {len(layers) - 1} or fewer",
        )  # fmt: skip
    for layer in layers[: n_frozen + 1]:
        layer.requires_grad_(False)


def parameter_groups(
    model: Any, learning_rate: float, weight_decay: float, layer_decay: float
) -> list[dict[str, Any]]:
    """What AdamW takes: heads at the full rate, each layer below at `layer_decay` of the one above.

    Biases and one-dimensional weights (norms) do not decay.
    """
    depth: dict[int, int] = {}
    if layer_decay != 1:
        layers = layers_of(model)
        for below, layer in enumerate(reversed(layers), start=1):
            depth.update({id(parameter): below for parameter in layer.parameters()})
    groups: dict[tuple[int, bool], list[Any]] = {}
    for _, parameter in sorted(model.named_parameters()):
        if parameter.requires_grad:
            key = depth.get(id(parameter), 0), parameter.ndim > 1
            groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": learning_rate * layer_decay**below,
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (below, decays), parameters in sorted(groups.items(), key=lambda item: item[0])
    ]
