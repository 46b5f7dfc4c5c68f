"""Which label model is right how often, ours and others', on any vote table?

    python benchmarks/label_models.py VOTES.csv TRUTH.csv [--json] [--no-peers]
    python benchmarks/label_models.py [--worlds 3] [--seed 0] [--stress] [--json] [--no-peers]

VOTES.csv has the header `item,worker,vote`, TRUTH.csv `item,truth`; classes are any integers or
words. Truth is never shown to a model. Where a worker voted twice on an item the later vote counts;
items without truth are fitted and not scored; both are counted on stderr. Without files, invented
worlds (crowd_worlds.py).

Accuracy and F1 are expected over ties: two equally probable classes are half right. F1 is of the
larger class of two, else the macro mean. An item without a vote is even over classes, except for
`ensemble`, which says the class shares that it believes if one class has more than .55. Peers
(crowd-kit, Snorkel) are run where they are installed, and skipped with the reason if they fail.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from crowd_worlds import STRESS, WORLDS

from redditess.corpus.errors import InputError
from redditess.labeling.models import DawidSkene, Ensemble, LabelModel, MajorityVote, WeightedVote

OURS: dict[str, type[LabelModel]] = {
    "ensemble": Ensemble, "majority": MajorityVote, "weighted": WeightedVote,
    "dawid_skene": DawidSkene,
}  # fmt: skip
PEERS = (
    "DawidSkene", "OneCoinDawidSkene", "GLAD", "MACE", "MMSR", "KOS", "Wawa", "ZeroBasedSkill",
    "snorkel",
)  # fmt: skip


class Table(NamedTuple):
    """A vote table: L (items, workers) with -1 for silence, truth (items,) with -1 for none."""

    L: np.ndarray
    truth: np.ndarray
    classes: list[str]
    counted: dict[str, int]  # what was passed over, or cannot be scored


def read(votes: str, truth: str) -> Table:
    """Both files. Classes in order of number where all are numbers, else of word.

    Raises InputError for a file that cannot be read, has no such column, or holds no vote.
    """
    counted = dict.fromkeys(("without_vote_or_worker", "voted_twice", "without_truth"), 0)
    told: dict[tuple[str, str], str] = {}
    for row in _rows(votes, ("item", "worker", "vote")):
        if not all(row.values()):
            counted["without_vote_or_worker"] += 1
            continue
        counted["voted_twice"] += (row["item"], row["worker"]) in told
        told[row["item"], row["worker"]] = row["vote"]
    known = {r["item"]: r["truth"] for r in _rows(truth, ("item", "truth")) if all(r.values())}
    items = sorted({item for item, _ in told} | known.keys())
    if not told or not known:
        raise InputError("holds no row to use", votes if not told else truth, "see --help")
    counted["without_truth"] = len(items) - len(known)
    counted["never_voted_on"] = len(items) - len({item for item, _ in told})
    classes = _in_order({*told.values(), *known.values()})
    number, row_of = ({x: i for i, x in enumerate(xs)} for xs in (classes, items))
    workers = {w: j for j, w in enumerate(sorted({worker for _, worker in told}))}
    L = np.full((len(items), len(workers)), -1, np.int8 if len(classes) < 128 else np.int32)
    for (item, worker), vote in told.items():
        L[row_of[item], workers[worker]] = number[vote]
    y = np.full(len(items), -1)
    for item, value in known.items():
        y[row_of[item]] = number[value]
    return Table(L, y, classes, counted)


def _rows(path: str, columns: tuple[str, ...]) -> Iterable[dict[str, str]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if missing := [c for c in columns if c not in (reader.fieldnames or ())]:
                raise InputError(
                    f"has no column {missing[0]!r}", path, f"write the header {','.join(columns)}"
                )
            for row in reader:
                yield {c: _plain((row[c] or "").strip()) for c in columns}
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise InputError(f"cannot be read ({e})", path, "give a UTF-8 CSV file") from e


def _plain(word: str) -> str:
    """ "1.0" and "1" are one class (and one id); other words stay as they are."""
    head, dot, tail = word.partition(".")
    return head if dot and head.lstrip("-").isdigit() and not tail.strip("0") else word


def _in_order(classes: set[str]) -> list[str]:
    try:
        return sorted(classes, key=lambda c: (float(c), c))
    except ValueError:
        return sorted(classes)


def scores(P: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Accuracy, F1 and calibration error of P (n, k) on the rows with truth."""
    rows = truth >= 0
    P, y = P[rows], truth[rows]
    k = P.shape[1]
    said = np.isclose(P, P.max(axis=1, keepdims=True), rtol=0, atol=1e-9).astype(float)
    said /= said.sum(axis=1, keepdims=True)
    actual = np.eye(k)[y]
    right = (said * actual).sum(axis=1)
    both, either = (said * actual).sum(axis=0), said.sum(axis=0) + actual.sum(axis=0)
    f1 = 2 * both / np.maximum(either, 1e-9)
    sure = P.max(axis=1)
    bins = np.minimum((sure * 10).astype(int), 9)
    gaps = np.bincount(bins, sure - right, 10)
    return {
        "accuracy": float(right.mean()),
        "f1": float(f1[1] if k == 2 else f1[actual.any(axis=0)].mean()),
        "ece": float(np.abs(gaps).sum() / len(y)),
    }


