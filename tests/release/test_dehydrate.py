"""The dehydrated form holds labels and digests, and nothing that anybody wrote."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import read_json, write_json, write_parquet
from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.folder import BuildFolder
from redditess.labeling.schema import BASES
from redditess.release.card_check import check_card
from redditess.release.columns import COLUMNS, CONFIGS
from redditess.release.dehydrate import dehydrate
from redditess.release.dehydrated import DEHYDRATED, DIGESTED, NOTES
from redditess.release.pseudonyms import Key
from redditess.release.public import read_public
from redditess.release.thread_picture import ALT, thread_picture
from tests.release.dry import World, rows_of

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

FORBIDDEN = re.compile(r"title|post|comment|repl|why|evidence|support|risk|screen|minor|crisis|vote"
                       r"|subreddit|day|era$|score|thread")  # fmt: skip


def test_no_column_is_a_text_a_place_a_time_or_a_risk() -> None:
    shown = {c.name for columns in DEHYDRATED.values() for c in columns}
    assert [name for name in shown if FORBIDDEN.search(name)] == []
    assert not {*NOTES} & {*DIGESTED}
    assert {"label", "basis", "p_effective", "invented", "id"} <= shown


def test_every_config_has_its_form_without_words() -> None:
    assert list(DEHYDRATED) == list(COLUMNS) and set(CONFIGS) == set(COLUMNS)


def test_every_value_is_a_label_a_rounded_number_or_hex_digits(world: World) -> None:
    n = 0
    for row in rows_of(world.dry).values():
        for value in (row["id"], row["place"], row["sealed"], *row["digests"].values()):
            assert re.fullmatch(r"[0-9a-f]+", value)
        assert row["label"] in (0, 1, None) and row["basis"] in (*range(len(BASES)), None)
        p = row["p_effective"]
        assert p is None or abs(p * 10 - round(p * 10)) < 1e-5
        n += 1
    assert n == len(rows_of(world.build / "redditess")) > 60


def test_no_word_of_a_text_is_anywhere_in_the_folder(world: World) -> None:
    """Five words in a row of any text, and any id of Reddit."""
    files = [path for path in world.dry.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".parquet", ".json", ".md"}
    said = "\n".join(str(pq.read_table(f).to_pylist()) for f in files if f.suffix == ".parquet")
    said += "".join(f.read_text("utf8") for f in files if f.suffix != ".parquet")
    texts = [
        row[name]
        for row in rows_of(world.build / "redditess").values()
        for name in ("title", "post", "comment", "op_edit")
        if row[name]
    ]
    pieces = {" ".join(text.split()[:5]) for text in texts if len(text.split()) >= 5}
    pieces = {p for p in pieces if p not in ALT + thread_picture()}  # an invented thread of ours
    assert len(pieces) > 60 and [p for p in pieces if p in said] == []
    assert not re.search(r"\bt[13]_[0-9a-z]{4}", said)


def test_rows_stand_in_the_order_of_their_keys(world: World) -> None:
    keys = world.keys()
    old = [keys[name][0] for name in rows_of(world.build / "redditess")]
    for config in ("effectiveness", "full"):
        for path in (world.dry / "data" / config).glob("*.parquet"):
            ids = pq.read_table(path, columns=["id"])["id"].to_pylist()
            assert ids == sorted(ids) and len(set(ids)) == len(ids)
    assert sorted(old) == sorted(rows_of(world.dry)) and old != sorted(old)


def test_splits_and_labels_are_those_of_the_text_form(world: World) -> None:
    keys, text = world.keys(), world.build / "redditess"
    for config in ("effectiveness", "full"):
        for path in (text / "data" / config).glob("*.parquet"):
            here = pq.read_table(path).to_pylist()
            there = pq.read_table(world.dry / "data" / config / path.name).to_pylist()
            said = {row["id"]: (row["label"], row["basis"]) for row in there}
            assert said == {keys[r["id"]][0]: (r["label"], r["basis"]) for r in here}


def test_its_card_and_figures_are_true(world: World) -> None:
    document = read_public(world.dry)
    assert check_card(world.dry, document) == []
    assert document["form"] == "dehydrated" and document["splits"]["full"]["train"]["labels"]


def test_the_same_build_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    dehydrate(world.build, tmp_path / "again")
    files = {p.relative_to(world.dry): p.read_bytes() for p in world.dry.rglob("*.*")}
    assert files == {
        p.relative_to(tmp_path / "again"): p.read_bytes() for p in (tmp_path / "again").rglob("*.*")
    }


def test_rows_of_a_post_that_could_be_guessed_stay_out(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = pq.read_table(BuildFolder(world.build).raw / "submissions").to_pylist()
    lengths = {p["id"]: len(p["title"]) + len(p["selftext"]) for p in raw}
    middle = sorted(lengths.values())[len(lengths) // 2]
    monkeypatch.setattr("redditess.release.rowkeys.MIN_CHARS", middle)
    document = dehydrate(world.build, tmp_path / "dry")
    full = document["stages"]["full"]
    before = read_public(world.dry)["stages"]["full"]["rows_out"]
    assert 0 < full["dropped"]["short_post"] < before
    assert full["rows_out"] + full["dropped"]["short_post"] == before
    assert check_card(tmp_path / "dry", document) == []


def test_another_key_a_bare_folder_and_a_full_one_are_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="made with key"):
        dehydrate(world.build, tmp_path / "a", key=Key(b"k" * 32))
    shutil.copytree(world.build / "redditess", tmp_path / "bare")
    with pytest.raises(BuildError, match="without its build"):
        dehydrate(tmp_path / "bare", tmp_path / "b")
    with pytest.raises(BuildError, match="not empty"):
        dehydrate(world.build, world.dry)
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match="a file, not a folder; name a new folder"):
        dehydrate(world.build, tmp_path / "file")
    with pytest.raises(InputError, match="--memory-limit: 'lots' is not a size; write"):
        dehydrate(world.build, tmp_path / "c", memory_limit="lots")
    assert not (tmp_path / "c").exists()
    assert read_json(world.dry / "release.json")["form"] == "dehydrated"


def test_a_build_that_lost_its_raw_lines_says_so(world: World, tmp_path: Path) -> None:
    shutil.copytree(world.build, tmp_path / "build")
    shutil.rmtree(tmp_path / "build" / "raw" / "comments")
    shutil.copytree(world.build, tmp_path / "other")
    shutil.rmtree(tmp_path / "other" / "interactions")
    with pytest.raises(BuildError, match="interactions: holds no rows any more; build again"):
        dehydrate(tmp_path / "other", tmp_path / "dry")
    with pytest.raises(BuildError, match="build again from the dumps"):
        dehydrate(tmp_path / "build", tmp_path / "dry")
    assert not (tmp_path / "dry").exists()


def test_the_same_row_key_comes_out_of_the_raw_lines(world: World) -> None:
    """`World.keys` works keys out by itself, from raw lines; it must find every row."""
    found: dict[str, Any] = rows_of(world.dry)
    assert {key for key, _, _ in world.keys().values()} >= set(found)


def test_rows_removed_since_an_earlier_edition_are_listed(world: World, tmp_path: Path) -> None:
    shutil.copytree(world.build, tmp_path / "build")
    release = tmp_path / "build" / "redditess"
    name, (key, _, _) = next(
        (n, k) for n, k in world.keys().items() if n in rows_of(release)
    )  # fmt: skip
    for path in release.glob("data/*/*.parquet"):
        table = pq.read_table(path)
        for column in {"id", "chosen_id", "rejected_id"} & set(table.column_names):
            table = table.filter(pc.not_equal(table[column], name))
        write_parquet(path, table, table.schema)
    document = dehydrate(tmp_path / "build", tmp_path / "dry", before=world.dry)
    listed = read_json(tmp_path / "dry" / "tombstones.json")
    assert listed["ids"] == [key] and document["tombstones"]["count"] == 1
    assert rows_of(world.dry).keys() - rows_of(tmp_path / "dry").keys() == {key}
    with pytest.raises(BuildError, match="another salt"):
        shutil.copytree(world.dry, tmp_path / "other")
        other = {**document, "dehydrated": {**document["dehydrated"], "salt": "00" * 16}}
        write_json(tmp_path / "other" / "release.json", other)
        dehydrate(world.build, tmp_path / "again", before=tmp_path / "other")
