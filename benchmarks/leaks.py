"""Does `redditess release check` find leaks that were planted on purpose?

    python benchmarks/leaks.py [--each 200] [--json]

Builds the sample, copies it, plants leaks of one kind in the released Parquet of the copy, and
counts which of them the checks name, and what they name besides. Five kinds: a poster, a thread,
the same text, a nearly same text (0.7 <= Jaccard < 1, counted by another road) in two splits; a
test row of an earlier build in train.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from redditess.corpus.artefacts import write_parquet
from redditess.corpus.folder import BuildFolder
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.check import subject as module
from redditess.release.check.leaks import check_leaks
from redditess.release.check.people import check_against
from redditess.release.check.subject import Subject
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.twins import LONG_COMMENT_WORDS, normal_form

KINDS = ("poster", "thread", "same text", "near text", "earlier test row")
CONFIGS = ("full", "effectiveness")
Row = dict[str, Any]


class Outcome(NamedTuple):
    """Of one kind: planted, found of those, and found besides."""

    kind: str
    planted: int
    found: int
    false_alarms: int


class Copy:
    """A copy of a build whose released rows can be moved and rewritten."""

    def __init__(self, build_folder: Path, target: Path):
        shutil.copytree(build_folder, target)
        self.folder = BuildFolder(target)
        self.rows: dict[str, list[Row]] = {}  # config -> rows, each with its split as "_split"
        self.schema: dict[str, pa.Schema] = {}
        for config in CONFIGS:
            self.rows[config] = []
            for path in sorted((self.folder.release / "data" / config).glob("*.parquet")):
                self.schema[config] = pq.read_schema(path)
                split = path.name.split("-")[0]
                self.rows[config] += [
                    {**row, "_split": split} for row in pq.read_table(path).to_pylist()
                ]

    def change(self, chosen: Callable[[Row], bool], **values: Any) -> None:
        """The same change in every config, as a leak of the build would be."""
        for rows in self.rows.values():
            for row in rows:
                if chosen(row):
                    row.update(values)

    def write(self) -> None:
        for config, rows in self.rows.items():
            for path in (self.folder.release / "data" / config).glob("*.parquet"):
                path.unlink()
            for split in ("train", "validation", "test"):
                mine = [
                    {k: v for k, v in r.items() if k != "_split"}
                    for r in rows
                    if r["_split"] == split
                ]
                path = self.folder.release / "data" / config / f"{split}-00000-of-00001.parquet"
                table = pa.Table.from_pylist(mine, self.schema[config])
                write_parquet(path, table, self.schema[config])


def named(copy: Copy, check: str, figure: str, against: Path | None = None) -> list[Any]:
    """What a check names, all of it."""
    module.SHOWN = 10**9
    subject = Subject(copy.folder.root)
    results = check_against(subject, against) if against else check_leaks(subject)
    [result] = [r for r in results if r.name == check]
    assert result.verdict != "not checkable here", result
    return list(result.figures[figure])


# ---- five kinds ----------------------------------------------------------------------------


def plant_posters(copy: Copy, n: int, rng: random.Random) -> tuple[set[str], list[str]]:
    """One of the threads of a poster goes to another split; returns ids of all rows of theirs."""
    owner = _owners(copy.folder)
    threads: dict[int, set[str]] = defaultdict(set)
    rows: dict[int, set[str]] = defaultdict(set)
    for row in copy.rows["full"]:
        threads[owner[row["id"]]].add(row["thread_id"])
        rows[owner[row["id"]]].add(row["id"])
    several = sorted(op for op, found in threads.items() if len(found) > 1)
    chosen = rng.sample(several, min(n, len(several)))
    for op in chosen:
        thread = min(threads[op])
        split = _split_of(copy, thread)
        copy.change(lambda r, t=thread: r["thread_id"] == t, _split=_other(split, rng))
    copy.write()
    found = set(named(copy, "poster in two splits", "ids"))
    hit = {op for op in chosen if rows[op] <= found}
    return {str(op) for op in chosen}, [
        *map(str, hit), *(i for i in found if owner[i] not in set(chosen)),
    ]  # fmt: skip


def plant_threads(copy: Copy, n: int, rng: random.Random) -> tuple[set[str], list[str]]:
    """One comment of a thread goes to another split."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in copy.rows["full"]:
        rows[row["thread_id"]].append(row)
    chosen = set(rng.sample(sorted(t for t, found in rows.items() if len(found) > 1), n))
    for thread in chosen:
        row = rng.choice(rows[thread])
        copy.change(lambda r, i=row["id"]: r["id"] == i, _split=_other(row["_split"], rng))
    copy.write()
    return chosen, named(copy, "thread in two splits", "threads")


