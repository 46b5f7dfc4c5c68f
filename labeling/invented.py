"""The sentences that we invented to train `uptake`, for which no public set has a name.

`lexicons/uptake_train.toml`, kept apart from the items that tests and benchmarks measure with.
"""

from __future__ import annotations

import tomllib
from importlib import resources

import numpy as np


def read_uptake() -> tuple[list[str], np.ndarray]:
    """Our own sentences and whether each states uptake (n,) bool."""
    file = resources.files(__package__) / "lexicons" / "uptake_train.toml"
    table = tomllib.loads(file.read_text("utf8"))
    lines = {side: "\n".join(table[side].values()).split("\n") for side in ("uptake", "none")}
    texts = {side: [t for t in dict.fromkeys(lines[side]) if t] for side in lines}
    labels = np.repeat([True, False], [len(texts["uptake"]), len(texts["none"])])
    return texts["uptake"] + texts["none"], labels
