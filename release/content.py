"""What a release is about, counted for manifest, card and report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.artefacts import read_stats
from ..corpus.masking import KINDS
from ..corpus.names import PERSONAL_KINDS
from ..corpus.records import SIGNALS
from ..labeling.schema import BASES

COUNTED = ("subreddit", "era", "basis", "observable", "invented", "day")
TEXTS = ("title", "post", "comment", "op_edit", "op_replies", "op_general")
"""Where marks are counted: what people wrote, as released."""


def count_masks(parts: list[Path]) -> dict[str, int]:
    """What was masked in the shaped files, by kind."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(read_stats(part)["masked"])
    return dict(sorted(total.items()))


def count_content(tables: Iterable[pa.Table]) -> dict[str, Any]:
    """Rows with COUNTED -> counts by community, era, basis and signal; first and last day."""
    counts: dict[str, Counter[Any]] = {n: Counter() for n in ("subreddit", "era", "basis")}
    observable: Counter[str] = Counter()
    n_invented, days = 0, []
    for table in tables:
        if not table.num_rows:
            continue
        for name, counter in counts.items():
            counter.update(_counts(table[name].drop_null()))
        observable.update(_counts(pc.list_flatten(table["observable"])))
        n_invented += pc.sum(table["invented"]).as_py()
        days += [day for day in pc.min_max(table["day"]).as_py().values() if day]
    return {
        "subreddits": dict(sorted(counts["subreddit"].items())),
        "eras": dict(sorted(counts["era"].items())),
        "basis": {name: counts["basis"][i] for i, name in enumerate(BASES) if counts["basis"][i]},
        "observable": {signal: observable[signal] for signal in SIGNALS},
        "invented": n_invented,
        "days": [str(min(days)), str(max(days))] if days else [],
    }


def _counts(values: pa.ChunkedArray) -> dict[Any, int]:
    return {item["values"]: item["counts"] for item in values.value_counts().to_pylist()}


def count_marks(tables: Iterable[pa.Table]) -> dict[str, int]:
    """Rows with TEXTS -> how many marks, such as [EMAIL], stand in them, by kind.

    A post counts under each of its comments: so everybody can count again on the released rows.
    """
    kinds = (*KINDS, *PERSONAL_KINDS)
    counts = dict.fromkeys(kinds, 0)
    for table in tables:
        for name in TEXTS:
            texts = table[name]
            if pa.types.is_list(texts.type):
                texts = pc.list_flatten(texts)
            texts = texts.filter(pc.match_substring(texts, "["))  # one look instead of one a kind
            for kind in kinds:
                counts[kind] += pc.sum(pc.count_substring(texts, f"[{kind}]")).as_py() or 0
    return counts
