"""The validity tables as HTML: a part of the report, and a page of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...pages.escape import Html, join, tag
from ...pages.plots import Interval, intervals
from ...pages.shell import Screen, figure, page, table
from ...pages.svg import Scale
from . import words
from .rows import TASKS

_TICKS = [(0.3, "30 %"), (0.5, "a coin"), (0.7, "70 %"), (0.9, "90 %")]


def part(found: Mapping[str, Any]) -> Html:
    """Everything, without a heading."""
    return join(
        tag("p", "A text model learns one signal and is tested on every other, on posters it never "
            "saw. Signals that measure the same thing predict each other, also among comments of "
            "equal length. A signal that place or length tell as well is a signal of these. "
            f"{found['rows']:,} rows with a signal, {found['posters']:,} posters."),
        tag("h4", "Two comments on the same post"),
        _headline(found),
        tag("h4", "Who predicts whom"),
        table(
            "AUC of the comment's words; under it the mean within five strata of length",
            ("learned on / tested on", *(t.title for t in TASKS)), words.cross_rows(found),
            numeric=len(TASKS),
        ),
        table(
            "AUC of what needs no reading, or not the comment",
            ("known", *(t.title for t in TASKS)), words.baseline_rows(found), numeric=len(TASKS),
        ),
        tag("h4", "By era"),
        table(
            "AUC of the comment's words by era, and rows", ("era", *(t.title for t in TASKS)),
            words.era_rows(found), numeric=len(TASKS),
        ),
        tag("h4", "Who came back"),
        table(
            "Threads whose poster came back, and the others",
            ("poster", "threads", "comments a thread", "words of the post",
             "AUC of votes told by words"),
            words.selection_rows(found), numeric=4,
        ),
        tag("p", words.told(found)),
        tag("p", "Intervals at 95 %, by poster.", class_="quiet"),
        *(tag("p", line, class_="quiet") for line in words.dashes(found)),
    )  # fmt: skip


def _headline(found: Mapping[str, Any]) -> Html:
    by = {(c["task"], c["by"]): c for c in found["pairs"]}
    rows = []
    for task in TASKS:
        for witness, kind in (("text", "effective"), ("length", "ink"), ("exposure", "ink")):
            cell = by[task.name, witness]
            if cell["accuracy"] is not None:
                rows.append(_interval(f"{task.title}: {words.WITNESSES[witness]}", cell, kind))
    behind = table(
        "How often the right one of two comments in one thread comes first",
        ("signal", *words.WITNESSES.values(), "pairs"), words.pair_rows(found),
        numeric=len(words.WITNESSES) + 1,
    )  # fmt: skip
    if not rows:
        return join(tag("p", "No signal has enough pairs in one thread."), behind)
    return figure(
        intervals(rows, Scale(0.3, 0.9), _TICKS, "Pair accuracy within threads", reference=0.5),
        "Same poster, same post: how often the comment that the signal prefers gets the higher "
        "score. Here the poster's character and the post cannot help, so this is the figure to "
        "read first.",
        behind,
    )


def _interval(name: str, cell: Mapping[str, Any], kind: str) -> Interval:
    low, high = (
        float("nan") if cell[end] is None else cell[end]
        for end in ("accuracy_low", "accuracy_high")
    )  # fmt: skip
    note = f"{100 * cell['accuracy']:.0f} %, n = {cell['n']:,}"
    return Interval(name, cell["accuracy"], low, high, note, kind)


def document(found: Mapping[str, Any]) -> str:
    """A self-contained page."""
    header = tag(
        "header",
        tag("p", "redditess · validity of a build", class_="eyebrow"),
        tag("h1", "What these labels measure"),
        tag("p", f"Build {found['fingerprint']}.", class_="meaning"),
    )
    screens = [Screen("validity", "Validity", "Who predicts whom", part(found))]
    footer = tag("p", "Agreement between signals is not truth: two rules may share a mistake.")
    return page("Validity of a redditess build", header, screens, footer)
