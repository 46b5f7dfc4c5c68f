"""Label models side by side: what the yard-sticks would make of the same votes."""

from __future__ import annotations

from ...pages.escape import Html, join, tag
from ...pages.plots import Interval, intervals
from ...pages.shell import figure, table
from ...pages.svg import Scale
from ...stats.intervals import Estimate
from .rivals import Rivals
from .words import estimate, per_cent, signed, three

_TICKS = [(-0.2, "−0.2"), (0.0, "0"), (0.5, "0.5"), (0.8, "0.8")]


def side_by_side(found: Rivals | None) -> Html | None:
    """The build's label model beside majority vote and the paper's rule, on the same votes."""
    if found is None or len(found.stands) < 2:
        return None
    *others, own = found.stands
    return join(
        tag("h4", f"{own} beside {' and '.join(others)}"),
        figure(
            intervals(list(_rows(found)), Scale(-0.2, 0.85), _TICKS,
                      "Label models against known help", reference=0.0),
            "The same votes under each label model. AUC: of two comments with a p, how often the "
            "one that really helps has the higher one (0.5 is a coin). The ties should be 0: a p "
            "that follows the poster's politeness or who was seen follows the wrong thing.",
            _table(found),
        ),
        tag("ul", *(tag("li", _verdict(own, name, gap)) for name, gap in found.gaps.items())),
    )  # fmt: skip


def _rows(found: Rivals) -> list[Interval]:
    def row(title: str, e: Estimate, word: str, kind: str) -> Interval:
        return Interval(title, e.value, e.low, e.high, word if e.value == e.value else "not known",
                        kind)  # fmt: skip

    rows = []
    for name, s in found.stands.items():
        polite, seen = s.tied_to["op_politeness"], s.tied_to["exposure"]
        rows += [
            row(f"{name}: AUC against known help", s.order, f"{s.order.value:.2f}", "effective"),
            row(f"{name}: tie to politeness", polite, signed(polite.value), "ink"),
            row(f"{name}: tie to being seen", seen, signed(seen.value), "ink"),
        ]
    return rows


def _table(found: Rivals) -> Html:
    def cell(e: Estimate) -> str:
        return three(e.value) if e.low != e.low else f"{e.value:.2f} [{e.low:.2f}, {e.high:.2f}]"

    return table(
        "Label models on the same votes",
        ("label model", "rows labelled", "of these effective", "labels right", "rows with p",
         "AUC of p", "tie to help", "to politeness", "to being seen"),
        [
            (name, *(per_cent(x) if x == x else "–" for x in (s.labelled, s.effective, s.right)),
             f"{s.order.n:,}", cell(s.order), cell(s.tied_to["helpfulness"]),
             cell(s.tied_to["op_politeness"]), cell(s.tied_to["exposure"]))
            for name, s in found.stands.items()
        ],
        numeric=8,
    )  # fmt: skip


def _verdict(own: str, other: str, gap: Estimate) -> str:
    said = f"On the rows where both have a p, {own} minus {other}: AUC {estimate(gap)}. "
    if gap.low > 0:
        return said + f"{own} orders them better."
    if gap.high < 0:
        return said + f"{other} orders them better."
    return said + "These rows do not show which is better."
