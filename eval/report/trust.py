"""Screen 3, how far to trust it: what the labels follow besides help, and what they miss."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from ...corpus.records import SIGNALS
from ...pages.escape import Html, join, tag
from ...pages.plots import (
    KINDS,
    Histogram,
    Interval,
    Part,
    Row,
    histograms,
    intervals,
    label_legend,
    stacked,
)  # fmt: skip
from ...pages.shell import figure, table
from ...pages.svg import Scale, legend
from ...stats.intervals import Estimate, share
from ...stats.ranking import auc
from .pairs_screen import pairs_part
from .reasons import BASES, OUTCOMES
from .reasons import SIGNALS as SIGNAL_WORDS
from .reasons import era as era_words
from .rivals import Rivals
from .rivals_screen import side_by_side
from .rows import Counts, Sample
from .screened import grateful_but_flagged
from .truth import Truth, measure
from .truth_screen import known_truth
from .validity_screen import validity_part
from .words import ends, pair_words, per_cent, share_of, three

MAX_COMMUNITIES = 8  # drawn; ours: the largest ones
FEWEST = 5  # rows below which no interval is drawn; ours
_SHARE_TICKS = [(0.0, "0"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %")]


def how_far_to_trust(
    manifest: Mapping[str, Any],
    counts: Counts,
    sample: Sample,
    truth: Truth,
    others: Rivals | None = None,
    validity: Mapping[str, Any] | None = None,
) -> Html:
    """The whole screen; `others` and `validity` where they were computed."""
    return join(
        tag("p", "Labels made by rules inherit what the rules listen to. Checks, each with "
            "the number of rows it stands on; bars and brackets are 95 % intervals that count "
            "threads, because comments of one thread are alike."),
        _sampled(counts, sample),
        tag("h3", "Is one answer always right?"),
        _balance(sample),
        _bases(counts),
        tag("h3", "Length and place"),
        _nuisance(sample),
        tag("h3", "What each rule heard"),
        _functions(manifest),
        tag("h3", "Liked, and flagged"),
        grateful_but_flagged(manifest),
        tag("h3", "What pairs are made of"),
        pairs_part(manifest),
        tag("h3", "What each era could show"),
        _eras(counts),
        tag("h3", "What the signals measure"),
        validity_part(validity),
        tag("h3", "Known truth against labels"),
        known_truth(measure(sample, truth)),
        side_by_side(others),
    )  # fmt: skip


def _sampled(counts: Counts, sample: Sample) -> Html | None:
    n = len(sample.label)
    if n == counts.n_rows:
        return None
    return tag("p", f"Pictures with intervals use {n:,} of {counts.n_rows:,} rows: whole threads, "
               "drawn by a hash of their id. Counts are of all rows.", class_="quiet")  # fmt: skip


# ---- balance


def _balance(sample: Sample) -> Html:
    labelled = sample.labelled
    overall = share(labelled.label == 1, labelled.thread)
    if not overall.n:
        return tag("p", "No row has a label, so there is no balance to show.")
    found = {"all labelled rows": overall, **_by_community(labelled)}
    picture = intervals(
        [_row(name, e) for name, e in found.items()],
        Scale(0, 1), _SHARE_TICKS, "Share of effective among labelled rows", reference=0.5,
    )  # fmt: skip
    lazy = max(overall.value, 1 - overall.value)
    return figure(
        picture,
        f"Effective: {share_of(overall, 'rows with a label')}. A model that always gives the more "
        f"frequent answer is right in {per_cent(lazy)}; whatever you train has to beat that.",
        table(
            "Share of effective",
            ("rows", "share", "95 % interval", "rows counted", "threads"),
            [(name, three(e.value), ends(e), f"{e.n:,}",
              f"{e.n_clusters:,}") for name, e in found.items()],
            numeric=4,
        ),
    )  # fmt: skip


def _by_community(labelled: Sample) -> dict[str, Estimate]:
    names, sizes = np.unique(labelled.subreddit.astype(str), return_counts=True)
    largest = [n for _, n in sorted(zip(-sizes, names, strict=True))][:MAX_COMMUNITIES]
    if len(names) < 2:
        return {}
    rows = {name: labelled.where(labelled.subreddit == name) for name in largest}
    return {
        f"r/{name}": share(r.label == 1, r.thread) for name, r in rows.items()
        if len(r.label) >= FEWEST
    }  # fmt: skip


def _row(name: str, e: Estimate) -> Interval:
    return Interval(name, e.value, e.low, e.high, f"{per_cent(e.value)}, n = {e.n:,}")


def _bases(counts: Counts) -> Html | None:
    totals: dict[str, dict[str, int]] = {}
    for (basis, outcome), n in counts.basis.items():
        totals.setdefault(basis, {})[outcome] = n
    if not totals:
        return None
    order = sorted(totals, key=lambda basis: (-sum(totals[basis].values()), basis))
    rows = [
        Row(BASES.get(basis, basis), _parts(totals[basis]), f"{sum(totals[basis].values()):,}")
        for basis in order
    ]
    commonest = BASES.get(order[0], order[0])
    return join(
        label_legend(),
        figure(
            stacked(rows, "Labels by the evidence that decided them", to_one=False),
            f"What decided. The commonest evidence is “{commonest}”: when a label is wrong, look "
            "there first.",
            table(
                "Labels by evidence",
                ("evidence", *(OUTCOMES[k] for k, _ in KINDS[:2])),
                [(BASES.get(b, b), *(f"{totals[b].get(k, 0):,}" for k, _ in KINDS[:2]))
                 for b in order],
                numeric=2,
            ),
        ),
    )  # fmt: skip


def _parts(by_outcome: Mapping[str, int]) -> list[Part]:
    return [Part(by_outcome.get(kind, 0), kind, name) for kind, name in KINDS]


# ---- length and place


def _nuisance(sample: Sample) -> Html:
    if not len(sample.label):
        return tag("p", "There is no row to draw.")
    labelled = sample.labelled
    effective = labelled.label == 1
    longer = auc(labelled.n_words, effective, labelled.thread)
    earlier = auc(-labelled.position, effective, labelled.thread)
    length_edges = [1.0, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    place_edges = [float(x) for x in range(0, 21)]
    length = _multiples(
        sample, sample.n_words, length_edges,
        [(1, "1"), (8, "8"), (64, "64"), (512, "512 words")], "Length", "words", log=True,
    )  # fmt: skip
    place = _multiples(
        sample, sample.position, place_edges,
        [(0, "first"), (5, "6th"), (10, "11th"), (20, "21st on")],
        "Place in the thread", "siblings before", log=False,
    )  # fmt: skip
    return join(
        tag("div", length, place, class_="multiples"),
        tag(
            "p",
            "Take an effective and a not effective comment. The longer one is the effective one in "
            f"{share_of(longer, 'pairs')}: {pair_words(longer)}",
        ),
        tag(
            "p",
            f"The earlier one is the effective one in {share_of(earlier, 'pairs')}: "
            f"{pair_words(earlier)} Early comments are seen by more posters, so a part of any such "
            "gap is being seen, not helping.",
        ),
    )  # fmt: skip


def _multiples(
    sample: Sample, values: np.ndarray, edges: list[float], ticks: list[tuple[float, str]],
    title: str, unit: str, *, log: bool,
) -> Html:  # fmt: skip
    inside = np.clip(values, edges[0], edges[-1] - 1e-9)  # the last bin holds everything beyond
    rows = []
    for kind, name in KINDS:
        mask = _outcome(sample.label, kind)
        n = int(mask.sum())
        bins = np.histogram(inside[mask], edges)[0]
        middle = float(np.median(values[mask])) if n else None
        note = f"median {middle:,.0f}, n = {n:,}" if middle is not None else "none"
        rows.append(Histogram(name, list(bins / max(n, 1)), middle, kind, note))
    picture = histograms(rows, edges, ticks, f"{title} by label", log=log)
    caption = f"{title}, by label. The upright line is the median ({unit})."
    head = ("label", *(_bin(a, b) for a, b in pairwise(edges)))
    cells = [(row.name, *(f"{s:.3f}" for s in row.shares)) for row in rows]
    return figure(picture, caption, table(f"{title}: share of rows", head, cells, len(edges) - 1))


def _bin(low: float, end: float) -> str:
    return f"{low:,.0f}" if end - low <= 1 else f"{low:,.0f} to {end - 1:,.0f}"


def _outcome(label: np.ndarray, kind: str) -> np.ndarray:
    if kind == "unlabelled":
        return np.isnan(label)
    return label == (1.0 if kind == "effective" else 0.0)


# ---- functions and eras


_VOTE_KINDS = (
    ("effective", "effective"), ("not_effective", "not effective"), ("abstain", "abstains"),
    ("not_observable", "cannot be known"),
)  # fmt: skip


def _functions(manifest: Mapping[str, Any]) -> Html:
    functions = manifest["functions"]
    rows = [
        Row(
            f["name"],
            [Part(f["counts"].get(kind, 0), kind, name) for kind, name in _VOTE_KINDS],
            f"votes on {per_cent(f['coverage'])}, opposed {per_cent(f['conflict'])}",
        )
        for f in functions
    ]
    widest = max(functions, key=lambda f: f["coverage"], default=None)
    said = (f"{widest['name']} speaks most often. " if widest and widest["coverage"] else "") + (
        "A rule abstains where its signal is silent; “cannot be known” means that the dump could "
        "not have shown the signal. Opposed: another rule voted the other way. Rules that hear "
        "the same reply agree by construction, so agreement is no proof."
    )
    return join(
        legend(_VOTE_KINDS),
        figure(
            stacked(rows, "Votes of each labeling function over all rows"),
            said,
            table(
                "Votes by labeling function",
                ("function", "axis", *(name for _, name in _VOTE_KINDS), "coverage", "conflict"),
                [(f["name"], f["axis"], *(f"{f['counts'].get(k, 0):,}" for k, _ in _VOTE_KINDS),
                  f"{f['coverage']:.3f}", f"{f['conflict']:.3f}") for f in functions],
                numeric=6,
            ),
        ),
    )  # fmt: skip


def _eras(counts: Counts) -> Html:
    eras = sorted({era for era, _ in counts.era})
    if not eras:
        return tag("p", "There is no row to draw.")
    sizes = {era: sum(counts.era[era, kind] for kind, _ in KINDS) for era in eras}
    rows = [
        Row(
            era_words(era),
            _parts({kind: counts.era[era, kind] for kind, _ in KINDS}),
            f"n = {sizes[era]:,}",
        )
        for era in eras
    ]
    shown = [
        (era_words(era), *(_tick(counts.shown[era, signal] / sizes[era]) for signal in SIGNALS))
        for era in eras
    ]
    return join(
        label_legend(),
        figure(
            stacked(rows, "Labels by era of the dumps"),
            "Labels by era. A gap between eras may be a gap between archives: compare only eras "
            "that could show the same signals.",
            table(
                "Labels by era",
                ("era", *(name for _, name in KINDS)),
                [
                    (era_words(era), *(f"{counts.era[era, kind]:,}" for kind, _ in KINDS))
                    for era in eras
                ],
                numeric=3,
            ),
        ),
        table(
            "Share of rows for which the dump could show what the poster did, scores and removals",
            ("era", *(SIGNAL_WORDS[signal] for signal in SIGNALS)),
            shown,
            numeric=len(SIGNALS),
        ),
    )


def _tick(part: float) -> Html:
    sign = "●" if part >= 0.995 else "○" if part < 0.005 else "◐"  # agrees with the figure
    return join(tag("span", sign, aria_hidden="true"), f" {per_cent(part)}")
