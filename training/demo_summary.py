"""What `redditess train demo` says at its end: figures, places, and what they do not show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .figures.table_text import short

if TYPE_CHECKING:
    from .demo import Done

HEADLINE = "reward_accuracy"
FEW = {"pair_accuracy": "pairs in a thread", "macro_f1": "macro-F1", "roc_auc": "ROC-AUC"}
_NAME, _FIGURE = 16, 20  # columns


def summary(done: Done) -> str:
    """Plain text of at most 80 columns; the whole table of the classifier is in its card."""
    return "\n".join([*_head(done), *_generator(done), *_classifier(done), *_places(done), HONEST])


def _head(done: Done) -> Iterator[str]:
    rows = _rows(done.manifest, "effectiveness")
    yield (
        f"{done.n_threads:,} invented threads -> {rows:,} labelled comments, "
        f"{_rows(done.manifest, 'preferences'):,} pairs; {_minutes(done.seconds)}"
    )
    yield ""


def _generator(done: Done) -> Iterator[str]:
    """The headline: does the aligned model prefer what the poster acknowledged?"""
    figure = done.metrics["dpo"]["eval"][HEADLINE]
    yield f"Held-out reward accuracy after DPO: {short(figure)}"
    yield f"  {figure['n']:,} pairs of {figure['n_clusters']:,} posters; a coin has .50. Share of"
    yield "  pairs in which the answer that the poster acknowledged gets the higher reward."
    for step, name in (("sft", "loss"), ("sft", "base_loss")):
        found = done.metrics[step]["eval"].get(name)
        if found:
            what = "before" if name == "base_loss" else "after"
            yield f"Held-out loss a token {what} SFT: {short(found)}"
    yield ""


def _classifier(done: Done) -> Iterator[str]:
    if "classifier" in done.left_out:
        yield f"LEFT OUT: the classifier. {done.left_out['classifier']}"
        yield ""
        return
    yield "The classifier beside what anybody could have without it (more in its card):"
    yield "".join(["".ljust(_NAME), *(head.ljust(_FIGURE) for head in FEW.values())]).rstrip()
    for row in done.metrics["classifier"]["table"]["rows"]:
        figures = [short(row["figures"].get(key)).ljust(_FIGURE) for key in FEW]
        yield "".join([row["name"].ljust(_NAME), *figures]).rstrip()
    yield ""


def _places(done: Done) -> Iterator[str]:
    yield f"{done.out / 'build' / 'redditess'}: the dataset"
    for step in done.metrics:
        yield f"{done.out / step}: recipe, versions, log, curves, metrics, and in model/ the card"
    yield ""


HONEST = """\
What this shows: the road works from dumps to models with cards, without a network,
and a second run on this machine gives the same weights.
What it does not: how good a model is. Every post is invented, from a few hundred
phrases; the generator began with random weights and knows nothing else; the labels
were made by rules, so the table is self-consistency, not accuracy.
Your own: redditess train recipes; docs/training.md
"""


def _rows(manifest: dict[str, Any], config: str) -> int:
    return sum(split["rows"] for split in manifest["splits"][config].values())


def _minutes(seconds: float) -> str:
    """For people.

    >>> _minutes(221.4), _minutes(9)
    ('3 min 41 s', '0 min 9 s')
    """
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
