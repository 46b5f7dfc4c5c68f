"""How fast a dump becomes rows: ours against the decompressor alone and a plain `json` reader.

    python benchmarks/ingest.py [--site-mb 2048] [--own-mb 1024] [--rounds 3] [--json]

Makes dumps (zstd with a 2 GiB window, ~70 fields and ~1.85 KB a comment), once per machine:
`site`, where 0.5 % of the lines belong to five wanted subreddits, `frames`, the same lines in
frames of 64 MB, and `own`, a per-subreddit file where all lines are wanted. In every round each
candidate runs once, in a process of its own, beside a `zstd -dc --long=31 > /dev/null` run: ratios
are paired, so a loaded machine moves both.

- `*/limit`: `ingest_file` as a build uses it on this machine for one file (digest, Parquet, done
  file, as many processes as cores) / zstd; `site1` and `site300` look for 1 and for 300 names,
  `alone` is `own` in one process
- `site/naive`: a reader that splits and `json.loads`es every line / `ingest_file`
- `*/memory`: peak of all processes, shared pages once / (the window + 300 MB); sampled in a run of
  its own

`bound` is our budget; the median over the rounds is compared with it. `others` in the talk on
stderr: cores that somebody else kept busy meanwhile; above 0.2 a figure says little.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from backports import zstd

from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings

WANTED = ("bench_anxiety", "bench_lowmood", "bench_sleep", "bench_stress", "bench_grief")
SHARE = {"site": 0.005, "frames": 0.005, "own": 1.0}
FRAME = 64 << 20  # raw bytes of a frame of `frames`
N_SUBREDDITS = 20_000
VERSION = "2"  # of the data below; another one is made afresh
CASES = {  # the dump, how many names are looked for (0: all), processes (0: as many as cores)
    "site": ("site", 5, 0),
    "site1": ("site", 1, 0),
    "site300": ("site", 300, 0),
    "frames": ("frames", 5, 0),
    "own": ("own", 0, 0),
    "alone": ("own", 0, 1),
}
BOUNDS = {
    "site/limit": (1.3, "<="),
    "site1/limit": (1.3, "<="),
    "site300/limit": (1.7, "<="),
    "frames/limit": (1.3, "<="),
    "own/limit": (3.5, "<="),
    "alone/limit": (5.7, "<="),
    "site/naive": (6.0, ">="),
    "site/memory": (1.0, "<="),
    "own/memory": (1.0, "<="),
}
BASE = {"limit": "zstd -dc", "naive": "json.loads reader", "memory": "window + 300 MB"}
BESIDE = 300 << 20  # bytes that ingest may hold beside the window


# --- data


def comments(which: str, n_bytes: int) -> Iterator[bytes]:
    """Invented comment lines with the fields of a 2022 month, about `n_bytes` in all."""
    random_ = random.Random("own" if which == "own" else "site")
    words = [
        "".join(random_.choices("abcdefghijklmnoprstuvw", k=n))
        for n in range(2, 11)
        for _ in range(400)
    ]
    names = [f"bench_other_{i}" for i in range(N_SUBREDDITS)]
    made, i = 0, 0
    while made < n_bytes:
        i += 1
        wanted = random_.random() < SHARE[which]
        name = random_.choice(WANTED) if wanted else random_.choice(names)
        line = (
            json.dumps(
                comment(random_, i, name, words), separators=(",", ":"), ensure_ascii=False
            ).encode()
            + b"\n"
        )
        made += len(line)
        yield line


def comment(random_: random.Random, i: int, name: str, words: list[str]) -> dict[str, object]:
    """One comment, 75 fields, raw UTF-8; bodies have 20 words (median).

    One line in two has an escape and one in ten a sign beyond ASCII: our guess at real months.
    """
    n_words = min(int(random_.lognormvariate(3, 1)) + 1, 1500)
    body, author = (
        prose(random_.choices(words, k=n_words), i),
        random_.choice(words) + str(i % 99991),
    )
    id_, post = f"k{i:06x}", f"1{random_.randrange(1 << 22):06x}"
    utc = 1_650_000_000 + i // 40
    return {
        "all_awardings": [], "approved_at_utc": None, "approved_by": None, "archived": False,
        "associated_award": None, "author": author, "author_cakeday": None,
        "author_flair_background_color": None, "author_flair_css_class": None,
        "author_flair_richtext": [], "author_flair_template_id": None, "author_flair_text": None,
        "author_flair_text_color": None, "author_flair_type": "text",
        "author_fullname": f"t2_{i * 7919 % 100_000_007:x}", "author_is_blocked": False,
        "author_patreon_flair": False, "author_premium": False, "awarders": [],
        "banned_at_utc": None, "banned_by": None, "body": body, "can_gild": True,
        "can_mod_post": False, "collapsed": False, "collapsed_because_crowd_control": None,
        "collapsed_reason": None, "collapsed_reason_code": None, "comment_type": None,
        "controversiality": 0, "created": utc, "created_utc": utc, "distinguished": None,
        "downs": 0, "edited": utc + 600 if i % 40 == 0 else False, "gilded": 0,
        "gildings": {}, "id": id_, "is_submitter": i % 10 == 0, "likes": None,
        "link_author": random_.choice(words), "link_id": f"t3_{post}",
        "link_permalink": f"https://www.reddit.com/r/{name}/comments/{post}/{random_.choice(words)}/",
        "link_title": " ".join(random_.choices(words, k=9)), "locked": False, "mod_note": None,
        "mod_reason_by": None, "mod_reason_title": None, "mod_reports": [], "name": f"t1_{id_}",
        "no_follow": True, "nest_level": i % 7, "num_reports": None, "over_18": False,
        "parent_id": f"t3_{post}" if i % 3 else f"t1_k{i // 2:06x}",
        "permalink": f"/r/{name}/comments/{post}/{random_.choice(words)}/{id_}/",
        "removal_reason": None, "replies": "", "report_reasons": None,
        "retrieved_on": utc + 3_000_000, "saved": False,
        "score": int(random_.paretovariate(1)), "score_hidden": False,
        "send_replies": True, "stickied": False, "subreddit": name,
        "subreddit_id": f"t5_{hash_of(name):x}", "subreddit_name_prefixed": f"r/{name}",
        "subreddit_type": "public", "top_awarded_type": None, "total_awards_received": 0,
        "treatment_tags": [], "unrepliable_reason": None, "ups": 1, "user_reports": [],
    }  # fmt: skip


def prose(words: list[str], i: int) -> str:
    """Words as people type them: paragraphs, quotes, curly apostrophes, an emoji now and then."""
    text = " ".join(words)
    if i % 2:
        text = text.replace(" ", "\n\n", 1).replace(" a", ' "a', 2)
    if i % 10 == 0:
        text += "\u2019s" if i % 20 else " \U0001f642"
    return text


def hash_of(name: str) -> int:
    return sum(ord(c) * 31**i for i, c in enumerate(name)) % 1_000_000_007


def dump(which: str, mb: int, folder: Path) -> Path:
    """Makes (once) the dump; a frame like that of the published months: 2 GiB window, checksum."""
    path = folder / f"RC_{which}_{mb}mb_v{VERSION}.zst"
    if path.exists():
        return path
    print(f"making {path} ...", file=sys.stderr)
    p = zstd.CompressionParameter
    options = {
        p.compression_level: 3,
        p.window_log: 31,
        p.enable_long_distance_matching: 1,
        p.checksum_flag: 1,
    }
    part = path.with_suffix(".part")
    with open(part, "wb") as file:
        compressor, n = zstd.ZstdCompressor(options=options), 0
        for line in comments(which, mb << 20):
            file.write(compressor.compress(line))
            n += len(line)
            if which == "frames" and n >= FRAME:
                file.write(compressor.flush())
                n = 0
        file.write(compressor.flush())
    part.rename(path)
    return path


# --- candidates: each runs in a process of its own (`--run NAME PATH`)


def run_ours(case: str, path: Path) -> int:
    out = Path(tempfile.mkdtemp(prefix="bench-ingest-", dir=path.parent))
    _, n_names, processes = CASES[case]
    names = [*WANTED, *(f"bench_nobody_{i}" for i in range(n_names - len(WANTED)))][:n_names]
    settings = Settings(subreddits=tuple(names), n_buckets=64)
    try:
        folder = BuildFolder(out).create()
        processes = processes or len(os.sched_getaffinity(0))
        return int(ingest_file(path, settings, folder, processes)["kept"])
    finally:
        shutil.rmtree(out)


def run_naive(_: str, path: Path) -> int:
    """What people write: decompress, decode, split, `json.loads`, test. Keeps 16 fields."""
    wanted = {name.lower() for name in WANTED}
    fields = (
        "id", "link_id", "parent_id", "subreddit", "author", "body", "created_utc", "retrieved_on",
        "score", "score_hidden", "edited", "is_submitter", "stickied", "distinguished", "name",
        "locked",
    )  # fmt: skip
    rows, tail = [], ""
    options = {zstd.DecompressionParameter.window_log_max: 31}
    with zstd.open(path, "rb", options=options) as file:
        decoder = codecs.getincrementaldecoder("utf-8")()  # a chunk may end inside a character
        while chunk := file.read(1 << 27):
            lines = (tail + decoder.decode(chunk)).split("\n")
            tail = lines.pop()
            for line in lines:
                fields_of = json.loads(line)
                if fields_of["subreddit"].lower() in wanted:
                    rows.append({field: fields_of.get(field) for field in fields})
    return len(rows)


def timed(command: list[str]) -> float:
    """Wall seconds of one child process, with its start."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def limit(path: Path) -> float:
    return timed(["zstd", "-dcq", "--long=31", str(path)])


