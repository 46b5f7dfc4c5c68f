"""How long does choosing pairs take, and does it grow with the rows alone?

    python benchmarks/pairs.py [--rows 100000] [--larger 1000000] [--json]

Made-up labelled rows (integers; texts are a later pass over few rows), threads of 1 to about 30
answers and one thread of 2,000. All three levels are chosen, balance
included. Growth: seconds per row of the larger set over those of the smaller.
"""

from __future__ import annotations

import argparse
import json
import resource
import time

import numpy as np

from redditess.release.lessons import Lessons
from redditess.release.pair_rules import LEVELS
from redditess.release.pairs import alike_pairs, settle

BOUND = 2.0  # of growth: a sort is n log n
SEED = 20_261_121


def lessons(n: int, seed: int = SEED) -> Lessons:
    """n labelled rows, sorted by thread."""
    rng = np.random.default_rng(seed)
    sizes = np.minimum(rng.geometric(0.15, n), 30)
    thread = np.repeat(np.arange(n), sizes)[:n]
    thread[:2_000] = 0
    thread = np.sort(thread).astype(np.uint64)
    effective = rng.random(n) < 0.4
    p = np.round(np.where(effective, 0.75, 0.1) + rng.random(n) * 0.2, 2)
    return Lessons(
        np.arange(n), (thread % 10).clip(0, 2).astype(np.int8),
        rng.permutation(n).astype(np.uint64), thread, effective,
        np.where(effective, 0, 4).astype(np.int8), p, p - 0.15, p + 0.05,
        np.round(rng.random(n) * 0.5, 2), (1 + (rng.random(n) < 0.2)).astype(np.int8),
        rng.random(n) < 0.1, np.where(rng.random(n) < 0.3, 1, 0).astype(np.uint8),
        rng.random(n) < 0.3, rng.integers(0, 9, n).astype(np.int8),
        rng.integers(0, 30, n).astype(np.int32), rng.integers(0, 10**6, n),
        np.exp(rng.normal(5.5, 0.8, n)).astype(np.int32), rng.integers(1, 2**60, n, np.uint64),
    )  # fmt: skip


def run(n: int) -> tuple[float, int, int]:
    """Seconds, pairs at the default level, candidates."""
    x = lessons(n)
    began = time.perf_counter()
    found = {name: alike_pairs(x, level) for name, level in LEVELS.items()}
    done = {name: settle(x, f, np.zeros(len(f.ends), bool)) for name, f in found.items()}
    return time.perf_counter() - began, len(done["default"].ends), done["default"].n_candidates


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--larger", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    small, pairs, _ = run(args.rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large, more, candidates = run(args.larger)
    growth = (large / args.larger) / (small / args.rows)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    if args.json:
        told = {"name": "pairs_growth", "ratio": round(growth, 2), "bound": BOUND, "sense": "<="}
        print(json.dumps({**told, "n": args.larger, "baseline": f"{args.rows} rows"}))
        return
    print(f"{'rows':>10} {'seconds':>8} {'pairs':>9}")
    print(f"{args.rows:>10,} {small:>8.2f} {pairs:>9,}")
    print(f"{args.larger:>10,} {large:>8.2f} {more:>9,}   of {candidates:,} candidates")
    print(f"growth per row {growth:.2f} (bound {BOUND}), {memory} MB more than before")


if __name__ == "__main__":
    main()
