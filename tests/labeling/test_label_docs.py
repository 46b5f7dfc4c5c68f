"""docs/labeling_functions.md: every released function has its section, and the tutorial runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from redditess.corpus.settings import load_settings, presets
from redditess.labeling import LABEL_MODELS, RELEASED


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs/labeling_functions.md").read_text("utf8")


def test_every_function_has_its_section_and_no_section_is_left_over(page: str) -> None:
    titles = re.findall(r"^## (\w+)$", page, re.MULTILINE)
    assert sorted(titles) == sorted(f.name for f in RELEASED)


@pytest.mark.parametrize("function", RELEASED, ids=lambda f: f.name)
def test_a_section_says_what_it_hears_when_it_is_wrong_and_where_it_is_from(page, function) -> None:
    section = page.split(f"\n## {function.name}\n")[1].split("\n## ")[0]
    for part in ("| vote |", "When it is wrong: ", "Source: ", "abstain", "not observable"):
        assert part in section
    flat = " ".join(section.split())
    assert f"Axis {function.axis}, family {function.family}." in flat


def test_the_tutorial_runs(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert names["op_tried_it"].family == "op_reply"


@pytest.mark.parametrize("name", presets())
def test_the_page_lists_what_each_preset_uses(page: str, name: str) -> None:
    settings = load_settings(name)
    (row,) = [
        r for r in page.splitlines() if r.startswith("| `") and f"`{name}`" in r.split("|")[1]
    ]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[1] == ", ".join(settings.functions)
    assert cells[2] == f"`{settings.label_model}`"
    assert settings.label_model in LABEL_MODELS
