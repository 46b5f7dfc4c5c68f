"""Is a build's time linear in its rows, and does its memory stay below `--memory-limit`?

    python benchmarks/scale.py [--rows 1e6] [--buckets 8] [--memory-limit 4GB] [--json]
    python benchmarks/scale.py --release 2e5,2e6 [--json]
    python benchmarks/scale.py --rows 1e6 --kill

Makes raw tables as reading dumps would have left them (`raw_tables.py`: one post to ten comments),
and runs the real `build` over them with two workers, once for each size of `--rows` in comments:
assemble, exposure, vote, fit, label, shape, release (near-duplicates, splits, pairs included),
account. Printed per stage: CPU seconds of the process tree per million comments, peak memory (Pss)
and its share of the limit; for two sizes and more the growth of seconds per comment, which may be
1.1 from one size to the next.

`--buckets 8`: only 8 of the 64 buckets hold rows. Stages up to shape run bucket by bucket, so these
stand for all; the steps over all buckets then see an eighth of the rows. `--release`: the release
step alone, over so many shaped rows, made directly (`shaped_tables.py`); a whole build has about 22
of them for 100 comments. `--kill`: one build is killed with SIGKILL, workers and all, in every
stage; told is which buckets were made again, and whether the bytes are those of a build in peace.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from process_tree import cpu_s, resident_mb
from raw_tables import KINDS, SPANS, START, SUBREDDITS, Size, make_raw
from shaped_tables import write_shaped

from redditess.corpus.artefacts import sha256_file, write_json
from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings, load_settings
from redditess.corpus.sizes import size_of
from redditess.release.build import build
from redditess.release.pseudonyms import Key
from redditess.release.resume import open_build
from redditess.release.write import write_release

WORKERS, BUCKETS = 2, 64
KEY = Key(b"a key of the benchmark, not ours")
KILL_AFTER = 10  # buckets that a stage has finished when its build is killed
BOUND = 1.1  # of seconds per comment: ten times the rows take at most eleven times the time
BEFORE = ("ingest", "assemble", "exposure", "vote", "fit", "label", "shape", "release", "account")
_EVERY_S = 0.2


class Spent(NamedTuple):
    """What one stage took."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def settings_of(memory_limit: str) -> Settings:
    return load_settings(
        "default", subreddits=SUBREDDITS, workers=WORKERS, memory_limit=memory_limit,
        n_buckets=BUCKETS,
    )  # fmt: skip


def make_build(root: Path, size: Size, buckets: range, settings: Settings) -> None:
    """A build whose dumps have been read: `dumps/` holds stand-ins of one line each."""
    dumps = root / "dumps"
    dumps.mkdir(parents=True)
    folder = _opened(root, settings)
    records: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        for i in range(2):
            path = dumps / f"{kind}_{i}.ndjson"
            path.write_text(json.dumps(_line(kind, i)) + "\n")
            record = ingest_file(path, settings, folder)
            records[record["sha256"][:12]] = record
    files = {k: [s for s, r in records.items() if r["kind"] == k] for k in KINDS}
    for kind in KINDS:
        for path in (folder.raw / kind).iterdir():
            path.unlink()
    for sha12, n in make_raw(folder, size, buckets=buckets, files=files).items():
        more = {
            "lines": n,
            "kept": n,
            "dropped": {},
            "spans": {v: SPANS[v.lower()][0] for v in SUBREDDITS},
        }
        write_json(folder.done / f"{sha12}.json", records[sha12] | more)


def _opened(root: Path, settings: Settings) -> BuildFolder:
    from redditess.labeling.functions import resolve

    rules = [f"{f.name}@{f.version}" for f in resolve(settings.functions)]
    return open_build(root / "build", settings, KEY.id, *rules)


def _line(kind: str, i: int) -> dict[str, Any]:
    common = {"id": f"stand{i}", "subreddit": SUBREDDITS[0], "author": "nobody", "score": 1,
              "created_utc": START}  # fmt: skip
    if kind == "submissions":
        return {**common, "title": "A title", "selftext": "some words here", "is_self": True}
    return {**common, "link_id": "t3_stand0", "parent_id": "t3_stand0", "body": "some words"}


