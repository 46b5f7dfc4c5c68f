"""Do labels mean something? The sample's sealed truth over a grid of confounding strengths.

    python benchmarks/known_world.py [--threads 1200] [--seeds 3] [--strengths 0,0.5,1,2]
                                     [--models majority,paper,ensemble] [--json] [--figure FILE]

For each strength and seed: makes the invented world, builds it (the build never opens the truth),
and labels the same votes with each model. The paper's model hears the paper's functions, the others
the default ones. Rows of all seeds are pooled; intervals count threads. At strength 0 all comments
are equally likely seen, so that nothing can follow it.

- AUC of p against "helps this poster more than the average comment", on the rows with a p;
- partial rank correlation of p with exposure and with the poster's politeness (0 is wanted);
- coverage: the share of rows with a label;
- and, on the rows where both have a p, the default's AUC against the paper's.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from redditess.corpus.artefacts import write_text
from redditess.corpus.folder import BuildFolder
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings
from redditess.eval.report.rivals import Stand, gap, known, stand, under
from redditess.eval.report.rows import Sample
from redditess.eval.report.truth import read_truth
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.stats.intervals import Estimate

BOUND, BOUND_WITHOUT = 1.1, 1.0
"""Ours: of AUC ensemble / AUC paper on the rows of both, with confounding and without."""
STRENGTHS = (0.0, 0.5, 1.0, 2.0)


class World(NamedTuple):
    """One world's rows under each model, in the same order, and the truth about them."""

    rows: dict[str, Sample]
    latents: np.ndarray


def hears(model: str) -> tuple[str, ...]:
    """The functions that a model is meant for."""
    return load_settings("paper" if model == "paper" else "default").functions


def world(strength: float, seed: int, n_threads: int, models: list[str]) -> World:
    union = tuple(dict.fromkeys(name for model in models for name in hears(model)))
    settings = dataclasses.replace(
        load_settings("sample"), functions=union, label_model="majority", workers=1
    )
    with tempfile.TemporaryDirectory(prefix="known-world-") as at:
        dumps = Path(at) / "dumps"
        write_sample(dumps, seed=seed, n_threads=n_threads, confounding=strength)
        build([dumps], Path(at) / "build", settings, key=SAMPLE_KEY)
        truth, folder = read_truth(dumps / "truth.parquet"), BuildFolder(Path(at) / "build")
        found = {m: known(under(folder, settings, m, hears(m)), truth) for m in models}
    return World({m: rows for m, (rows, _) in found.items()}, found[models[0]][1])


def pooled(worlds: list[World]) -> World:
    """Several seeds as one; a thread of one seed is not the same thread in another."""

    def whole(model: str) -> Sample:
        parts = []
        for n, one in enumerate(worlds):
            rows = one.rows[model]
            names = np.array([f"{n}/{name}" for name in rows.thread], object)
            parts.append(dataclasses.replace(rows, thread=names))
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return Sample(*(np.concatenate(column) for column in columns))

    return World({m: whole(m) for m in worlds[0].rows}, np.concatenate([w.latents for w in worlds]))


def measured(strength: float, models: list[str], seeds: int, n_threads: int) -> list[dict]:
    found = pooled([world(strength, seed, n_threads, models) for seed in range(seeds)])
    stands = {m: stand(found.rows[m], found.latents) for m in models}
    lines = [_line(strength, m, s) for m, s in stands.items()]
    best = "ensemble" if "ensemble" in models else models[-1]
    if "paper" in models and best != "paper":
        lines.append(_against(strength, best, found))
    return lines


def _line(strength: float, model: str, s: Stand) -> dict:
    return {
        "name": f"known world, confounding {strength:g}, {model}", "model": model,
        "confounding": strength, "n": s.order.n, "baseline": "a coin (0.5)",
        "auc": _three(s.order), "labelled": round(s.labelled, 4), "right": round(s.right, 4),
        **{name: _three(e) for name, e in s.tied_to.items()},
        # Without confounding every comment is as likely seen, but for a few staged ones.
        **({} if strength else {"exposure": [None, None, None]}),
    }  # fmt: skip


def _against(strength: float, model: str, found: World) -> dict:
    ours, theirs = found.rows[model], found.rows["paper"]
    both = ~np.isnan(ours.p_effective) & ~np.isnan(theirs.p_effective)
    alone = [stand(r.where(both), found.latents[both]).order.value for r in (ours, theirs)]
    return {
        "name": f"known world, confounding {strength:g}, {model} against paper",
        "ratio": round(alone[0] / alone[1], 3), "sense": ">=",
        "bound": BOUND if strength else BOUND_WITHOUT,
        "n": int(both.sum()), "baseline": "paper", "confounding": strength,
        "gap": _three(gap(ours, theirs, found.latents)),
    }  # fmt: skip


