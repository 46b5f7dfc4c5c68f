"""People's labels find the released rows they mean, by any of three ids, and never score twice."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import sha256_file
from redditess.corpus.errors import InputError
from redditess.corpus.folder import BuildFolder
from redditess.labeling.sampling import draw, write_sheet
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym
from redditess.training.data.gold_answers import gold_answers
from redditess.training.data.rows import LABELLED_SCHEMA, labelled_rows, open_source
from redditess.training.data.source import Source


@pytest.fixture(scope="module")
def source(small_build: Path) -> Source:
    return open_source(str(small_build), allow_invented=True)


@pytest.fixture(scope="module")
def fullname(small_build: Path) -> dict[str, str]:
    """Released id -> fullname."""
    build = BuildFolder(small_build)
    names = [
        name
        for file in build.buckets(build.interactions)
        for name in pq.read_table(file, columns=["comment_id"])[0].to_pylist()
    ]
    return {pseudonym(SAMPLE_KEY, name): name for name in names}


def ratings(path: Path, rows: list[tuple[str, str, str]]) -> Path:
    with path.open("w", encoding="utf8", newline="") as f:
        csv.writer(f).writerows([("id", "label", "rater"), *rows])
    return path


def released(source: Source, part: str = "test", config: str = "full") -> pa.Table:
    return pq.read_table(sorted((source.release / "data" / config).glob(f"{part}-*")))


def test_released_ids_and_fullnames_name_the_same_rows(
    source: Source, fullname: dict[str, str], tmp_path: Path
) -> None:
    ids = released(source)["id"].to_pylist()[:6]
    said = [("effective", "not_effective")[i % 2] for i in range(6)]
    shown = ratings(tmp_path / "a.csv", [(i, s, "ann") for i, s in zip(ids, said, strict=True)])
    named = ratings(
        tmp_path / "b.csv", [(fullname[i], s, "ann") for i, s in zip(ids, said, strict=True)]
    )
    one, other = gold_answers(source, "test", shown), gold_answers(source, "test", named)
    assert one.label == other.label == {i: 1 - n % 2 for n, i in enumerate(ids)}
    assert one.rows.schema.equals(LABELLED_SCHEMA)
    assert str(one.rows.to_pylist()) == str(other.rows.to_pylist())
    assert one.rows["label"].to_pylist() == [one.label[i] for i in one.rows["id"].to_pylist()]


def test_ids_of_a_blind_sheet_are_read_with_its_key(
    source: Source, small_build: Path, tmp_path: Path
) -> None:
    build = BuildFolder(small_build)
    sheet = tmp_path / "sheet.csv"
    key = write_sheet(build, draw(build, "patterns", 200), sheet, design="patterns", seed=0)
    with sheet.open(encoding="utf8", newline="") as f:
        ids = [row["id"] for row in csv.DictReader(f)]
    filled = ratings(tmp_path / "r.csv", [(i, "effective", "ann") for i in ids])
    found = gold_answers(source, "test", filled, sheet_key=key)
    assert found.label and found.left_out["not_in_split"] + len(found.label) == len(ids)


def test_people_may_judge_where_the_rules_are_silent(source: Source, tmp_path: Path) -> None:
    table = released(source)
    silent = table.filter(table["label"].is_null())["id"].to_pylist()[:5]
    found = gold_answers(
        source, "test", ratings(tmp_path / "g.csv", [(i, "1", "a") for i in silent])
    )
    assert found.label == dict.fromkeys(silent, 1)
    assert set(found.rows["basis"].to_pylist()) == {None}


def test_a_row_reads_as_trainers_read_it(source: Source, tmp_path: Path) -> None:
    rows = labelled_rows(source, "train")
    said = [(row["id"], str(row["label"]), "ann") for row in rows.to_pylist()]
    found = gold_answers(source, "train", ratings(tmp_path / "g.csv", said)).rows
    assert found.num_rows > 5
    assert str(found.to_pylist()) == str(rows.to_pylist())  # nan is no nan's equal


def test_the_majority_decides_and_a_tie_is_left_out(source: Source, tmp_path: Path) -> None:
    one, two, three = released(source)["id"].to_pylist()[:3]
    rows = [(one, "1", r) for r in "ab"] + [(one, "0", "c"), (two, "1", "a"), (two, "0", "b")]
    rows += [(three, "unsure", "a")]
    found = gold_answers(source, "test", ratings(tmp_path / "g.csv", rows))
    assert found.label == {one: 1}
    assert found.left_out == {"tied": 2, "taught_the_labels": 0, "not_in_split": 0}


def test_gold_that_taught_the_labels_scores_no_model_of_them(
    source: Source, fullname: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = released(source)["id"].to_pylist()[:4]
    path = ratings(tmp_path / "g.csv", [(i, "1", "a") for i in ids])
    model = {**source.document["label_model"], "gold": {"sha256": sha256_file(path)}}
    taught = source._replace(document={**source.document, "label_model": model})
    with pytest.raises(InputError, match="this gold taught the labels"):
        gold_answers(taught, "test", path)
    # Another file, but two of its comments were in the one that the build has used.
    from redditess.labeling.gold import Gold, Rating

    used = Gold(tuple(Rating(fullname[i], 1, "b") for i in ids[:2]))
    monkeypatch.setattr(
        "redditess.training.data.gold_answers.kept_gold", lambda folder: (used, {})
    )  # fmt: skip
    found = gold_answers(source, "test", path)
    assert set(found.label) == set(ids[2:])
    assert found.left_out["taught_the_labels"] == 2


def test_fullnames_need_the_key_that_made_the_ids(
    source: Source, fullname: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ratings(tmp_path / "g.csv", [(next(iter(fullname.values())), "1", "a")])
    monkeypatch.setenv("REDDITESS_KEY", "sample")
    other = source._replace(document={**source.document, "key_id": "00000000"})
    with pytest.raises(InputError, match="set REDDITESS_KEY"):
        gold_answers(other, "test", path)


def test_one_rater_with_two_ids_of_one_comment_is_refused(
    source: Source, fullname: dict[str, str], tmp_path: Path
) -> None:
    name = released(source)["id"][0].as_py()
    path = ratings(tmp_path / "g.csv", [(name, "1", "a"), (fullname[name], "0", "a")])
    with pytest.raises(InputError, match="under two ids"):
        gold_answers(source, "test", path)


def test_gold_of_another_split_is_refused_with_the_next_step(
    source: Source, tmp_path: Path
) -> None:
    path = ratings(tmp_path / "g.csv", [(released(source, "train")["id"][0].as_py(), "1", "a")])
    with pytest.raises(InputError, match="--split"):
        gold_answers(source, "test", path)


def test_a_released_folder_without_its_build_is_enough(source: Source, tmp_path: Path) -> None:
    alone = source._replace(build=None)
    ids = released(source)["id"].to_pylist()[:3]
    found = gold_answers(alone, "test", ratings(tmp_path / "g.csv", [(i, "1", "a") for i in ids]))
    assert found.rows.num_rows == 3
    assert np.isfinite(found.rows["cluster"].to_numpy()).all()
