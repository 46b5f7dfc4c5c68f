"""How much more than the joins alone does assembling threads cost, in time and in memory?

    python benchmarks/assemble.py [--scale 0.1] [--rounds 1] [--json]

Makes raw tables (at scale 1: 10 million comments, 1 million submissions, 0.6 of them in kept
threads, one copy in 250 a repeat, 64 buckets) and runs, one after the other in turns:

- ours: the real `assemble_bucket` over all buckets, two workers that share a 2 GB limit;
- the statement: one hand-written DuckDB statement with the same joins, ranks, lists and
  de-duplication over all buckets at once, 2 GB, two threads, writing Parquet with the text. No
  text rule, no filter, no accounting.

Bounds: peak memory of the process tree <= 1.25 x 2 GB, time <= 1.15 x the statement.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import COMMENT_SCHEMA, SUBMISSION_SCHEMA
from redditess.corpus.settings import Settings
from redditess.corpus.threads import assemble_bucket

N_COMMENTS, N_POSTS, N_BUCKETS = 10_000_000, 1_000_000, 64
LIMIT_MB, WORKERS = 2_000, 2
KEPT, REPEATED, BY_OP, TOP = 0.6, 0.004, 0.1, 0.35
START = 1_546_300_800  # 2019-01-01: an era that shows every signal
SETTINGS = Settings(
    filters=(
        "bot",
        "moderator",
        "advertising",
        "survey",
        "link_post",
        "removed",
        "too_short",
        "minor",
    )
)
SPANS = {"anxiety": [[START, START + 40_000_000]]}
WORDS = (
    "i feel so tired of this and the nights are long my head will not stop when work starts again "
    "you are not alone it gets better try to breathe slowly talk with someone near walk outside "
    "sleep helped me last year doctor said small steps every day count please be kind friend "
    "family listen hope pain alone anxious calm morning evening thought worry school job"
)


def make_raw(folder: BuildFolder, scale: float, seed: int = 0) -> None:
    """Raw tables of two dump files per kind and bucket; posts that are not kept are links."""
    rng = np.random.default_rng(seed)
    texts = _texts(rng, 20_000)
    n_posts, n_comments = (int(n * scale / N_BUCKETS) for n in (N_POSTS, N_COMMENTS))
    for bucket in range(N_BUCKETS):
        posts, comments = _bucket(rng, texts, bucket, n_posts, n_comments)
        for kind, table in (("submissions", posts), ("comments", comments)):
            half = len(table) // 2
            for i, part in enumerate((table.slice(0, half), table.slice(half))):
                path = folder.raw_file(kind, bucket, f"{i:012x}")
                pq.write_table(part, path, compression="zstd", row_group_size=20_000)


def _texts(rng: np.random.Generator, n: int) -> pa.Array:
    """Log-normal lengths, median 40 words; one in twenty has an edit mark, a link or a quote."""
    lengths = np.clip(rng.lognormal(3.7, 0.9, n), 2, 600).astype(int)
    words = np.array(WORDS.split(), dtype=object)
    texts = [" ".join(words[rng.integers(0, len(words), k)]) + "." for k in lengths]
    for i in range(0, n, 20):
        texts[i] += ("\n\nEDIT: thanks everyone", " see https://example.org/a", "\n> so\nyes")[
            i // 20 % 3
        ]
    return pa.array(texts)


def _bucket(
    rng: np.random.Generator, texts: pa.Array, bucket: int, n_posts: int, n: int
) -> tuple[pa.Table, pa.Table]:
    numbers = 10_000_000 * N_BUCKETS + np.arange(n_posts) * N_BUCKETS + bucket
    posts = np.array([f"t3_{np.base_repr(i, 36).lower()}" for i in numbers], dtype=object)
    people = np.array([f"person_{i:07d}" for i in range(200_000)], dtype=object)
    op = people[rng.integers(0, len(people), n_posts)]
    post_utc = START + rng.integers(0, 30_000_000, n_posts)
    of = np.minimum(
        (rng.pareto(1.2, n) * n_posts / 20).astype(int), n_posts - 1
    )  # few large threads
    of = np.where(rng.random(n) < 0.7, rng.integers(0, n_posts, n), of)
    of.sort()
    ids = np.array([f"t1_{bucket:02d}{i:07d}" for i in range(n)], dtype=object)
    first = np.searchsorted(of, of)
    earlier = first + (rng.random(n) * (np.arange(n) - first)).astype(int)
    top = (rng.random(n) < TOP) | (earlier == np.arange(n))
    by_op = rng.random(n) < BY_OP
    utc = post_utc[of] + (np.arange(n) - first + 1) * rng.integers(30, 4_000, n)
    pick = rng.integers(0, len(texts), n)
    comments = pa.table(
        {
            "id": ids, "thread_id": posts[of], "parent_id": np.where(top, posts[of], ids[earlier]),
            "subreddit": ["Anxiety"] * n,
            "author": np.where(by_op, op[of], people[rng.integers(0, len(people), n)]),
            "body": texts.take(pa.array(pick)), "created_utc": utc,
            "retrieved_utc": utc + 3_000_000, "score": rng.geometric(0.3, n),
            "edited": ["unedited"] * n,
            "edited_utc": pa.nulls(n, pa.int64()), "removal": ["none"] * n, "is_submitter": by_op,
            "stickied": np.zeros(n, bool), "distinguished": pa.nulls(n, pa.string()),
            "invented": np.ones(n, bool), "line": np.arange(1, n + 1),
        }
    ).cast(COMMENT_SCHEMA)  # fmt: skip
    kept = rng.random(n_posts) < KEPT
    submissions = pa.table(
        {
            "id": posts, "subreddit": ["Anxiety"] * n_posts, "author": op,
            "title": ["A title of nine words as they often are"] * n_posts,
            "selftext": _pairs(rng, texts, n_posts),
            "created_utc": post_utc, "retrieved_utc": post_utc + 3_000_000,
            "score": rng.geometric(0.1, n_posts), "edited": ["unedited"] * n_posts,
            "edited_utc": pa.nulls(n_posts, pa.int64()), "removal": ["none"] * n_posts,
            "is_self": kept, "crosspost": ~kept, "promoted": np.zeros(n_posts, bool),
            "over_18": np.zeros(n_posts, bool), "stickied": np.zeros(n_posts, bool),
            "distinguished": pa.nulls(n_posts, pa.string()),
            "previous_selftext": pa.nulls(n_posts, pa.string()),
            "invented": np.ones(n_posts, bool), "line": np.arange(1, n_posts + 1),
        }
    ).cast(SUBMISSION_SCHEMA)  # fmt: skip
    again = [pa.array(rng.integers(0, k, max(1, int(k * REPEATED)))) for k in (n_posts, n)]
    return (
        pa.concat_tables([submissions, submissions.take(again[0])]),
        pa.concat_tables([comments, comments.take(again[1])]),
    )


def _pairs(rng: np.random.Generator, texts: pa.Array, n: int) -> pa.Array:
    """n posts, each of two texts."""
    picked = (texts.take(pa.array(rng.integers(0, len(texts), n))) for _ in range(2))
    return pc.binary_join_element_wise(*picked, " ")


STATEMENT = """
COPY (
WITH p AS (
  SELECT id, author, created_utc, filename AS file, file_row_number AS row
  FROM read_parquet('{raw}/submissions/*.parquet', filename = true, file_row_number = true)
  WHERE is_self
  QUALIFY row_number() OVER (PARTITION BY id ORDER BY retrieved_utc DESC NULLS LAST, line) = 1),
m AS MATERIALIZED (
  SELECT c.*, p.created_utc AS post_utc, p.author AS op, p.file AS post_file, p.row AS post_row,
    c.is_submitter OR c.author = p.author AS is_op, starts_with(c.parent_id, 't3_') AS top
  FROM (
    SELECT id, thread_id, parent_id, author, created_utc, score, is_submitter, filename AS file,
      file_row_number AS row
    FROM read_parquet('{raw}/comments/*.parquet', filename = true, file_row_number = true)
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY retrieved_utc DESC NULLS LAST, line) = 1) c
  JOIN p ON p.id = c.thread_id),
