"""The rows that models are trained and measured on: the only way from a release to a trainer.

Columns that show a reaction stay behind (`opportunity` comes along as a weight, never as text),
and rows that nobody wrote pass only where the recipe allows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...corpus.errors import BuildError, InputError
from ...release.columns import COLUMNS
from ...release.released_rows import released_rows
from ...release.splits import ORDER
from .clusters import cluster_kind, clusters
from .hash_order import hash_order, reordered
from .inputs import INPUTS, refuse_invented, refuse_reactions
from .source import Source, open_source, source_of

if TYPE_CHECKING:
    from datasets import Dataset

__all__ = [
    "Source",
    "cluster_kind",
    "labelled_rows",
    "named_rows",
    "natural_prevalence",
    "open_source",
    "preference_rows",
    "sft_rows",
    "source_of",
    "unpaired_rows",
]

_PLAIN = (
    "label", "p_effective", "basis", "era", "screen", "subreddit", *INPUTS, "day",
    "support_types", "invented", "id", "thread_id",
)  # fmt: skip
DERIVED = {
    "preferences": ("prompt", "chosen", "rejected", "margin", "chosen_id", "rejected_id"),
    "unpaired": ("prompt", "completion", "label", "p_effective", "id"),
    "sft": ("messages", "p_effective", "id"),
}
"""Config -> its columns that trainers get; the first that ends in `id` tells the cluster."""
LABELLED_SCHEMA = pa.schema([
    *((name, pa.string()) for name in ("id", "thread_id", *INPUTS)),
    ("label", pa.int8()), ("p_effective", pa.float64()), ("opportunity", pa.float64()),
    *((name, pa.string()) for name in ("basis", "era", "screen", "subreddit")),
    ("day", pa.date32()), ("support_types", pa.list_(pa.string())), ("invented", pa.bool_()),
    ("cluster", pa.int64()),
])  # fmt: skip


def labelled_rows(source: Source, split: str, *, limit: int = 0) -> pa.Table:
    """Rows of `effectiveness` as LABELLED_SCHEMA, in an order that depends on their ids alone.

    `label` is 0 or 1; `p_effective` and `opportunity` are nan where the release has null (two
    decimals otherwise); a missing title, post or comment is ""; where nobody looked, `screen` is
    not_screened and `support_types` is empty. `limit`: the first so many in that order; 0: all. A
    split without rows gives none. Raises InputError for an unknown split and for invented rows
    that were not allowed, BuildError for files that cannot be read or do not belong together.
    """
    table = _selected(source, "effectiveness", split, _PLAIN, ("id",), limit)
    _allowed(source, table["invented"], split)
    [opportunity] = _looked_up(source, "full", split, table["id"].to_pylist(), ["opportunity"])
    return _as_plain(source, table.append_column("opportunity", opportunity))


def named_rows(source: Source, split: str, ids: Iterable[str]) -> pa.Table:
    """The rows of a split with these ids as LABELLED_SCHEMA, labelled or not; others are left out.

    `label` is null where no rule could tell, `basis` too. For rows that people judged. Errors as
    in `labelled_rows`.
    """
    wanted = pa.array(sorted(set(ids)), pa.string())
    names = (*_PLAIN, "opportunity")
    batches = _batches(source, "full", split, names)
    found = (rows.filter(pc.is_in(rows["id"], value_set=wanted)) for rows in batches)
    table = _table(found, "full", names)
    _allowed(source, table["invented"], split)
    return _as_plain(source, table.take(pa.array(hash_order(table.select(["id"])))))


def preference_rows(source: Source, split: str, *, limit: int = 0) -> Dataset:
    """Pairs: prompt, chosen, rejected (messages), margin, chosen_id, rejected_id, cluster.

    Order, `limit` and errors as in `labelled_rows`. A build without such rows (preset `paper`
    screens nothing, so nothing is made from it) is an InputError for every split.
    """
    return _derived(source, "preferences", split, limit)


def unpaired_rows(source: Source, split: str, *, limit: int = 0) -> Dataset:
    """Single comments: prompt, completion (messages), label (bool), p_effective, id, cluster."""
    return _derived(source, "unpaired", split, limit)


def sft_rows(source: Source, split: str, *, limit: int = 0) -> Dataset:
    """Effective comments: messages (two), p_effective, id, cluster."""
    return _derived(source, "sft", split, limit)


def natural_prevalence(source: Source, split: str) -> float:
    """Mean `p_effective` over the rows of `full` that have one, labelled or not; nan: none has.

    The labelled rows are those that were sure either way, so their share of `effective` is not
    how often comments are acknowledged.
    """
    total, n = 0.0, 0
    for rows in _batches(source, "full", split, ["p_effective"]):
        values = _number(rows["p_effective"]).to_numpy()
        values = values[~np.isnan(values)]
        total, n = total + float(values.sum()), n + len(values)
    return total / n if n else float("nan")


def _as_plain(source: Source, table: pa.Table) -> pa.Table:
    """Released columns and `opportunity` -> LABELLED_SCHEMA."""
    columns = {name: _worded("full", name, table[name]) for name in table.column_names}
    for name in INPUTS:
        columns[name] = pc.fill_null(columns[name], "")
    for name in ("p_effective", "opportunity"):
        columns[name] = _number(table[name])
    columns["cluster"] = clusters(source, table["id"].to_pylist(), table["thread_id"].to_pylist())
    return pa.table([columns[f.name].cast(f.type) for f in LABELLED_SCHEMA], LABELLED_SCHEMA)


def _derived(source: Source, config: str, split: str, limit: int) -> Dataset:
    from datasets import Dataset

    splits = source.document.get("splits", {}).get(config, {})
    if not any(counts["rows"] for counts in splits.values()):
        raise InputError(
            f"config {config} has no rows", source.name,
            "generators learn from a screened build: use preset default, or set annotate to "
            '["screen", "support_types"], and build again',
        )  # fmt: skip
    columns = DERIVED[config]
    names = tuple(name for name in columns if name == "id" or name.endswith("_id"))
    table = _selected(source, config, split, columns, names, limit)
    ids = table[names[0]].to_pylist()
    threads, invented = _looked_up(source, "effectiveness", split, ids, ["thread_id", "invented"])
    _allowed(source, invented, split)
    cluster = clusters(source, ids, threads.to_pylist())
    return Dataset(table.append_column("cluster", cluster).replace_schema_metadata(None))


def _allowed(source: Source, invented: pa.ChunkedArray, split: str) -> None:
    if not source.allow_invented:
        refuse_invented(invented, f"{source.name}, {split}")


def _selected(
    source: Source, config: str, split: str, columns: Sequence[str], names: Sequence[str],
    limit: int,
) -> pa.Table:  # fmt: skip
    """Rows in the order of their hashes; texts are read of those only that are wanted."""
    refuse_reactions(config, columns)
    ids = _table(_batches(source, config, split, names), config, names)
    order = hash_order(ids)[: limit or None]
    wanted = np.zeros(ids.num_rows, bool)
    wanted[order] = True
    read = _kept(_batches(source, config, split, columns), wanted)
    places = np.searchsorted(np.flatnonzero(wanted), order)
    return reordered([_schema(config, columns).empty_table(), *read], places)


def _kept(batches: Iterable[pa.Table], wanted: NDArray[np.bool_]) -> Iterator[pa.Table]:
    at = 0
    for rows in batches:
        yield rows.filter(pa.array(wanted[at : at + rows.num_rows]))
        at += rows.num_rows


def _table(batches: Iterable[pa.Table], config: str, columns: Sequence[str]) -> pa.Table:
    return pa.concat_tables([_schema(config, columns).empty_table(), *batches])


def _schema(config: str, columns: Sequence[str]) -> pa.Schema:
    types = {column.name: column.type for column in COLUMNS[config]}
    return pa.schema([(name, types[name]) for name in columns])


def _batches(source: Source, config: str, split: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    if split not in ORDER:
        raise InputError(f"no split {split!r}", source.name, f"use {', '.join(reversed(ORDER))}")
    try:
        for _, rows in released_rows(source.release, config, [split], columns):
            yield rows.replace_schema_metadata(None)
    except (pa.ArrowException, OSError) as e:
        raise BuildError(
            f"{config}, {split} cannot be read ({type(e).__name__})", source.release,
            "download or build it again",
        ) from e  # fmt: skip


def _looked_up(
    source: Source, config: str, split: str, ids: Sequence[str], columns: Sequence[str]
) -> list[pa.ChunkedArray]:
    """Columns of another config for these ids (n,), in their order."""
    there = _table(_batches(source, config, split, ["id", *columns]), config, ["id", *columns])
    at = pc.index_in(pa.array(ids, pa.string()), there["id"].combine_chunks())
    if at.null_count:
        lost = ids[pc.index(at.is_null(), True).as_py()]
        raise BuildError(
            f"{config} has no row {lost}, {split} of another config has", source.release,
            "its files are of two releases: download or build it again",
        )  # fmt: skip
    return [there[name].take(at) for name in columns]


def _worded(config: str, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Classes by their names, but for the label."""
    column = next(column for column in COLUMNS[config] if column.name == name)
    if not column.names or name == "label":
        return values
    return pa.chunked_array([pa.array(column.names, pa.string()).take(values.combine_chunks())])


def _number(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The two decimals of the release, without the noise of float32; null: nan."""
    return pc.fill_null(pc.round(pc.cast(values, pa.float64()), ndigits=2), float("nan"))
