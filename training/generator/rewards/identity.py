"""The reward is never the model that judges the result: it would only find what it asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ....corpus.errors import SettingsError
from ...models.found_model import Found, find_model, weights_digest


def refuse_same(reward: str, evaluation: str) -> dict[str, dict[str, Any]]:
    """Both models as metrics keep them, {"reward_model", "evaluation_model"}: name and digest.

    "" as `reward`: no model rewards. "" as `evaluation`: none is named yet, and the digest is what
    a later evaluation refuses by. Raises SettingsError where both are one folder, one Hub id or
    one set of weights.
    """
    nothing = {"name": "", "digest": ""}
    about = {"reward_model": nothing, "evaluation_model": nothing}
    if not reward:
        return about
    first = find_model(reward)
    about["reward_model"] = _about(first)
    if not evaluation:
        return about
    second = find_model(evaluation)
    about["evaluation_model"] = _about(second)
    same = _same(first, second, reward, evaluation)
    if same:
        raise SettingsError(
            f"{evaluation!r} and the reward_model {reward!r} are the same {same}",
            "evaluation_model",
            "train another one, on another seed and base, to judge what this one rewarded",
        )
    return about


def _about(found: Found) -> dict[str, Any]:
    return {"name": found.name, "digest": weights_digest(found.path)}


def _same(first: Found, second: Found, one: str, other: str) -> str:
    if one == other and not Path(one).is_dir():
        return "Hub id"
    if os.path.samefile(first.path, second.path):
        return "folder"
    if weights_digest(first.path) == weights_digest(second.path):
        return "weights"
    return ""