def run_build(root: Path, settings: Settings, kill_in: str | None = None) -> None:
    """In a child: builds, and says on stdout which stage begins. `kill_in`: the stage in which it
    kills itself and its workers, when KILL_AFTER buckets are done.
    """
    last = ""

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if stage == kill_in and done >= KILL_AFTER:
            os.killpg(os.getpgrp(), signal.SIGKILL)
        now = stage if done < total else BEFORE[BEFORE.index(stage) + 1]
        if now != last:
            print(now, flush=True)
            last = now

    dumps = sorted((root / "dumps").iterdir())
    build(dumps, root / "build", settings, key=KEY, progress=progress)


def run_release(root: Path, settings: Settings) -> None:
    """In a child: the release step over shaped rows that are there."""
    print("release", flush=True)
    write_release(BuildFolder(root / "build"), settings, KEY)


def measured(root: Path, memory_limit: str, what: str = "--child") -> dict[str, Spent]:
    """Runs `run_build` or `run_release` in a child; looks at its processes five times a second."""
    said = root / "stages.txt"
    child = _started(root, memory_limit, what)
    spent: dict[str, Spent] = {}
    cpu, wall = 0.0, time.perf_counter()
    while child.poll() is None:
        time.sleep(_EVERY_S)
        stage = (said.read_text().split() or ["start"])[-1]
        now = max(cpu, cpu_s(child.pid)), time.perf_counter()
        old = spent.get(stage, Spent(0, 0, 0))
        peak = max(old.peak_mb, resident_mb(child.pid))
        spent[stage] = Spent(old.cpu_s + now[0] - cpu, old.wall_s + now[1] - wall, peak)
        cpu, wall = now
    if child.returncode:
        raise SystemExit(f"the build failed with status {child.returncode}")
    return spent


def _started(root: Path, memory_limit: str, what: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, what, str(root), "--memory-limit", memory_limit]
    with open(root / "stages.txt", "wb") as out:
        return subprocess.Popen(command, stdout=out)


def table(what: str, size: int, n: int, spent: dict[str, Spent], limit_mb: float) -> list[str]:
    whole = f"{n:,} of {size:,} {what}" if n < size else f"{n:,} {what}"
    heads = ("CPU s", "per 1e6", "wall s", "peak MB", "of limit")
    lines = [f"{whole}, {WORKERS} workers, limit {limit_mb:,.0f} MB",
             f"{'stage':10}" + "".join(f"{head:>9}" for head in heads)]  # fmt: skip
    for stage, s in spent.items():
        lines.append(f"{stage:10}{s.cpu_s:9.1f}{s.cpu_s / n * 1e6:9.1f}{s.wall_s:9.1f}"
                     f"{s.peak_mb:9.0f}{s.peak_mb / limit_mb:9.2f}")  # fmt: skip
    return lines


def main() -> None:
    args = _arguments()
    if args.child:
        run_build(Path(args.child), settings_of(args.memory_limit), args.kill_in)
        return
    if args.child_release:
        run_release(Path(args.child_release), settings_of(args.memory_limit))
        return
    limit_mb = size_of(args.memory_limit) / 1e6
    rows: list[dict[str, Any]] = []
    before: dict[str, float] = {}
    for size in args.release or args.rows:
        root = Path(tempfile.mkdtemp(prefix="redditess-scale-", dir=args.tmp))
        try:
            n, spent = (_release if args.release else _kill if args.kill else _build)(
                root, size, args
            )
        finally:
            if not args.keep:
                shutil.rmtree(root)
        what = "shaped rows" if args.release else "comments"
        print("\n".join(table(what, size, n, spent, limit_mb)), file=sys.stderr, flush=True)
        rows += _ratios(size, n, spent, limit_mb, before)
        before = {stage: s.cpu_s / n for stage, s in spent.items()}
    for row in rows:
        print(
            json.dumps(row) if args.json else f"{row['name']:64} {row['ratio']} <= {row['bound']}"
        )


def _build(root: Path, comments: int, args: argparse.Namespace) -> tuple[int, dict[str, Spent]]:
    size = Size(comments, BUCKETS, args.comment_words, args.post_words)
    make_build(root, size, range(args.buckets), settings_of(args.memory_limit))
    return comments * args.buckets // BUCKETS, measured(root, args.memory_limit)


