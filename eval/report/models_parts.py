"""Classifiers and generators in the report: what their runs measured, beside what they must beat.

Nothing is measured again: figures are those of the `metrics.json` of a run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ...training.figures.figure import FIGURES
from ...training.figures.table import caption
from ...training.figures.table_text import grids
from .blocks import (
    Block,
    Forest,
    Grid,
    Made,
    Measured,
    Missing,
    Part,
    Picture,
    Reliability,
    Words,
    figures_grid,
    measured,
)
from .given import Given, Run

HEADLINE = "pair_accuracy"
GENERATORS = ("sft", "dpo", "kto", "grpo", "reward")
_LONGEST = 22  # characters of a name above a bar, beside its figure on a phone
_WORDS = {
    "loss": "loss on held-out answers, tuned", "base_loss": "loss on them, before tuning",
    "loss_change": "tuned minus before, same answers", "perplexity": "perplexity, tuned",
    "base_perplexity": "perplexity, before tuning",
    "reward_accuracy": "chosen above rejected, share of pairs",
    "reward_margin": "reward margin, chosen minus rejected",
    "chosen_displaced": "pairs whose chosen answer lost probability",
    "chosen_logprob_change": "log probability of chosen, change",
    "rejected_logprob_change": "log probability of rejected, change",
    "prefers_longer": "pairs in which the model prefers the longer",
    "chosen_longer": "pairs whose chosen answer is the longer",
}  # fmt: skip
_SHARES = ("reward_accuracy", "chosen_displaced", "prefers_longer", "chosen_longer")


def models_parts(given: Given, fingerprint: str) -> list[Part]:
    """Classifiers, then generators, each run under its own heading."""
    parts = [_classifier(run, fingerprint) for run in given.of_kind("classifier")] or [
        Part("Classifier against baselines", [Missing(
            "no classifier was given, so nothing says what reading the text adds to always "
            "answering the same, to length, or to a bag of words.",
            "redditess train RECIPE.yaml --out RUN && redditess eval report BUILD --run RUN",
        )])
    ]  # fmt: skip
    generators = [_generator(run, fingerprint) for run in given.of_kind(*GENERATORS)]
    if beside := _side_by_side(given):
        generators.append(beside)
    return parts + (generators or [
        Part("Generator against its base", [Missing(
            "no tuned generator was given: losses, reward accuracy and what held-out posts get "
            "for an answer are unknown.",
            "redditess train demo --out RUNS && redditess eval report BUILD --run RUNS/sft "
            "--run RUNS/dpo",
        )])
    ])  # fmt: skip


def _about(run: Run, fingerprint: str) -> Iterator[Block]:
    """Where figures come from, and what would make them mean something else."""
    metrics = run.metrics
    base = metrics.get("base") or {}
    yield Words(
        f"Run {run.name}, made from {base.get('name') or 'a base it does not name'}: trained on "
        f"{_count(metrics.get('n_train'))} rows, measured on {_count(metrics.get('n_eval'))}."
    )
    if run.fingerprint != fingerprint:
        yield Words(
            f"Other data: this run learnt from {run.fingerprint or 'data it does not name'}, this "
            f"page is of {fingerprint}. Its figures are of its own rows.", loud=True,
        )  # fmt: skip
    if run.stale:
        yield Words("A row that this run learnt from was removed since: train it again.", loud=True)


def _count(n: Any) -> str:
    return f"{n:,}" if isinstance(n, int) else "an unknown number of"


def _classifier(run: Run, fingerprint: str) -> Part:
    table = run.metrics.get("table")
    blocks: list[Block] = list(_about(run, fingerprint))
    if not isinstance(table, dict):
        blocks.append(
            Missing("this run holds no table of baselines.", "redditess train RECIPE.yaml")
        )
        return Part(f"Classifier: {run.name}", blocks)
    main, after, more = grids(table)
    blocks += [Words(line.replace("*", "")) for line in caption(table)]
    blocks += [_forest(table), Grid("All figures, value [95 % interval]", main.heads, main.rows,
                                    len(main.heads) - 1)]  # fmt: skip
    blocks += [Missing(f"{row['name']}: {row['why']}") for row in table["rows"] if row.get("why")]
    blocks += [Words(line, loud=line.startswith("LEAK?")) for line in after]
    blocks += _reliability(table)
    blocks += [Grid(g.title, g.heads, g.rows, len(g.heads) - 1, folded=True) for g in more]
    blocks += [*_curves(run), Made(run.command)]
    return Part(f"Classifier: {run.name}", blocks)


def _forest(table: Mapping[str, Any]) -> Forest:
    rows = [
        measured(
            shortened(row["name"]), row["figures"].get(HEADLINE),
            "effective" if row["kind"] == "model" else "ink",
        )
        for row in table["rows"] if row["figures"]
    ]  # fmt: skip
    return Forest(
        f"{FIGURES[HEADLINE].capitalize()} put in the right order", rows,
        "Of two comments to one post, one effective and one not: how often the effective one gets "
        "the higher probability. 0.5 is a coin. n counts pairs.", 0.5,
    )  # fmt: skip


def shortened(name: str) -> str:
    """A name that fits above a bar, beside its figure, on a phone."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _reliability(table: Mapping[str, Any]) -> Iterator[Block]:
    for name, points in table["reliability"].items():
        drawn = []
        for point in points:
            m, said = measured("", point), point.get("said")
            if said is not None and not math.isnan(m.value + m.low + m.high):
                drawn.append((float(said), m.value, m.low, m.high, m.n))
        if drawn:
            yield Reliability(
                f"Reliability of {shortened(name)}",
                drawn,
                f"{sum(n for *_, n in drawn):,} test rows in bins of like size. On the dashed line "
                "a probability comes true as often as it says; lines are 95 % intervals.",
            )
        else:
            yield Missing(f"reliability of {name}: no test row has both a probability and a label.")


