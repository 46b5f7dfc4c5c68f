"""Tables for spreadsheets: CSV and TSV in which no cell is run as a formula.

Excel, LibreOffice and Google Sheets run a cell that begins with = + - or @, also from a file. A
comment may begin so, on purpose or as a list. Such cells get an apostrophe in front; `lossless`
leaves them, for programs. Strings are always quoted and null is nothing between two separators, so
that null, "" and "null" stay three things; lists and structs are JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from .artefacts import committed
from .lookalikes import INVISIBLE

SEPARATORS = {"csv": ",", "tsv": "\t"}
_FORMULA = re.compile(
    rf"""[\s\x00-\x1f\u00a0{INVISIBLE}"'`\u2018-\u201f]*[=+\-@|%\u2212\uff1d\uff0b\uff0d\uff20"""
    r"\ufe62\ufe63\ufe66\ufe6b\uff05\uff5c]|[\t\r\n]"
)
"""At the start of a cell: what programs strip, then what makes a formula; or a bare separator."""


def neutral(text: str) -> str:
    """A cell that no spreadsheet runs: an apostrophe before what begins like a formula.

    >>> neutral("=1+1"), neutral("＝1+1"), neutral('" =1+1'), neutral("fine - really")
    ("'=1+1", "'＝1+1", '\\'" =1+1', 'fine - really')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def write_sheet(
    path: Path, batches: Iterable[pa.Table], schema: pa.Schema, *, kind: str, lossless: bool = False
) -> int:
    """Writes rows as `kind` of SEPARATORS with a header, committed atomically; returns how many."""
    import pyarrow.csv as pa_csv

    flat = pa.schema([(f.name, _flat(f.type)) for f in schema])
    options = pa_csv.WriteOptions(delimiter=SEPARATORS[kind], quoting_style="needed")
    n_rows = 0
    with committed(path) as tmp, pa_csv.CSVWriter(tmp, flat, write_options=options) as writer:
        for table in batches:
            columns = [_cells(table[f.name], lossless) for f in schema]
            writer.write_table(pa.table(columns, schema=flat))
            n_rows += table.num_rows
    return n_rows


def read_sheet(path: Path, schema: pa.Schema, *, kind: str) -> pa.Table:
    """The rows of a lossless sheet as they were written."""
    import pyarrow.csv as pa_csv

    flat = {f.name: _flat(f.type) for f in schema}
    table = pa_csv.read_csv(
        path,
        parse_options=pa_csv.ParseOptions(delimiter=SEPARATORS[kind], newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=flat, null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    columns = [
        table[f.name] if flat[f.name] == f.type else pa.array(
            [None if t is None else json.loads(t) for t in table[f.name].to_pylist()], f.type)
        for f in schema
    ]  # fmt: skip
    return pa.table(columns, schema=schema)


def _flat(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_nested(kind) else kind


def _cells(column: pa.ChunkedArray, lossless: bool) -> pa.Array:
    if pa.types.is_nested(column.type):
        texts = [_json(value) for value in column.to_pylist()]  # begins with a bracket
        return pa.array(texts, pa.string())
    if lossless or not pa.types.is_string(column.type):
        return column
    return pa.array([t if t is None else neutral(t) for t in column.to_pylist()], pa.string())


def _json(value: Any) -> str | None:
    """Numbers of 32 bits in full: what is read back is the same number."""
    return None if value is None else json.dumps(value, ensure_ascii=False)
