"""How long does a removal take, per million rows, and how much memory?

    python benchmarks/delete.py [--rows 100000] [--json]

Makes a build of that many rows by writing the bundled sample's again under new ids (every stage's
files, release and manifest are there; the texts of each copy are its own), then removes 200
comments, 20 threads and 5 authors from it in a process of its own, with the scan that proves it.
The limit is 60 s per million rows. Memory is the most that the process held.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from redditess.corpus.artefacts import read_json, read_stats, write_json, write_parquet
from redditess.corpus.folder import BuildFolder
from redditess.corpus.manifest import file_record
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym

LIMIT_S_PER_MILLION = 60.0
FULLNAMES = ("id", "thread_id", "parent_id", "comment_id")
NAMES = ("author", "op", "commenter")
TEXTS = ("title", "selftext", "body", "post", "comment")
N_COMMENTS, N_THREADS, N_AUTHORS = 200, 20, 5
REMOVE = (
    "import sys, json, resource; from redditess.__main__ import main; code = 0\n"
    "try: main()\n"
    "except SystemExit as e: code = e.code or 0\n"
    "used = resource.getrusage(resource.RUSAGE_SELF)\n"
    "cpu = round(used.ru_utime + used.ru_stime, 1)\n"
    "print(json.dumps({'peak_mb': used.ru_maxrss // 1024, 'cpu_s': cpu, 'code': code}))\n"
)


def grow(small: Path, target: Path, n_rows: int) -> int:
    """A build of about `n_rows` rows in `target`; returns how many it has."""
    source, folder = BuildFolder(small), BuildFolder(target).create()
    rows = sum(pq.read_metadata(p).num_rows for p in source.buckets(source.interactions))
    copies = -(-n_rows // rows)
    ids = _pseudonyms(source, copies)
    for path in sorted(small.rglob("*.parquet")):
        place = target / path.relative_to(small)
        released = "redditess" in path.parts or "shaped" in path.parts
        table, schema = pq.read_table(path), pq.read_schema(path)
        if path.name == "op_rates.parquet":
            write_parquet(place, table, schema)
            continue
        made = (_copy(table, i, ids if released else None) for i in range(copies))
        write_parquet(place, made, schema, stats=read_stats(path) or None)
    for path in small.rglob("*.json"):
        write_json(target / path.relative_to(small), read_json(path))
    _account(folder, copies)
    return rows * copies


def _copy(table: pa.Table, i: int, ids: list[dict[str, str]] | None) -> pa.Table:
    for name in table.column_names:
        column = table[name]
        if ids is not None and name in ("id", "thread_id", "chosen_id", "rejected_id"):
            new = pa.array([ids[i][value] for value in column.to_pylist()], pa.string())
        elif ids is None and name in FULLNAMES:
            new = pc.binary_join_element_wise(column, f"{i:03d}", "")
        elif ids is None and name in NAMES:
            new = pc.binary_join_element_wise(column, f"_{i}", "")
        elif name in TEXTS:  # no stretch of 64 bytes is that of another copy
            new = pc.replace_substring_regex(
                column, r"(\w+ \w+ \w+ )", rf"\g<1>{i:04d} ".replace(r"\g<1>", r"\1")
            )
        else:
            continue
        table = table.set_column(table.schema.get_field_index(name), table.field(name), new)
    return table


def _pseudonyms(source: BuildFolder, copies: int) -> list[dict[str, str]]:
    """For each copy: the sample's pseudonym -> the copy's."""
    names: set[str] = set()
    for path in source.buckets(source.interactions):
        for column in pq.read_table(path, columns=["comment_id", "thread_id"]).columns:
            names.update(column.to_pylist())
    old = {name: pseudonym(SAMPLE_KEY, name) for name in names}
    return [{o: pseudonym(SAMPLE_KEY, f"{n}{i:03d}") for n, o in old.items()}
            for i in range(copies)]  # fmt: skip


def _account(folder: BuildFolder, copies: int) -> None:
    manifest = read_json(folder.manifest)
    for stage in manifest["stages"].values():
        for name in ("rows_in", "rows_out"):
            stage[name] *= copies
        stage["dropped"] = {reason: n * copies for reason, n in stage["dropped"].items()}
        for f in stage.get("files", []):
            path = folder.root / f["path"]
            more = {"bytes": path.stat().st_size} if "bytes" in f else {}
            f |= {**file_record(path, folder.root), **more}
    for splits in manifest["splits"].values():
        for record in splits.values():
            record["rows"] *= copies
            record["bytes"] *= copies
    write_json(folder.manifest, manifest)


def ask(folder: BuildFolder) -> Iterator[tuple[str, list[str]]]:
    """Two files of a request: ids and authors, spread over the build."""
    columns = ["comment_id", "thread_id", "commenter"]
    rows = pa.concat_tables(
        [pq.read_table(p, columns=columns) for p in folder.buckets(folder.interactions)]
    )
    step = len(rows) // N_COMMENTS
    some = rows.take(pa.array(range(0, len(rows), max(1, step)))).to_pylist()
    yield "ids", [r["comment_id"] for r in some] + [r["thread_id"] for r in some[:N_THREADS]]
    names = [r["commenter"] for r in some[-N_THREADS:] if r["commenter"]]
    yield "authors", names[:N_AUTHORS]


def measure(n_rows: int, work: Path) -> dict[str, Any]:
    """One removal from a build of that size."""
    settings = load_settings("sample", limit=4_000, n_buckets=8, workers=1)
    build(write_sample(work / "dumps"), work / "small", settings, key=SAMPLE_KEY)
    n = grow(work / "small", work / "large", n_rows)
    words = []
    for name, lines in ask(BuildFolder(work / "large")):
        (work / name).write_text("\n".join(lines) + "\n")
        words += [f"--{name}", str(work / name)]
    command = [sys.executable, "-c", REMOVE, "release", "delete", str(work / "large"), *words,
               "--json"]  # fmt: skip
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(done.stderr)
    report, process = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    return {
        "name": "delete: seconds per million rows, of the limit",
        "ratio": round(seconds / (n / 1e6) / LIMIT_S_PER_MILLION, 3), "bound": 1.0, "sense": "<=",
        "n": n, "seconds": round(seconds, 1),
        "baseline": f"{LIMIT_S_PER_MILLION:.0f} s per million rows",
        "removed": report["removed"], "left": len(report["scan"]["left"]), **process,
        "gigabytes": round(report["scan"]["bytes"] / 1e9, 2),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=re.sub(r"\n\n.*", "", __doc__, flags=re.S))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        os.environ["REDDITESS_HOME"] = f"{work}/home"  # lists of removals are not this machine's
        os.environ["HF_DATASETS_CACHE"] = f"{work}/arrow"
        found = measure(args.rows, Path(work))
    if args.json:
        print(json.dumps(found))
        return
    print(
        f"{found['n']:,} rows: {found['ratio']:.2f} of the limit ({found['baseline']}), "
        f"{found['peak_mb']:,} MB, {found['cpu_s']} s of CPU, {found['left']} places left"
    )


if __name__ == "__main__":
    main()