body AS (
  SELECT body, filename AS file, file_row_number AS row
  FROM read_parquet('{raw}/comments/*.parquet', filename = true, file_row_number = true)),
up AS (
  WITH RECURSIVE climb AS (
    SELECT id, parent_id AS here, 1 AS depth FROM m WHERE is_op AND NOT top
    UNION ALL
    SELECT climb.id, t.parent_id, climb.depth + 1
    FROM climb JOIN (SELECT id, parent_id FROM m WHERE NOT top) t ON t.id = climb.here)
  SELECT * FROM climb JOIN (SELECT id AS root FROM m WHERE top) ON root = here),
turns AS (
  SELECT up.root, bool_or(up.depth = 1) AS direct,
    list(b.body ORDER BY up.depth, m.created_utc, m.id) AS op_replies,
    list(up.depth ORDER BY up.depth, m.created_utc, m.id) AS depths,
    list(m.created_utc ORDER BY up.depth, m.created_utc, m.id) AS reply_utc
  FROM up JOIN m ON m.id = up.id JOIN body b ON b.file = m.file AND b.row = m.row
  GROUP BY up.root),
general AS (
  SELECT g.thread_id, list(b.body ORDER BY g.created_utc, g.id) AS op_general,
    list(g.created_utc ORDER BY g.created_utc, g.id) AS op_general_utc
  FROM (
    SELECT *, row_number() OVER (PARTITION BY thread_id ORDER BY created_utc, id) AS k
    FROM m WHERE top AND is_op) g
  JOIN body b ON b.file = g.file AND b.row = g.row WHERE g.k <= 8 GROUP BY g.thread_id),
