"""Known truth against labels: drawn for invented data only, and saying so otherwise."""

from __future__ import annotations

from ...pages.escape import Html, join, tag
from ...pages.plots import Interval, intervals
from ...pages.shell import figure, table
from ...pages.svg import Scale
from ...stats.classification import Agreement
from ...stats.intervals import Estimate
from .truth import Measured
from .words import ends, estimate, per_cent, share_of, signed, three, tie_words

_NAMES = {
    "helpfulness": "how much it really helps",
    "exposure": "whether the poster got to see it",
    "op_politeness": "how polite the poster is",
}
_TICKS = [(-0.5, "−0.5"), (0.0, "0"), (0.5, "0.5"), (1.0, "1")]


def known_truth(found: Measured | None) -> Html:
    """Figures against a truth, each with its lazy baseline; a plain word where there is none."""
    if found is None:
        return tag(
            "p",
            "There is no truth to compare with: nobody knows which of these comments helped. "
            "Agreement between rules is no substitute. The invented sample has a truth: see the "
            "report of `redditess demo`.",
        )
    return join(
        tag("p", "This sample is invented, so its maker knows how much each comment really helps. "
            "The build never saw that file; only this page opens it."),
        _in_order(found),
        _right_or_wrong(found),
        _tied(found),
    )  # fmt: skip


def _in_order(found: Measured) -> Html:
    scale = Scale(0, 1)
    ticks = [(0.0, "0"), (0.5, "0.5 (a coin)"), (1.0, "1")]
    row = Interval(
        "p_effective puts the helpful one first", *found.by_p[:3], f"AUC {found.by_p.value:.2f}"
    )
    return figure(
        intervals([row], scale, ticks, "AUC of p_effective against known help", reference=0.5),
        f"Of two labelled comments, one that helps more than average and one that does not, "
        f"p_effective puts the right one first with AUC {estimate(found.by_p)} rows in "
        f"{found.by_p.n_clusters:,} threads. {_verdict(found.by_p)}",
    )


def _verdict(e: Estimate) -> str:
    if e.value != e.value:
        return "One of the two kinds is missing."
    if e.low <= 0.5:
        return "That cannot be told from tossing a coin."
    if e.low > 0.8:
        return "A strong order, though thanks is still not help."
    return "Better than a coin and far from the truth: a noisy witness, to be used in numbers."


def _right_or_wrong(found: Measured) -> Html:
    def row(name: str, a: Agreement) -> tuple[str, ...]:
        return (name, *(f"{x:.2f}" if x == x else "–" for x in a[1:]))

    return join(
        table(
            f"Labels against known help, n = {found.n:,} labelled rows, "
            f"{per_cent(found.helpful_share)} of them helpful",
            ("who answers", "accuracy", "precision", "recall", "F1"),
            [row("the labels", found.labels), row("always the more frequent answer", found.lazy)],
            numeric=4,
        ),
        tag("p", _against_lazy(found)),
        tag(
            "p",
            f"And what they miss: effective stands on {share_of(found.reached, 'the comments')} "
            "that really help. The others were not seen, not answered, or not heard.",
        ),
    )


def _against_lazy(found: Measured) -> str:
    said = (
        f"The labels are right on {share_of(found.right, 'rows')}, the lazy answer on "
        f"{per_cent(found.lazy.accuracy)}. "
    )
    if found.right.low > found.lazy.accuracy:
        return said + "They beat it, which is the least that a label should do."
    if found.right.high < found.lazy.accuracy:
        return said + "As verdicts on single comments they are worth less than a guess."
    return said + "As verdicts on single comments these rows do not show that they beat a guess."


def _tied(found: Measured) -> Html:
    rows = [
        Interval(_NAMES[name], e.value, e.low, e.high, signed(e.value) if e.value == e.value
                 else "not known", "effective" if name == "helpfulness" else "ink")
        for name, e in found.tied_to.items()
    ]  # fmt: skip
    readings = [tie_words(e, _NAMES[name].capitalize()) for name, e in found.tied_to.items()]
    return join(
        tag("h4", "What p_effective follows"),
        figure(
            intervals(rows, Scale(-0.5, 1), _TICKS, "Partial rank correlations of p_effective",
                      reference=0.0),
            "Partial rank correlation of p_effective with each, at equal values of the other two. "
            "A perfect label would follow the first and nothing else.",
            table(
                "Partial rank correlations of p_effective",
                ("with", "value", "95 % interval", "rows", "threads"),
                [(_NAMES[name], three(e.value), ends(e), f"{e.n:,}",
                  f"{e.n_clusters:,}") for name, e in found.tied_to.items()],
                numeric=4,
            ),
        ),
        tag("ul", *(tag("li", reading) for reading in readings)),
    )  # fmt: skip
