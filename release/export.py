"""One split of a release as a sheet that people can open: names instead of class numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.errors import SettingsError
from ..corpus.spreadsheet import SEPARATORS, write_sheet
from .found import refuse_damaged


class Exported(NamedTuple):
    """How many rows and columns there are in the file."""

    rows: int
    columns: int


def export(
    release: Path, config: str, split: str, out: Path, *, kind: str = "csv", lossless: bool = False
) -> Exported:
    """Writes all rows of a split to `out`. Raises SettingsError for what the release has not,
    BuildError for a file that is damaged."""
    if kind not in SEPARATORS:
        raise SettingsError(
            f"no format {kind!r}", "--format",
            f"use {' or '.join(SEPARATORS)}; spreadsheets open both, programs read the Parquet",
        )  # fmt: skip
    files = split_files(release, config, split)
    refuse_damaged(*files)
    schema = named_schema(pq.read_schema(files[0]))
    rows = write_sheet(out, _named(files), schema, kind=kind, lossless=lossless)
    return Exported(rows, len(schema))


def split_files(release: Path, config: str, split: str) -> list[Path]:
    """The Parquet files of a split, in order."""
    data = release / "data"
    configs = sorted(p.name for p in data.iterdir() if p.is_dir()) if data.is_dir() else []
    if config not in configs:
        raise SettingsError(f"no config {config!r} in {release}", "--config",
                            f"it has {', '.join(configs) or 'none'}")  # fmt: skip
    files = sorted((data / config).glob("*.parquet"))
    splits = list(dict.fromkeys(p.name.split("-")[0] for p in files))
    if split not in splits:
        raise SettingsError(f"no split {split!r} of {config} in {release}", "--split",
                            f"it has {', '.join(splits) or 'none'}")  # fmt: skip
    return [p for p in files if p.name.split("-")[0] == split]


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Columns that are classes -> the names of their numbers, from the footer."""
    footer = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    features = footer.get("info", {}).get("features", {})
    return {
        name: list(f["names"])
        for name, f in features.items()
        if isinstance(f, dict) and f.get("_type") == "ClassLabel"
    }


def named_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of the sheet: classes are words."""
    names = class_names(schema)
    return pa.schema([(f.name, pa.string() if f.name in names else f.type) for f in schema])


def _named(files: list[Path]) -> Iterator[pa.Table]:
    for path in files:
        with pq.ParquetFile(path) as file:
            names = class_names(file.schema_arrow)
            schema = named_schema(file.schema_arrow)
            for batch in file.iter_batches(ROWS_PER_GROUP):
                columns = [
                    pa.array(names[f.name], pa.string()).take(pc.cast(batch[f.name], pa.int32()))
                    if f.name in names else batch[f.name]
                    for f in schema
                ]  # fmt: skip
                yield pa.table(columns, schema=schema)
