"""No figure of a card can be changed alone: not in README, not in release.json, not in a row."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import sha256_file, write_json, write_parquet, write_text
from redditess.corpus.manifest import read_manifest
from redditess.release.card import write_pages
from redditess.release.card_check import check_card
from redditess.release.public import FILE, public, read_public

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

FULL_TRAIN = "data/full/train-00000-of-00001.parquet"
LABELLED_TRAIN = "data/effectiveness/train-00000-of-00001.parquet"


@pytest.fixture
def copied(small_build: Path, tmp_path: Path) -> Path:
    """The released folder of a finished build, with a fresh card, as somebody downloaded it."""
    copy = tmp_path / "copy"
    shutil.copytree(small_build / "redditess", copy)
    write_json(copy / FILE, public(read_manifest(small_build)))
    write_pages(copy, read_public(copy))
    return copy


def found(release: Path) -> list[str]:
    return check_card(release, read_public(release))


def test_an_untouched_release_has_nothing_to_say(copied: Path) -> None:
    assert found(copied) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"num_examples: (\d)", r"comments with a label,\n(\d)", r"dump lines → [^|]+\| (\d)",
        r"not candidate (\d)", r"sample\\_anxiety \| (\d)", r"`passed_over` \| (\d)",
        r"`op_response` \| recipient \| (\d)", r"screen: [\s\S]+?`abuse` \| (\d)",
        r"`emotional` \| (\d)", r"`full` \| test \| (\d)", r"`op_edit` \| (\d)",
        r"\| \.\.2012-05 \| (\d)", r"\n(\d+) `\[EMAIL\]`", r"build `([0-9a-f])",
        r"sha256 `([0-9a-f])",
    ],
)  # fmt: skip
def test_one_digit_of_the_readme_is_noticed(copied: Path, pattern: str) -> None:
    readme = copied / "README.md"
    text = readme.read_text("utf8")
    match = re.search(pattern, text)
    assert match, pattern
    at, old = match.start(1), match[1][0]
    write_text(readme, f"{text[:at]}{'7' if old != '7' else '8'}{text[at + 1 :]}")
    assert len(found(copied)) == 1 and found(copied)[0].startswith("README.md: line ")


COUNTED = [
    ("splits", "effectiveness", "train", "rows"), ("splits", "full", "test", "rows"),
    ("splits", "effectiveness", "test", "labels", "effective"),
    ("splits", "full", "train", "labels", "not_effective"),
    ("stages", "full", "rows_out"), ("stages", "effectiveness", "rows_in"),
    ("stages", "full", "files", 0, "rows"), ("stages", "full", "files", 0, "bytes"),
    ("stages", "posts", "rows_out"), ("stages", "assemble", "dropped", "bot"),
    ("inputs", 0, "lines"), ("inputs", 1, "kept"),
    ("functions", 0, "coverage"), ("functions", 1, "conflict"),
    ("functions", 0, "counts", "effective"),
    ("content", "subreddits", "sample_anxiety"), ("content", "eras", "..2012-05"),
    ("content", "basis", "thanked"), ("content", "observable", "score"), ("content", "invented"),
    ("content", "marks", "EMAIL"), ("content", "marks", "GEO"),
    ("labels", "annotated", "screen", "flagged"), ("labels", "annotated", "risk", "abuse"),
    ("labels", "annotated", "support_types", "esteem"), ("labels", "annotated", "grateful"),
    ("labels", "annotated", "grateful_flagged", "any"),
]  # fmt: skip


@pytest.mark.parametrize("place", COUNTED, ids=lambda place: ".".join(map(str, place)))
def test_a_figure_of_release_json_is_counted_again(copied: Path, place: tuple[Any, ...]) -> None:
    document = copy.deepcopy(read_public(copied))
    table: Any = document
    for step in place[:-1]:
        table = table[step]
    table[place[-1]] += 1 if isinstance(table[place[-1]], int) else 0.01
    write_json(copied / FILE, document)
    assert any(line.startswith("README.md: ") for line in found(copied))
    write_pages(copied, document)  # a forger who writes the card again, too
    assert [line for line in found(copied) if str(place[0]) in line or "data/" in line] != []


def test_any_other_change_of_release_json_shows_on_the_card(copied: Path) -> None:
    document = read_public(copied)
    document["label_model"]["axes"]["recipient"]["n_patterns"] += 1  # not printed anywhere
    write_json(copied / FILE, document)
    assert any("sha256" in line for line in found(copied))


def _relabel(table: pa.Table) -> pa.Table:
    at = table.column_names.index("label")
    return table.set_column(at, "label", pc.subtract(1, table["label"]))


def _constant(name: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        field = table.schema.field(name)
        first = pa.array([value], field.type)
        rest = table[name].combine_chunks().slice(1)
        at = table.column_names.index(name)
        return table.set_column(at, field, pa.concat_arrays([first, rest]))

    return change


ROWS = {
    "a label": (LABELLED_TRAIN, _relabel),
    "a row": (LABELLED_TRAIN, lambda table: table.slice(1)),
    "a row of full": (FULL_TRAIN, lambda table: table.slice(1)),
    "a community": (FULL_TRAIN, _constant("subreddit", "elsewhere")),
    "an era": (FULL_TRAIN, _constant("era", "1999")),
    "a day": (FULL_TRAIN, _constant("day", 0)),
    "a mark": (FULL_TRAIN, _constant("comment", "[EMAIL] [EMAIL] [GEO]")),
    "a risk": (FULL_TRAIN, _constant("risk", ["crisis", "abuse", "method_detail"])),
    "who made it": (FULL_TRAIN, _constant("invented", False)),
}  # fmt: skip


@pytest.mark.parametrize("what", ROWS)
def test_one_changed_row_is_noticed(copied: Path, what: str) -> None:
    name, change = ROWS[what]
    path = copied / name
    table = pq.read_table(path)
    write_parquet(path, change(table), table.schema)
    assert any(f"{name} sha256" in line for line in found(copied))
    document = read_public(copied)  # a forger who knows about digests
    for stage in document["stages"].values():
        for record in stage["files"]:
            if record["path"] == name:
                record |= {"sha256": sha256_file(path), "bytes": path.stat().st_size}
                record["rows"] = pq.read_metadata(path).num_rows
    write_json(copied / FILE, document)
    write_pages(copied, document)
    assert any("counted" in line for line in found(copied))


@pytest.mark.parametrize("name", ["croissant.json", "assets/thread.svg", FULL_TRAIN, "README.md"])
def test_a_missing_file_is_named(copied: Path, name: str) -> None:
    (copied / name).unlink()
    assert any(name in line and "missing" in line for line in found(copied))


def test_a_file_that_nobody_listed_is_named(copied: Path) -> None:
    shutil.copy(copied / FULL_TRAIN, copied / "data" / "full" / "test-00009-of-00010.parquet")
    assert any("not in release.json" in line for line in found(copied))


def test_what_cannot_be_counted_is_said_unless_the_form_has_none(copied: Path) -> None:
    table = pq.read_table(copied / FULL_TRAIN).drop_columns(["risk", "comment"])
    write_parquet(copied / FULL_TRAIN, table, table.schema)
    lines = found(copied)
    assert "release.json: content.marks cannot be counted, data/full has no comment" in lines
    assert "release.json: labels.annotated cannot be counted, data/full has no risk" in lines
    document = {**read_public(copied), "form": "dehydrated"}
    assert not [line for line in check_card(copied, document) if "cannot be counted" in line]


def test_tombstones_are_counted(copied: Path) -> None:
    write_json(copied / "tombstones.json", {"format": 1, "count": 2, "ids": ["a" * 16, "b" * 16]})
    assert any("tombstones.count is 0, counted 2" in line for line in found(copied))
    document = read_public(copied)
    document["tombstones"] = {"count": 2, "sha256": sha256_file(copied / "tombstones.json")}
    write_json(copied / FILE, document)
    write_pages(copied, document)
    assert found(copied) == []
    write_json(copied / "tombstones.json", {"format": 1, "count": 2, "ids": ["a" * 16, "c" * 16]})
    assert any("tombstones.sha256" in line for line in found(copied))
    (copied / "tombstones.json").unlink()
    assert len(found(copied)) == 2


@pytest.mark.parametrize("name", ["key_id", "content", "stages", "inputs"])
def test_a_manifest_that_cannot_be_followed_is_a_finding(copied: Path, name: str) -> None:
    document = read_public(copied)
    del document[name]
    assert any("cannot be followed" in line for line in check_card(copied, document))


def test_a_path_outside_of_the_folder_is_not_followed(copied: Path) -> None:
    document = read_public(copied)
    document["stages"]["full"]["files"][0]["path"] = "../other.parquet"
    assert "../other.parquet: missing" in check_card(copied, document)
