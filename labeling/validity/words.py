"""A validity table in plain text, for a terminal; figures that cannot be known are dashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .measure import BASELINES
from .rows import TASKS

TITLES = {task.name: task.title for task in TASKS}
WITNESSES = {"text": "words of the comment", **BASELINES}


def figure(cell: Mapping[str, Any], name: str) -> str:
    """A figure with its interval; a dash where it cannot be known.

    >>> figure({"auc": 0.613, "auc_low": 0.55, "auc_high": 0.67}, "auc")
    '.61 [.55, .67]'
    >>> figure({"auc": None, "n": 3}, "auc")
    '–'
    """
    value, low, high = (cell.get(key) for key in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        return "–"
    ends = "" if low is None or high is None else f" [{_short(low)}, {_short(high)}]"
    return f"{_short(value)}{ends}"


def _short(x: float) -> str:
    return f"{x:.2f}".removeprefix("0")


def text(found: Mapping[str, Any]) -> str:
    """The whole report as lines."""
    blocks = [
        f"{found['rows']:,} rows with a signal, of {found['rows_drawn']:,} interactions drawn from "
        f"{found['rows_all']:,}; {found['posters']:,} posters.",
        _block(
            "Same poster, same thread: how often the right one of two comments comes first",
            ["signal", *WITNESSES.values(), "pairs"], pair_rows(found),
        ),
        _block(
            "AUC of the comment's words, learned on a row's signal, tested on a column's "
            "(below it: mean within five strata of length)",
            ["learned on", *(t.title for t in TASKS)], cross_rows(found),
        ),
        _block(
            "AUC of what needs no reading, or no comment, on each signal",
            ["known", *(t.title for t in TASKS)], baseline_rows(found),
        ),
        _block("AUC of the comment's words by era", ["era", *TITLES.values()], era_rows(found)),
        _block(
            "Posters who came back, and silent ones",
            ["", "threads", "comments a thread", "words of the post", "votes told by words"],
            selection_rows(found),
        ),
        told(found),
    ]  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def pair_rows(found: Mapping[str, Any]) -> list[list[str]]:
    at = {(c["task"], c["by"]): c for c in found["pairs"]}
    return [
        [TITLES[t.name], *(figure(at[t.name, by], "accuracy") for by in WITNESSES),
         f"{at[t.name, 'text']['n']:,}"]
        for t in TASKS
    ]  # fmt: skip


def cross_rows(found: Mapping[str, Any]) -> list[list[str]]:
    at = {(c["trained_on"], c["tested_on"]): c for c in found["cells"]}
    rows = []
    for a in TASKS:
        cells = [at[a.name, b.name] for b in TASKS]
        rows.append([a.title, *(figure(c, "auc") for c in cells)])
        rows.append(["  at equal length", *(figure(c, "within_length") for c in cells)])
    return [*rows, ["rows (yes)", *sizes(found["cells"][: len(TASKS)])]]


def baseline_rows(found: Mapping[str, Any]) -> list[list[str]]:
    at = {(c["by"], c["tested_on"]): c for c in found["baselines"]}
    return [
        [what, *(figure(at[by, t.name], "auc") for t in TASKS)] for by, what in BASELINES.items()
    ]


def era_rows(found: Mapping[str, Any]) -> list[list[str]]:
    eras = dict.fromkeys(c["era"] for c in found["eras"])
    at = {(c["era"], c["tested_on"]): c for c in found["eras"]}
    return [
        [e, *(f"{figure(at[e, t.name], 'auc')} n {at[e, t.name]['n']:,}" for t in TASKS)]
        for e in eras
    ]


def selection_rows(found: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            g["name"], f"{g['threads']:,}",
            *(f"{g[k]:.1f}" if g[k] is not None else "–"
              for k in ("comments_per_thread", "post_words")),
            f"{figure(g['community'], 'auc')} n {g['community']['n']:,}",
        ]
        for g in found["selection"]["groups"]
    ]  # fmt: skip


def told(found: Mapping[str, Any]) -> str:
    """Whether posters who come back could be told by their post."""
    cell = found["selection"]["told_by_post"]
    return (
        f"Words of the post tell who comes back with AUC {figure(cell, 'auc')}, n = {cell['n']:,} "
        f"threads, {cell['n_yes']:,} of them came back. Labels know these only."
    )


def sizes(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"{c['n']:,} ({c['n_yes']:,})" for c in cells]


def _block(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(w) if not i else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [head, *rows]
    ]
    return "\n".join([title, *lines])