seen AS (
  SELECT thread_id, max(created_utc) AS op_last_seen_utc FROM m WHERE is_op GROUP BY thread_id),
answers AS (
  SELECT m.*, t.direct FROM m LEFT JOIN turns t ON t.root = m.id WHERE m.top AND NOT m.is_op),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY thread_id ORDER BY created_utc, id) - 1 AS position,
    count(*) OVER (PARTITION BY thread_id) - 1 AS n_siblings,
    count(*) OVER earlier AS n_earlier, min(score) OVER earlier AS min_score_earlier,
    max(score) OVER later AS max_score_later,
    count(*) FILTER (direct) OVER (PARTITION BY thread_id) AS n_op_answered,
    count(*) FILTER (direct) OVER later > 0 AS op_answered_later_sibling
  FROM answers
  WINDOW earlier AS (PARTITION BY thread_id ORDER BY created_utc
      RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    later AS (PARTITION BY thread_id ORDER BY created_utc
      RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
SELECT a.* EXCLUDE (file, row, post_file, post_row, direct), x.subreddit, x.title, x.selftext,
  b.body, t.op_replies, t.depths, t.reply_utc, g.op_general, g.op_general_utc, s.op_last_seen_utc
FROM ranked a
JOIN body b ON b.file = a.file AND b.row = a.row
JOIN (SELECT subreddit, title, selftext, filename AS file, file_row_number AS row
  FROM read_parquet('{raw}/submissions/*.parquet', filename = true, file_row_number = true)) x
  ON x.file = a.post_file AND x.row = a.post_row
LEFT JOIN turns t ON t.root = a.id
LEFT JOIN general g USING (thread_id)
LEFT JOIN seen s USING (thread_id)
ORDER BY a.post_utc, a.thread_id, position
) TO '{out}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20000)"""


def run_ours(root: Path) -> None:
    """Every bucket, two workers; a worker's share of the limit is half."""
    share = f"{LIMIT_MB // WORKERS}MB"
    with ProcessPoolExecutor(WORKERS) as pool:
        done = [pool.submit(_one_bucket, str(root), bucket, share) for bucket in range(N_BUCKETS)]
        for future in done:
            future.result()


def _one_bucket(root: str, bucket: int, share: str) -> None:
    assemble_bucket(BuildFolder(root), bucket, SETTINGS, SPANS, memory_limit=share, tmp=None)


def run_statement(root: Path) -> None:
    import duckdb

    with tempfile.TemporaryDirectory(dir=root) as spill:
        config = {
            "threads": WORKERS,
            "memory_limit": f"{LIMIT_MB}MB",
            "temp_directory": spill,
            "preserve_insertion_order": False,
        }
        con = duckdb.connect(":memory:", config=config)
        con.execute(STATEMENT.format(raw=root / "raw", out=root / "statement.parquet"))


def measured(which: str, root: Path) -> dict[str, float]:
    """Wall seconds and the peak resident memory of one child and all its children, in MB."""
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, __file__, "--run", which, "--at", str(root)])
    peak = 0.0
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            peak = max(peak, _resident_mb(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = child.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"{which} failed with status {code}")
    return {"s": time.perf_counter() - start, "peak_mb": peak}


def _resident_mb(pid: int) -> float:
    """Of a process and its descendants; what they share is counted once (Pss)."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                total += _resident_mb(int(child))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return total  # it ended while we looked
    return total


def main() -> None:
    args = _arguments()
    if args.run:
        {"ours": run_ours, "statement": run_statement}[args.run](Path(args.at))
        return
    root = Path(tempfile.mkdtemp(prefix="redditess-assemble-", dir=args.tmp))
    try:
        results = _compare(root, args.scale, args.rounds)
    finally:
        shutil.rmtree(root)
    if args.json:
        for row in results:
            print(json.dumps(row))


def _compare(root: Path, scale: float, rounds: int) -> list[dict[str, Any]]:
    make_raw(BuildFolder(root).create(), scale)
    runs: dict[str, list[dict[str, float]]] = {"ours": [], "statement": []}
    for _ in range(rounds):
        for which, measurements in runs.items():
            measurements.append(measured(which, root))
            print(f"{which:10} {measurements[-1]}", file=sys.stderr, flush=True)
    ours_rows = sum(pq.read_metadata(p).num_rows for p in (root / "interactions").glob("*.parquet"))
    rows = pq.read_metadata(root / "statement.parquet").num_rows
    print(f"rows: ours {ours_rows:,}, statement {rows:,}", file=sys.stderr)
    ratios = [a["s"] / b["s"] for a, b in zip(runs["ours"], runs["statement"], strict=True)]
    peak = max(run["peak_mb"] for run in runs["ours"])
    time_row = {
        "name": "assemble: time / one DuckDB statement",
        "ratio": round(float(np.median(ratios)), 3),
        "bound": 1.15, "sense": "<=", "n": rounds, "baseline": "DuckDB, 2 threads, 2 GB",
    }  # fmt: skip
    memory_row = {
        "name": "assemble: peak memory / limit", "ratio": round(peak / LIMIT_MB, 3),
        "bound": 1.25, "sense": "<=", "n": rounds, "baseline": "2 GB",
    }  # fmt: skip
    for row in (time_row, memory_row):
        print(f"{row['name']:42} {row['ratio']:6} {row['sense']} {row['bound']}", file=sys.stderr)
    return [time_row, memory_row]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tmp", default=os.environ.get("TMPDIR"), help="where the tables are made")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", choices=("ours", "statement"), help=argparse.SUPPRESS)
    parser.add_argument("--at", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
