"""How far do strategies and support types agree with people? (macro-F1, clustered by dialogue)

    python benchmarks/support_types.py [--json]

Measures only: ESConv is CC BY-NC 4.0, nothing here or in the package was trained on it. The set
is found by REDDITESS_SHARED, else ../shared beside the repository; without it the benchmark says so
and ends. Beside the rules: always the commonest strategy, and a draw from the annotators' shares.
Published figures are of a harder task (the *next* strategy, before the turn is
written) on ESConv's test split: RoBERTa .250, MISC .209, MultiESC .257, TransESC .263, EmoDynamiX
.277 macro-F1 as given by the EmoDynamiX paper. No published figure for tagging a written turn is
known to us.
"""

from __future__ import annotations

import argparse
import json
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from redditess.labeling.support import (
    STRATEGIES,
    SUPPORT_TYPES,
    strategies,
    support_types,
    types_of_strategy,
)
from redditess.stats.intervals import Estimate, resampled, share

ROOT = Path(__file__).parents[1]
HELD_OUT = ROOT / "tests" / "labeling" / "support_held_out.toml"

NAMES = {"coping_strategy": "coping"}  # as the held-out file says it


def turns(folder: Path) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Supporters' turns: texts, strategies (places in STRATEGIES), dialogues."""
    texts, said, dialogue = [], [], []
    with (folder / "esconv" / "dialogs_valid.jsonl").open(encoding="utf8") as f:
        for line in f:
            row = json.loads(line)
            for turn in row["turns"]:
                if turn["role"] == "supporter" and turn.get("strategy") in STRATEGIES:
                    texts.append(turn["text"])
                    said.append(STRATEGIES.index(turn["strategy"]))
                    dialogue.append(str(row["dialog_id"]))
    return texts, np.array(said), np.array(dialogue)


def macro_f1(said: np.ndarray, truth: np.ndarray, k: int) -> float:
    """Mean F1 over k classes; a class that nobody says and that is not there counts 0."""
    both = np.bincount(said[said == truth], minlength=k)
    sizes = np.bincount(said, minlength=k) + np.bincount(truth, minlength=k)
    return float(np.mean(2 * both / np.maximum(sizes, 1)))


def measure(folder: Path) -> dict[str, Estimate]:
    """Macro-F1 of ours and of two baselines; the interval is a bootstrap over dialogues."""
    texts, truth, dialogue = turns(folder)
    k = len(STRATEGIES)
    ours = np.array([STRATEGIES.index(s) for s in strategies(pa.array(texts))])
    commonest = np.full(len(truth), np.bincount(truth).argmax())
    drawn = np.random.default_rng(0).permutation(truth)
    return {
        name: resampled(lambda rows, s=said: macro_f1(s[rows], truth[rows], k), dialogue)
        for name, said in (("ours", ours), ("commonest", commonest), ("drawn", drawn))
    }


def by_type(folder: Path) -> dict[str, tuple[float, float]]:
    """Of each support type: heard in turns whose strategy stands for it, and in the others."""
    texts, truth, _ = turns(folder)
    heard = support_types(pa.array(texts)).to_pylist()
    stands = [types_of_strategy(STRATEGIES[t]) for t in truth]
    return {name: (_rate(heard, stands, name, True), _rate(heard, stands, name, False))
            for name in SUPPORT_TYPES}  # fmt: skip


class Heard(NamedTuple):
    """How well one support type is heard in the held-out items."""

    f1: float
    recall: Estimate
    false_alarms: Estimate


def held_out() -> dict[str, Heard]:
    """Per support type, of items by people who did not see the rules."""
    found = tomllib.loads(HELD_OUT.read_text("utf8"))["item"]
    heard = support_types(pa.array([i["text"] for i in found])).to_pylist()
    table = {}
    for name in SUPPORT_TYPES:
        truth = np.array([NAMES.get(name, name) in i["types"] for i in found])
        said = np.array([name in h for h in heard])
        both = 2 * np.sum(said & truth) / max(np.sum(said) + np.sum(truth), 1)
        table[name] = Heard(float(both), _share(said[truth]), _share(said[~truth]))
    return table


def _rate(
    heard: Sequence[Sequence[str]], stands: Sequence[Sequence[str]], name: str, wanted: bool
) -> float:
    rows = [name in h for h, s in zip(heard, stands, strict=True) if (name in s) == wanted]
    return sum(rows) / len(rows) if rows else float("nan")


def _share(hits: np.ndarray) -> Estimate:
    return share(hits, np.arange(len(hits)))


def _ends(e: Estimate) -> str:
    return f"{e.value:.3f} [{e.low:.3f}, {e.high:.3f}] n = {e.n}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not args.json:
        types = held_out()
        print(f"held-out items, macro-F1 {np.mean([h.f1 for h in types.values()]):.3f}")
        for name, h in types.items():
            print(
                f"{name:<18}F1 {h.f1:.3f}  recall {_ends(h.recall)}  others {_ends(h.false_alarms)}"
            )
    folder = Path(os.environ.get("REDDITESS_SHARED") or ROOT.parent / "shared") / "data"
    if not (folder / "esconv").is_dir():
        print(f"skipped: ESConv is not here ({folder / 'esconv'}); set REDDITESS_SHARED")
        return
    found = measure(folder)
    if args.json:
        ours, lazy = found["ours"], found["commonest"]
        print(json.dumps({
            "name": "ESConv strategies, macro-F1", "ratio": round(ours.value, 4),
            "bound": round(lazy.value, 4), "sense": ">=", "n": ours.n, "baseline": "commonest",
            "low": round(ours.low, 4), "high": round(ours.high, 4),
        }))  # fmt: skip
        return
    for name, e in found.items():
        print(f"{name:<12}{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]  "
              f"{e.n} turns of {e.n_clusters} dialogues")  # fmt: skip
    for name, (inside, outside) in by_type(folder).items():
        print(
            f"{name:<18}heard in {inside:.2f} of turns that stand for it, {outside:.2f} of others"
        )


if __name__ == "__main__":
    main()