def candidate(case: str, path: Path) -> float:
    """Seconds of the work alone: the child measures itself, after its imports."""
    command = [sys.executable, __file__, "--run", case, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    record = json.loads(done.stdout)
    print(f"  {case:8} {path.name:24} {record}", file=sys.stderr)
    return float(record["wall_s"])


def run_here(case: str, path: Path) -> None:
    busy, own, start = machine_s(), cpu_s(), time.perf_counter()
    kept = (run_naive if case == "naive" else run_ours)(case, path)
    wall, cpu = time.perf_counter() - start, cpu_s() - own
    others = (machine_s() - busy - cpu) / wall
    figures = {"kept": kept, "wall_s": wall, "cpu_s": cpu, "others": others}
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


def cpu_s() -> float:
    """Of this process and of its children that have ended."""
    return sum(os.times()[:4])


def machine_s() -> float:
    """Seconds that all cores together were busy since the machine started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    ticks = [int(field) for field in fields]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")  # idle, waiting


def peak_of(case: str, path: Path) -> int:
    """Bytes at the highest of a few samples a second, summed over the processes of one run."""
    command = [sys.executable, __file__, "--run", case, str(path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        peak = 0
        while child.poll() is None:
            peak = max(peak, held_by(child.pid))
            time.sleep(0.2)
    return peak


def held_by(pid: int) -> int:
    """All of a process, and what its children do not share with it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        held = memory_of(pid, "Rss:")
        return held + sum(memory_of(int(child), "Private_") for child in children)
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it ended while we looked


def memory_of(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(field))


def measure(paths: dict[str, Path], rounds: int, naive_rounds: int) -> dict[str, list[float]]:
    """Paired ratios, one per round."""
    ratios: dict[str, list[float]] = {name: [] for name in BOUNDS}
    for path in paths.values():
        limit(path)  # the file is in the page cache from here on
    for i in range(rounds):
        for case, (which, _, _) in CASES.items():
            floor = limit(paths[which])
            ours = candidate(case, paths[which])
            ratios[f"{case}/limit"].append(ours / floor)
            if case == "site" and i < naive_rounds:
                ratios["site/naive"].append(candidate("naive", paths[which]) / ours)
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site-mb", type=int, default=2048, help="raw megabytes of `site`")
    parser.add_argument("--own-mb", type=int, default=1024, help="raw megabytes of `own`")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--naive-rounds", type=int, default=2)
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "redditess-bench"
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs=2, metavar=("NAME", "PATH"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.run:
        run_here(args.run[0], Path(args.run[1]))
        return
    args.folder.mkdir(parents=True, exist_ok=True)
    sizes = {"site": args.site_mb, "frames": args.site_mb, "own": args.own_mb}
    paths = {which: dump(which, mb, args.folder) for which, mb in sizes.items()}
    ratios = measure(paths, args.rounds, args.naive_rounds)
    for which in ("site", "own"):
        window = min(sizes[which] << 20, 1 << 31)
        ratios[f"{which}/memory"] = [peak_of(which, paths[which]) / (window + BESIDE)]
    for name, values in ratios.items():
        if not values:  # no rounds of it were asked for
            continue
        bound, sense = BOUNDS[name]
        median, base = statistics.median(values), BASE[name.split("/")[1]]
        if args.json:
            record = {
                "name": f"ingest/{name}",
                "ratio": round(median, 3),
                "bound": bound,
                "sense": sense,
            }
            print(
                json.dumps(
                    {
                        **record,
                        "n": len(values),
                        "baseline": base,
                        "mb": sizes[CASES[name.split("/")[0]][0]],
                    }
                )
            )
        else:
            spread = f"{min(values):.2f}-{max(values):.2f}"
            figures = f"{name:12} {median:5.2f} ({spread}, n={len(values)})"
            print(f"{figures}  bound {sense} {bound}  vs {base}")


if __name__ == "__main__":
    main()
