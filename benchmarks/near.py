"""How fast are near-duplicates found, and are all of them?

    python benchmarks/near.py [--texts 100000] [--larger 1000000,10000000] [--tmp DIR] [--json]

Made-up texts of 10 to 150 words with Zipf's frequencies (`raw_tables.py`), 80 % train; in one of a
hundred a text of test is copied into train with words changed. Recall counts planted pairs that
still have Jaccard 0.7, by sets of words. `template`: every text is 75 % template, no two are near
(the join must not compare all with all). `everybody`: 90 % template, nearly all are near. Growth:
CPU seconds per text of a larger set over those of the smallest. Texts are made batch by batch.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from raw_tables import joined

from redditess.release.near import NOBODY, NearTexts
from redditess.release.twins import normal_form

BATCH = 20_000
BOUNDS = {"plain": 2.0, "template": 3.0, "everybody": 6.0}


class Batch(NamedTuple):
    texts: list[str]
    split: np.ndarray  # (k,) int8
    near: list[int]  # places of texts that were copied into train and are still near


class Run(NamedTuple):
    seconds: float  # of the CPU, without those that making the texts took
    found: np.ndarray
    near: np.ndarray  # planted texts
    megabytes: int  # more than before, at the most


def world(n: int, kind: str = "plain", seed: int = 0) -> Iterator[Batch]:
    """n texts, a batch at a time; a copy's source stands in its own batch."""
    rng = np.random.default_rng(seed)
    own = {"plain": 0, "template": 25, "everybody": 10}[kind]
    template = joined(rng, np.array([100 - own])).to_pylist() if own else []
    for begin in range(0, n, BATCH):
        k = min(BATCH, n - begin)
        sizes = np.full(k, own) if own else rng.integers(10, 150, k)
        texts = [" ".join([*template, one]) for one in joined(rng, sizes).to_pylist()]
        split = rng.choice(3, k, p=[0.1, 0.1, 0.8]).astype(np.int8)
        yield Batch(texts, split, [] if own else _plant(texts, split, rng))


def _plant(texts: list[str], split: np.ndarray, rng: np.random.Generator) -> list[int]:
    copies = rng.choice(np.flatnonzero(split == 2), len(texts) // 100, replace=False)
    near = []
    for copy, source in zip(
        copies, rng.choice(np.flatnonzero(split == 0), len(copies)), strict=True
    ):
        words = texts[source].split()
        for at in rng.integers(0, len(words), int(len(words) * rng.choice([0, 0.03, 0.06]))):
            words[at] = f"edit{rng.integers(10**6)}"
        texts[copy] = " ".join(words)
        if _jaccard(texts[copy], texts[source]) >= 0.7:
            near.append(int(copy))
    return near


def run(batches: Iterator[Batch], folder: str | None = None) -> Run:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    planted, seconds = [np.zeros(0, np.int64)], 0.0
    with tempfile.TemporaryDirectory(dir=folder) as scratch, NearTexts(Path(scratch), 0.7) as near:
        for made in batches:
            planted.append(np.array(made.near, np.int64) + near.n_added)
            start = time.process_time()
            near.add(made.texts, made.split)
            seconds += time.process_time() - start
        start = time.process_time()
        near.finish()
        found = near.partners(near.split == 0, near.split > 0)
        rest = (near.split == 2) & (found == NOBODY)
        found = np.maximum(found, near.partners(near.split == 1, rest))
        seconds += time.process_time() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Run(seconds, found, np.concatenate(planted), (after - before) // 1024)


def _jaccard(a: str, b: str) -> float:
    x, y = (
        {*zip(w, w[1:], w[2:], strict=False)}
        for w in (normal_form(a).split(), normal_form(b).split())
    )
    return len(x & y) / len(x | y)


def main() -> None:
    args = _arguments()
    per_text: dict[str, float] = {}
    sizes = [int(float(n)) for n in args.larger.split(",") if n]
    runs = [("plain", args.texts, "plain"), *((f"{n:,}", n, "plain") for n in sizes)]
    runs += [("template", args.texts, "template"), ("everybody", args.texts, "everybody")]
    for name, n, kind in runs:
        done = run(world(n, kind), args.tmp)
        per_text[name] = done.seconds / n
        hit = int((done.found[done.near] != NOBODY).sum())
        told = {"texts": n, "cpu_s": round(done.seconds, 1), "megabytes": done.megabytes,
                "left": int((done.found != NOBODY).sum())}  # fmt: skip
        if args.json and len(done.near):
            row = {"name": f"near recall: {name}", "ratio": hit / len(done.near), "bound": 1.0,
                   "sense": ">=", "n": len(done.near), "baseline": "planted", **told}  # fmt: skip
            print(json.dumps(row))
        elif not args.json:
            print(f"{name:10} {told} planted {len(done.near)} found {hit}", flush=True)
    for name, _, kind in runs[1:]:
        ratio = round(per_text[name] / per_text["plain"], 2)
        row = {"name": f"near time per text: {name}", "ratio": ratio, "bound": BOUNDS[kind],
               "sense": "<=", "n": 1, "baseline": "plain"}  # fmt: skip
        print(json.dumps(row) if args.json else f"{name} / plain, CPU s per text: {ratio}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--larger", default="1000000", help="more sizes, with commas; '' for none")
    parser.add_argument("--tmp", help="where sets are kept: about 20 bytes a word")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
