"""Does any dump line crash the reader, hang it, or go missing? Millions of mutated lines say.

    python benchmarks/mutated_lines.py [--lines 10000000] [--seed 1] [--processes 1] [--json]

Lines are invented, of every era's spelling and with every field of every wrong type; a chunk of
them is bent all at once (bits, cuts, swaps, inserts: `bent`), written as one dump file and read by
`ingest_file` twice: picking candidates by their bytes, and parsing every line. Checked of each
chunk: lines counted = newlines in the file, kept + dropped = lines, rows on disk = kept, and both
ways agree to the byte, account and Parquet. With `--processes 2` a third reading uses processes.

Beside them, dumps of all four codecs with mutated *compressed* bytes (`--bent-dumps`): no crash,
and both ways agree on rows and damage. Nothing may take longer than `LONGEST_S` or more memory
than `MEMORY_MB`. Prints what was found; exit status 1 where anything was.
"""

from __future__ import annotations

import argparse
import bz2
import faulthandler
import gzip
import hashlib
import json
import lzma
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from backports import zstd
from numpy.typing import NDArray

from redditess.corpus.artefacts import remove_tree
from redditess.corpus.dumps import prefilter, sift
from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings

CHUNK = 25_000  # lines in one file
FEW = ("sample_sleep", "sample_grief")
MANY = (*FEW, *(f"place_{n}" for n in range(prefilter.MANY)))  # looked for in another way
WAYS = {"picked": 2.0, "parsed": -1.0}  # `sift.DENSE`: never, always
LONGEST_S, MEMORY_MB = 1800, 1500
CODECS: dict[str, Callable[[bytes], bytes]] = {
    ".zst": zstd.compress, ".gz": lambda b: gzip.compress(b, 1), ".bz2": bz2.compress,
    ".xz": lambda b: lzma.compress(b, preset=0),
}  # fmt: skip

Bytes = NDArray[np.uint8]

# --- lines

COMMENT: dict[str, Any] = {
    "id": "c1a2b3", "link_id": "t3_p1a2b", "parent_id": "t1_c0a1b2", "subreddit": "sample_sleep",
    "author": "invented_owl", "body": "It gets better \u2014 &amp; \"slowly\".\n\nTry \U0001f642.",
    "created_utc": 1_600_000_000, "score": 5, "edited": False, "is_submitter": False,
    "stickied": False, "distinguished": None, "retrieved_on": 1_600_100_000, "name": "t1_c1a2b3",
    "score_hidden": False, "removed_by_category": None,
    "_meta": {"retrieved_2nd_on": 1_600_200_000, "removal_type": None},
}  # fmt: skip
POST: dict[str, Any] = {
    "id": "p1a2b", "subreddit": "sample_sleep", "author": "invented_owl",
    "title": "Awake &lt;again&gt;",
    "selftext": "Third night.\n\nEDIT: thank you", "created_utc": 1_600_000_000, "score": 7,
    "edited": 1_600_000_900, "is_self": True, "over_18": False, "stickied": False,
    "name": "t3_p1a2b",
    "retrieved_on": 1_600_100_000, "hide_score": False, "crosspost_parent": None, "promoted": None,
    "crosspost_parent_list": [{"subreddit": "sample_grief", "id": "x"}],
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1 << 62, 1 << 63, -(1 << 63) - 1, 10**30, 1.5, 1e308, -0.0, "",
    "1600000000", {"removal_type": "\ud800"}, {"retrieved_2nd_on": "1e400"},
    "1.6e9", "t3_zzzzzzzzzzzzzz", "T1_ABC", "\u0000", "\ud800", "\udfff\ud800", "\u2028",
    "[deleted]",
    "[removed]", "\ufeff", "x" * 300, [], {}, [[]], {"subreddit": "sample_sleep"}, [None, 1, "a"],
    "sample_grief", "SAMPLE_SLEEP", "r/sample_sleep", "nan", "Infinity", "1e400",
)  # fmt: skip
RAW = (  # what json.dumps would not write
    b"", b" ", b"\t\t", b"\r", b"{}", b"[]", b"null", b"0", b'""', b"junk", b"{", b"}",
    b'{"subreddit"',
    b'{"id": 1e999, "body": "", "subreddit": "sample_sleep"}', b"[" * 3000,
    b'{"a":' * 3000, b'{"body": "' + b"x" * 9000,
    b'{"subreddit": "sample_sleep", "body": NaN, "id": Infinity}', b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"id":"a","id":"b","subreddit":"other","subreddit":"sample_sleep","body":"x","body":"y",'
    b'"link_id":"t3_a","parent_id":"t3_a","created_utc":1600000000}',
    b'{"subreddit":"sample\\u005fsleep","id":"u","link_id":"t3_a","parent_id":"t3_a","body":"u",'
    b'"created_utc":1600000000}',
    b'{"score": ' + b"9" * 6000 + b', "subreddit": "sample_sleep", "body": "x"}',
    b'{"score": 1' + b"0" * 400 + b".5e-300" + b', "subreddit": "sample_sleep", "body": "x"}',
    b'{"kind":"t1","data":{"subreddit":"sample_sleep","body":"x"}}', b'{"body":"\\',
    b'"subreddit":"sample_sleep"',
)  # fmt: skip
TOKENS = (
    b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc3",
    b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", b"\\u0000", b"\\ud83d", b"\\udc00", b"\\u005f", b"\\x",
    b"1e999", b"-", b"9" * 25, b"null", b"true", b"NaN", b"\xe2\x80\xa8", b"\xf0\x9f\x99\x82",
    b'"subreddit":"sample_sleep",', b'"subreddit" : "SAMPLE_GRIEF",', b'"id":"dup",',
    b'"body":[[[[{"a":', b"[" * 120, b"/*", b"'", b"\x85",
)  # fmt: skip


