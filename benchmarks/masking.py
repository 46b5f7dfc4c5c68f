"""How much of what identifies a person does masking find, and what does it take away for nothing?

    python benchmarks/masking.py [--json]

`benchmarks/masking_items.py` makes invented texts with one direct identifier each, in plain and in
hidden ways, and clean ones; an item counts as found when nothing of its secret is left. `blind`:
ways on which no rule was ever corrected. 95 % Wilson intervals; items of one way are alike, so read
them as of these ways. Then false alarms on shared texts where they are at hand (only counts).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import names_items
from masking_items import Planted, clean, left_over, planted

from redditess.corpus.masking import mask, mask_column
from redditess.corpus.names import mask_names, mask_names_column
from redditess.stats.intervals import wilson

N_PLANTED, N_HELD, N_BLIND, N_CLEAN = 6_000, 3_000, 3_000, 6_000
N_NAMES, LEAST_NAMES, MOST_NAME_ALARMS = 4_000, 0.9, 0.05
LEAST_RECALL, MOST_ALARMS = 0.99, 0.01  # of the issue that asked for it


def recall(items: Sequence[Planted], what: str) -> Iterator[dict[str, Any]]:
    """One record for all items, one per kind."""
    found = [not left_over(item, mask(item.text)[0]) for item in items]
    yield _record(f"masking recall, {what}", found, LEAST_RECALL, ">=")
    for kind in dict.fromkeys(item.kind for item in items):
        mine = [hit for hit, item in zip(found, items, strict=True) if item.kind == kind]
        yield _record(f"masking recall, {what}, {kind}", mine, LEAST_RECALL, ">=")


def alarms(texts: Sequence[str], what: str) -> dict[str, Any]:
    """Share of clean texts that masking changes."""
    changed = [a != b for a, b in zip(texts, mask_column(texts)[0], strict=True)]
    return _record(f"masking false alarms, {what}", changed, MOST_ALARMS, "<=")


def of_names() -> Iterator[dict[str, Any]]:
    """Recall on planted names; how often sentences in which names are words change."""
    found = [
        not any(name in mask_names(text)[0] for name in secrets)
        for text, secrets in names_items.names(N_NAMES)
    ]
    yield _record("names recall, planted", found, LEAST_NAMES, ">=")
    words = list(names_items.clean(N_NAMES))
    for texts, what in ((words, "words that are names"), (shared_texts(), "GoEmotions")):
        if texts:
            changed = [a != b for a, b in zip(texts, mask_names_column(texts)[0], strict=True)]
            yield _record(f"names, texts changed, {what}", changed, MOST_NAME_ALARMS, "<=")


def _record(name: str, hits: Sequence[bool], bound: float, sense: str) -> dict[str, Any]:
    rate = sum(hits) / len(hits)
    low, high = wilson(rate, len(hits))
    return {
        "name": name, "ratio": round(rate, 4), "bound": bound, "sense": sense, "n": len(hits),
        "baseline": "planted by benchmarks/masking_items.py", "low": round(low, 4),
        "high": round(high, 4),
    }  # fmt: skip


def shared_texts() -> list[str]:
    """Comments of GoEmotions, where it is: real texts, in which some addresses are real."""
    place = Path(os.environ.get("REDDITESS_SHARED", Path(__file__).parents[2] / "shared"))
    texts: list[str] = []
    for file in sorted((place / "data" / "goemotions").glob("*.tsv")):
        with file.open(encoding="utf8", newline="") as f:
            texts += [row[0] for row in csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return texts


def records() -> Iterator[dict[str, Any]]:
    yield from recall(list(planted(N_PLANTED)), "planted")
    yield from recall(list(planted(N_HELD, 5, ways="HELD")), "held")
    yield from recall(list(planted(N_BLIND, 9, ways="BLIND")), "blind")
    yield alarms(list(clean(N_CLEAN)), "invented")
    if texts := shared_texts():
        yield alarms(texts, "GoEmotions, with what it truly holds")
    yield from of_names()


def table(found: Iterable[dict[str, Any]], as_json: bool) -> None:
    for record in found:
        if as_json:
            print(json.dumps(record))
        else:
            ends = f"[{record['low']:.4f}, {record['high']:.4f}]"
            print(f"{record['name']:<58}{record['ratio']:.4f} {ends}  n = {record['n']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true")
    table(records(), parser.parse_args().json)


if __name__ == "__main__":
    main()
