"""The whole road, from dump files to the folder that users load, beside a plain pandas script.

    python benchmarks/pipeline.py [--rows 20000] [--times 10] [--rounds 1] [--tmp DIR] [--json]

Makes two invented worlds (`pipeline_world.py`), of `rows` interactions and `times` as many, and in
each round runs, one after the other and each in a process of its own: the build as it comes
(`default`), the build with everything switched off that the script does not do either (`lean`: no
screen, support types, near-duplicates or small reader, majority for a label model) and the script
(`pipeline_pandas.py`; its docstring says what it leaves out, and that is a lot).

Seconds of CPU are those of the process and all it started; peak memory is what they held together
(Pss). A stage begins when the build tells so: exposure counts as assemble, the fit as vote, the
account and the card as release. "stages both do" compares ingest and assemble with reading and
joining: the rest of the script is a small part of what a build does there.

"inspect" is the time that `redditess inspect --whole` foresees for the large build over what it
took on so many cores (CPU seconds / workers), or the other way round: a factor of 2 is allowed.

No ratio against the script has a budget; growth has: ten times the rows, at most eleven times the
time. Growth is bounded in CPU seconds; in wall seconds it is shown beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pipeline_pandas import WANTED
from pipeline_world import world
from process_tree import cpu_s, resident_mb

KEY = "11" * 32  # of invented people: nothing to keep secret
GROWTH_SLACK = 1.1  # "ten times the rows cost at most eleven times the time"
BOTH = ({"ingest", "assemble"}, {"read", "join"})
LEAN = {
    "annotate": (), "near": 0.0, "reader": "lexicon", "label_model": "majority",
    "op_habit": "kept",
    "functions": ("op_response", "op_rejects", "passed_over", "community_reception"),
}  # fmt: skip
_EVERY_S = 0.5


class Stage(NamedTuple):
    """What one stage cost; memory is the peak while it ran."""

    wall: float
    cpu: float
    mb: float


class Run(NamedTuple):
    rows: int
    stages: dict[str, Stage]

    def total(self, what: str, stages: set[str] | None = None) -> float:
        mine = [s for name, s in self.stages.items() if stages is None or name in stages]
        return float(sum(getattr(s, what) for s in mine))

    @property
    def mb(self) -> float:
        return max(s.mb for s in self.stages.values())


# --- in the process that is measured


def run_build(which: str, out: Path, dumps: list[Path]) -> None:
    """Tells "@stage", wall and CPU seconds so far at each change of stage; then the rows."""
    from redditess.corpus.settings import load_settings
    from redditess.release.build import build
    from redditess.release.pseudonyms import Key

    settings = load_settings("default", subreddits=tuple(sorted(WANTED)), **_switches(which))
    heard: list[str] = []

    def progress(stage: str, done: int, total: int) -> None:
        if heard[-1:] != [stage]:
            heard.append(stage)
            _tell(stage)

    manifest = build(dumps, out, settings, key=Key(bytes.fromhex(KEY)), progress=progress)
    _tell("")
    print(json.dumps({"rows": manifest["stages"]["full"]["rows_out"]}), flush=True)


def run_pandas(out: Path, dumps: list[Path]) -> None:
    import pipeline_pandas

    told = pipeline_pandas.run(out, dumps, _tell)
    _tell("")
    print(json.dumps(told), flush=True)


def _switches(which: str) -> dict[str, Any]:
    return LEAN if which == "lean" else {}


def _tell(stage: str) -> None:
    print(f"@{stage} {time.perf_counter()} {cpu_s(os.getpid())}", flush=True)


# --- in the process that measures


def measured(which: str, dumps: list[Path], tmp: Path) -> Run:
    """One run in a process of its own; what it wrote is removed."""
    out = Path(tempfile.mkdtemp(prefix=f"bench-pipeline-{which}-", dir=tmp))
    command = [sys.executable, __file__, "--run", which, str(out), *map(str, dumps)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    told: list[tuple[str, float, float]] = []
    peaks: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY_S):
            stage = told[-1][0] if told else ""
            peaks[stage] = max(peaks.get(stage, 0.0), resident_mb(child.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    result: dict[str, Any] = {}
    assert child.stdout
    for line in child.stdout:
        if line.startswith("@"):
            stage, wall, cpu = line[1:].split(" ")
            told.append((stage, float(wall), float(cpu)))
        else:
            result = json.loads(line)
    code = child.wait()
    done.set()
    watcher.join()
    shutil.rmtree(out)
    if code:
        raise SystemExit(f"{which} failed with status {code}")
    stages: dict[str, Stage] = {}
    for (name, wall, cpu), (_, end, cpu_end) in pairwise(told):
        was = stages.get(name, Stage(0.0, 0.0, 0.0))
        mb = peaks.get(name, 0.0)
        stages[name] = Stage(was.wall + end - wall, was.cpu + cpu_end - cpu, mb)
    return Run(result["rows"], stages)


# --- what is said about it


def compare(rows: int, times: int, rounds: int, tmp: Path) -> list[dict[str, Any]]:
    runs: dict[tuple[str, int], list[Run]] = {}
    for n in (rows, rows * times):
        dumps = world(n, tmp)
        for _ in range(rounds):
            for which in ("default", "lean", "pandas"):
                run = measured(which, dumps, tmp)
                runs.setdefault((which, n), []).append(run)
                _show(which, n, run)
    small, large = runs["default", rows], runs["default", rows * times]
    theirs, lean = runs["pandas", rows * times], runs["lean", rows * times]
    n_times = large[0].rows / small[0].rows
    return [
        *(_against("whole build", large, theirs, what) for what in ("cpu", "wall")),
        *(_against("lean build", lean, theirs, what) for what in ("cpu", "wall")),
        *(_against("stages both do", large, theirs, what, BOTH) for what in ("cpu", "wall")),
        _growth(f"{n_times:.2f} times the rows, time (CPU) per row", small, large, "cpu"),
        _growth(f"{n_times:.2f} times the rows, time (wall) per row", small, large, "wall"),
        _memory(small, large),
        _foreseen(world(rows * times, tmp), large),
    ]


def _foreseen(dumps: list[Path], runs: list[Run]) -> dict[str, Any]:
    from redditess.corpus.inspect import inspect_files
    from redditess.corpus.prospects import cost_of
    from redditess.corpus.settings import load_settings

    settings = load_settings("default", subreddits=tuple(sorted(WANTED)))
    cost = cost_of(inspect_files(dumps, None), settings)
    foreseen = cost.read_s + cost.later_s
    took = statistics.median(r.total("cpu") for r in runs) / cost.workers
    return {
        "name": "inspect / what it took", "ratio": round(max(foreseen / took, took / foreseen), 3),
        "bound": 2, "sense": "<=", "n": len(runs), "baseline": "CPU seconds / workers",
        "foreseen_s": round(foreseen, 1), "took_s": round(took, 1),
    }  # fmt: skip


def _against(
    name: str, ours: list[Run], theirs: list[Run], what: str,
    stages: tuple[set[str] | None, set[str] | None] = (None, None),
) -> dict[str, Any]:  # fmt: skip
    ratios = [
        a.total(what, stages[0]) / b.total(what, stages[1])
        for a, b in zip(ours, theirs, strict=True)
    ]
    return {
        "name": f"{name} / pandas script, {what}", "ratio": round(statistics.median(ratios), 3),
        "bound": None, "sense": "<=", "n": len(ratios), "baseline": "pipeline_pandas.py",
        "rows": ours[0].rows,
    }  # fmt: skip


def _growth(name: str, small: list[Run], large: list[Run], what: str) -> dict[str, Any]:
    """Per row, so that 1.1 is eleven times the time for ten times the rows."""
    ratios = [
        (b.total(what) / b.rows) / (a.total(what) / a.rows)
        for a, b in zip(small, large, strict=True)
    ]
    return {
        "name": name, "ratio": round(statistics.median(ratios), 3), "bound": GROWTH_SLACK,
        "sense": "<=", "n": len(ratios), "baseline": f"{small[0].rows} rows",
    }  # fmt: skip


def _memory(small: list[Run], large: list[Run]) -> dict[str, Any]:
    a, b = (statistics.median(r.mb for r in runs) for runs in (small, large))
    return {
        "name": "peak memory, large / small", "ratio": round(b / a, 3), "bound": None,
        "sense": "<=", "n": len(large), "baseline": f"{small[0].rows} rows",
        "small_mb": round(a), "large_mb": round(b),
    }  # fmt: skip


def _show(which: str, n: int, run: Run) -> None:
    wall, cpu = run.total("wall"), run.total("cpu")
    print(f"\n{which}, {run.rows} rows of a world of {n}: {wall:.1f} s, {cpu:.1f} CPU-s,"
          f" {run.rows / wall:,.0f} rows/s, {run.mb:,.0f} MB", file=sys.stderr)  # fmt: skip
    for name, s in run.stages.items():
        share = f"{run.rows / s.cpu:>10,.0f} rows/CPU-s" if s.cpu else ""
        print(f"  {name:<10}{s.wall:>8.1f} s{s.cpu:>8.1f} CPU-s{s.mb:>8,.0f} MB{share}",
              file=sys.stderr)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tmp", default=tempfile.gettempdir(), help="where worlds are kept")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs="+", help=argparse.SUPPRESS)  # a process of `measured`
    args = parser.parse_args()
    if args.run:
        which, out, *dumps = args.run
        paths = [Path(d) for d in dumps]
        run_pandas(Path(out), paths) if which == "pandas" else run_build(which, Path(out), paths)
        return
    for row in compare(args.rows, args.times, args.rounds, Path(args.tmp)):
        if args.json:
            print(json.dumps(row))
        else:
            print(f"{row['name']:<50}{row['ratio']:>8} {row['sense']} {row['bound'] or '-'}")


if __name__ == "__main__":
    main()
