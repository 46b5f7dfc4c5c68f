"""How much more than the joins alone does assembling threads cost, in time and in memory?

    python benchmarks/assemble.py [--scale 0.1] [--rounds 1] [--json]

Makes raw tables (`raw_tables.py`; at scale 1: 10 million comments, 1 million submissions, 0.6 of
them in kept threads, one copy in 250 a repeat, 64 buckets) and runs, one after the other in turns:

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
import pyarrow.parquet as pq
from process_tree import resident_mb
from raw_tables import SPANS, Size, make_raw

from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings
from redditess.corpus.threads import assemble_bucket

N_COMMENTS, N_BUCKETS = 10_000_000, 64
LIMIT_MB, WORKERS = 2_000, 2
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
            peak = max(peak, resident_mb(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = child.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"{which} failed with status {code}")
    return {"s": time.perf_counter() - start, "peak_mb": peak}


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
    make_raw(BuildFolder(root).create(), Size(int(N_COMMENTS * scale), N_BUCKETS))
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
