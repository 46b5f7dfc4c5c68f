"""Label models: votes of several functions -> one probability, interval and label a row."""

from __future__ import annotations

import difflib
from typing import Any

from ...corpus.errors import SettingsError
from .base import LabelModel
from .dawid_skene import DawidSkene
from .diagnostics import Side, agreement, describe, identification
from .ensemble import Ensemble
from .majority import MajorityVote
from .paper import PaperRule
from .recipient import Recipient
from .weighted import WeightedVote

LABEL_MODELS: dict[str, type[LabelModel]] = {
    model.name: model
    for model in (MajorityVote, WeightedVote, PaperRule, DawidSkene, Recipient, Ensemble)
}
"""By the name that `label_model` in a preset or `--label-model` gives."""


def label_model(name: str) -> type[LabelModel]:
    """The class of that name; SettingsError with the nearest name where there is none."""
    if name not in LABEL_MODELS:
        near = difflib.get_close_matches(name, LABEL_MODELS, 1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(LABEL_MODELS)}"
        raise SettingsError(f"no label model {name!r}", "--label-model", hint)
    return LABEL_MODELS[name]


def from_json(value: dict[str, Any]) -> LabelModel:
    """A fitted model of any kind, as `to_json` wrote it."""
    return label_model(value["model"]).from_json(value)


__all__ = [
    "LABEL_MODELS", "DawidSkene", "Ensemble", "LabelModel", "MajorityVote", "PaperRule",
    "Recipient", "Side", "WeightedVote", "agreement", "describe", "from_json", "identification",
    "label_model",
]  # fmt: skip
