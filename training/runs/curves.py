"""The picture of a run, from its log: losses, and for preference losses margin and accuracy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ...corpus.artefacts import write_text
from ...pages.curves import Curve, Panel, curves
from .folder import RunFolder
from .progress import read_log

PANELS = (
    ("Loss", "loss", None),
    ("Margin of rewards, chosen over rejected", "rewards/margins", 0.0),
    ("Share of pairs in the right order", "rewards/accuracies", 0.5),
    ("Reward", "reward", None),
    ("Pair accuracy inside threads", "pair_accuracy", 0.5),
)
"""Title, what the trainers call it, where nothing was learned."""


def draw_curves(run: RunFolder) -> Path:
    """Writes `curves.svg` from `log.jsonl`; of several seeds, the first one's."""
    logged = read_log(run)
    panels = [
        Panel(title, (_curve("training", logged, key), _curve("held out", logged, f"eval_{key}")),
              reference)
        for title, key, reference in PANELS
    ]  # fmt: skip
    write_text(run.curves, curves(panels, "What the run logged, step by step"))
    return run.curves


def _curve(name: str, logged: list[dict[str, Any]], key: str) -> Curve:
    points = [
        (line["step"], math.nan if line[key] is None else line[key])
        for line in logged
        if key in line
    ]
    return Curve(name, points, "ink" if name == "training" else "quiet")
