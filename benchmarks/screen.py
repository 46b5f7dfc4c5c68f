"""What does the safety screen hear, and what does it hear that is not there?

    python benchmarks/screen.py [--json]

Prints recall and false alarms per category with 95 % Wilson intervals, of the items on which rules
and heads were developed (screen_items.toml; variants of one frame are alike, so the intervals count
frames) and of those held out (screen_held_out.toml), by people who saw neither. Then the same for
the sample's harmful and hostile comments, which were written for another purpose.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import tomllib
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from redditess.corpus.artefacts import stable_hash
from redditess.labeling.screen import risks
from redditess.stats.intervals import Estimate, share, wilson

FILE = Path(__file__).parents[1] / "tests" / "labeling" / "screen_items.toml"
HELD_OUT = FILE.with_name("screen_held_out.toml")
MOST = 6  # items of one frame
PAIRS = (
    ("risky_advice", "harmful_advice"), ("hostility", "abuse"), ("dismissal", "abuse"),
    (None, "harmful_advice"), (None, "abuse"),
)  # fmt: skip
"""What the sample's maker knows of a comment, and what the screen should (not) call it."""
LEAST_RECALL, MOST_ALARMS = 0.9, 0.1  # of held items; ours


class Item(NamedTuple):
    """One text, what it is an example of, and the frame it was made from."""

    category: str
    positive: bool
    frame: str
    text: str
    held: bool  # of a frame on which no rule was ever corrected


def items() -> list[Item]:
    """All items, frames in file order."""
    table = tomllib.loads(FILE.read_text("utf8"))
    slots = table.pop("slots")
    return [
        Item(category, kind == "positive", frame, text, stable_hash("held", frame) % 2 == 1)
        for category, kinds in table.items()
        for kind, frames in kinds.items()
        for frame in frames
        for text in _filled(frame, slots)
    ]


def held_out() -> list[Item]:
    """Items by people who did not see rules or training sentences; each is its own frame."""
    table = tomllib.loads(HELD_OUT.read_text("utf8"))
    return [
        Item(category, kind == "positive", text, text, True)
        for category, kinds in table.items()
        for kind, texts in kinds.items()
        for text in texts
    ]


def _filled(frame: str, slots: dict[str, list[str]]) -> Iterator[str]:
    """The frame with its slots filled; a hash orders the ways, so that all slots vary."""
    named = list(dict.fromkeys(re.findall(r"\{(\w+)\}", frame)))
    ways = sorted(product(*(slots[name] for name in named)), key=lambda w: stable_hash(frame, *w))
    yield from islice((frame.format_map(dict(zip(named, w, strict=True))) for w in ways), MOST)


def measure(found: list[Item]) -> dict[str, dict[str, Estimate]]:
    """Recall and false alarms per category, of its own items."""
    heard = risks(pa.array([i.text for i in found])).to_pylist()
    table: dict[str, dict[str, Estimate]] = {}
    for category in dict.fromkeys(i.category for i in found):
        table[category] = {}
        for name, positive in (("recall", True), ("false_alarms", False)):
            rows = [
                (category in risk, i.frame)
                for i, risk in zip(found, heard, strict=True)
                if i.category == category and i.positive == positive
            ]
            hits = np.array([hit for hit, _ in rows])
            table[category][name] = _careful(share(hits, np.array([f for _, f in rows])))
    return table


def _careful(e: Estimate) -> Estimate:
    """Where all items agree nothing tells how alike those of a frame are: frames count then."""
    if e.value not in (0.0, 1.0):
        return e
    low, high = wilson(e.value, e.n_clusters)
    return e._replace(low=low, high=high)


def of_the_sample() -> dict[str, Estimate]:
    """Share of the sample's comments by what they do that the screen marks so; by thread."""
    from redditess.corpus.sample import write_sample
    from redditess.corpus.sample.truth import TRUTH_FILE, read_truth

    with tempfile.TemporaryDirectory() as at:
        write_sample(Path(at))
        rows = read_truth(Path(at) / TRUTH_FILE).to_pylist()
        texts = _bodies(Path(at))
    rows = [r for r in rows if r["role"] == "support" and texts.get(r["comment_id"])]
    heard = risks(pa.array([texts[r["comment_id"]] for r in rows])).to_pylist()
    found = {}
    for harm, risk in PAIRS:
        at = [i for i, r in enumerate(rows) if r["harm"] == harm]
        hits = np.array([risk in heard[i] for i in at])
        threads = np.array([rows[i]["thread_id"] for i in at])
        found[f"{harm or 'harmless'} marked {risk}"] = share(hits, threads)
    return found


def _bodies(folder: Path) -> dict[str, str]:
    """Comment id -> its text, as the dump has it."""
    from backports import zstd

    lines = zstd.decompress((folder / "RC_sample.zst").read_bytes()).splitlines()
    found = {}
    for line in lines:
        try:
            row = json.loads(line)
            found[f"t1_{row['id']}"] = str(row["body"])
        except (ValueError, KeyError, TypeError):
            continue  # the sample has damaged lines, too
    return found


def _line(name: str, e: Estimate) -> str:
    return f"{name:<44}{e.value:.3f} [{e.low:.3f}, {e.high:.3f}]  n = {e.n}, {e.n_clusters} groups"


def rows_of(table: dict[str, dict[str, Estimate]], part: str) -> list[dict[str, Any]]:
    """One record per figure, in the form of every benchmark here."""
    bounds = {"recall": (LEAST_RECALL, ">="), "false_alarms": (MOST_ALARMS, "<=")}
    return [
        {
            "name": f"screen {category} {figure} ({part})", "ratio": round(e.value, 4),
            "bound": bounds[figure][0], "sense": bounds[figure][1], "n": e.n,
            "baseline": f"{part} items",
            "low": round(e.low, 4), "high": round(e.high, 4), "frames": e.n_clusters,
        }
        for category, figures in table.items()
        for figure, e in figures.items()
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for part, some in (("development", items()), ("held out", held_out())):
        for record in rows_of(measure(some), part):
            if args.json:
                print(json.dumps(record))
            else:
                ends = f"[{record['low']:.3f}, {record['high']:.3f}]"
                head = f"{record['name']:<44}{record['ratio']:.3f} {ends}"
                print(f"{head}  n = {record['n']}, {record['frames']} frames")
    if not args.json:
        for name, e in of_the_sample().items():
            print(_line(name, e))


if __name__ == "__main__":
    main()