def _three(e: Estimate) -> list[float | None]:
    """[value, low, high]; None where it cannot be known."""
    return [round(float(x), 4) if x == x else None for x in e[:3]]


PANELS = (
    ("auc", "AUC of p against known help", 0.45, 0.70, 0.5),
    ("op_politeness", "tie to the poster's politeness", -0.1, 0.45, 0.0),
    ("exposure", "tie to being seen", -0.2, 0.3, 0.0),
)
"""(figure, title, lowest, highest, where nothing would be found)"""
DASHES = ("none", "6 4", "2 3", "9 3 2 3")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600}"
    "path,line{stroke:#333;fill:none}.zero{stroke:#999;stroke-dasharray:1 3}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}path,line{stroke:#ddd}}"
)


def figure(lines: list[dict]) -> str:
    """The grid as one SVG that needs nothing else: a panel a figure, a line a model, brackets."""
    lines = [x for x in lines if "auc" in x]
    models = list(dict.fromkeys(x["model"] for x in lines))
    strengths = sorted({x["confounding"] for x in lines})
    shapes = [
        f'<g transform="translate({240 * n + 40},24)">'
        + "".join(_panel(lines, models, strengths, panel)) + "</g>"
        for n, panel in enumerate(PANELS)
    ]  # fmt: skip
    for n, model in enumerate(models):
        x = 40 + 150 * n
        shapes.append(f'<line x1="{x}" y1="248" x2="{x + 32}" y2="248" {_dash(n)}/>'
                      f'<text x="{x + 38}" y="252">{model}</text>')  # fmt: skip
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 740 262" role="img" aria-label='
        f'"Known world: label models by confounding strength"><style>{STYLE}</style>'
        + "".join(shapes) + "</svg>\n"
    )  # fmt: skip


def _dash(n: int) -> str:
    return f'stroke-dasharray="{DASHES[n % len(DASHES)]}"'


def _panel(
    lines: list[dict], models: list[str], strengths: list[float], panel: tuple
) -> Iterator[str]:
    key, title, low, high, zero = panel

    def x(strength: float) -> float:
        return 180 * strengths.index(strength) / max(1, len(strengths) - 1)

    def y(value: float) -> float:
        return round(180 * (1 - (min(max(value, low), high) - low) / (high - low)), 1)

    yield f'<text class="t" x="0" y="-8">{title}</text>'
    yield f'<line class="zero" x1="0" x2="180" y1="{y(zero)}" y2="{y(zero)}"/>'
    for value in (low, zero, high):
        yield f'<text x="-8" y="{y(value) + 4}" text-anchor="end">{value:g}</text>'
    for strength in strengths:
        yield f'<text x="{x(strength)}" y="200" text-anchor="middle">{strength:g}</text>'
    for n, model in enumerate(models):
        points = [(3 * (n - 1) + x(s["confounding"]), s[key]) for s in lines if s["model"] == model]
        points = [(at, three) for at, three in points if None not in three]
        for at, (_, lowest, highest) in points:
            yield f'<line x1="{at}" x2="{at}" y1="{y(lowest)}" y2="{y(highest)}"/>'
        path = " ".join(f"{at},{y(three[0])}" for at, three in points)
        yield f'<path d="M{path}" {_dash(n)} stroke-width="2"/>' if path else ""


def _show(lines: list[dict]) -> None:
    print("confounding  model      AUC of p            labelled  right  follows politeness    "
          "follows exposure")  # fmt: skip
    for x in (x for x in lines if "auc" in x):
        print(
            f"{x['confounding']:>11g}  {x['model']:<10} {_words(x['auc'])}  {x['labelled']:>8.1%}"
            f"  {x['right']:>5.1%}  {_words(x['op_politeness'])}  {_words(x['exposure'])}"
            f"  n {x['n']}"
        )
    for x in (x for x in lines if "ratio" in x):
        print(f"{x['name']}: {x['ratio']} x (bound {x['sense']} {x['bound']}), AUC gap "
              f"{_words(x['gap'])}, n {x['n']} rows")  # fmt: skip


def _words(three: list[float | None]) -> str:
    value, low, high = (float("nan") if x is None else x for x in three)
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=1200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--strengths", default=",".join(f"{c:g}" for c in STRENGTHS))
    parser.add_argument("--models", default="majority,paper,ensemble")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--figure", type=Path)
    args = parser.parse_args()
    lines: list[dict] = []
    for strength in args.strengths.split(","):
        lines += measured(float(strength), args.models.split(","), args.seeds, args.threads)
    if args.json:
        print("\n".join(json.dumps(line) for line in lines))
    else:
        _show(lines)
    if args.figure:
        write_text(args.figure, figure(lines))


if __name__ == "__main__":
    main()
