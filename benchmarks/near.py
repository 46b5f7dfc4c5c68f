"""How fast are near-duplicates found, and are all of them?

    python benchmarks/near.py [--texts 100000] [--larger 1000000] [--json]

Made-up texts of 10 to 150 words with Zipf's frequencies, 80 % train; in one of a hundred a text of
test is copied into train with words changed. Recall counts planted pairs that still have Jaccard
0.7, by sets of words. `template`: every text is 75 % template, no two are near (the join must not
compare all with all). `everybody`: 90 % template, nearly all are near. Growth: seconds per text of
the larger set over those of the smaller.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from redditess.release.near import NOBODY, NearTexts

WORDS = 40_000
BATCH = 20_000


class World(NamedTuple):
    texts: list[str]
    split: np.ndarray  # (n,) int8
    planted: list[tuple[int, int]]  # (text of train, the one it was copied from)


class Run(NamedTuple):
    seconds: float
    found: np.ndarray
    megabytes: int  # more than before, at the most


def world(n: int, kind: str = "plain", seed: int = 0) -> World:
    rng = np.random.default_rng(seed)
    frequency = np.cumsum(1 / np.arange(1, WORDS + 1))
    names = np.array([f"w{i:x}" for i in range(WORDS)])

    def words(k: int) -> np.ndarray:
        return names[np.searchsorted(frequency, rng.random(k) * frequency[-1])]

    own = {"plain": 0, "template": 25, "everybody": 10}[kind]
    template = words(100 - own) if own else words(0)
    sizes = np.full(n, own) if own else rng.integers(10, 150, n)
    texts = []
    for begin in range(0, n, BATCH):
        mine = sizes[begin : begin + BATCH]
        for one in np.split(words(int(mine.sum())), np.cumsum(mine)[:-1]):
            texts.append(" ".join(np.concatenate([template, one])))
    split = rng.choice(3, n, p=[0.1, 0.1, 0.8]).astype(np.int8)
    planted = _plant(texts, split, rng) if not own else []
    return World(texts, split, planted)


def _plant(texts: list[str], split: np.ndarray, rng: np.random.Generator) -> list[tuple[int, int]]:
    n = len(texts) // 100
    copies = rng.choice(np.flatnonzero(split == 2), n, replace=False)
    sources = rng.choice(np.flatnonzero(split == 0), n)
    for copy, source in zip(copies, sources, strict=True):
        words = texts[source].split()
        for at in rng.integers(0, len(words), int(len(words) * rng.choice([0, 0.03, 0.06]))):
            words[at] = f"edit{rng.integers(10**6)}"
        texts[copy] = " ".join(words)
    return list(zip(copies.tolist(), sources.tolist(), strict=True))


def run(made: World) -> Run:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, NearTexts(Path(folder), 0.7) as near:
        for at in range(0, len(made.texts), BATCH):
            near.add(made.texts[at : at + BATCH], made.split[at : at + BATCH])
        near.finish()
        found = near.partners(made.split == 0, made.split > 0)
        rest = (made.split == 2) & (found == NOBODY)
        found = np.maximum(found, near.partners(made.split == 1, rest))
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Run(seconds, found, (after - before) // 1024)


def recall(made: World, found: np.ndarray) -> tuple[int, int]:
    """Planted pairs that are near, and those of them that were found."""
    near = [copy for copy, source in made.planted if _jaccard(made.texts[copy], made.texts[source])
            >= 0.7]  # fmt: skip
    return len(near), sum(found[copy] != NOBODY for copy in near)


def _jaccard(a: str, b: str) -> float:
    x, y = ({*zip(w, w[1:], w[2:], strict=False)} for w in (a.split(), b.split()))
    return len(x & y) / len(x | y)


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--larger", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    per_text: dict[str, float] = {}
    for name, n, kind in (
        ("plain", args.texts, "plain"), ("larger", args.larger, "plain"),
        ("template", args.texts, "template"), ("everybody", args.texts, "everybody"),
    ):  # fmt: skip
        made = world(n, kind)
        done = run(made)
        per_text[name] = done.seconds / n
        near, hit = recall(made, done.found)
        told = {"texts": n, "seconds": round(done.seconds, 1), "megabytes": done.megabytes,
                "left": int((done.found != NOBODY).sum())}  # fmt: skip
        if args.json and near:
            row = {"name": f"near recall: {name}", "ratio": hit / near, "bound": 1.0,
                   "sense": ">=", "n": near, "baseline": "planted", **told}  # fmt: skip
            print(json.dumps(row))
        elif not args.json:
            print(f"{name:10} {told} planted {near} found {hit}", flush=True)
    for name, bound in (("larger", 2.0), ("template", 3.0), ("everybody", 6.0)):
        ratio = round(per_text[name] / per_text["plain"], 2)
        row = {"name": f"near time per text: {name}", "ratio": ratio, "bound": bound, "sense": "<=",
               "n": 1, "baseline": "plain"}  # fmt: skip
        print(json.dumps(row) if args.json else f"{name} / plain, seconds per text: {ratio}")


if __name__ == "__main__":
    main()
