"""Which labeling functions there are, and how a setting's names become functions."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Sequence
from importlib.metadata import entry_points

from ...corpus.errors import SettingsError
from .base import LabelingFunction
from .community import community_reception, community_relative
from .general_feedback import general_feedback
from .op_asks_more import op_asks_more
from .op_change import op_change
from .op_rejects import op_rejects
from .op_response import op_response, op_response_paper
from .op_uptake import op_uptake
from .passed_over import passed_over

RELEASED = (
    op_response,
    op_response_paper,
    op_uptake,
    op_rejects,
    op_asks_more,
    op_change,
    passed_over,
    general_feedback,
    community_relative,
    community_reception,
)
"""Ours. A released rule does not change under its name: a new one gets a new name."""

GROUP = "redditess.labeling_functions"
"""The entry-point group through which an installed package adds its own."""

_BY_NAME = {f.name: f for f in RELEASED}


def resolve(names: Sequence[str]) -> list[LabelingFunction]:
    """Names -> functions, in the order given: released, from an entry point, or "module:name".

    Raises SettingsError for an unknown name (with the nearest known one), for a module that does
    not import, and for two functions of one name.

    >>> [f.name for f in resolve(["op_response", "passed_over"])]
    ['op_response', 'passed_over']
    """
    functions = [_one(name) for name in names]
    taken = [f.name for f in functions]
    for name in taken:
        if taken.count(name) > 1:
            raise SettingsError(f"two labeling functions named {name!r}", "functions", "rename one")
    return functions


def _one(name: str) -> LabelingFunction:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if ":" in name:
        return _imported(name)
    found = {point.name: point.value for point in entry_points(group=GROUP)}
    if name in found:
        return _imported(found[name])
    known = sorted({*_BY_NAME, *found})
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}, or module:name"
    raise SettingsError(f"no labeling function {name!r}", "functions", hint)


def _imported(path: str) -> LabelingFunction:
    module, _, attribute = path.partition(":")
    try:
        value = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as e:
        raise SettingsError(
            f"cannot import {path!r} ({e})", "functions", "give an importable module:name"
        ) from e
    if not isinstance(value, LabelingFunction):
        raise SettingsError(
            f"{path!r} is a {type(value).__name__}, not a labeling function",
            "functions",
            "decorate it with @labeling_function(reads=..., source=...)",
        )
    return value
