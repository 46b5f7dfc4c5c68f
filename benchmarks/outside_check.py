"""What can the signals tell? An outside check on dialogues whose help-seekers rated the support.

    python benchmarks/outside_check.py [--readers lexicon,linear] [--json]

Needs ESConv's rated turns (Liu et al. 2021, CC BY-NC 4.0) in REDDITESS_SHARED/data/esconv, else in
../shared beside the repository; says so and stops where they are absent. Nothing is trained on them
and no text of theirs is printed: figures only.

A seeker rated the support from 1 to 5; what they wrote then is read as a poster's reply is. Shown:
AUC of each signal for ratings >= 4 against <= 2, in how many pairs of turns of one dialogue the
better rated one has the higher signal, and the same for "the later turn", which reads nothing.
Intervals count dialogues' situations (`group_id`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from redditess.corpus.errors import RedditessError
from redditess.corpus.records import EFFECTIVE, NOT_EFFECTIVE
from redditess.labeling.functions import resolve
from redditess.labeling.readers import reader, using
from redditess.stats.intervals import Estimate, resampled, share
from redditess.stats.ranking import auc

RULES = ("op_response", "op_uptake", "op_rejects")
GOOD, BAD = 4, 2


def place() -> Path:
    root = Path(__file__).parents[1]
    shared = os.environ.get("REDDITESS_SHARED") or root.parent / "shared"
    return Path(shared) / "data" / "esconv" / "rated_turns.jsonl"


def rated(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf8").splitlines()]


def signals(replies: list[str], name: str) -> dict[str, np.ndarray]:
    """What a reader and the rules on it say of each reply, (n,) floats, higher is better."""
    reading = reader(name).read(replies)
    classes = np.asarray(reading.sentiment, float)
    found = {
        "gratitude": np.asarray(reading.gratitude, float),
        "uptake": np.asarray(reading.uptake, float),
        "sentiment": classes[:, 2] - classes[:, 0],
    }
    rows = pa.table(
        {
            "comment_id": [f"t1_{i}" for i in range(len(replies))],
            "op_replies": pa.array([[text] for text in replies], pa.list_(pa.string())),
            "observable": pa.array([["op_replies"]] * len(replies), pa.list_(pa.string())),
        }
    )
    with using(name):
        for rule in resolve(RULES):
            try:
                vote = rule(rows).vote
            except RedditessError:  # a rule that reads more than the reply has no say here
                continue
            found[f"{rule.name} (vote)"] = np.select(
                [vote == EFFECTIVE, vote == NOT_EFFECTIVE], [1.0, -1.0], 0.0
            )
    return found


def check(turns: list[dict[str, Any]], readers: list[str]) -> Iterator[dict[str, Any]]:
    rating = np.array([t["feedback"] for t in turns])
    group = np.array([t["group_id"] for t in turns])
    pairs = _pairs(turns)
    later = np.arange(len(turns), dtype=float)  # turns of a dialogue stand in their order
    yield _line("nothing", "the later turn", later, rating, group, pairs)
    for name in readers:
        try:
            reader(name)
        except (RedditessError, OSError) as e:
            print(f"reader {name} is not here: {e}", file=sys.stderr)
            continue
        for what, scores in signals([t["reply"] for t in turns], name).items():
            yield _line(name, what, scores, rating, group, pairs)


def _pairs(turns: list[dict[str, Any]]) -> np.ndarray:
    """(p, 2): better and worse rated turn of one dialogue."""
    by_dialogue: dict[str, list[int]] = {}
    for i, turn in enumerate(turns):
        by_dialogue.setdefault(turn["dialog_id"], []).append(i)
    rating = [t["feedback"] for t in turns]
    found = [
        (a, b) if rating[a] > rating[b] else (b, a)
        for members in by_dialogue.values()
        for a, b in combinations(members, 2)
        if rating[a] != rating[b]
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _line(
    name: str, what: str, scores: np.ndarray, rating: np.ndarray, group: np.ndarray,
    pairs: np.ndarray,
) -> dict[str, Any]:  # fmt: skip
    clear = (rating >= GOOD) | (rating <= BAD)
    gap = scores[pairs[:, 0]] - scores[pairs[:, 1]]
    hits = np.where(gap == 0, 0.5, gap > 0)
    told = gap != 0
    area = None if name == "nothing" else auc(scores[clear], rating[clear] >= GOOD, group[clear])
    return {
        "name": f"outside check, {what} ({name})", "reader": name, "signal": what,
        "n": int(clear.sum()), "baseline": "the later turn (pairs), a coin (AUC)",
        "n_bad": int((rating <= BAD).sum()), "auc": _three(area),
        "pairs": _three(share(hits, group[pairs[:, 0]])), "n_pairs": len(pairs),
        "pairs_told": _three(share(hits[told], group[pairs[told, 0]])), "n_told": int(told.sum()),
    }  # fmt: skip


def between(turns: list[dict[str, Any]]) -> Estimate:
    """The share of the ratings' variance that lies between dialogues."""
    rating = np.array([t["feedback"] for t in turns], float)
    _, code = np.unique([t["dialog_id"] for t in turns], return_inverse=True)

    def statistic(rows: np.ndarray) -> float:
        x, c = rating[rows], code[rows]
        n = np.bincount(c)
        mean = np.bincount(c, x) / np.maximum(n, 1)
        spread = np.sum((x - x.mean()) ** 2)
        return float(np.sum(n * (mean - x.mean()) ** 2) / spread) if spread else float("nan")

    return resampled(statistic, code)


def _three(e: Estimate | None) -> list[float | None]:
    values = (None, None, None) if e is None else e[:3]
    return [None if x is None or x != x else round(float(x), 3) for x in values]


def _words(three: list[float | None]) -> str:
    value, low, high = three
    return "–".ljust(17) if value is None else f"{value:.2f} [{low:.2f}, {high:.2f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--readers", default="lexicon,linear")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if not place().is_file():
        raise SystemExit(f"{place()} is not here: set REDDITESS_SHARED to a folder that holds it")
    turns = rated(place())
    lines = list(check(turns, args.readers.split(",")))
    if args.json:
        print("\n".join(json.dumps(line) for line in lines))
        return
    print("signal (reader)                              AUC >=4 / <=2      "
          "pairs, ties half   where they differ")  # fmt: skip
    for x in lines:
        what = f"{x['signal']} ({x['reader']})"
        print(f"{what:<44} {_words(x['auc'])}  {_words(x['pairs'])}  "
              f"{_words(x['pairs_told'])} n {x['n_told']}")  # fmt: skip
    spread = between(turns)
    first = lines[0]
    print(f"n = {first['n']} clear turns, {first['n_bad']} of them bad; {first['n_pairs']} "
          f"pairs. Between dialogues: {spread.value:.0%} of the ratings' variance.")  # fmt: skip


if __name__ == "__main__":
    main()
