"""Fills the table: every baseline and the model on the same test rows, whole and in strata."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...corpus.errors import InputError
from ...stats.calibration import reliability
from .baselines import BASELINES, CHEAP, TFIDF, WHAT, Guess, guesses
from .figure import Tested, at_prevalence, few_figures, figure, figures, gain, spread, tested
from .leak_alarm import leak_alarm
from .strata import FEWEST, Stratum, cut_day, is_early, is_late, strata
from .table import Era, Part, Row, Table

if TYPE_CHECKING:
    from ..data.rows import Source

Answers = np.ndarray | Mapping[Any, Any]


class _Model(NamedTuple):
    name: str
    seeds: Mapping[int, np.ndarray]

    @property
    def p(self) -> np.ndarray:
        """Of the seed that is published: the first."""
        return next(iter(self.seeds.values()))


def evaluate(
    rows: pa.Table,
    p: Answers,
    *,
    train: pa.Table,
    source: Source | None,
    gold: Mapping[str, int] | None = None,
    name: str = "model",
    part: str = "test",
    split: Literal["released", "era"] = "released",
    baselines: Collection[str] = BASELINES,
) -> Table:
    """Test rows and what a model says of them -> the table with all baselines.

    `rows` and `train` are tables of `data.rows.labelled_rows`. `p`: P(effective) (n,) in the order
    of `rows`; or one array a seed, {seed: p}, of which the first is the one that is published; or
    several models, {name: either of both}. `gold`: id -> 0 or 1 by people; only rows that have it
    are tested, and the table says accuracy. `part`: the split that `rows` are of. `split`: "era"
    where `train` and `rows` were cut by day already. `baselines`: which of BASELINES to measure;
    the others stay as rows that say so.

    Raises InputError where p has another length or is no probability, or no row is left to test.
    """
    models = [_model(key, value, rows.num_rows) for key, value in _named(p, name).items()]
    if gold is not None:
        rows, models = _with_gold(rows, models, gold)
    if not rows.num_rows:
        raise InputError("no row is left to test on", "evaluation", _NO_ROWS[gold is not None])
    there = tested(rows)
    said = list(guesses(train, rows, names=baselines))
    natural = _natural(source, part)
    every = {g.name: g.p for g in said if g.p is not None} | {m.name: m.p for m in models}
    return Table(
        measure="self-consistency" if gold is None else "accuracy",
        interval=_interval(source),
        data=_about(source),
        part=part,
        split=split,
        n_train=train.num_rows,
        n_test=rows.num_rows,
        n_effective=int(there.label.sum()),
        n_threads=len(np.unique(there.thread)),
        n_clusters=len(np.unique(there.cluster)),
        prevalence={"labelled": round(float(there.label.mean()), 5), "natural": natural},
        invented=bool(pc.any(rows["invented"]).as_py()),
        rows=[*(_baseline(g, there, natural) for g in said),
              *(_of_model(m, there, natural, every.get(TFIDF)) for m in models)],
        strata=[_part(stratum, there, every) for stratum in strata(train, rows)],
        era=None if split == "era" else _era(train, rows, baselines),
        reliability={m.name: _points(m.p, there) for m in models},
        alarms=leak_alarm(train, rows, p=models[0].p if models else None, guessed=every),
        notes=_notes(said, gold is not None),
    )  # fmt: skip


_NO_ROWS = {
    True: "rate comments of the test split (redditess label sample), or name another split",
    False: "name a split that has labelled rows",
}


def _named(p: Answers, name: str) -> dict[str, Answers]:
    """Models by name: an array or a mapping of seeds is one model."""
    if isinstance(p, Mapping) and all(isinstance(key, str) for key in p):
        return dict(p)
    return {name: p}


def _model(name: str, p: Answers, n: int) -> _Model:
    seeds = {int(k): v for k, v in p.items()} if isinstance(p, Mapping) else {0: p}
    each = {seed: _checked(name, np.asarray(v, float), n) for seed, v in seeds.items()}
    if not each:
        raise InputError("no seed", name, "give {seed: probabilities}")
    return _Model(name, each)


def _checked(name: str, p: np.ndarray, n: int) -> np.ndarray:
    if p.shape != (n,):
        raise InputError(f"{p.size} answers for {n} rows", name, "give one a row, in their order")
    if not np.all((p >= 0) & (p <= 1)):
        raise InputError("an answer is no probability", name, "give P(effective) in [0, 1]")
    return p


def _with_gold(
    rows: pa.Table, models: list[_Model], gold: Mapping[str, int]
) -> tuple[pa.Table, list[_Model]]:
    """The rows that people judged, with their labels, and what the models say of those."""
    at = np.array([i for i, row in enumerate(rows["id"].to_pylist()) if row in gold], np.int64)
    kept = rows.take(pa.array(at))
    label = pa.array([gold[row] for row in kept["id"].to_pylist()], rows.schema.field("label").type)
    kept = kept.set_column(rows.schema.get_field_index("label"), "label", label)
    return kept, [_Model(m.name, {s: v[at] for s, v in m.seeds.items()}) for m in models]


def _baseline(guess: Guess, rows: Tested, natural: float | None) -> Row:
    if guess.p is None:
        return Row(guess.name, "baseline", WHAT[guess.name], guess.why, None, {}, {}, None, {})
    return Row(
        guess.name, "baseline", WHAT[guess.name], "", guess.n_train, figures(guess.p, rows),
        {} if natural is None else at_prevalence(guess.p, rows, natural), None, {},
    )  # fmt: skip


def _of_model(model: _Model, rows: Tested, natural: float | None, words: np.ndarray | None) -> Row:
    each = {seed: figures(p, rows) for seed, p in model.seeds.items()}
    return Row(
        model.name, "model", "the model", "", None, next(iter(each.values())),
        {} if natural is None else at_prevalence(model.p, rows, natural),
        None if words is None else gain(model.p, words, rows), spread(each),
    )  # fmt: skip


def _part(stratum: Stratum, rows: Tested, every: Mapping[str, np.ndarray]) -> Part:
    here = rows.only(stratum.rows)
    n, yes = len(here.label), int(here.label.sum())
    why = _too_few(n, yes)
    found = {} if why else {k: few_figures(p[stratum.rows], here) for k, p in every.items()}
    return Part(stratum.by, stratum.name, n, yes, len(np.unique(here.cluster)), why, found)


def _too_few(n: int, yes: int) -> str:
    if not n:
        return "no rows"
    if yes in (0, n):
        return "one label only"
    return f"fewer than {FEWEST} rows of a label" if min(yes, n - yes) < FEWEST else ""


def _era(train: pa.Table, rows: pa.Table, baselines: Collection[str]) -> Era | None:
    cut = cut_day(train)
    if cut is None:
        return None
    learn, there = (
        train.filter(pa.array(is_early(train, cut))),
        rows.filter(pa.array(is_late(rows, cut))),
    )
    label = np.asarray(there["label"].to_numpy()) == 1
    n, yes = there.num_rows, int(label.sum())
    why = _too_few(n, yes)
    names = [name for name in CHEAP if name in baselines]
    said = [] if why else [g for g in guesses(learn, there, names=names) if g.name in names]
    found = {g.name: few_figures(g.p, tested(there)) for g in said if g.p is not None}
    left_out = {g.name: g.why for g in said if g.p is None}
    return Era(cut.isoformat(), learn.num_rows, n, yes, why, found, left_out)


def _points(p: np.ndarray, rows: Tested) -> list[dict[str, Any]]:
    points = reliability(p, rows.label, rows.cluster)
    return [{"said": round(point.said, 5), **figure(point.was)} for point in points]


def _natural(source: Source | None, part: str) -> float | None:
    """The share of effective comments that the label model expects among all, labelled or not."""
    if source is None:
        return None
    from ..data.rows import natural_prevalence

    share = natural_prevalence(source, part)
    return round(float(share), 5) if np.isfinite(share) else None


def _interval(source: Source | None) -> Literal["poster", "thread"]:
    if source is None:
        return "thread"
    from ..data.rows import cluster_kind

    return cluster_kind(source)


def _about(source: Source | None) -> dict[str, str]:
    if source is None:
        return {"name": "", "fingerprint": "", "revision": ""}
    return {
        "name": source.name, "fingerprint": source.fingerprint, "revision": source.revision,
    }  # fmt: skip


def _notes(said: list[Guess], by_people: bool) -> list[str]:
    """What a reader of the table must know and no column says."""
    notes = [f"{g.name}: not measured ({g.why})" for g in said if g.p is None]
    most = max((g.n_train for g in said), default=0)
    notes += [
        f"{g.name} learnt from {g.n_train:,} of {most:,} train rows"
        for g in said
        if g.p is not None and g.n_train < most
    ]
    notes += [
        f"{g.name} read {np.isfinite(g.p).sum():,} of {len(g.p):,} test rows"
        for g in said
        if g.p is not None and not np.isfinite(g.p).all()
    ]
    if by_people:
        notes.append("baselines learnt from labels of the rule, not from people")
    return notes
