"""Lower layers learn slower, frozen ones not at all, and nothing is computed for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.errors import SettingsError
from redditess.training.classifier.layer_rates import freeze, layers_of, parameter_groups
from tests.training.small_classifiers import encoder, recipe

pytestmark = [pytest.mark.needs_torch, pytest.mark.slow]
pytest.importorskip("transformers")


def _model(folder: Path, kind: str) -> Any:
    from redditess.training.classifier.base import load_base

    return load_base(recipe(), encoder(folder, kind))[0]


@pytest.mark.parametrize("kind", ["bert", "roberta", "modernbert"])
def test_each_layer_learns_at_a_share_of_the_one_above(tmp_path: Path, kind: str) -> None:
    model = _model(tmp_path, kind)
    groups = parameter_groups(model, 1.0, 0.01, 0.5)
    rate = {id(p): group["lr"] for group in groups for p in group["params"]}
    assert set(rate) == {id(p) for p in model.parameters()}  # each once, none forgotten
    embeddings, lower, upper = layers_of(model)
    assert {rate[id(p)] for p in upper.parameters()} == {0.5}
    assert {rate[id(p)] for p in lower.parameters()} == {0.25}
    assert {rate[id(p)] for p in embeddings.parameters()} == {0.125}
    assert {rate[id(p)] for p in model.classifier.parameters()} == {1.0}
    decays = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert all((decays[id(p)] > 0) == (p.ndim > 1) for p in model.parameters())


def test_nothing_is_computed_backwards_below_frozen_layers(tmp_path: Path) -> None:
    import torch

    model = _model(tmp_path, "bert")
    freeze(model, 1)
    seen: dict[str, bool] = {}
    lower, upper = layers_of(model)[1:]
    lower.register_forward_hook(lambda *a: seen.update(lower=_first(a[2]).requires_grad))
    upper.register_forward_hook(lambda *a: seen.update(upper=_first(a[2]).requires_grad))
    ids = torch.tensor([[2, 7, 8, 3]])
    model(input_ids=ids).logits.sum().backward()
    assert seen == {"lower": False, "upper": True}
    assert all(p.grad is None for p in lower.parameters())
    assert any(p.grad is not None for p in upper.parameters())
    frozen = {id(p) for p in lower.parameters()}
    groups = parameter_groups(model, 1.0, 0.01, 1.0)
    assert not frozen & {id(p) for group in groups for p in group["params"]}


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


def test_more_frozen_layers_than_there_are_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="3 frozen layers of 2; give 2 or fewer"):
        freeze(_model(tmp_path, "bert"), 3)
