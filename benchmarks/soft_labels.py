"""Do posteriors teach a classifier more than labels? A world with known truth and known noise.

Rows have words; truth follows words; five labeling functions of known accuracy vote on some rows
each. The posterior of a row is exact, its label is the likelier class. A linear model over words
(`training.classifier.soft_loss`, L2) is trained on either target and tested on the truth of other
rows. A second world makes the posteriors twice as sure as they may be, as correlated votes do.
Needs torch.

`python benchmarks/soft_labels.py [--json] [--seeds 5]`
"""

from __future__ import annotations

import argparse
import json
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from redditess.stats.intervals import Z95
from redditess.stats.ranking import auc
from redditess.training.classifier.soft_loss import soft_loss, targets

N_TRAIN, N_TEST, N_WORDS, N_INFORMATIVE = 3000, 4000, 400, 80
PRESENCE = 0.05  # of a word in a row
ACCURACY = np.array([0.60, 0.65, 0.70, 0.75, 0.85])
COVERAGE = np.array([0.70, 0.60, 0.50, 0.40, 0.25])
RIDGES = (
    0.003,
    0.01,
    0.03,
    0.1,
)  # of the mean loss; each target has its best one, by held-out truth
TARGETS = ("hard", "posterior")


class World(NamedTuple):
    """Words (n, d), truth (n,), posteriors (n,) given votes; rows without a vote are left out."""

    words: np.ndarray
    truth: np.ndarray
    p: np.ndarray


def world(n: int, seed: int, part: int, overconfidence: float = 1.0) -> World:
    """Rows of one world (`seed`); `part` tells train from test. Posteriors are exact where
    `overconfidence` is 1; else their log odds are multiplied by it.
    """
    informative = np.random.default_rng([seed, 0]).normal(0, 1, N_INFORMATIVE)
    rng = np.random.default_rng([seed, 1, part])
    words = (rng.random((n, N_WORDS)) < PRESENCE).astype(np.float32)
    odds = words[:, :N_INFORMATIVE] @ informative
    truth = rng.random(n) < 1 / (1 + np.exp(-odds))
    votes = rng.random((n, 5)) < COVERAGE
    right = rng.random((n, 5)) < ACCURACY
    says = np.where(right, truth[:, None], ~truth[:, None])
    weight = np.log(ACCURACY / (1 - ACCURACY))
    posterior = (np.where(says, weight, -weight) * votes).sum(1) * overconfidence
    seen = votes.any(1)
    return World(words[seen], truth[seen], 1 / (1 + np.exp(-posterior[seen])))


def fitted(train: World, target: str, ridge: float) -> np.ndarray:
    """Weights (d + 1,) of the linear model that costs least: L-BFGS on `soft_loss`."""
    import torch

    rows = pa.table({"label": pa.array(train.p > 0.5, pa.int8()), "p_effective": train.p})
    aim = targets(rows, target=target, row_weight="none", class_weight="none")
    x = torch.from_numpy(np.column_stack([train.words, np.ones(len(train.p), np.float32)]))
    p, weight = (torch.from_numpy(a.astype(np.float32)) for a in (aim.p, aim.weight))
    w = torch.zeros(x.shape[1], requires_grad=True)
    steps = torch.optim.LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")

    def cost() -> Any:
        steps.zero_grad()
        odds = x @ w
        logits = torch.stack([torch.zeros_like(odds), odds], dim=1)
        total = soft_loss(logits, p, weight) + ridge * (w[:-1] ** 2).sum() / 2
        total.backward()
        return total

    steps.step(cost)
    return w.detach().numpy()


class Figures(NamedTuple):
    """Of one model on the truth: AUC, and what a row costs in nats."""

    auc: float
    log_loss: float


def tested(w: np.ndarray, test: World) -> Figures:
    odds = test.words @ w[:-1] + w[-1]
    cost = np.logaddexp(0, np.where(test.truth, -odds, odds)).mean()
    return Figures(auc(odds, test.truth, np.arange(len(odds))).value, float(cost))


def measure(n_seeds: int, overconfidence: float) -> dict[str, list[Figures]]:
    """target -> figures of each seed, at the strength that is best for that target."""
    found: dict[str, list[Figures]] = {name: [] for name in TARGETS}
    for seed in range(n_seeds):
        train = world(N_TRAIN, seed, 0, overconfidence)
        choose, test = world(N_TEST, seed, 1), world(N_TEST, seed, 2)
        for name in TARGETS:
            tried = [fitted(train, name, ridge) for ridge in RIDGES]
            best = min(tried, key=lambda w: tested(w, choose).log_loss)
            found[name].append(tested(best, test))
    return found


def gap(one: list[float], other: list[float]) -> tuple[float, float, float]:
    """Mean difference over seeds and its 95 % interval; seeds are worlds of their own."""
    away = np.array(one) - np.array(other)
    half = Z95 * away.std(ddof=1) / np.sqrt(len(away)) if len(away) > 1 else np.nan
    return float(away.mean()), float(away.mean() - half), float(away.mean() + half)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    for name, overconfidence in (("exact posteriors", 1.0), ("posteriors twice too sure", 2.0)):
        found = measure(args.seeds, overconfidence)
        cost = {t: float(np.mean([f.log_loss for f in figures])) for t, figures in found.items()}
        area = {t: [f.auc for f in figures] for t, figures in found.items()}
        value, low, high = gap(area["posterior"], area["hard"])
        if args.json:
            print(json.dumps({
                "name": f"soft targets, {name}: pairs in the wrong order / with hard targets",
                "ratio": round((1 - np.mean(area["posterior"])) / (1 - np.mean(area["hard"])), 4),
                "bound": 1.0, "sense": "<=", "n": args.seeds, "baseline": "hard",
                "auc_gain": round(value, 4), "low": round(low, 4), "high": round(high, 4),
                "log_loss": round(cost["posterior"], 4),
                "log_loss_baseline": round(cost["hard"], 4),
            }))  # fmt: skip
            continue
        print(f"{name}, {args.seeds} worlds")
        for target in TARGETS:
            print(f"  {target:<10} AUC {np.mean(area[target]):.3f}  log loss {cost[target]:.3f}")
        print(f"  AUC, posterior - hard: {value:+.4f} [{low:+.4f}, {high:+.4f}]")


if __name__ == "__main__":
    main()