def _release(root: Path, n_rows: int, args: argparse.Namespace) -> tuple[int, dict[str, Spent]]:
    settings = settings_of(args.memory_limit)
    make_build(root / "small", Size(50_000, BUCKETS), range(8), settings)
    run_build(root / "small", settings)
    small = BuildFolder(root / "small" / "build")
    template = pa.concat_tables([pq.read_table(p) for p in small.buckets(small.shaped)])
    folder = BuildFolder(root / "build").create()
    write_shaped(folder, template.combine_chunks(), n_rows, BUCKETS, settings,
                 comment_words=args.comment_words, post_words=args.post_words)  # fmt: skip
    return n_rows, measured(root, args.memory_limit, "--child-release")


def _kill(root: Path, comments: int, args: argparse.Namespace) -> tuple[int, dict[str, Spent]]:
    """Kills a build once in every stage of buckets; says what its continuation made again."""
    settings = settings_of(args.memory_limit)
    size = Size(comments, BUCKETS, args.comment_words, args.post_words)
    for place in ("peace", "killed"):
        make_build(root / place, size, range(args.buckets), settings)
    spent = measured(root / "peace", args.memory_limit)
    build_at, done = BuildFolder(root / "killed" / "build"), {}
    stages = {"assemble": "interactions", "vote": "votes", "label": "labels", "shape": "shaped"}
    for stage, folder in stages.items():
        command = [sys.executable, __file__, "--child", str(root / "killed"), "--kill-in", stage,
                   "--memory-limit", args.memory_limit]  # fmt: skip
        ended = subprocess.run(command, start_new_session=True, stdout=subprocess.DEVNULL)
        if ended.returncode != -signal.SIGKILL:
            raise SystemExit(f"the build was not killed in {stage}: status {ended.returncode}")
        done[stage] = {p: p.stat().st_mtime_ns for p in (build_at.root / folder).glob("b*.parquet")}
    measured(root / "killed", args.memory_limit)
    for stage, files in done.items():
        again = sum(p.stat().st_mtime_ns != t for p, t in files.items())
        print(
            f"killed in {stage}: {len(files)} of {BUCKETS} buckets were done; {again} of these were"
            f" made again, beside the other {BUCKETS - len(files)}",
            file=sys.stderr,
        )
    same = _digest(root / "killed" / "build") == _digest(root / "peace" / "build")
    print(f"the bytes of both builds are {'the same' if same else 'NOT the same'}", file=sys.stderr)
    return comments * args.buckets // BUCKETS, spent


def _digest(build_at: Path) -> str:
    """Of all artefacts but run.json, which holds times."""
    names = sorted(
        p for p in build_at.rglob("*") if p.is_file() and p.name not in ("run.json", ".lock")
    )
    lines = [f"{p.relative_to(build_at)} {sha256_file(p)}" for p in names]
    return sha256("\n".join(lines).encode()).hexdigest()


def _ratios(
    comments: int, n: int, spent: dict[str, Spent], limit_mb: float, before: dict[str, float]
) -> list[dict[str, Any]]:
    common = {"sense": "<=", "n": 1}
    rows = []
    for stage, s in spent.items():
        if before.get(stage):
            rows.append({"name": f"scale: CPU per comment, {comments:,} / the size before: {stage}",
                         "ratio": round(s.cpu_s / n / before[stage], 3), "bound": BOUND,
                         "baseline": "the size before", **common})  # fmt: skip
        rows.append({"name": f"scale: peak memory / limit, {comments:,}: {stage}",
                     "ratio": round(s.peak_mb / limit_mb, 3), "bound": 1.0,
                     "baseline": f"{limit_mb:.0f} MB", **common})  # fmt: skip
    return rows


def _sizes(text: str) -> list[int]:
    return [int(float(n)) for n in text.split(",")]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rows", type=_sizes, default=[1_000_000], help="comments, with commas")
    parser.add_argument("--release", type=_sizes, help="shaped rows, with commas")
    parser.add_argument("--kill", action="store_true", help="kill the build in every stage")
    parser.add_argument("--buckets", type=int, default=BUCKETS, help="of 64 that hold rows")
    parser.add_argument("--comment-words", type=int, default=40, help="median of a comment")
    parser.add_argument("--post-words", type=int, default=90, help="median of a post")
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--tmp", default=os.environ.get("TMPDIR"), help="where builds are made")
    parser.add_argument("--keep", action="store_true", help="leave the builds there")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--child-release", help=argparse.SUPPRESS)
    parser.add_argument("--kill-in", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
