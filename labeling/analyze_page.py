"""The figures of `label analyze` as a self-contained page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..pages.escape import Html, join, tag
from ..pages.plots import Interval, Part, Row, intervals, stacked
from ..pages.shell import Screen, figure, page, table
from ..pages.svg import Scale, legend

_TICKS = [(0.0, "0 %"), (0.5, "50 %"), (1.0, "100 %")]
_KINDS = (
    ("effective", "effective"), ("not_effective", "not effective"), ("abstain", "abstains"),
    ("not_observable", "not observable"),
)  # fmt: skip
SOURCES = {
    "data": "agreement with others",
    "gold": "human labels",
    "prior": "a declared prior only",
}
"""Where a reliability comes from, in words."""
MOST_GROUPS = 30  # of the largest subreddits: a page, not a data file (--json has all)


def document(found: Mapping[str, Any]) -> str:
    """A whole HTML page."""
    header = tag(
        "header",
        tag("p", "redditess · labeling functions of a build", class_="eyebrow"),
        tag("h1", "What the functions say, and what is known of them"),
        tag("p", f"{found['rows']:,} interactions.", class_="meaning"),
    )
    screens = [
        Screen("votes", "Votes", "Who votes how often", _votes(found)),
        Screen("pairs", "Pairs", "Who agrees with whom", _pairs(found)),
        Screen("known", "Known", "Where a reliability comes from", _known(found)),
        Screen("groups", "Groups", "By era and community", _groups(found)),
    ]
    footer = tag("p", "Agreement is not truth: two rules may share a mistake.")
    return page("Labeling functions of a redditess build", header, screens, footer)


def _votes(found: Mapping[str, Any]) -> Html:
    rows = [
        Row(
            f["name"],
            [Part(f["counts"][kind], kind, name) for kind, name in _KINDS],
            f"votes on {percent(f['coverage'])}, {percent(f['polarity'])} of them effective",
        )
        for f in found["functions"]
    ]
    behind = table(
        "Shares of all rows; polarity is the effective share of the votes", FUNCTION_HEAD,
        function_rows(found), numeric=len(FUNCTION_HEAD) - 2,
    )  # fmt: skip
    picture = figure(
        join(legend(_KINDS), stacked(rows, "Votes of each function")),
        "A function that abstains saw and heard nothing; not observable: the dump cannot show it.",
        behind,
    )
    return join(picture, _accuracy(found))


def _accuracy(found: Mapping[str, Any]) -> Html:
    rows = [
        Interval(f["name"], a["value"], a["low"], a["high"], f"{percent(a['value'])}, n = {a['n']}")
        for f in found["functions"]
        if (a := f["accuracy"]) and a["low"] is not None
    ]
    if not rows:
        return tag("p", "No gold label stands under these votes: accuracy is not known.")
    caption = "Votes that agree with human labels, with 95 % intervals that count threads."
    picture = intervals(rows, Scale(0, 1), _TICKS, "Accuracy against gold", reference=0.5)
    return figure(picture, caption)


def _pairs(found: Mapping[str, Any]) -> Html:
    head = ("functions", "rows both vote on", "agreement", "correlation")
    rows = [
        (f"{p['a']} and {p['b']}", f"{p['n']:,}", percent(p["agreement"]), number(p["correlation"]))
        for p in found["pairs"]
        if p["n"]
    ]
    never = [f"{p['a']} and {p['b']}" for p in found["pairs"] if not p["n"]]
    return join(
        table("Pairs that vote on the same rows", head, rows, numeric=3),
        tag("p", f"Never on the same row: {'; '.join(never) or 'none'}."),
    )


def _known(found: Mapping[str, Any]) -> Html:
    return join(
        tag(
            "p",
            "Two functions that never vote on the same row cannot tell anything about each other, "
            "and two that do explain each other's mistakes by any accuracy at all: agreement "
            "identifies reliabilities from three overlapping families on.",
        ),
        table(
            "Each function and vote", SOURCE_HEAD, source_rows(found), numeric=3,
        ),
    )  # fmt: skip


def _groups(found: Mapping[str, Any]) -> Html:
    names = [f["name"] for f in found["functions"]]
    tables = []
    for group in ("era", "subreddit"):
        rows = [
            (e["name"], f"{e['rows']:,}", *(_cell(e["functions"][name]) for name in names))
            for e in found[group][:MOST_GROUPS]
        ]
        caption = f"Coverage by {group}, and the effective share of the votes"
        tables.append(table(caption, (group, "rows", *names), rows, numeric=len(names) + 1))
    return join(*tables)


def _cell(entry: Mapping[str, Any]) -> str:
    return f"{percent(entry['coverage'])} ({percent(entry['polarity'])})"


FUNCTION_HEAD = (
    "function", "axis", "observable", "coverage", "polarity", "overlap", "conflict", "accuracy",
)  # fmt: skip
SOURCE_HEAD = ("function", "vote", "known from", "votes", "beside two families", "on gold")


def function_rows(found: Mapping[str, Any]) -> list[Sequence[str]]:
    """One row of words per function, under FUNCTION_HEAD."""
    shares = ("observable", "coverage", "polarity", "overlap", "conflict")
    return [
        (f["name"], _axis(f), *(percent(f[s]) for s in shares), _interval(f["accuracy"]))
        for f in found["functions"]
    ]


def source_rows(found: Mapping[str, Any]) -> list[Sequence[str]]:
    """One row of words per function and vote, under SOURCE_HEAD."""
    return [
        (
            s["function"], "effective" if s["vote"] else "not effective", SOURCES[s["source"]],
            f"{s['n_votes']:,}", f"{s['n_peers']:,}", f"{s['n_gold']:,}",
        )
        for s in found["identification"]
    ]  # fmt: skip


def _axis(function: Mapping[str, Any]) -> str:
    if function["sees_input"]:
        return f"{function['axis']}, reported only"
    return function["axis"] if function["decides"] else f"{function['axis']}, supports"


def _interval(accuracy: Mapping[str, Any] | None) -> str:
    if accuracy is None:
        return "–"
    ends = f"{percent(accuracy['low'])} to {percent(accuracy['high'])}"
    return f"{percent(accuracy['value'])} ({ends}, n = {accuracy['n']})"


def percent(value: float | None) -> str:
    """
    >>> percent(0.1234), percent(None)
    ('12.3 %', '–')
    """
    return "–" if value is None else f"{100 * value:.1f} %"


def number(value: float | None) -> str:
    """
    >>> number(-0.5)
    '-0.50'
    """
    return "–" if value is None else f"{value:+.2f}".replace("+", "")
