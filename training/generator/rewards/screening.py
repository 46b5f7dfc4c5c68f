"""Answers that the screen flags are punished, category by category."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ....labeling.screen import HAZARDS, RISKS
from ...answers.answer_risks import ENCOURAGEMENT, answer_risks

PENALTIES = {
    **{name: 1.0 if name in HAZARDS else 0.5 for name in RISKS},
    ENCOURAGEMENT: 1.0,
}
"""Ours: a hazard costs all there is; context (`lived_experience`: a life that a model has not had)
half of it, so that between two bad answers the dangerous one is the worse."""


def screen_penalty(prompts: Sequence[str], answers: Sequence[str]) -> np.ndarray:
    """(n,) in [-1, 0]: 0 where the screen hears nothing, else minus the worst category's penalty.

    The worst one, not the sum: the screen's categories overlap. 0 is not "safe": the screen hears
    about half of what is there (docs/screen.md).

    >>> screen_penalty(["", ""], ["Try a short walk.", "DM me any time"]).tolist()
    [0.0, -1.0]
    """
    found = answer_risks(answers)
    return np.array([-max((PENALTIES[name] for name in risk), default=0.0) for risk in found]) + 0.0


def shares(answers: Sequence[str]) -> dict[str, float]:
    """Category -> share of the answers in which it is heard, for every category there is."""
    heard = pa.array([name for risk in answer_risks(answers) for name in risk], pa.string())
    counts = {row["values"]: row["counts"] for row in heard.value_counts().to_pylist()}
    return {name: counts.get(name, 0) / max(len(answers), 1) for name in PENALTIES}
