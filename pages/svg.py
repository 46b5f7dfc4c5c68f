"""Drawing primitives for pictures that fit any width: x runs in per cent, y and type in pixels.

A picture drawn this way is not scaled: on a phone its bars get shorter and its words stay
readable. Fills come from classes (`fill-<kind>`) in `style.css`, with a pattern for each kind, so
that no picture needs colour to be read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from .escape import Html, join, tag


class Scale(NamedTuple):
    """Data values between `low` and `high` -> per cent of the picture's width."""

    low: float
    high: float
    left: float = 0.0
    right: float = 100.0
    log: bool = False

    def at(self, value: float) -> float:
        """Per cent, kept inside the picture; the left edge where the scale has no width."""
        a, b, v = (math.log(x) for x in (self.low, self.high, max(value, self.low))) if self.log \
            else (self.low, self.high, value)  # fmt: skip
        part = (v - a) / (b - a) if b > a else 0.0
        return self.left + (self.right - self.left) * min(1.0, max(0.0, part))


def per_cent(value: float) -> str:
    """A coordinate: at most two decimals, so that a page is the same on every machine.

    >>> per_cent(100 / 3)
    '33.33%'
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


def canvas(height: float, label: str, *shapes: Html) -> Html:
    """A picture as wide as its place. `label` is what a screen reader says instead of it."""
    return tag(
        "svg", *shapes, class_="plot", role="img", aria_label=label, width="100%", height=height
    )


def document(width: int, height: int, title: str, label: str, *shapes: Html) -> str:
    """A picture as a file of its own (XML), for pages that are not ours, such as a README.

    It brings the palette and the fills along, light and dark, and asks for nothing. Shown at
    `width` pixels, or scaled down as a whole where there is less room. `label` says in words what
    it shows.
    """
    whole = tag(
        "svg",
        tag("title", title), tag("desc", label), tag("style", Html(_own_style())), patterns(),
        tag("g", *shapes, class_="plot"),
        xmlns="http://www.w3.org/2000/svg", width=width, height=height,
        viewBox=f"0 0 {width} {height}", role="img",
    )  # fmt: skip
    return f"{whole}\n"


def _own_style() -> str:
    """The parts of style.css that a picture needs: palette and pictures. No `<` or `&` in them."""
    sheet = resources.files(__package__).joinpath("style.css").read_text("utf8")
    palette, *parts = sheet.split("/* ---- ")
    pictures = next(part for part in parts if part.startswith("pictures */"))
    return f"{palette}/* ---- {pictures}.plot text {{ font-family: var(--sans); }}\n"


def bar(x1: float, x2: float, y: float, height: float, kind: str, tip: str = "") -> Html:
    """A box from `x1` to `x2` per cent. Something that is there is drawn at least hair-thin."""
    width = max(x2 - x1, 0.3) if x2 > x1 else 0.0
    return tag(
        "rect",
        tag("title", tip) if tip else None,
        x=per_cent(min(x1, 100 - width)), y=y, width=per_cent(width), height=height,
        class_=f"fill-{kind}",
    )  # fmt: skip


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    """A stroke between two points, `stroke-<kind>`."""
    return tag("line", x1=per_cent(x1), y1=y1, x2=per_cent(x2), y2=y2, class_=f"stroke-{kind}")


def dot(x: float, y: float, radius: float, kind: str) -> Html:
    """A round mark at `x` per cent."""
    return tag("circle", cx=per_cent(x), cy=y, r=radius, class_=f"fill-{kind}")


def words(x: float, y: float, value: object, kind: str = "", anchor: str = "start") -> Html:
    """Text on the baseline `y`; `anchor` is start, middle or end."""
    return tag(
        "text", value, x=per_cent(x), y=y, class_=kind or None,
        text_anchor=None if anchor == "start" else anchor,
    )  # fmt: skip


def axis(scale: Scale, y: float, ticks: Sequence[tuple[float, str]], top: float = 0.0) -> Html:
    """Thin lines from `top` to `y` and their numbers below; those at the edges turn inwards."""
    parts = []
    for value, name in ticks:
        x = scale.at(value)
        anchor = "start" if x < 4 else "end" if x > 96 else "middle"
        parts += [line(x, top, x, y, "grid"), words(x, y + 14, name, "tick", anchor)]
    return join(*parts)


def patterns() -> Html:
    """The hatches that tell kinds apart without colour; once per page, before any picture."""

    def pattern(name: str, size: int, *marks: Html) -> Html:
        paper = tag("rect", width=size, height=size, class_=f"{name}-paper")
        return tag(
            "pattern", paper, *marks, id=name, width=size, height=size,
            patternUnits="userSpaceOnUse",
        )  # fmt: skip

    stripes = tag("path", d="M-1 1L1 -1M0 6L6 0M5 7L7 5", class_="hatch-ink")
    dots = tag("circle", cx=2, cy=2, r=0.9, class_="dots-ink")
    return tag(
        "svg",
        tag("defs", pattern("hatch", 6, stripes), pattern("dots", 4, dots)),
        class_="patterns", aria_hidden="true", width=0, height=0,
    )  # fmt: skip


def legend(kinds: Sequence[tuple[str, str]]) -> Html:
    """(kind, name) -> swatches with words, in the order of the picture."""
    items = (
        tag(
            "li",
            tag("svg", bar(0, 100, 0, 12, kind), width=20, height=12, aria_hidden="true"),
            " ",
            name,
        )
        for kind, name in kinds
    )
    return tag("ul", *items, class_="legend")
