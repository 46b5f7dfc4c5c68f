"""Rows for trainers: from any place, in one order, whole, and without the answer sheet."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import redditess
from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.errors import BuildError, InputError, RemoteError, SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.release.columns import BASES, COLUMNS, SCREENS
from redditess.training.data import rows as data
from redditess.training.data.hash_order import hash_order, reordered
from redditess.training.data.inputs import WEIGHTS, refuse_reactions
from redditess.training.data.rows import (
    DERIVED,
    LABELLED_SCHEMA,
    Source,
    cluster_kind,
    labelled_rows,
    natural_prevalence,
    open_source,
    preference_rows,
    sft_rows,
    unpaired_rows,
)

pytestmark = pytest.mark.slow  # the builds that are read take seconds

ROWS = {"preferences": preference_rows, "unpaired": unpaired_rows, "sft": sft_rows}


@pytest.fixture
def source(small_build: Path) -> Source:
    return open_source(str(small_build), allow_invented=True)


@pytest.fixture
def copy(small_build: Path, tmp_path: Path) -> Path:
    """Only the released folder, as somebody else has it."""
    return Path(shutil.copytree(small_build / "redditess", tmp_path / "copy"))


def released(source: Source, config: str, split: str) -> pa.Table:
    parts = sorted((source.release / "data" / config).glob(f"{split}-*.parquet"))
    return pa.concat_tables([pq.read_table(part) for part in parts])


def test_every_labelled_row_arrives_once_and_as_it_was_released(source: Source) -> None:
    rows, before = labelled_rows(source, "train"), released(source, "effectiveness", "train")
    assert rows.schema == LABELLED_SCHEMA
    there = {row["id"]: row for row in before.to_pylist()}
    assert sorted(rows["id"].to_pylist()) == sorted(there)
    for row in rows.to_pylist():
        was = there[row["id"]]
        for name in ("title", "post", "comment", "label", "thread_id", "day", "support_types"):
            assert row[name] == was[name]
        assert row["p_effective"] == pytest.approx(was["p_effective"], abs=1e-6)
        assert (row["basis"], row["screen"]) == (BASES[was["basis"]], SCREENS[was["screen"]])


def test_the_chance_of_an_answer_comes_from_the_row_of_full(source: Source) -> None:
    full = {row["id"]: row["opportunity"] for row in released(source, "full", "train").to_pylist()}
    rows = labelled_rows(source, "train")
    assert len({*rows["opportunity"].to_pylist()}) > 2
    for name, value in zip(rows["id"].to_pylist(), rows["opportunity"].to_pylist(), strict=True):
        assert value == pytest.approx(full[name], abs=1e-6, nan_ok=True)


def test_probabilities_that_the_release_leaves_out_are_nan(copy: Path) -> None:
    [path] = (copy / "data" / "effectiveness").glob("train-*.parquet")
    table = pq.read_table(path)
    at = table.schema.get_field_index("p_effective")
    hidden = pa.array([None, *table["p_effective"].to_pylist()[1:]], pa.float32())
    pq.write_table(table.set_column(at, table.schema.field(at), hidden), path)
    relisted(copy, path)
    rows = labelled_rows(open_source(str(copy), allow_invented=True), "train")
    bare = [row["id"] for row in rows.to_pylist() if np.isnan(row["p_effective"])]
    assert bare == [table["id"][0].as_py()]


def relisted(copy: Path, path: Path) -> None:
    document = read_json(copy / "release.json")
    name = path.relative_to(copy).as_posix()
    for stage in document["stages"].values():
        for record in stage.get("files", []):
            if record["path"] == name:
                record["bytes"] = path.stat().st_size
    write_json(copy / "release.json", document)


def test_the_order_depends_on_the_ids_alone(source: Source, copy: Path) -> None:
    rows = labelled_rows(source, "train")["id"].to_pylist()
    assert rows != sorted(rows) and rows != released(source, "effectiveness", "train")["id"]
    [path] = (copy / "data" / "effectiveness").glob("train-*.parquet")
    table = pq.read_table(path)
    pq.write_table(table.take(list(range(table.num_rows))[::-1]).slice(0, 12), path)
    relisted(copy, path)
    fewer = labelled_rows(open_source(str(copy), allow_invented=True), "train")["id"].to_pylist()
    assert fewer == [name for name in rows if name in set(fewer)] and len(fewer) == 12


def test_blocks_of_an_order_make_the_whole_order(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pa.table({"id": [f"{i:03d}" for i in range(50)], "text": [["a"] * i for i in range(50)]})
    parts = [rows.slice(0, 0), rows.slice(0, 9), rows.slice(9, 30), rows.slice(39)]
    places = hash_order(rows.select(["id"]))
    assert sorted(places.tolist()) == list(range(50)) != places.tolist()
    for size in (1, 7, 1000):
        monkeypatch.setattr("redditess.training.data.hash_order.ROWS_PER_GROUP", size)
        assert reordered(parts, places).to_pylist() == rows.take(pa.array(places)).to_pylist()
    assert reordered(parts, places[:0]).num_rows == 0


@pytest.mark.parametrize("n", [1, 7, 10_000])
def test_a_limit_takes_the_first_rows_of_that_order(source: Source, n: int) -> None:
    every = labelled_rows(source, "train")
    assert labelled_rows(source, "train", limit=n).equals(every.slice(0, n))


def test_pairs_lists_and_answers_come_with_their_columns(demo_build: Path) -> None:
    source = open_source(str(demo_build), allow_invented=True)
    for config, read in ROWS.items():
        found, before = read(source, "train"), released(source, config, "train")
        assert found.column_names == [*DERIVED[config], "cluster"]
        assert len(found) == before.num_rows
        key = "chosen_id" if config == "preferences" else "id"
        there = Counter(map(str, before.select(DERIVED[config]).to_pylist()))
        here = Counter(map(str, found.remove_columns("cluster").to_list()))
        assert here == there and found[key][:] != before[key].to_pylist()
        assert read(source, "train", limit=5).to_list() == found.to_list()[:5]


def test_a_build_of_mixed_parts_has_no_posters(small_build: Path, tmp_path: Path) -> None:
    build = BuildFolder(shutil.copytree(small_build, tmp_path / "build"))
    [part] = build.buckets(build.shaped)
    table = pq.read_table(part)
    pq.write_table(table.slice(0, table.num_rows // 2), part)
    with pytest.raises(BuildError, match=r"shaped/ has no row [0-9a-f]{16}; .*--fresh"):
        labelled_rows(open_source(str(build.root), allow_invented=True), "train")


def test_rows_of_one_poster_are_one_cluster_across_threads(demo_build: Path) -> None:
    source = open_source(str(demo_build), allow_invented=True)
    rows = labelled_rows(source, "train").to_pylist()
    build = BuildFolder(demo_build)
    asked = pa.concat_tables([
        pq.read_table(p, columns=["comment", "op"]) for p in build.buckets(build.interactions)
    ]).to_pylist()  # fmt: skip
    once = Counter(row["comment"] for row in asked)
    op_of = {row["comment"]: row["op"] for row in asked if once[row["comment"]] == 1}
    posters: dict[int, set[str]] = {}
    threads: dict[int, set[str]] = {}
    for row in rows:
        if op_of.get(row["comment"]):
            posters.setdefault(row["cluster"], set()).add(op_of[row["comment"]])
            threads.setdefault(row["cluster"], set()).add(row["thread_id"])
    assert cluster_kind(source) == "poster"
    assert [len(names) for names in posters.values()] == [1] * len(posters)
    assert len({name for names in posters.values() for name in names}) == len(posters)
    assert max(map(len, threads.values())) > 1


def test_without_its_build_a_release_knows_threads_only(source: Source, copy: Path) -> None:
    alone = open_source(str(copy), allow_invented=True)
    assert (cluster_kind(alone), alone.build) == ("thread", None)
    rows = labelled_rows(alone, "train").to_pylist()
    assert {row["cluster"] % 2**64 for row in rows} == {int(row["thread_id"], 16) for row in rows}
    assert cluster_kind(open_source(str(source.release))) == "poster"  # its build lies around it


@pytest.mark.parametrize("config", DERIVED)
def test_clusters_of_what_is_made_of_rows_are_those_of_the_rows(
    demo_build: Path, config: str
) -> None:
    source = open_source(str(demo_build), allow_invented=True)
    of_row = {r["id"]: r["cluster"] for r in labelled_rows(source, "train").to_pylist()}
    for row in ROWS[config](source, "train").to_list():
        names = [row[name] for name in row if name == "id" or name.endswith("_id")]
        assert {of_row[name] for name in names} == {row["cluster"]}


def test_invented_rows_pass_only_where_that_is_said(small_build: Path) -> None:
    source = open_source(str(small_build))
    for read in (labelled_rows, unpaired_rows):
        with pytest.raises(InputError, match=r"rows are invented .* allow_invented to true"):
            read(source, "train")


def test_no_reaction_reaches_a_trainer_but_as_a_weight() -> None:
    reactions = {c.name for c in COLUMNS["full"] if c.role == "reaction"}
    assert reactions & set(LABELLED_SCHEMA.names) == set(WEIGHTS) == {"opportunity"}
    with pytest.raises(InputError, match="'op_replies' shows what happened after the comment"):
        refuse_reactions("full", ["title", "op_replies"])
    for config, columns in DERIVED.items():
        refuse_reactions(config, columns)


def test_rows_are_read_through_the_guard_only(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "_PLAIN", (*data._PLAIN, "delta_hours"))
    with pytest.raises(InputError, match="'delta_hours' shows what happened"):
        labelled_rows(source, "train")


def test_natural_prevalence_is_that_of_all_rows_with_a_probability(source: Source) -> None:
    known = [p for p in released(source, "full", "train")["p_effective"].to_pylist() if p]
    assert natural_prevalence(source, "train") == pytest.approx(np.mean(known), abs=1e-6)


def test_a_split_that_does_not_exist_is_refused(source: Source) -> None:
    with pytest.raises(InputError, match=r"no split 'dev'; use train, validation, test"):
        labelled_rows(source, "dev")


def test_a_build_of_the_paper_has_rows_and_nothing_for_generators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    redditess.load(
        preset="paper", subreddits=["sample_anxiety", "sample_lowmood", "sample_sleep"],
        n_buckets=1, limit=3000, workers=1, cache_dir=str(tmp_path / "cache"),
    )  # fmt: skip
    [manifest] = (tmp_path / "home" / "builds").glob("*/manifest.json")
    source = open_source(str(manifest.parent), allow_invented=True)
    rows = labelled_rows(source, "train")
    assert rows.num_rows > 5 and set(rows["screen"].to_pylist()) == {"not_screened"}
    assert labelled_rows(source, "validation").num_rows == 0  # 90/10
    for read in ROWS.values():
        with pytest.raises(InputError, match=r"has no rows; generators learn from a screened"):
            read(source, "train")


def test_the_parts_of_a_source_say_what_it_is(source: Source, small_build: Path) -> None:
    assert (source.name, source.revision) == ("redditess", "")
    assert source.fingerprint == read_json(small_build / "manifest.json")["fingerprint"]
    assert source.build is not None and source.build.root == small_build


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/else", "~/nowhere", "a/b/c", "nowhere",
                                  "here/missing", "two words/x", "..", "ns/..", ""])  # fmt: skip
def test_a_folder_that_is_missing_is_never_asked_for_on_the_hub(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(
        "redditess.training.data.source.fetch", lambda *_: pytest.fail("asked the Hub")
    )
    with pytest.raises((InputError, BuildError), match=r"name a build|named? the folder"):
        open_source(name)


def test_a_folder_has_no_revision(small_build: Path) -> None:
    with pytest.raises(SettingsError, match=r"data_revision is 'v1'.*is a folder"):
        open_source(str(small_build), "v1")


def test_a_build_that_has_not_finished_is_refused(small_build: Path, tmp_path: Path) -> None:
    shutil.copytree(small_build, tmp_path / "build")
    (tmp_path / "build" / "manifest.json").unlink()
    with pytest.raises(BuildError, match="neither a finished build"):
        open_source(str(tmp_path / "build"))


def test_the_form_without_words_is_refused(copy: Path) -> None:
    document = read_json(copy / "release.json")
    write_json(copy / "release.json", {**document, "form": "dehydrated"})
    with pytest.raises(InputError, match=r"no text to train on; .*release hydrate"):
        open_source(str(copy))


def test_a_file_that_is_not_as_it_was_released_is_refused(copy: Path) -> None:
    [path] = (copy / "data" / "full").glob("train-*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(BuildError, match="not a whole Parquet file"):
        open_source(str(copy))
    path.write_bytes(whole[:100] + whole[101:])
    with pytest.raises(BuildError, match=r"bytes, and release\.json says"):
        open_source(str(copy))
    path.unlink()
    with pytest.raises(BuildError, match=r"missing, although release\.json lists it"):
        open_source(str(copy))
    path.write_bytes(whole)
    shutil.copy(path, path.with_name("train-00001-of-00002.parquet"))
    with pytest.raises(BuildError, match="not a file of this release"):
        open_source(str(copy))


def test_bytes_that_changed_inside_a_file_end_in_one_sentence(copy: Path) -> None:
    [path] = (copy / "data" / "effectiveness").glob("train-*.parquet")
    raw = bytearray(path.read_bytes())
    raw[50 : len(raw) // 2] = b"\xff" * (len(raw) // 2 - 50)
    path.write_bytes(raw)
    with pytest.raises(BuildError, match=r"effectiveness, train cannot be read .*again\.$"):
        labelled_rows(open_source(str(copy), allow_invented=True), "train")


def test_files_of_two_releases_do_not_pass_for_one(copy: Path) -> None:
    [path] = (copy / "data" / "full").glob("train-*.parquet")
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows // 2), path)
    relisted(copy, path)
    with pytest.raises(BuildError, match=r"its files are of two releases"):
        labelled_rows(open_source(str(copy), allow_invented=True), "train")


def test_offline_and_never_fetched_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(RemoteError, match=r"^ns/never: HF_HUB_OFFLINE is set, .*unset it"):
        open_source("ns/never")