def lines_of(kind: str) -> list[bytes]:
    """Invented lines: plain, each field of each odd value or missing, and what is no object."""
    usual, other = (COMMENT, POST) if kind == "comments" else (POST, COMMENT)
    text = "body" if kind == "comments" else "title"
    made = [usual | {"id": f"{n:x}", "score": n, text: f"words {n}"} for n in range(1, 200)]
    made += [o | {"subreddit": "other_place"} for o in made]
    made += [usual | {name: value} for name in usual for value in ODD]
    made += [{k: v for k, v in usual.items() if k != name} for name in usual]
    made += [
        other,
        other | {"subreddit": "x"},
        usual | {"other": usual},
        {"subreddit": "sample_sleep"},
    ]
    tight = [json.dumps(o, separators=(",", ":")).encode() for o in made]
    return [*tight, *(json.dumps(o).encode() for o in made[::7]), *RAW]


# --- mutations, all lines of a chunk at once


def gathered(lines: Sequence[bytes], rng: np.random.Generator, n: int) -> Bytes:
    """`n` lines drawn with replacement, each with its newline, as one buffer."""
    drawn = [lines[i] for i in rng.integers(0, len(lines), n)]
    return np.frombuffer(b"\n".join(drawn) + b"\n", np.uint8)


def bent(text: Bytes, rng: np.random.Generator, n: int) -> Bytes:
    """About two mutations a line for `n` lines: a third of the lines stay as they were."""

    def places(k: int, margin: int = 0) -> NDArray[np.int64]:
        return rng.integers(0, max(1, len(text) - margin), k)

    text = text.copy()
    text[places(n // 3)] ^= np.uint8(1) << rng.integers(0, 8, n // 3, dtype=np.uint8)
    text[places(n // 3)] = rng.integers(0, 256, n // 3, dtype=np.uint8)
    text[places(n // 3)] = rng.choice(
        np.frombuffer(b'"\\{}[]:,0-e. \n\r\x00\xff', np.uint8), n // 3
    )
    for width in (1, 4, 16):  # swaps; a place drawn twice keeps what came last
        one, two = (places(n // 12, width)[:, None] + np.arange(width) for _ in range(2))
        text[one], text[two] = text[two], text[one]
    return _inserted(_cut(text, rng, n // 4), rng, n // 4)


def _cut(text: Bytes, rng: np.random.Generator, k: int) -> Bytes:
    """`k` stretches of 1 to 60 bytes go; some take a line end along."""
    kept = np.ones(len(text), bool)
    for start, size in zip(
        rng.integers(0, len(text), k).tolist(), rng.integers(1, 60, k).tolist(), strict=True
    ):
        kept[start : start + size] = False
    return text[kept]


def _inserted(text: Bytes, rng: np.random.Generator, k: int) -> Bytes:
    places, pieces, last = np.sort(rng.integers(0, len(text), k)).tolist(), [], 0
    for at, token in zip(places, rng.integers(0, len(TOKENS), k).tolist(), strict=True):
        pieces += (text[last:at], TOKENS[token])
        last = at
    return np.frombuffer(b"".join([*pieces, text[last:]]), np.uint8)


def chunk(seed: int, n: int) -> bytes:
    """A dump file of about `n` mutated lines; its first line says the kind."""
    rng = np.random.default_rng(seed)
    kind = "comments" if seed % 3 else "submissions"
    usual = COMMENT if kind == "comments" else POST
    text = bent(gathered(lines_of(kind), rng, n), rng, n).tobytes()
    whole = json.dumps(usual).encode() + b"\n" + text
    if seed % 5 == 0:  # Windows' line ends, and a byte order mark
        whole = b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n")
    return whole if seed % 2 else whole.rstrip(b"\n")  # the last line may have no end


# --- reading


class Reading(NamedTuple):
    """What one reading of one file made."""

    account: dict[str, Any]
    rows: dict[str, str]  # Parquet file -> digest
    n_rows: int


def reading(path: Path, way: str, out: Path, **more: Any) -> Reading:
    """`ingest_file` into an empty folder; `way` is one of WAYS. Of zstd files many are wanted."""
    remove_tree(out)
    sift.DENSE = WAYS[way]
    folder = BuildFolder(out).create()
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    settings = Settings(subreddits=MANY if path.suffix == ".zst" else FEW, n_buckets=1)
    account = ingest_file(path, settings, folder, **more)
    faulthandler.cancel_dump_traceback_later()
    files = sorted(folder.raw.glob("*/*.parquet"))
    rows = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    return Reading(account, rows, sum(pq.read_metadata(p).num_rows for p in files))


def n_lines(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n"))


def faults_of(path: Path, out: Path, expected: int | None, processes: int) -> Iterator[str]:
    """What is wrong with the readings of one dump; nothing where all is well."""
    try:
        first = reading(path, "picked", out)
        others = {"parsed": reading(path, "parsed", out)}
        if processes > 1:
            others[f"{processes} processes"] = reading(path, "picked", out, processes=processes)
    except Exception as e:  # a crash is what is looked for
        faulthandler.cancel_dump_traceback_later()
        yield f"crash: {type(e).__name__}: {str(e)[:200]}"
        return
    account = first.account
    if expected is not None and account["lines"] != expected:
        yield f"{account['lines']} lines counted, {expected} there"
    if account["kept"] + sum(account["dropped"].values()) != account["lines"]:
        yield f"kept + dropped is not lines: {account}"
    if first.n_rows != account["kept"]:
        yield f"{first.n_rows} rows on disk, {account['kept']} kept"
    for name, other in others.items():
        if other != first:
            told = {k: (v, other.account[k]) for k, v in account.items() if other.account[k] != v}
            yield f"{name} disagrees: {str(told)[:500] or 'rows'}"


class Tally(NamedTuple):
    """`faults`: (seed or name, what)."""

    n_lines: int
    n_kept: int
    faults: list[tuple[str, str]]


def accounts(out: Path) -> list[dict[str, Any]]:
    """What the last reading left in `raw/done`; nothing after a crash."""
    return [json.loads(path.read_text()) for path in BuildFolder(out).done.glob("*.json")]


def read_lines(lines: int, seed: int, folder: Path, processes: int = 1) -> Tally:
    """Mutated lines in files of `CHUNK`, plain and zstd by turns."""
    n_read = kept = number = 0
    found: list[tuple[str, str]] = []
    while n_read < lines:
        text = chunk(seed * 1_000_003 + number, min(CHUNK, lines - n_read))
        packed = number % 4 == 3
        path = folder / ("RC_bent.zst" if packed else "RC_bent.ndjson")
        path.write_bytes(zstd.compress(text, 1) if packed else text)
        expected = n_lines(text)
        told = list(faults_of(path, folder / "out", expected, processes))
        found += [(f"chunk {number}", what) for what in told]
        n_read, number = n_read + expected, number + 1
        kept += sum(account["kept"] for account in accounts(folder / "out"))
        if number % 20 == 0:
            print(f"{n_read:,} lines, {len(found)} faults", file=sys.stderr, flush=True)
    return Tally(n_read, kept, found)


def read_bent_dumps(n: int, seed: int, folder: Path, processes: int = 1) -> Tally:
    """`n` dumps of 2,000 lines whose compressed bytes are mutated or cut."""
    rng, found, lines, kept = np.random.default_rng(seed), [], 0, 0
    for number in range(n):
        suffix = [*CODECS][number % len(CODECS)]
        text = chunk(seed * 1_000_003 + number, 2000)
        pieces = np.array_split(np.frombuffer(text, np.uint8), int(rng.integers(1, 4)))
        packed = np.frombuffer(
            b"".join(CODECS[suffix](p.tobytes()) for p in pieces), np.uint8
        ).copy()
        for at in rng.integers(0, len(packed), int(rng.integers(1, 5))):
            packed[at] = rng.integers(0, 256)
        if number % 3 == 0:
            packed = packed[: rng.integers(1, len(packed))]
        path = folder / f"RC_bent{suffix}"
        path.write_bytes(packed.tobytes())
        found += [
            (path.name + f" {number}", w) for w in faults_of(path, folder / "out", None, processes)
        ]
        for account in accounts(folder / "out"):
            lines, kept = lines + account["lines"], kept + account["kept"]
    return Tally(lines, kept, found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--bent-dumps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    start, found = time.process_time(), []
    with tempfile.TemporaryDirectory() as folder:
        for name, run, n in (
            ("lines", read_lines, args.lines), ("bent_dumps", read_bent_dumps, args.bent_dumps),
        ):  # fmt: skip
            tally = run(n, args.seed, Path(folder), args.processes)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
            found += [*tally.faults, *([("memory", f"{peak} MB")] if peak > MEMORY_MB else [])]
            if args.json:
                record = {"name": f"mutated_lines/{name}", "ratio": len(tally.faults), "bound": 0,
                          "sense": "<=", "n": tally.n_lines, "baseline": "faults"}  # fmt: skip
                print(json.dumps({**record, "kept": tally.n_kept, "seed": args.seed}))
            else:
                spent = time.process_time() - start
                read = f"{name}: {tally.n_lines:,} lines, {tally.n_kept:,} kept"
                print(f"{read}, {len(tally.faults)} faults, {peak} MB, {spent:.0f} CPU-s so far")
    for where, what in found:
        print(f"{where}: {what}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
