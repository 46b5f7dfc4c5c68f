"""What people and caches hold besides the build is cleaned, too, and nothing else of it changes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import read_json, write_json
from redditess.labeling.callstore import CallStore
from redditess.labeling.ledger import Ledger
from redditess.labeling.llm import Item
from redditess.release.delete.caches import forget_answers, forget_arrow, mark_stale
from redditess.release.delete.tables import Unclean, can_clean, clean
from redditess.release.tombstones import Tombstones

GONE = frozenset({"t1_gone", "00000000000000aa"})


def test_a_csv_loses_its_rows_and_no_other_byte(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    kept = 'id,label,note\r\nt1_a,1,"two\nlines, t1_gone"\r\n'
    path.write_bytes((kept + 't1_gone,0,"three\n\nlines"\r\n' + "t1_b,,\r\n").encode())
    assert clean(path, GONE) == 1
    assert path.read_bytes() == (kept + "t1_b,,\r\n").encode()


def test_a_cell_that_was_made_safe_for_spreadsheets_is_still_an_id(tmp_path: Path) -> None:
    path = tmp_path / "export.tsv"
    path.write_text("\ufeffComment_ID\ttext\n'00000000000000aa\thello\n", "utf8")
    assert clean(path, GONE) == 1 and path.read_text("utf8") == "\ufeffComment_ID\ttext\n"


def test_json_lines_lose_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [{"chosen_id": "00000000000000aa"}, {"id": "other", "text": "t1_gone"}, {"id": 3}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert clean(path, GONE) == 1
    assert [json.loads(line) for line in path.read_text().splitlines()] == lines[1:]


def test_a_parquet_export_loses_its_rows_and_their_statistics(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(pa.table({"Comment_Id": ["t1_a", "t1_gone"], "n": [1, 2]}), path)
    assert clean(path, GONE) == 1
    assert pq.read_table(path).to_pydict() == {"Comment_Id": ["t1_a"], "n": [1]}
    assert b"t1_gone" not in path.read_bytes()


def test_a_database_keeps_nothing_of_a_row_in_its_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "raters.study.sqlite"
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("CREATE TABLE items (comment_id TEXT PRIMARY KEY, body TEXT)")
        con.execute("CREATE TABLE ratings (item TEXT, answer TEXT)")
        con.execute("CREATE TABLE raters (who TEXT)")
        rows = [("t1_gone", "secret words " * 900), ("t1_a", "words")]
        con.executemany("INSERT INTO items VALUES (?, ?)", rows)
        con.execute("INSERT INTO ratings VALUES ('t1_gone', 'a'), ('t1_a', 'b')")
        con.execute("INSERT INTO raters VALUES ('one')")
        con.commit()
    assert clean(path, GONE) == 2
    assert not any(b"secret" in p.read_bytes() for p in tmp_path.iterdir())
    with closing(sqlite3.connect(path)) as con:
        assert con.execute("SELECT comment_id FROM items").fetchall() == [("t1_a",)]
        assert con.execute("SELECT answer FROM ratings").fetchall() == [("b",)]
        assert con.execute("SELECT count(*) FROM raters").fetchone() == (1,)


def test_rows_that_were_deleted_before_leave_the_free_pages(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as con:
        con.execute("PRAGMA secure_delete = OFF")
        con.execute("CREATE TABLE items (id TEXT, body TEXT)")
        con.execute("INSERT INTO items VALUES ('t1_gone', ?)", ("secret words " * 900,))
        con.commit()
        con.execute("DELETE FROM items")
        con.commit()
    assert b"secret" in path.read_bytes()
    clean(path, GONE)
    assert b"secret" not in path.read_bytes()


def test_a_file_that_is_not_what_it_says_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"id": "t1_gone"\n')
    assert can_clean(path) and not can_clean(Path(__file__))
    with pytest.raises(Unclean):
        clean(path, GONE)
    assert path.read_text() == '{"id": "t1_gone"\n'


def test_answers_of_models_go_and_who_saw_the_text_is_told(tmp_path: Path) -> None:
    store, ledger = CallStore(tmp_path / "llm"), Ledger(tmp_path / "llm")
    for name in ("t1_gone", "t1_a"):
        store.put(f"key {name}", name, {"said": f"about {name}"})
    items = [Item("t1_gone", "t", "p", "c"), Item("t1_a", "t", "p", "d")]
    ledger.leaving(items, host="models.example", model="m", purpose="label")
    told = forget_answers(tmp_path, GONE)
    assert told["answers"] == 1
    assert [(s["host"], s["model"], s["rows"]) for s in told["sent"]] == [
        ("models.example", "m", 1)
    ]
    assert ledger.left("t1_gone") == [] and len(ledger.left("t1_a")) == 1
    assert ledger.entries()[0]["n"] == 2
    assert not any(b"t1_gone" in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert forget_answers(tmp_path / "nowhere", GONE) == {"answers": 0, "sent": []}
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["id", "rejected_id"])
def test_arrow_copies_that_hold_a_row_are_removed(tmp_path: Path, name: str) -> None:
    for folder, value in (("with", "00000000000000aa"), ("without", "00000000000000bb")):
        table = pa.table({name: [value], "text": ["words"]})
        (tmp_path / folder).mkdir()
        path = str(tmp_path / folder / "x-train.arrow")
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    assert forget_arrow(tmp_path, GONE) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["without"]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    def make(name: str, ids: str, sha256: str | None = None) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "ids.txt").write_text(ids)
        digest = sha256 or hashlib.sha256(ids.encode()).hexdigest()
        record = {"fingerprint": "f" * 16, "ids_file": "ids.txt", "ids_sha256": digest}
        write_json(folder / "trained_on.json", record)
        return folder

    return make


def test_runs_that_learned_from_a_removed_row_are_stale(
    run: Callable[..., Path], tmp_path: Path
) -> None:
    gone = Tombstones("key", frozenset({"00000000000000aa"}), date="2026-11-21")
    learned = run("learned", "00000000000000aa\n00000000000000bb\n")
    other = run("other", "00000000000000bb\n")
    unsure = run("unsure", "00000000000000bb\n", sha256="0" * 64)
    found = mark_stale([tmp_path], gone)
    assert {f["run"]: f["rows"] for f in found} == {"learned": 1, "unsure": None}
    assert read_json(learned / "STALE.json")["date"] == "2026-11-21"
    assert (unsure / "STALE.json").is_file() and not (other / "STALE.json").exists()
    before = (learned / "STALE.json").read_bytes()
    mark_stale([tmp_path], gone._replace(date="2027-01-01"))
    assert (learned / "STALE.json").read_bytes() == before
