"""The label stage: counts of vote patterns -> fitted models; then votes -> p, label, conflict, why.

Models are fitted once per build, per axis, on all buckets; labelling is then a function of one
bucket and `label_model.json`. The axes meet in `conflict` only, unless the model is `joint`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json, write_json, write_parquet
from ..corpus.errors import BuildError, SettingsError
from ..corpus.folder import BuildFolder
from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from ..corpus.row_groups import side_by_side
from ..corpus.settings import Settings
from .functions import LabelingFunction, resolve
from .gold_rows import GoldRows, kept_gold, whose, with_gold
from .habit import answers, general, habit, still_labelled, without_habit
from .matrix import Column, Patterns, label_matrix, merge, patterns
from .models import Ensemble, LabelModel, MajorityVote, from_json, label_model
from .schema import LABEL_SCHEMA
from .why import READS, Heard, sentences

FORMAT = 1


def fit_labels(folder: BuildFolder, settings: Settings) -> dict[str, Any]:
    """Fits one model per axis on the votes of all buckets; writes and returns label_model.json.

    Functions that see the input are voted and stored, and no model hears them (docs/design/0005).
    Where the build holds gold (docs/gold.md), the poster's axis is fitted with it.
    Raises SettingsError where nothing votes on the poster's axis, BuildError without votes.
    """
    functions = resolve(settings.functions)
    models = _models(functions, settings.label_model)
    files = folder.buckets(folder.votes)
    if not files:
        raise BuildError("there are no votes to fit", folder.votes, "run the vote stage first")
    kept, decides = kept_gold(folder), "joint" if "joint" in models else "recipient"
    said = kept[0].consensus() if kept else {}
    fitted = {}
    for axis, model in models.items():
        counted, rows = _counts(folder, model.columns or [], said if axis == decides else {})
        fitted[axis] = _fit(model, counted, rows) | {"n_patterns": len(counted.counts)}
    document = {
        "format": FORMAT,
        "label_model": settings.label_model,
        "decides": decides,
        "axes": fitted,
        "functions": [f.describe() for f in functions],
        "habit_rate": _habit_rate(folder, settings, models),
    }
    if kept:
        document["gold"] = kept[1] | {"decided": len(said), "used": _used(models[decides], said)}
    write_json(folder.label_model, document)
    return document


def _fit(model: LabelModel, counted: Patterns, rows: GoldRows | None) -> dict[str, Any]:
    if rows is None:
        return model.fit(counted.L, counted.counts, strata=counted.strata).to_json()
    L, counts, strata, gold, groups = with_gold(counted, rows)
    if isinstance(model, Ensemble):
        return model.fit(L, counts, strata=strata, gold=gold, groups=groups).to_json()
    return model.fit(L, counts, strata=strata, gold=gold).to_json()


def _used(model: LabelModel, said: Mapping[str, int]) -> dict[str, int]:
    """How many comments with gold served what: a model without a choice uses none for one."""
    return model.used_gold() if isinstance(model, Ensemble) else {"fit": len(said)}


def _models(functions: Sequence[LabelingFunction], name: str) -> dict[str, LabelModel]:
    """Unfitted models by axis; "joint" beside them where the model wants all axes at once."""
    kind = label_model(name)
    heard = [f for f in functions if not f.sees_input]
    by_axis = {axis: [f for f in heard if f.axis == axis] for axis in ("recipient", "community")}
    if not any(f.decides for f in by_axis["recipient"]):
        raise SettingsError(
            "no function that may decide on the poster's axis",
            "functions",
            "add op_response (a function that reads title, post or comment never decides)",
        )
    if not kind.joint:
        return {axis: kind(kind.columns_for(fs)) for axis, fs in by_axis.items()}
    # Beside a joint rule the axes are still told apart, for p_community and for conflicts (D9).
    by_axis["recipient"] = [f for f in by_axis["recipient"] if f.decides]
    sides = {axis: MajorityVote(MajorityVote.columns_for(fs)) for axis, fs in by_axis.items()}
    return {"joint": kind(kind.columns_for(heard)), **sides}


def _counts(
    folder: BuildFolder, columns: Sequence[Column], said: Mapping[str, int]
) -> tuple[Patterns, GoldRows | None]:
    """Pattern counts over all buckets: a few integer columns are read, no text.

    Comments in `said` (id -> label) are not counted but come back one by one; None without any.
    """
    parts, apart = [], []
    for path in folder.buckets(folder.votes):
        votes = pq.read_table(path, columns=_vote_columns(columns) or ["comment_id"])
        names = ["exposure_stratum", *(("comment_id", "op", "thread_id") if said else ())]
        rows = pq.read_table(folder.interactions / path.name, columns=names)
        strata, L = rows.column("exposure_stratum").to_numpy(), label_matrix(votes, columns)
        if said:
            known = _gold_rows(rows, L, said)
            apart.append(known[1])
            L, strata = L[~known[0]], strata[~known[0]]
        parts.append(patterns(L, strata))
    whole = GoldRows(*(np.concatenate(c) for c in zip(*apart, strict=True))) if apart else None
    return merge(parts), whole


def _gold_rows(
    rows: pa.Table, L: np.ndarray, said: Mapping[str, int]
) -> tuple[np.ndarray, GoldRows]:
    """Which rows (n,) of a bucket have gold, and these rows."""
    ids = rows.column("comment_id").to_pylist()
    at = np.array([i for i, comment in enumerate(ids) if comment in said], np.int64)
    few = rows.take(at)
    owners = zip(few.column("op").to_pylist(), few.column("thread_id").to_pylist(), strict=True)
    label = np.array([said[ids[i]] for i in at], np.int8)
    strata = few.column("exposure_stratum").to_numpy().astype(np.int64)
    group = np.array([whose(*owner) for owner in owners], np.int64)
    return np.isin(np.arange(len(ids)), at), GoldRows(L[at], strata, label, group)


def _vote_columns(columns: Sequence[Column]) -> list[str]:
    votes = [f"{c.function}:vote" for c in columns]
    scores = [f"{c.function}:score" for c in columns if c.min_strength]
    return list(dict.fromkeys(votes + scores))


class Labeler:
    """The fitted models of a build, applied to batches of votes."""

    def __init__(self, document: dict[str, Any]):
        self.models = {axis: from_json(state) for axis, state in document["axes"].items()}
        self.decider = self.models[document["decides"]]
        self.habit_rate: float | None = document.get("habit_rate")

    def predict(
        self,
        votes: pa.Table,
        rows: pa.Table,
        functions: Sequence[LabelingFunction],
        habits: np.ndarray | None = None,
    ) -> pa.Table:
        """Votes and the matching rows of interactions -> a table of LABEL_SCHEMA, same order.

        `habits` (n,), as `habit` gives them, are taken out of p; where that moves p to the other
        side of the label, or to the middle, the row stays unlabelled.
        """
        strata = rows.column("exposure_stratum").to_numpy()
        p, bounds, labels = _apply(self.decider, votes, strata)
        unsure = np.zeros(len(p))
        if habits is not None:
            before, said = p, labels
            p, bounds = without_habit(p, habits), without_habit(bounds, habits[:, None])
            labels = still_labelled(said, before, p)
            unsure = np.where(labels != said, habits, 0.0)
        p_community, _, community = _apply(self.models["community"], votes, strata)
        _, _, recipient = _apply(self.models["recipient"], votes, strata)
        conflict = (recipient != ABSTAIN) & (community != ABSTAIN) & (recipient != community)
        heard = Heard(votes, functions)
        arrays = [
            votes.column("comment_id"),
            *(_floats(x) for x in (p, bounds[:, 0], bounds[:, 1], p_community)),
            pa.array(labels, pa.int8(), mask=labels == ABSTAIN),
            pa.array(conflict),
            pa.array(heard.basis(labels), pa.string()),
            pa.array(sentences(rows, heard, conflict, unsure), pa.string()),
        ]
        return pa.Table.from_arrays(arrays, schema=LABEL_SCHEMA)


def label_bucket(folder: BuildFolder, bucket: int, settings: Settings) -> dict[str, Any]:
    """`votes/` -> `labels/` for one bucket, by the fitted models; rows keep their order.

    Returns (and leaves in the footer) rows_in, rows_out, dropped, how many rows are effective,
    not_effective, unlabelled and in conflict, and how many labels rest on each basis.
    """
    functions = resolve(settings.functions)
    labeler = Labeler(read_json(folder.label_model))
    pairs = side_by_side(
        (folder.bucket_file(folder.interactions, bucket), READS),
        (folder.bucket_file(folder.votes, bucket), None),
    )
    habits, stats = _habits(folder, bucket, labeler.habit_rate), _no_rows()

    def labelled() -> Iterator[pa.Table]:
        for rows, votes in pairs:
            start, end = stats["rows_out"], stats["rows_out"] + rows.num_rows
            here = None if habits is None else habits[start:end]
            table = labeler.predict(votes, rows, functions, here)
            _count(table, stats)
            yield table

    target = folder.bucket_file(folder.labels, bucket)
    write_parquet(target, labelled(), LABEL_SCHEMA, closing=lambda: stats)
    return stats


def _habit_rate(
    folder: BuildFolder, settings: Settings, models: Mapping[str, LabelModel]
) -> float | None:
    """None where the habit stays: by setting, in a joint rule, and in majority, the yard-stick."""
    plain = "joint" in models or settings.label_model == MajorityVote.name
    if settings.op_habit not in ("kept", "taken_out"):
        raise SettingsError(
            f"op_habit = {settings.op_habit!r}", "settings", 'write "kept" or "taken_out"'
        )
    return None if plain or settings.op_habit == "kept" else general(folder)


def _habits(folder: BuildFolder, bucket: int, rate: float | None) -> np.ndarray | None:
    """Of all rows of a bucket: a thread may go on in the next row group."""
    found = answers(folder, bucket) if rate is not None else None
    return None if found is None or rate is None else habit(found, rate)


def _apply(
    model: LabelModel, votes: pa.Table, strata: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """P(effective) (n,), interval (n, 2), label (n,): computed once per distinct pattern."""
    found = patterns(label_matrix(votes, model.columns or []), strata)
    p = model.predict_proba(found.L, found.strata)[:, EFFECTIVE]
    bounds = model.interval(found.L, found.strata)
    labels = model.predict(found.L, found.strata)
    return p[found.inverse], bounds[found.inverse], labels[found.inverse]


def _floats(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.float32), pa.float32(), mask=np.isnan(values))


def _no_rows() -> dict[str, Any]:
    labels = {"effective": 0, "not_effective": 0, "unlabelled": 0, "conflict": 0}
    return {"rows_in": 0, "rows_out": 0, "dropped": {}, "labels": labels, "basis": {}}


def _count(table: pa.Table, stats: dict[str, Any]) -> None:
    """Adds the rows of one table of LABEL_SCHEMA to the stats of its bucket."""
    labels, basis = stats["labels"], stats["basis"]
    stats["rows_in"] += table.num_rows
    stats["rows_out"] += table.num_rows
    label = table.column("label").fill_null(ABSTAIN).to_numpy()
    labels["effective"] += int((label == EFFECTIVE).sum())
    labels["not_effective"] += int((label == NOT_EFFECTIVE).sum())
    labels["unlabelled"] += int((label == ABSTAIN).sum())
    labels["conflict"] += int(table.column("conflict").to_numpy().sum())
    for item in table.column("basis").drop_null().value_counts().to_pylist():
        basis[item["values"]] = basis.get(item["values"], 0) + item["counts"]
