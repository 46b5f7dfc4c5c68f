"""A run's model and its base answer, drawn for real: tiny models, a few tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from redditess.eval.safety import models
from redditess.eval.safety.cases import chosen
from redditess.eval.safety.measure import measure
from redditess.training.runs.folder import RunFolder
from tests.training.made_release import make_release, sft_recipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]


@pytest.mark.parametrize("lora_r", [4, 0])
def test_the_base_is_what_the_training_began_with(
    lora_r: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redditess.training.answers.sampling import Limits
    from redditess.training.answers.speaker import load_speaker
    from redditess.training.generator import held_out_safety
    from redditess.training.models.bases import resolve_base
    from redditess.training.train import train

    pytest.importorskip("trl")
    monkeypatch.setattr(held_out_safety, "LIMITS", Limits(8, 0.7, 16))
    monkeypatch.setattr(models, "LONGEST", 8)
    recipe = sft_recipe(make_release(tmp_path / "release"), lora_r=lora_r, max_steps=3)
    train(recipe, tmp_path / "run")
    asked = [case.messages for case in chosen(4)]
    with models.tuned_and_base(RunFolder(tmp_path / "run")) as found:
        said = {who: speak(asked, 3) for who, (_, speak) in found.items()}
        again = found["tuned"][1](asked, 3)
    assert again == said["tuned"] != said["base"]
    origin = load_speaker(resolve_base(recipe).path)._replace(prompt_cap=recipe.prompt_cap)
    with_it = models._speak(origin)(asked, 3)
    assert said["base"] == with_it
    told = measure(tmp_path / "run", n=4, draws=1, also=[str(tmp_path / "run")])
    assert told["models"] == {"base": "redditess/tiny-causal", "tuned": "run"}
    assert set(told["beside"]) == {"run"} and told["battery"]["posts"] == 4