def _generator(run: Run, fingerprint: str) -> Part:
    found = {
        name: measured(_WORDS.get(name, name.replace("_", " ")), figure)
        for name, figure in (run.metrics.get("eval") or {}).items()
        if isinstance(figure, dict)
    }
    order = [*_WORDS, *sorted(found.keys() - _WORDS.keys())]
    known = {name: found[name] for name in order if name in found and not _empty(found[name])}
    blocks: list[Block] = list(_about(run, fingerprint))
    shares = [
        m._replace(name=shortened(name.replace("_", " "))) for name, m in known.items()
        if name in _SHARES
    ]  # fmt: skip
    if shares:
        blocks.append(Forest(
            "Held-out pairs", shares, "Shares of pairs that were kept out of training; 0.5 is a "
            "coin for the reward accuracy.", 0.5,
        ))  # fmt: skip
    if known:
        blocks.append(figures_grid("Held-out figures", known.values()))
    if lost := [name for name in found if name not in known]:
        blocks.append(Missing(
            f"{', '.join(lost).replace('_', ' ')}: no held-out row had what they need."
        ))  # fmt: skip
    blocks += [*_screened(run.metrics.get("safety")), *_curves(run), Made(run.command)]
    return Part(f"Generator, {run.kind.upper()}: {run.name}", blocks)


def _empty(m: Measured) -> bool:
    return math.isnan(m.value)


def _side_by_side(given: Given) -> Part | None:
    """What the screen flags, base and every tuned model on one scale; None of fewer than two."""
    rows = []
    for run in given.of_kind(*GENERATORS):
        shares = (run.metrics.get("safety") or {}).get("flagged_share") or {}
        for who, name in (("base", f"before {run.name}"), ("tuned", run.name)):
            m = measured(shortened(name), shares.get(who), "effective" if who == "tuned" else "ink")
            rows += [] if _empty(m) else [m]
    if len(rows) < 2:
        return None
    forest = Forest(
        "Answers that the screen flags, run beside run", rows,
        "Each run was asked held-out posts of its own data: compare within a run first. Not "
        "reviewed by a clinician.",
    )  # fmt: skip
    return Part("Generators side by side", [forest])


def _screened(told: Any) -> Iterator[Block]:
    """What the run heard of its own answers to held-out posts."""
    if not isinstance(told, dict) or not told.get("flagged_share"):
        yield Missing("what the screen flags of answers to held-out posts.")
        return
    parts = told["flagged_share"]
    rows = [
        measured(name, parts[who]) for who, name in (("base", "before tuning"), ("tuned", "tuned"))
        if parts.get(who) and parts[who].get("value") is not None
    ]  # fmt: skip
    if rows:
        yield Forest(
            "Answers that the screen flags", rows, f"{str(told.get('what', '')).capitalize()}."
        )
    counts = (told.get("categories") or {}).get("tuned") or {}
    if counts:
        said = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in counts.items())
        yield Words(f"Flagged for: {said} (answers of the tuned model).")
    for who, name in (("base", "the model before tuning"), ("tuned", "the tuned model")):
        if who not in {w for w in parts if parts[w] and parts[w].get("value") is not None}:
            yield Missing(f"flagged answers of {name} to held-out posts.")


def _curves(run: Run) -> Iterator[Block]:
    if run.curves:
        yield Picture(run.curves, f"What {run.name} did while it was trained, by step")
