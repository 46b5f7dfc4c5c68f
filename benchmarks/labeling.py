"""How fast are votes and labels, against plain Python that walks the same rules row by row?

    python benchmarks/labeling.py [--rows 200000] [--rounds 3] [--json]

Makes interactions (14 % with a reply of OP, a third of those with thanks; one thread in ten with
general thanks) in two buckets and runs in turns:

- ours: the real `fit_exposure`, `vote_bucket` and `label_bucket`, two workers, from Parquet to
  Parquet; the label model is fitted in between;
- plain: each row as an `Interaction`, the same default rules written as if-statements over the
  same word lists, no files, on a tenth of the rows (its time is scaled up), one worker a bucket.

Also printed: interactions per second; readers and the rule set against VADER; the label model's fit
on the patterns of 10**4 and of 10**8 rows; and the peak memory of a stage, alone in a process, on a
bucket of 100,000 rows and on one ten times as large (the default of 64 buckets makes it of 64
million).
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from redditess.corpus.artefacts import write_parquet
from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import ABSTAIN, INTERACTION_SCHEMA, SIGNALS, Interaction
from redditess.corpus.settings import load_settings
from redditess.labeling import lexicon
from redditess.labeling.exposure_fit import fit_exposure
from redditess.labeling.label import fit_labels, label_bucket
from redditess.labeling.matrix import Column, patterns
from redditess.labeling.models import Ensemble
from redditess.labeling.vote import vote_bucket

WORKERS, REPLIED, THANKED, START = 2, 0.14, 0.33, 1_546_300_800
BOUND = 0.75  # of ours / plain, although ours also reads and writes files and keeps evidence
READERS, VADER_BOUND = ("linear", "lexicon"), 1.0
FIT_ROWS, FIT_BOUND = (10**4, 10**8), 1.25
STAGES, SMALL, LARGE, MEMORY_BOUND = ("vote", "label"), 100_000, 1_000_000, 1.5
_SHOWN = ("replies", "patterns", "small_mb", "large_mb")
WORDS = np.array(
    [
        *("i", "feel", "so", "tired", "of", "this", "and", "the", "nights", "are", "long", "my"),
        *("head", "will", "not", "stop", "when", "work", "starts", "again", "you", "alone", "it"),
        *("gets", "better", "try", "to", "breathe", "slowly", "talk", "with", "someone", "near"),
        *("walk", "outside", "sleep", "helped", "me", "last", "year", "doctor", "said", "kind"),
    ],
    dtype=object,
)
THANKS = ("Thank you so much, ", "this really helped. ", "thanks, I'll try that, ", "tysm ")


def make_rows(n: int, seed: int) -> pa.Table:
    """n interactions of threads with about ten comments each, texts of Reddit's usual lengths."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(WORDS[rng.integers(0, len(WORDS), k)]) for k in _lengths(rng, 5000)]
    thread, position = np.arange(n) // 10, np.arange(n) % 10
    replied = rng.random(n) < REPLIED
    replies = [[_reply(rng, texts)] if r else [] for r in replied]
    general = [["thank you all for reading"] if t % 10 == 0 else [] for t in thread]
    created = START + thread * 1000 + position * 60
    score = rng.geometric(0.3, n)
    picked = iter(rng.integers(0, len(texts), 3 * n).tolist())
    columns = {
        "thread_id": [f"t3_{t}" for t in thread],
        "comment_id": [f"t1_{seed}x{i}" for i in range(n)],
        "subreddit": ["sample_sleep"] * n, "op": ["op"] * n, "commenter": ["c"] * n,
        "title": [texts[next(picked)][:80] for _ in range(n)],
        "post": [texts[next(picked)] for _ in range(n)],
        "comment": [texts[next(picked)] for _ in range(n)],
        "op_replies": replies, "op_reply_depths": [[1] * len(r) for r in replies],
        "op_reply_utc": [[int(c) + 99] * len(r) for c, r in zip(created, replies, strict=True)],
        "op_edit": [None] * n, "op_edit_utc": [None] * n, "op_general": general,
        "op_general_utc": [[START + 10**9] * len(g) for g in general],
        "n_op_general": [len(g) for g in general], "score": score, "created_utc": created,
        "post_created_utc": START + thread * 1000, "followup_days": np.full(n, 90, np.float32),
        "era": ["2017-07..2022-12"] * n, "observable": [list(SIGNALS)] * n,
        "edited": ["unedited"] * n, "post_edited": ["unedited"] * n, "removal": ["none"] * n,
        "post_removal": ["none"] * n, "n_feedback_cut": np.zeros(n, int), "position": position,
        "n_siblings": np.full(n, 9), "n_earlier": position,
        "min_score_earlier": [None if p == 0 else 1 for p in position],
        "max_score_later": [None if p == 9 else 4 for p in position],
        "n_op_answered": np.full(n, 2), "op_answered_later_sibling": position < 7,
        "op_answered_lower_sibling": position < 5,
        "op_last_seen_utc": START + thread * 1000 + 300,
        "op_next_seen_utc": START + thread * 1000 + 300, "exposure_stratum": position % 9,
        "invented": np.ones(n, bool),
    }  # fmt: skip
    return pa.table({f.name: pa.array(columns[f.name], f.type) for f in INTERACTION_SCHEMA})