def plant_texts(copy: Copy, n: int, rng: random.Random, near: bool) -> tuple[set[str], list[str]]:
    """Comments and posts of train and validation repeat one of a split farther from training."""
    held = [r for r in copy.rows["full"] if r["_split"] == "test"]
    chosen: set[str] = set()
    threads = sorted({r["thread_id"] for r in copy.rows["full"] if r["_split"] == "train"})
    rng.shuffle(threads)
    for i, thread in enumerate(threads):
        if len(chosen) >= n:
            break
        source = rng.choice(held)
        mine = [r for r in copy.rows["full"] if r["thread_id"] == thread]
        if i % 4 == 0 and len(mine) <= n - len(chosen):  # the whole post: all its rows must leave
            text = _edited(f"{source['title']} {source['post']}", rng, near)
            if text is None:
                continue
            copy.change(lambda r, t=thread: r["thread_id"] == t, title="", post=text)
            chosen |= {r["id"] for r in mine}
        else:
            text = _edited(source["comment"], rng, near)
            if text is None:
                continue
            one = rng.choice(mine)
            copy.change(lambda r, x=one["id"]: r["id"] == x, comment=text)
            chosen.add(one["id"])
    copy.write()
    if not near:
        return chosen, named(copy, "same text in two splits", "ids")
    return chosen, named(copy, "near-duplicate in two splits", "ids")


def plant_earlier(
    copy: Copy, n: int, rng: random.Random, clean: Path
) -> tuple[set[str], list[str]]:
    """Test rows of the clean build are train rows now."""
    test = sorted(r["id"] for r in copy.rows["full"] if r["_split"] == "test")
    chosen = set(rng.sample(test, n))
    copy.change(lambda r: r["id"] in chosen, _split="train")
    copy.write()
    return chosen, named(copy, "test rows of the earlier build", "ids", clean)


# ---- helpers -------------------------------------------------------------------------------


def _owners(folder: BuildFolder) -> dict[str, int]:
    tables = [pq.read_table(p, columns=["id", "_group"]) for p in folder.buckets(folder.shaped)]
    whole = pa.concat_tables(tables)
    return dict(zip(whole["id"].to_pylist(), whole["_group"].to_pylist(), strict=True))


def _split_of(copy: Copy, thread: str) -> str:
    return next(r["_split"] for r in copy.rows["full"] if r["thread_id"] == thread)


def _other(split: str, rng: random.Random) -> str:
    return rng.choice([s for s in ("train", "validation", "test") if s != split])


def shingles(text: str) -> set[tuple[str, ...]]:
    """Three-word shingles as words: another road than the one that is measured."""
    words = normal_form(text).split()
    return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))} if words else set()


def jaccard(a: str, b: str) -> float:
    x, y = shingles(a), shingles(b)
    return len(x & y) / len(x | y) if x | y else 0.0


def _edited(text: str, rng: random.Random, near: bool) -> str | None:
    """The text with words changed, left out and put in; or in other case and punctuation. None
    where it is too short, or no draw came near enough.
    """
    words = text.split()
    if len(normal_form(text).split()) < LONG_COMMENT_WORDS + 4:
        return None
    if not near:
        return " ".join(w.upper() if rng.random() < 0.3 else w for w in words) + " !"
    for _ in range(20):
        own = list(words)
        for _ in range(rng.randint(1, max(1, len(words) // 18))):
            at = rng.randrange(len(own))
            edit = rng.choice(("change", "leave out", "put in"))
            own[at : at + (edit != "put in")] = (
                [] if edit == "leave out" else [f"zig{rng.random()}"]
            )
        found = " ".join(own)
        if (
            0.7 <= jaccard(text, found) < 1
            and len(normal_form(found).split()) >= LONG_COMMENT_WORDS
        ):
            return found
    return None


def measure(each: int, seed: int = 0, n_threads: int | None = None) -> list[Outcome]:
    """Plants `each` leaks of every kind; the last line is the clean release."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as at:
        root = Path(at)
        size = {"n_threads": n_threads} if n_threads else {}
        settings = load_settings("sample", workers=1)
        build(write_sample(root / "dumps", **size), root / "clean", settings, key=SAMPLE_KEY)
        plants: list[Callable[[Copy], tuple[set[str], list[str]]]] = [
            lambda c: plant_posters(c, each, rng),
            lambda c: plant_threads(c, each, rng),
            lambda c: plant_texts(c, each, rng, near=False),
            lambda c: plant_texts(c, each, rng, near=True),
            lambda c: plant_earlier(c, each, rng, root / "clean"),
        ]
        outcomes = []
        for kind, plant in zip(KINDS, plants, strict=True):
            chosen, found = plant(Copy(root / "clean", root / kind))
            hit = chosen & set(found)
            outcomes.append(Outcome(kind, len(chosen), len(hit), len(set(found) - chosen)))
            shutil.rmtree(root / kind)
        subject = Subject(root / "clean")
        alarms = [r for r in [*check_leaks(subject), *check_against(subject, root / "clean")]
                  if r.verdict != "pass"]  # fmt: skip
        outcomes.append(Outcome("nothing planted", 0, 0, len(alarms)))
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("--each", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    outcomes = measure(args.each, args.seed)
    for kind, planted, found, alarms in outcomes:
        if args.json:
            row = {"name": f"leaks found: {kind}", "ratio": found / planted if planted else 1.0,
                   "bound": 1.0, "sense": ">=", "n": planted, "baseline": "planted",
                   "false_alarms": alarms}  # fmt: skip
            print(json.dumps(row))
        else:
            print(f"{kind:18} found {found:5} of {planted:5}, false alarms {alarms}")


if __name__ == "__main__":
    main()
