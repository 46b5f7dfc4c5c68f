"""A split as a sheet: the rows of the Parquet, with words for classes, and no formula."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.corpus.spreadsheet import read_sheet
from redditess.release.cli import add_verbs
from redditess.release.columns import LABELS
from redditess.release.export import class_names, export, named_schema, split_files
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.write import write_release

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Made = Callable[..., BuildFolder]
EVIL = ("=HYPERLINK(1)", "+1", "-1 said", "＝SUM(1)", ' "=1', "\t=1", "plain")


@pytest.fixture
def release(made: Made) -> Path:
    folder = made([{"comment": EVIL[n % len(EVIL)], "title": "=t", "evidence": "=e"}
                   for n in range(60)])  # fmt: skip
    write_release(folder, load_settings("sample", n_buckets=2), SAMPLE_KEY)
    write_json(folder.release / "release.json", {"format": 1})
    return folder.release


@pytest.mark.parametrize("kind", ["csv", "tsv"])
@pytest.mark.parametrize("config", ["effectiveness", "full"])
def test_a_lossless_export_read_back_is_the_parquet(
    release: Path, tmp_path: Path, config: str, kind: str
) -> None:
    out = tmp_path / "rows"
    done = export(release, config, "train", out, kind=kind, lossless=True)
    whole = pa.concat_tables(pq.read_table(p) for p in split_files(release, config, "train"))
    found = read_sheet(out, named_schema(whole.schema), kind=kind)
    files = sorted((release / "data" / config).glob("train-*.parquet"))
    assert whole.num_rows == sum(pq.read_metadata(p).num_rows for p in files)
    assert done == (whole.num_rows, whole.num_columns)
    for name in whole.column_names:
        values = whole[name].to_pylist()
        if name in class_names(whole.schema):
            values = [None if v is None else class_names(whole.schema)[name][v] for v in values]
        assert found[name].to_pylist() == values, name
    assert set(found["label"].to_pylist()) <= {None, *LABELS}


def test_no_cell_of_an_export_begins_like_a_formula(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    export(release, "full", "train", out)
    with out.open(encoding="utf8", newline="") as f:
        rows = list(csv.DictReader(f))
    comments = {row["comment"] for row in rows}
    assert {"'=HYPERLINK(1)", "'+1", "'＝SUM(1)"} <= comments
    for row in rows:
        assert not any(row[name].lstrip()[:1] in "=+@\t" for name in row if row[name].strip())


def test_what_a_release_has_not_is_said_with_what_it_has(release: Path, tmp_path: Path) -> None:
    for config, split, kind, words in (
        ("ful", "train", "csv", "effectiveness, full"),
        ("full", "tests", "csv", "it has test, train"),
        ("full", "train", "xlsx", "csv or tsv"),
    ):
        with pytest.raises(SettingsError, match=words):
            export(release, config, split, tmp_path / "x", kind=kind)


def test_the_verb_warns_of_formulas_it_left(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    words = ["release", "export", str(release), "--config", "full", "--out", str(out)]
    app = typer.Typer()
    add_verbs(app)
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0 and "rows" in told.output and "formulas" not in told.output
    told = CliRunner().invoke(app, [*words, "--lossless"])
    assert told.exit_code == 0 and "formulas" in told.output
