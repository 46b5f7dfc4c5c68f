"""`release.json` of a hydrated copy: the release's own, with what came back counted anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from .annotated import COLUMNS as ANNOTATED
from .annotated import count_annotations
from .content import COUNTED, TEXTS, count_content, count_marks
from .sorted_rows import Written

Document = Mapping[str, Any]


def text_document(
    before: Document, written: Mapping[str, Written], report: Document, full: Iterable[pa.Table]
) -> dict[str, Any]:
    """`before` is that of the dehydrated form; `full` gives the restored rows each time anew."""
    stages, splits = dict(before["stages"]), {}
    for config, found in written.items():
        old = before["stages"][config]
        rows_in, lost = old["rows_in"], {"not_restored": old["rows_out"] - found.rows}
        if config == "full":
            lost = _by_state(report["states"])
        dropped = {**old["dropped"], **{why: n for why, n in lost.items() if n}}
        if config == "effectiveness":
            rows_in = written["full"].rows
            dropped = {"unlabelled": rows_in - found.rows}
        stages[config] = {
            "rows_in": rows_in, "rows_out": found.rows, "dropped": dropped, "files": found.files,
        }  # fmt: skip
        splits[config] = found.splits
    rest = {name: v for name, v in before.items() if name != "dehydrated"}
    return {
        **rest,
        "form": "text",
        "stages": stages,
        "splits": splits,
        "content": {
            **count_content(_of(full, COUNTED)), "marks": count_marks(_of(full, TEXTS)),
        },
        "labels": {**before["labels"], "annotated": count_annotations(_of(full, ANNOTATED))},
        "hydrated": {"states": report["states"], "unverified": report["unverified"]},
    }  # fmt: skip


def _by_state(states: Mapping[str, int]) -> dict[str, int]:
    came_back = ("restored", "in_part")
    return {f"not_restored:{s}": n for s, n in states.items() if s not in came_back}


def _of(tables: Iterable[pa.Table], columns: Sequence[str]) -> Iterator[pa.Table]:
    return (table.select(list(columns)) for table in tables)
