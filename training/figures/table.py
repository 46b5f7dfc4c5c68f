"""The one table that stands beside every classifier: its nouns, and the way to JSON.

`evaluate` fills it, `table_text` draws it.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from .figure import Figure

Measure = Literal["self-consistency", "accuracy"]


class Row(NamedTuple):
    """What one baseline or model reaches."""

    name: str
    kind: Literal["baseline", "model"]
    what: str  # in words
    why: str  # it was not measured because ...; "": it was
    n_train: int | None  # rows a baseline learnt from; None for a model: its run says
    figures: dict[str, Figure]  # at the prevalence of the labelled rows
    natural: dict[str, Figure]  # those that prevalence moves, at the natural one
    gain: Figure | None  # of a model: its pair accuracy minus that of TF-IDF
    seeds: dict[str, Figure]  # of a model with several seeds: mean and sd of each figure


class Part(NamedTuple):
    """A stratum: its size, and few figures of each row of the table."""

    by: str
    name: str
    n: int
    n_effective: int
    n_clusters: int
    why: str  # it has no figures because ...; "": it has
    rows: dict[str, dict[str, Figure]]


class Era(NamedTuple):
    """Learnt on early train rows, tested on late test rows: the baselines that cost little."""

    cut: str  # ISO day: early up to and with it
    n_train: int
    n_test: int
    n_effective: int
    why: str
    rows: dict[str, dict[str, Figure]]
    left_out: dict[str, str]  # baseline -> why it has no figure


class Table(NamedTuple):
    """Everything that one evaluation found."""

    measure: Measure
    interval: Literal["poster", "thread"]  # what intervals count as one observation
    data: dict[str, str]  # name, fingerprint, revision
    part: str  # the split that the rows are of: "test"
    split: Literal["released", "era"]  # era: cut by day before training
    n_train: int
    n_test: int
    n_effective: int
    n_threads: int
    n_clusters: int
    prevalence: dict[str, float | None]  # labelled, natural: shares of effective rows
    invented: bool  # some test row was invented for demonstration
    rows: list[Row]
    strata: list[Part]
    era: Era | None
    reliability: dict[str, list[Figure]]  # model -> points: said, value, low, high, n
    alarms: list[str]  # signs of a leak, one sentence each
    notes: list[str]


def table_json(table: Table) -> dict[str, Any]:
    """One JSON object with every figure, its n and its interval."""
    return {
        **table._asdict(),
        "rows": [row._asdict() for row in table.rows],
        "strata": [part._asdict() for part in table.strata],
        "era": table.era._asdict() if table.era else None,
    }


def caption(found: dict[str, Any]) -> list[str]:
    """What a table (as JSON) is measured on, in sentences that must stand beside it."""
    rows = f"{found['n_test']:,} test rows in {found['n_threads']:,} threads"
    one = found["interval"]
    return [
        _MEASURES[found["measure"]].format(rows=rows),
        f"Intervals: 95 %, by {one} ({found['n_clusters']:,} of them). {_prevalence(found)}",
        *(["The rows are invented for demonstration: the figures say nothing about people."]
          if found["invented"] else []),
    ]  # fmt: skip


_MEASURES = {
    "self-consistency": "*Self-consistency*, not accuracy: {rows} carry labels of the kind of rule "
    "that made the training labels.",
    "accuracy": "*Accuracy* against human gold: people judged the {rows}.",
}


def _prevalence(found: dict[str, Any]) -> str:
    labelled, natural = (found["prevalence"][name] for name in ("labelled", "natural"))
    said = f"{100 * labelled:.0f} % of them are effective" if labelled is not None else "No rows"
    if natural is None:
        return f"{said}; the natural share is not known."
    return f"{said}; of all comments it would be {100 * natural:.0f} %."
