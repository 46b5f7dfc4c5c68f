"""The pictures a build needs: a waterfall of rows, stacked bars, intervals, histograms.

Each row has its words above its bar, so that the same picture works at 320 and at 1,000 pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .escape import Html, join
from .svg import Scale, axis, bar, canvas, dot, legend, line, words


class Part(NamedTuple):
    """One piece of a bar: how many, and the kind that fills it."""

    n: float
    kind: str
    name: str


class Level(NamedTuple):
    """One row of a waterfall: what is there (`parts`), or what leaves (`left` > 0)."""

    name: str
    parts: Sequence[Part] = ()
    left: int = 0
    tip: str = ""

    @property
    def n(self) -> int:
        return self.left or int(sum(part.n for part in self.parts))


ZOOM_BELOW = 0.2  # ours: a bar shorter than this starts a new scale, and the picture says so


def waterfall(levels: Sequence[Level], label: str) -> Html:
    """Levels from top to bottom; what leaves is eaten from the right end of what was there.

    Where little is left the scale starts anew, with a wedge that says how many times larger it
    is drawn from there.
    """
    shapes: list[Html] = []
    y, whole, there = 0.0, max((float(x.n) for x in levels), default=0.0), 0.0
    for level in levels:
        if level.parts:
            y += 10 if y else 0  # a step starts
            there = float(level.n)
            if whole and there and there / whole < ZOOM_BELOW:
                shapes.append(_wedge(there / whole, y))
                y, whole = y + 44, there
            shapes.append(_level(level, Scale(0, whole), y))
            y += 50
        else:
            shapes.append(_leaving(level, there, Scale(0, whole), y))
            there -= level.left
            y += 32
    return canvas(y, label, *shapes)


def _wedge(share: float, y: float) -> Html:
    end = 100 * share
    return join(
        line(0, y - 6, 0, y + 36, "wedge"),
        line(end, y - 6, 100, y + 36, "wedge"),
        words(1.5, y + 32, f"drawn {1 / share:,.0f} × larger from here", "tick halo"),
    )  # fmt: skip


def _level(level: Level, scale: Scale, y: float) -> Html:
    drawn, start = [], 0.0
    for part in level.parts:
        tip = f"{part.name}: {int(part.n):,}"
        drawn.append(bar(scale.at(start), scale.at(start + part.n), y + 21, 18, part.kind, tip))
        start += part.n
    return join(
        words(0, y + 14, level.name, "strong"),
        words(100, y + 14, f"{level.n:,}", "strong", "end"),
        *drawn,
    )


def _leaving(level: Level, there: float, scale: Scale, y: float) -> Html:
    left, right = scale.at(there - level.left), scale.at(there)
    return join(
        words(0, y + 12, level.name),
        words(100, y + 12, f"−{level.left:,}", "", "end"),
        line(0, y + 20.5, 100, y + 20.5, "grid"),
        bar(left, right, y + 17, 7, "left", f"{level.tip or level.name}: {level.left:,}"),
    )


class Row(NamedTuple):
    """One stacked bar: its name, its pieces, what stands at its right."""

    name: str
    parts: Sequence[Part]
    note: str = ""


def stacked(rows: Sequence[Row], label: str, *, to_one: bool = True) -> Html:
    """Bars of equal length (`to_one`) or of lengths that compare, pieces from left to right."""
    longest = max((sum(p.n for p in row.parts) for row in rows), default=0)
    shapes, y = [], 0
    for row in rows:
        scale = Scale(0, sum(p.n for p in row.parts) if to_one else longest)
        shapes += [words(0, y + 13, row.name), words(100, y + 13, row.note, "quiet", "end")]
        start = 0.0
        for part in row.parts:
            tip = f"{row.name}, {part.name}: {part.n:,.0f}"
            shapes.append(
                bar(scale.at(start), scale.at(start + part.n), y + 19, 13, part.kind, tip)
            )
            start += part.n
        y += 46
    return canvas(max(y - 6, 0), label, *shapes)


class Interval(NamedTuple):
    """One figure with its ends; nan ends draw the dot alone, a nan value draws nothing."""

    name: str
    value: float
    low: float
    high: float
    note: str = ""
    kind: str = "ink"


def intervals(
    rows: Sequence[Interval], scale: Scale, ticks: Sequence[tuple[float, str]], label: str,
    reference: float | None = None,
) -> Html:  # fmt: skip
    """Figures with their intervals on one scale; `reference` is where nothing would be found."""
    bottom = 46 * len(rows)
    shapes = [axis(scale, bottom, ticks, top=bottom)]
    for n, row in enumerate(rows):
        y = 46 * n
        # The grid stops below the words: a line through a number is hard to read.
        shapes += [line(scale.at(x), y + 21, scale.at(x), y + 40, "grid") for x, _ in ticks]
        if reference is not None:
            x = scale.at(reference)
            shapes.append(line(x, y + 21, x, y + 40, "reference"))
        if row.low == row.low and row.high == row.high:
            shapes.append(line(scale.at(row.low), y + 30, scale.at(row.high), y + 30, "range"))
        if row.value == row.value:
            shapes.append(dot(scale.at(row.value), y + 30, 5.5, row.kind))
        shapes += [words(0, y + 15, row.name), words(100, y + 15, row.note, "quiet", "end")]
    return canvas(bottom + 20, label, *shapes)


class Histogram(NamedTuple):
    """One small multiple: shares per bin (they sum to 1 or are all 0) and a marked middle."""

    name: str
    shares: Sequence[float]
    middle: float | None
    kind: str
    note: str = ""


def histograms(
    rows: Sequence[Histogram], edges: Sequence[float], ticks: Sequence[tuple[float, str]],
    label: str, *, log: bool = False,
) -> Html:  # fmt: skip
    """Small multiples on one scale of x and one of y; `edges` has one entry more than bins."""
    scale = Scale(edges[0], edges[-1], log=log)
    tallest = max((share for row in rows for share in row.shares), default=0) or 1
    bottom = 84 * len(rows)
    shapes = [axis(scale, bottom, ticks, top=22)]
    for n, row in enumerate(rows):
        base = 84 * n + 80
        for share, low, high in zip(row.shares, edges[:-1], edges[1:], strict=True):
            if not share:
                continue
            tip = f"{row.name}: {share:.0%} between {low:,.0f} and {high:,.0f}"
            top = base - 52 * share / tallest
            shapes.append(bar(scale.at(low), scale.at(high) - 0.4, top, base - top, row.kind, tip))
        shapes.append(line(0, base, 100, base, "base"))
        if row.middle is not None:
            x = scale.at(row.middle)
            shapes.append(line(x, base - 56, x, base + 3, "middle"))
        shapes += [
            words(0, base - 63, row.name, "halo"),
            words(100, base - 63, row.note, "quiet halo", "end"),
        ]
    return canvas(bottom + 20, label, *shapes)


KINDS = (
    ("effective", "effective"),
    ("not_effective", "not effective"),
    ("unlabelled", "no label"),
)
"""How the three outcomes are drawn everywhere, in this order."""


def label_legend() -> Html:
    """Swatches of the three outcomes."""
    return legend(KINDS)
