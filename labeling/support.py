"""Which kinds of support a comment holds (several may), and which ESConv strategy a turn is.

Rules over word lists of our own: nothing here was trained, so nothing of a non-commercial set can
ship. How far they agree with people: docs/support_types.md.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from .spot import Spotter, load, plain

STRATEGIES = tuple(load("taxonomies", "esconv_strategies"))
"""ESConv's eight strategies, in the order of the taxonomy."""

SUPPORT_TYPES = tuple(load("taxonomies", "support_types"))
"""The support types, in the order in which a row lists them."""


def support_types(texts: pa.Array) -> pa.ListArray:
    """Texts (n,) -> for each the support types in it, in the order of SUPPORT_TYPES.

    >>> support_types(pa.array(["I'm so sorry. Try box breathing.", "ok"])).to_pylist()
    [['emotional', 'informational', 'coping_strategy'], []]
    """
    rules, x = _rules(), plain(texts)
    return as_lists({name: rules.find(x, name) for name in SUPPORT_TYPES})


def types_of_strategy(strategy: str) -> tuple[str, ...]:
    """The support types that a turn of one ESConv strategy is taken for (the crosswalk).

    >>> types_of_strategy("Self-disclosure")
    ('network',)
    """
    return tuple(load("taxonomies", "esconv_strategies")[strategy]["types"])


def strategies(texts: pa.Array) -> list[str]:
    """Texts (n,) -> the strategy that fits each best; "Others" where none is heard.

    Where several are heard the first of the rule file's order decides: the rarer and plainer sign
    first (ours; ESConv's annotators gave each turn one strategy).
    """
    rules, x = _strategy_rules(), plain(texts)
    found = np.full(len(texts), "Others", dtype=object)
    for name in reversed(rules.kinds):
        found[rules.find(x, name).to_numpy(zero_copy_only=False)] = name
    return [str(name) for name in found]


def as_lists(found: dict[str, pa.BooleanArray]) -> pa.ListArray:
    """Columns of yes/no (n,) by name -> a list of the names that hold for each row."""
    names = list(found)
    held = np.stack([found[n].to_numpy(zero_copy_only=False) for n in names], axis=1).astype(bool)
    offsets = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    values = pa.array(names, pa.string()).take(pa.array(np.nonzero(held)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "support"))


@cache
def _strategy_rules() -> Spotter:
    return Spotter(load("lexicons", "strategies"))
