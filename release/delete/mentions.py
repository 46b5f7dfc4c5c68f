"""Names of removed people in the words of others: `u/name` in private texts becomes `u/[removed]`.

Released texts have no names (`corpus.masking`). A bare word is left alone: it may be nobody's name.
"""

from __future__ import annotations

import re
from collections.abc import Set
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.artefacts import ROWS_PER_GROUP
from ...corpus.folder import BuildFolder
from ...labeling.llm_votes import FOLDER as LLM
from .parquet import without
from .resolve import raw

PUT = r"\1u/[removed]\2"


def forget_mentions(folder: BuildFolder, authors: Set[str]) -> int:
    """Rewrites private files in which somebody mentions one of these accounts; how many files."""
    if not authors:
        return 0
    # Neither end is eaten by a neighbour: each text is changed until nothing is left to change.
    names = "|".join(re.escape(name) for name in sorted(authors))
    pattern = rf"(?i)(^|[^\w-])u/(?:{names})($|[^\w-])"
    paths = [
        *raw(folder, "submissions"), *raw(folder, "comments"),
        *folder.buckets(folder.interactions), *folder.buckets(folder.votes),
        *sorted((folder.root / LLM).glob("[!.]*.parquet")),
    ]  # fmt: skip
    return sum(_forget(path, pattern) for path in paths)


def _forget(path: Path, pattern: str) -> bool:
    with pq.ParquetFile(path) as file:
        names = [f.name for f in file.schema_arrow if _is_text(f.type)]
        n_rows = file.metadata.num_rows
        found = any(
            _heard(column, pattern)
            for batch in file.iter_batches(ROWS_PER_GROUP, columns=names)
            for column in batch.columns
        )
    if not found:
        return False

    def edit(batch: pa.RecordBatch) -> pa.RecordBatch:
        for name in names:
            at = batch.schema.get_field_index(name)
            column = _changed(batch.column(at), pattern)
            batch = batch.set_column(at, batch.schema.field(at), column)
        return batch

    without(path, np.zeros(n_rows, dtype=bool), edit=edit)
    return True


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or (
        pa.types.is_list(kind) and pa.types.is_string(kind.value_type)
    )


def _heard(column: pa.Array, pattern: str) -> bool:
    texts = column.flatten() if pa.types.is_list(column.type) else column
    maybe = texts.filter(pc.match_substring(texts, "u/", ignore_case=True))
    return bool(pc.any(pc.match_substring_regex(maybe, pattern)).as_py())


def _changed(column: pa.Array, pattern: str) -> pa.Array:
    if not _heard(column, pattern):
        return column
    if not pa.types.is_list(column.type):
        changed = pc.replace_substring_regex(column, pattern, PUT)
        return _changed(changed, pattern)
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    texts = _changed(column.flatten(), pattern)
    mask = column.is_null() if column.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets), texts, mask=mask)
