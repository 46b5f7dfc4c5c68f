"""What can be known before any weights load: the data, the tokens, the plan, the machine.

for finding in check(read_recipe("minilm")):
    print(finding.level, finding.what, finding.fix)
"""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from ..recipes.recipe import Recipe
from ..runs.folder import RunFolder
from .finding import Finding
from .report import show

__all__ = ["Finding", "check", "show"]


def check(recipe: Recipe, *, folder: RunFolder | None = None) -> list[Finding]:
    """All findings of a recipe, in the order of the groups: data, model, tokens, plan, machine.

    Reads data, tokenizer and the model's config; no weights. Never raises for a mistake in any of
    them: it is a finding. `folder` is where the run will lie; without it, the disk of the current
    folder counts.
    """
    from . import leaks, lengths, machine, model, rows, schedule, sides, tokens
    from .checks import findings
    from .reach import cache_unless_reachable
    from .subject import Subject

    subject = Subject(recipe, folder)
    groups = (rows, sides, leaks, model, tokens, lengths, schedule, machine)
    wanted = [c for group in groups for c in group.CHECKS if recipe.kind in c.kinds]
    with cache_unless_reachable() if _asks_the_hub(recipe) else nullcontext():
        return [finding for one in wanted for finding in findings(one, subject)]


def _asks_the_hub(recipe: Recipe) -> bool:
    """Is anything named that is not here? A slip of a folder's name counts."""
    names = [recipe.model, recipe.data, getattr(recipe, "start", "")]
    ours = ("minilm", "tiny-encoder", "tiny-causal", "")
    return any(name not in ours and not Path(name).exists() for name in names)
