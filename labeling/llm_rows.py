"""Which comments of a build a model is asked about, and what that will cost."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from ..corpus.artefacts import stable_hash
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.prompts import Fence
from .callstore import CallStore, call_key
from .canaries import EVERY, canaries
from .endpoint import Asker
from .llm import PROMPT, Item, item_of, messages

COLUMNS = ["comment_id", "title", "post", "comment"]
CHARS_PER_TOKEN = 3.6  # ours: English forum text in byte-pair tokens; other scripts need more
TOKENS_OUT = 110  # ours: an answer with a sentence of evidence


def chosen(folder: BuildFolder, limit: int | None) -> set[str] | None:
    """Ids of a random sample by hash, the same every time and nested in larger ones; None: all."""
    files = folder.buckets(folder.interactions)
    if not files:
        raise BuildError("no interactions in here", folder.root, "build first")
    if limit is None:
        return None
    ids = (i for f in files for i in pq.read_table(f, columns=["comment_id"]).column(0).to_pylist())
    return set(heapq.nsmallest(limit, ids, key=lambda i: (stable_hash("llm", i), i)))


def items(folder: BuildFolder, wanted: set[str] | None) -> Iterator[Item]:
    """The chosen rows as a model may see them, one row group in memory at a time."""
    for path in folder.buckets(folder.interactions):
        source = pq.ParquetFile(path)
        for group in range(source.num_row_groups):
            for row in source.read_row_group(group, columns=COLUMNS).to_pylist():
                if wanted is None or row["comment_id"] in wanted:
                    yield item_of(row)


def key_of(item: Item, asker: Asker) -> str:
    return call_key(PROMPT, asker.model, asker.server, asker.sampling.to_json(), item.digest())


@dataclass
class Plan:
    """An estimate: nothing was asked."""

    rows: int = 0
    stored: int = 0  # answers that are there already
    same_text: int = 0  # share another row's call
    calls: int = 0  # planted items included, retries not
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None  # None: no price was given

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def plan(
    folder: BuildFolder,
    asker: Asker,
    store: CallStore,
    *,
    limit: int | None = None,
    price_in: float | None = None,
    price_out: float | None = None,
) -> Plan:
    """Calls, tokens and cost of a run (prices per 1,000 tokens); reads texts, sends none."""
    made, seen = Plan(), set()
    fence = Fence("0" * 16, "0" * 16)
    chars = 0
    for item in items(folder, chosen(folder, limit)):
        made.rows += 1
        key = key_of(item, asker)
        if store.get(key):
            made.stored += 1
        elif key in seen:
            made.same_text += 1
        else:
            seen.add(key)
            chars += _chars(item, fence)
    if seen:
        planted = [_chars(c.item, fence) for c in canaries()]
        n_planted = len(planted) + 2 * -(-len(seen) // EVERY)
        chars += n_planted * sum(planted) // len(planted)
        made.calls = len(seen) + n_planted
    made.tokens_in = round(chars / CHARS_PER_TOKEN)
    made.tokens_out = made.calls * TOKENS_OUT
    if price_in is not None and price_out is not None:
        made.cost = (made.tokens_in * price_in + made.tokens_out * price_out) / 1000
    return made


def _chars(item: Item, fence: Fence) -> int:
    return sum(len(m["content"]) for m in messages(item, fence))