def _lengths(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.clip(rng.lognormal(3.7, 0.9, n), 3, 600).astype(int)


def _reply(rng: np.random.Generator, texts: list[str]) -> str:
    thanks = THANKS[rng.integers(0, len(THANKS))] if rng.random() < THANKED else ""
    return thanks + texts[rng.integers(0, len(texts))]


def plain(rows: pa.Table) -> list[tuple[int | None, str]]:
    """The default rules as a newcomer would write them: one row, one label, one reason."""
    return [_plain_row(Interaction.from_row(row)) for row in rows.to_pylist()]


def _plain_row(x: Interaction) -> tuple[int | None, str]:
    votes = [_plain_reply(x.op_replies), _plain_general(x)]
    uptake = any(lexicon.uptake(reply) for reply in x.op_replies)
    seen = x.op_last_seen_utc is not None and x.op_last_seen_utc > x.created_utc
    passed = not x.op_replies and x.n_op_answered >= 2 and x.op_answered_later_sibling and seen
    if x.followup_days < 7 or "op_replies" not in x.observable:
        passed = False
    own = max(x.score or 1, 1)
    low, high = x.min_score_earlier, x.max_score_later
    wins = low is not None and own >= max(2 * low, low + 2)
    loses = high is not None and high >= max(2 * own, own + 2)
    community = "above" if wins and not loses else "below" if loses and not wins else "level"
    if votes[0] == 1 or uptake:
        return 1, f"poster reacted well; {x.score} points, {community}"
    if votes[0] == 0 or passed:
        return 0, f"poster reacted badly or not; {x.score} points, {community}"
    return None, f"no sign; {x.score} points, {community}"


def _plain_reply(replies: tuple[str, ...]) -> int:
    scores = [(1.0 if lexicon.gratitude(r) else 0.5) * lexicon.sentiment(r).score for r in replies]
    mean = sum(scores) / len(scores) if scores else 0.0
    return 1 if mean >= 0.2 else 0 if mean <= -0.2 else ABSTAIN


def _plain_general(x: Interaction) -> int:
    general = zip(x.op_general, x.op_general_utc, strict=True)
    later = [text for text, utc in general if utc > x.created_utc]
    if x.op_edit and x.op_edit_utc and x.op_edit_utc > x.created_utc:
        later.append(x.op_edit)
    return _plain_reply(tuple(t for t in later if lexicon.gratitude(t)))


def vote_task(root: str, bucket: int) -> None:
    vote_bucket(BuildFolder(root), bucket, load_settings("default"))


def label_task(root: str, bucket: int) -> int:
    label_bucket(BuildFolder(root), bucket, load_settings("default"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # KB on Linux


def plain_task(root: str, bucket: int, n: int) -> int:
    folder = BuildFolder(root)
    path = folder.bucket_file(folder.interactions, bucket)
    return len(plain(pq.read_table(path).slice(0, n)))


def compare(rows: int, rounds: int) -> list[dict[str, object]]:
    ours, theirs, peak = [], [], 0
    with tempfile.TemporaryDirectory() as at, ProcessPoolExecutor(WORKERS) as pool:
        folder = BuildFolder(at).create()
        for bucket in range(WORKERS):
            path = folder.bucket_file(folder.interactions, bucket)
            write_parquet(path, make_rows(rows // WORKERS, bucket), INTERACTION_SCHEMA)
        list(pool.map(plain_task, [at] * 2, range(2), [100] * 2))  # imports and word lists
        for _ in range(rounds):
            start = time.perf_counter()
            fit_exposure(folder)
            list(pool.map(vote_task, [at] * WORKERS, range(WORKERS)))
            fit_labels(folder, load_settings("default"))
            peak = max(peak, *pool.map(label_task, [at] * WORKERS, range(WORKERS)))
            ours.append(time.perf_counter() - start)
            part = max(1, rows // WORKERS // 10)
            start = time.perf_counter()
            n = sum(pool.map(plain_task, [at] * WORKERS, range(WORKERS), [part] * WORKERS))
            theirs.append((time.perf_counter() - start) * rows / n)
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    return [
        {
            "name": "votes and labels against plain rows",
            "baseline": "plain Python, one row a time",
            "ratio": round(statistics.median(ratios), 3), "bound": BOUND, "sense": "<=",
            "n": rounds, "rows": rows, "rows_per_s": round(rows / statistics.median(ours)),
            "plain_rows_per_s": round(rows / statistics.median(theirs)), "peak_mb": peak,
        }
    ]  # fmt: skip


def against_vader(rows: int, rounds: int) -> list[dict[str, object]]:
    """Each offline reader, and the whole default rule set, against VADER on the same replies.

    VADER hears sentiment alone, so a ratio above 1 also pays for thanks, uptake and evidence.
    """
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    from redditess.labeling.functions import resolve
    from redditess.labeling.readers import reader, using

    vader, table = SentimentIntensityAnalyzer(), make_rows(rows, 7)
    texts = list(dict.fromkeys(t for r in table.column("op_replies").to_pylist() for t in r))
    rules = resolve(load_settings("default").functions)

    def run_rules() -> None:
        with using("linear"):
            for rule in rules:
                rule(table)

    tasks = {f"reader {n}": partial(reader(n).backend.read_distinct, texts) for n in READERS}
    tasks["the whole rule set"] = run_rules
    for task in tasks.values():
        task()
    ratios: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        base = _seconds(lambda: [vader.polarity_scores(text) for text in texts])
        for name, task in tasks.items():
            reader("linear")._distinct.cache_clear()
            ratios[name].append(_seconds(task) / base)
    return [
        {
            "name": f"{name} against VADER", "baseline": "vaderSentiment, sentiment alone",
            "ratio": round(statistics.median(each), 3), "bound": VADER_BOUND, "sense": "<=",
            "n": rounds, "rows": rows, "replies": len(texts),
        }
        for name, each in ratios.items()
    ]  # fmt: skip


def fits(rounds: int) -> list[dict[str, object]]:
    """The default label model on pattern counts of 10**4 rows, and on ten thousand times those.

    Where every function votes on every row, and where each is silent on half: that gives more
    patterns than such a small build can have told apart, and the fit more steps to go.
    """
    return [_fit(rounds, share) for share in (1.0, 0.5)]


def _fit(rounds: int, share: float) -> dict[str, object]:
    columns = [Column(f"f{j}", f"f{j}", family=f"f{j}") for j in range(6)]
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, (FIT_ROWS[0], 1))
    right = rng.random((FIT_ROWS[0], len(columns))) < np.linspace(0.6, 0.9, len(columns))
    L = np.where(rng.random(right.shape) < share, np.where(right, truth, 1 - truth), ABSTAIN)
    found = patterns(L.astype(np.int8), rng.integers(0, 9, FIT_ROWS[0]))
    ratios = []
    for _ in range(rounds + 1):  # the first warms up
        small, large = (
            _seconds(
                lambda n=n: Ensemble(columns).fit(
                    found.L, found.counts * (n // FIT_ROWS[0]), strata=found.strata
                )
            )
            for n in FIT_ROWS
        )
        ratios.append(large / small)
    return {
        "name": f"label model on 10**8 rows against 10**4, {share:.0%} of votes cast",
        "baseline": "10**4 rows", "ratio": round(statistics.median(ratios[1:]), 3),
        "bound": FIT_BOUND, "sense": "<=", "n": rounds, "patterns": len(found.counts),
    }  # fmt: skip


def memory() -> list[dict[str, object]]:
    """Peak memory of each stage on one bucket of LARGE rows / on one of SMALL rows."""
    peaks: dict[str, list[int]] = {stage: [] for stage in STAGES}
    for rows in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as at:
            folder = BuildFolder(at).create()
            path = folder.bucket_file(folder.interactions, 0)
            stretches = (make_rows(50_000, seed) for seed in range(rows // 50_000))
            write_parquet(path, stretches, INTERACTION_SCHEMA)
            _peak("exposure", at)
            for stage in STAGES:
                peaks[stage].append(_peak(stage, at))
                if stage == "vote":
                    _peak("fit", at)
    return [
        {
            "name": f"peak memory of {stage}, {LARGE} rows against {SMALL}",
            "baseline": f"a bucket of {SMALL} rows", "ratio": round(large / small, 3),
            "bound": MEMORY_BOUND, "sense": "<=", "n": 1, "small_mb": small, "large_mb": large,
        }
        for stage, (small, large) in peaks.items()
    ]  # fmt: skip


def _peak(stage: str, root: str) -> int:
    """MB of a process that runs one stage on bucket 0 and nothing else."""
    command = [sys.executable, __file__, "--stage", stage, root]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_stage(stage: str, root: str) -> None:
    folder, chosen = BuildFolder(root), load_settings("default")
    {
        "exposure": lambda: fit_exposure(folder),
        "vote": lambda: vote_bucket(folder, 0, chosen),
        "fit": lambda: fit_labels(folder, chosen),
        "label": lambda: label_bucket(folder, 0, chosen),
    }[stage]()
    # Not ru_maxrss: that remembers the process that started this one.
    status = Path("/proc/self/status").read_text("ascii")
    print(int(status.split("VmHWM:")[1].split()[0]) // 1024)


def _seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stage", nargs=2, help=argparse.SUPPRESS)  # a process of `memory`
    args = parser.parse_args()
    if args.stage:
        run_stage(*args.stage)
        return
    found = compare(args.rows, args.rounds)
    if find_spec("vaderSentiment"):  # extra `dev`
        found += against_vader(args.rows // 10, args.rounds)
    found += fits(args.rounds) + memory()
    for row in found:
        if args.json:
            print(json.dumps(row))
            continue
        if "rows_per_s" not in row:
            more = ", ".join(f"{k} {v}" for k, v in row.items() if k in _SHOWN)
            print(f"{row['name']}: {row['ratio']} (bound {row['bound']}), {more}")
            continue
        print(f"{row['name']}: {row['ratio']} x the time (bound {row['bound']})")
        print(f"  {row['rows_per_s']} interactions/s ours, {row['plain_rows_per_s']} plain,")
        print(f"  n = {row['rows']} rows x {row['n']} rounds, peak {row['peak_mb']} MB a worker")


if __name__ == "__main__":
    main()
