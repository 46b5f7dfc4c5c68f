"""A validity table in plain text, for a terminal; figures that cannot be known are dashes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .measure import BASELINES, FEW_IN_STRATA, FEW_PAIRS, FEW_ROWS, FEW_TO_LEARN, FEWEST, N_FOLDS
from .order import FEWEST_IN_STRATUM
from .rows import TASKS

TITLES = {task.name: task.title for task in TASKS}
_NAMES = "ABCDE"  # of TASKS, where a terminal has no room for titles
SHORT = {
    "text": "words", "length": "length", "exposure": "place", "post": "post",
    "comment_and_post": "both", "mismatched_post": "other post",
}  # fmt: skip
"""The witnesses in a terminal, at most ten characters each."""
_FIGURES = ("auc", "within_length", "accuracy")
WITNESSES = {"text": "words of the comment", **BASELINES}

REASONS = {
    FEW_ROWS: ("a", f"fewer than {FEWEST} rows of either kind to test on"),
    FEW_TO_LEARN: (
        "b", f"fewer than {FEWEST} rows of either kind to learn from, without one in {N_FOLDS} "
        "posters",
    ),
    FEW_PAIRS: ("c", f"fewer than {FEWEST} pairs of the two kinds in one thread"),
    FEW_IN_STRATA: ("d", f"no stratum of length with {FEWEST_IN_STRATUM} rows of either kind"),
}  # fmt: skip
"""Why a figure is not known: the letter after its dash, and the words."""


def figure(cell: Mapping[str, Any], name: str) -> str:
    """A figure with its interval; a dash where it cannot be known.

    >>> figure({"auc": 0.613, "auc_low": 0.55, "auc_high": 0.67}, "auc")
    '.61 [.55, .67]'
    >>> figure({"auc": None, "auc_why": "few_rows"}, "auc")
    '– a'
    """
    value, low, high = (cell.get(key) for key in (name, f"{name}_low", f"{name}_high"))
    if value is None:
        why = cell.get(f"{name}_why")
        return f"– {REASONS[why][0]}" if why else "–"
    ends = "" if low is None or high is None else f" [{_short(low)}, {_short(high)}]"
    return f"{_short(value)}{ends}"


def _short(x: float) -> str:
    return f"{x:.2f}".removeprefix("0")


def text(found: Mapping[str, Any]) -> str:
    """The whole report as lines of at most 80 columns: the signals are columns A, B, ..."""
    blocks = [
        f"{found['rows']:,} rows with a signal, of {found['rows_drawn']:,} interactions drawn from "
        f"{found['rows_all']:,}; {found['posters']:,} posters.",
        _legend(found),
        _block(
            "Two comments of one thread: how often the right one comes first",
            [*_turned(pair_rows(found), SHORT.values()), ["pairs", *_counts(found, "pairs")]],
        ),
        _block(
            "AUC of the comment's words, learned on a row's signal, tested on a column's",
            [[_NAMES[i // 2] if not i % 2 else "  = length", *row[1:]]
             for i, row in enumerate(cross_rows(found)[:-1])],
        ),
        "(= length: mean within five strata of length)",
        _block("AUC of what needs no reading, or no comment", [
            [short, *row[1:]]
            for short, row in zip(list(SHORT.values())[1:], baseline_rows(found), strict=True)
        ]),
        _block("AUC of the comment's words by era, and rows", [*_by_era(found)]),
        _selection(found),
        textwrap.fill(told(found), 80),
        "\n".join(textwrap.fill(line, 80) for line in dashes(found)),
    ]  # fmt: skip
    return "\n\n".join(block for block in blocks if block) + "\n"


def _legend(found: Mapping[str, Any]) -> str:
    lines = [
        f"  {name}  {t.title} ({task['n_yes']:,} and {task['n_no']:,} rows)"
        for name, t, task in zip(_NAMES, TASKS, found["tasks"], strict=True)
    ]
    what = textwrap.fill(
        "Read by: " + "; ".join(f"{SHORT[by]}: {words}" for by, words in WITNESSES.items()), 80,
        subsequent_indent="  ",
    )  # fmt: skip
    return "\n".join([*lines, what])


def _turned(rows: Sequence[Sequence[str]], names: Iterable[str]) -> list[list[str]]:
    """Rows of signals as columns of signals, without their titles and counts."""
    return [[name, *(row[i + 1] for row in rows)] for i, name in enumerate(names)]


def _counts(found: Mapping[str, Any], table: str) -> list[str]:
    return [f"{c['n_pairs']:,}" for c in found[table] if c["by"] == "text"]


def _by_era(found: Mapping[str, Any]) -> Iterator[list[str]]:
    at = {(c["era"], c["tested_on"]): c for c in found["eras"]}
    for era in dict.fromkeys(c["era"] for c in found["eras"]):
        first, dots, last = era.partition("..")
        cells = [at[era, t.name] for t in TASKS]
        yield [f"{first}{dots}", *(figure(c, "auc") for c in cells)]
        yield [f"  {last}", *(f"n {c['n']:,}" for c in cells)]


def _selection(found: Mapping[str, Any]) -> str:
    head = ["", "threads", "comments each", "words of post", "A told by words"]
    rows = [head, *selection_rows(found)]
    return _block("Posters who came back, and silent ones", rows[1:], rows[0])


def pair_rows(found: Mapping[str, Any]) -> list[list[str]]:
    at = {(c["task"], c["by"]): c for c in found["pairs"]}
    return [
        [TITLES[t.name], *(figure(at[t.name, by], "accuracy") for by in WITNESSES),
         f"{at[t.name, 'text']['n_pairs']:,}"]
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


def dashes(found: Mapping[str, Any]) -> list[str]:
    """What each letter after a dash means, of those that occur; then which signals are too rare."""
    selection = found["selection"]
    every = [
        *found["pairs"], *found["cells"], *found["baselines"], *found["eras"],
        *(g["community"] for g in selection["groups"]), selection["told_by_post"],
    ]  # fmt: skip
    met = {cell.get(f"{name}_why") for cell in every for name in _FIGURES}
    meant = [f"– {letter}: {words}." for why, (letter, words) in REASONS.items() if why in met]
    rare = [
        f"{TITLES[t['name']]}: {t['n_yes']:,} and {t['n_no']:,} rows, too few to learn from."
        for t in found["tasks"]
        if any(c["task"] == t["name"] and c.get("accuracy_why") == FEW_TO_LEARN
               for c in found["pairs"])
    ]  # fmt: skip
    return [*meant, *rare]


def sizes(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"{c['n']:,} ({c['n_yes']:,})" for c in cells]


def _block(title: str, rows: Sequence[Sequence[str]], head: Sequence[str] = ("", *_NAMES)) -> str:
    every = [list(head), *([cell.replace(", ", ",") for cell in row] for row in rows)]
    widths = [max(len(r[i]) for r in every) for i in range(len(head))]
    lines = [
        " ".join(
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
    return "\n".join([title, *lines])