def ours(name: str, L: np.ndarray, k: int) -> tuple[np.ndarray, dict[str, Any]]:
    model = OURS[name]().fit(L, n_classes=k)
    P = model.predict_proba(L)
    if isinstance(model, Ensemble):
        shares = model.balance()
        guess = shares if shares.max() > 0.55 else np.full(k, 1 / k)
        return np.where(np.isnan(P), guess, P), {"chosen": model.chosen, "why": model.why}
    return np.where(np.isnan(P), 1 / k, P), {}


def peer(name: str, L: np.ndarray, k: int) -> tuple[np.ndarray, dict[str, Any]]:
    if name == "snorkel":
        from snorkel.labeling.model import LabelModel as Snorkel

        model = Snorkel(cardinality=k, verbose=False)
        model.fit(L.astype(int), n_epochs=500, seed=0, progress_bar=False)
        P = np.asarray(model.predict_proba(L.astype(int)))
        P[(L < 0).all(axis=1)] = 1 / k
        return P, {}
    import pandas as pd
    from crowdkit import aggregation

    row, worker = np.nonzero(L >= 0)
    frame = pd.DataFrame({"task": row, "worker": worker, "label": L[row, worker].astype(int)})
    made = getattr(aggregation, name)(**({"n_iter": 100} if "DawidSkene" in name else {}))
    P = np.full((len(L), k), 1 / k)
    if hasattr(made, "fit_predict_proba"):
        table = made.fit_predict_proba(frame)
        P[table.index.to_numpy()] = 0
        for c in table.columns:
            P[table.index.to_numpy(), int(c)] = table[c].to_numpy()
    else:
        table = made.fit_predict(frame)
        P[table.index.to_numpy()] = np.eye(k)[table.to_numpy().astype(int)]
    return P, {}


def measure(
    L: np.ndarray, truth: np.ndarray, k: int, peers: bool, baseline: dict[str, float]
) -> Iterable[dict[str, Any]]:
    """One result a model; ours first, so that each can be set against majority."""
    runs: list[tuple[str, Callable[..., tuple[np.ndarray, dict[str, Any]]]]] = [
        (name, ours) for name in ("majority", *(n for n in OURS if n != "majority"))
    ]
    runs += [(name, peer) for name in PEERS if peers]
    for name, run in runs:
        started = time.perf_counter()
        try:
            P, more = run(name, L, k)
        except Exception as error:  # what a peer raises is a result of this benchmark
            if run is ours:
                raise
            yield {"name": name, "skipped": f"{type(error).__name__}: {error}"[:120]}
            continue
        found = scores(P, truth)
        baseline.setdefault("accuracy", found["accuracy"])
        yield {
            "name": name, **found, "seconds": time.perf_counter() - started,
            "n": int((truth >= 0).sum()), "ratio": found["accuracy"] / baseline["accuracy"],
            "baseline": "majority", **more,
        } | ({"bound": 1.0, "sense": ">="} if name == "ensemble" else {})  # fmt: skip


def show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result), flush=True)
        return
    head = f"{result.get('world', ''):9}{result['name']:18}"
    if "skipped" in result:
        print(f"{head} skipped: {result['skipped']}")
        return
    figures = "  ".join(f"{result[x]:.4f}" for x in ("accuracy", "f1", "ece"))
    print(f"{head} {figures}  {result['seconds']:6.2f} s  {result.get('chosen', '')}", flush=True)


def mean_of(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean over all worlds of each model that finished in every one."""
    names = list(dict.fromkeys(r["name"] for r in results))
    out = []
    for name in names:
        own = [r for r in results if r["name"] == name]
        if any("skipped" in r for r in own):
            reason = next(r["skipped"] for r in own if "skipped" in r)
            out.append({"world": "mean", "name": name, "skipped": f"in some worlds: {reason}"})
            continue
        figures = {x: float(np.mean([r[x] for r in own])) for x in ("accuracy", "f1", "ece")}
        worse = float(np.mean([r["ratio"] < 1 - 1e-9 for r in own]))
        seconds = sum(r["seconds"] for r in own)
        out.append({
            "world": "mean", "name": name, **figures, "seconds": seconds, "n": len(own),
            "below_majority_share": worse,
        })  # fmt: skip
    return out


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="VOTES.csv TRUTH.csv")
    parser.add_argument("--worlds", type=int, default=3, help="seeds of each invented world")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stress", action="store_true", help="worlds of harder faults instead")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-peers", action="store_true")
    args = parser.parse_args()
    if len(args.files) not in (0, 2):
        parser.error("give VOTES.csv and TRUTH.csv, or neither")
    if not args.json:
        print(f"{'':9}{'model':18} accuracy  f1    ece")
    if args.files:
        try:
            found = read(*args.files)
        except InputError as e:
            raise SystemExit(str(e)) from e
        notes = ", ".join(f"{k.replace('_', ' ')} {n}" for k, n in found.counted.items() if n)
        print(f"counted: {notes or 'nothing to note'}", file=sys.stderr)
        for result in measure(found.L, found.truth, len(found.classes), not args.no_peers, {}):
            show(result, args.json)
        return
    results = []
    for world, make in (STRESS if args.stress else WORLDS).items():
        for seed in range(args.seed, args.seed + args.worlds):
            L, truth = make(np.random.default_rng([seed, sum(world.encode())]))
            k = int(max(L.max(), truth.max())) + 1
            for result in measure(L, truth, k, not args.no_peers, {}):
                results.append({"world": world, "seed": seed} | result)
                show(results[-1], args.json)
    for result in mean_of(results):
        show(result, args.json)


if __name__ == "__main__":
    main()
