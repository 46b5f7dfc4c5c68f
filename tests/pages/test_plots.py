"""Pictures say the numbers that they were given, and keep inside their frame."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.pages.plots import (
    KINDS,
    Histogram,
    Interval,
    Level,
    Part,
    Row,
    histograms,
    intervals,
    stacked,
    waterfall,
)  # fmt: skip
from redditess.pages.svg import Scale, patterns

NAN = float("nan")


def bars(markup: str, kind: str) -> list[tuple[float, float]]:
    """(x, width) in per cent of every bar of a kind."""
    found = [e for e in ET.fromstring(markup).iter("rect") if e.get("class") == f"fill-{kind}"]
    return [(float(e.attrib["x"][:-1]), float(e.attrib["width"][:-1])) for e in found]


def words(markup: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(markup).iter("text")]


def test_what_leaves_is_cut_from_the_right_end() -> None:
    picture = waterfall(
        [
            Level("lines", [Part(100, "whole", "lines")]),
            Level("blank", left=10),
            Level("bots", left=30),
            Level("kept", [Part(40, "effective", "yes"), Part(20, "unlabelled", "none")]),
        ],
        "from lines to labels",
    )
    assert bars(picture, "left") == [(90, 10), (60, 30)]
    assert bars(picture, "effective") == [(0, 40)]
    assert bars(picture, "unlabelled") == [(40, 20)]
    assert words(picture) == ["lines", "100", "blank", "−10", "bots", "−30", "kept", "60"]


def test_a_short_bar_starts_a_new_scale_and_says_so() -> None:
    picture = waterfall(
        [
            Level("lines", [Part(1_000_000, "whole", "lines")]),
            Level("others", left=995_000),
            Level("kept", [Part(5000, "effective", "yes")]),
        ],
        "a whole site",
    )
    assert "drawn 200 × larger from here" in words(picture)
    assert bars(picture, "effective") == [(0, 100)]


def test_something_is_never_drawn_as_nothing() -> None:
    picture = stacked([Row("a", [Part(1, "effective", "yes"), Part(10**9, "abstain", "no")])], "x")
    [(_, width)] = bars(picture, "effective")
    assert width > 0
    assert bars(stacked([Row("a", [Part(0, "effective", "yes")])], "x"), "effective") == [(0, 0)]


@given(
    st.lists(
        st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1, max_size=5
    ),
    st.booleans(),
)  # fmt: skip
def test_no_bar_leaves_the_picture(counts: list[list[int]], to_one: bool) -> None:
    rows = [
        Row("r", [Part(n, kind, name) for n, (kind, name) in zip(three, KINDS, strict=True)])
        for three in counts
    ]
    picture = stacked(rows, "x", to_one=to_one)
    for kind, _ in KINDS:
        assert all(x >= 0 and x + width <= 100.011 for x, width in bars(picture, kind))


def test_an_unknown_figure_draws_no_mark_and_an_unknown_end_no_range() -> None:
    rows = [
        Interval("a", 0.5, NAN, NAN),
        Interval("b", NAN, NAN, NAN),
        Interval("c", 0.5, 0.4, 0.6),
    ]
    root = ET.fromstring(intervals(rows, Scale(0, 1), [(0.0, "0"), (1.0, "1")], "x"))
    assert len(list(root.iter("circle"))) == 2
    assert len([e for e in root.iter("line") if e.get("class") == "stroke-range"]) == 1


def test_histograms_share_their_scales() -> None:
    rows = [
        Histogram("a", [0.5, 0.5], 2.0, "effective"),
        Histogram("b", [1.0, 0.0], None, "not_effective"),
    ]
    root = ET.fromstring(histograms(rows, [1, 10, 100], [(1, "1")], "x", log=True))
    heights = [float(e.attrib["height"]) for e in root.iter("rect")]
    assert heights == [26, 26, 52]
    assert len([e for e in root.iter("line") if e.get("class") == "stroke-middle"]) == 1


@pytest.mark.parametrize(("value", "place"), [(1, 0), (10, 50), (100, 100), (0.1, 0), (5000, 100)])
def test_a_logarithmic_scale_keeps_inside_its_ends(value: float, place: float) -> None:
    assert Scale(1, 100, log=True).at(value) == pytest.approx(place)


def test_every_picture_has_words_for_those_who_do_not_see_it() -> None:
    for picture in (waterfall([], "w"), stacked([], "w"), intervals([], Scale(0, 1), [], "w")):
        root = ET.fromstring(picture)
        assert (root.get("role"), root.get("aria-label")) == ("img", "w")


def test_pictures_need_no_colour() -> None:
    """Two of the three outcomes are hatched, and the hatches exist on the page."""
    from importlib import resources

    style = resources.files("redditess.pages").joinpath("style.css").read_text("utf8")
    used = set(re.findall(r"fill: url\(#(\w+)\)", style))
    assert used == {"hatch", "dots"}
    assert {e.get("id") for e in ET.fromstring(patterns()).iter("pattern")} == used
