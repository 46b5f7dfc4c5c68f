"""docs/training.md names every recipe, every check and every launcher config, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from redditess.training.preflight import (
    leaks,
    lengths,
    machine,
    model,
    rows,
    schedule,
    sides,
    tokens,
)
from redditess.training.recipes.read_recipe import SHIPPED, shipped

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf8")
GROUPS = (rows, sides, leaks, model, tokens, lengths, schedule, machine)


def _first_cells(heading: str) -> list[str]:
    """Names in backquotes of the first column of the table whose head begins so."""
    table = PAGE.split(f"| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [name for row in table for name in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_recipe_has_its_line() -> None:
    assert sorted(_first_cells("recipe")) == shipped()


def test_every_check_has_its_place() -> None:
    named = re.findall(r"`((?:rows|sides|leaks|model|tokens|lengths|schedule|machine)\.\w+)`", PAGE)
    assert sorted(named) == sorted(check.name for group in GROUPS for check in group.CHECKS)


def test_every_launcher_config_has_its_line() -> None:
    configs = SHIPPED.with_name("accelerate").glob("*.yaml")
    assert sorted(_first_cells("config")) == sorted(path.name for path in configs)
