"""Rows leave a build on request: everywhere, for good, and nothing else changes."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_json, read_stats, stable_hash, write_parquet
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.manifest import read_manifest
from redditess.corpus.settings import from_identity
from redditess.labeling.callstore import CallStore
from redditess.labeling.sampling import draw, read_key, write_sheet
from redditess.release import tombstones
from redditess.release.build import build as run_build
from redditess.release.card_check import check_card
from redditess.release.dehydrate import dehydrate
from redditess.release.delete.remove import Places, remove
from redditess.release.delete.request import Request
from redditess.release.found import find_release
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym
from redditess.release.public import read_public
from redditess.release.unfinished import UNFINISHED

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Rows = list[dict[str, Any]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of its own: no list of removals of another test, no cache."""
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "arrow"))
    return tmp_path / "home"


@pytest.fixture
def copied(small_build: Path, tmp_path: Path, home: Path) -> BuildFolder:
    shutil.copytree(small_build, tmp_path / "build")
    return BuildFolder(tmp_path / "build")


def rows_of(folder: BuildFolder) -> Rows:
    columns = ["comment_id", "thread_id", "op", "commenter", "op_replies", "comment"]
    parts = [pq.read_table(p, columns=columns) for p in folder.buckets(folder.interactions)]
    return pa.concat_tables(parts).to_pylist()


def raw_of(folder: BuildFolder, kind: str) -> Rows:
    paths = sorted((folder.raw / kind).glob("*.parquet"))
    return pa.concat_tables([pq.read_table(p) for p in paths]).to_pylist()


def gone(folder: BuildFolder, home: Path, **asked: set[str]) -> dict[str, Any]:
    request = Request(**{name: frozenset(values) for name, values in asked.items()})
    return remove(find_release(folder.root, unfinished=True), request, Places(home))


def digests(root: Path) -> dict[str, str]:
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and p.name != ".lock"]
    return {p.relative_to(root).as_posix(): sha256(p.read_bytes()).hexdigest() for p in files}


def every_byte(root: Path) -> Iterator[tuple[Path, bytes]]:
    """All bytes below a folder; Parquet as its raw file and as its decompressed columns."""
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        yield path, path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield path, json.dumps(table.to_pydict(), default=str).encode()


def released_ids(folder: BuildFolder) -> set[str]:
    paths = (folder.release / "data").rglob("*.parquet")
    return {
        i for p in paths for name in ("id", "chosen_id", "rejected_id")
        if name in pq.read_schema(p).names
        for i in pq.read_table(p, columns=[name])[name].to_pylist()
    }  # fmt: skip


def test_a_removed_comment_leaves_every_byte(copied: BuildFolder, home: Path) -> None:
    row = rows_of(copied)[0]
    name, told = row["comment_id"], pseudonym(SAMPLE_KEY, row["comment_id"])
    before = sum(1 for _, data in every_byte(copied.root) if name.encode() in data)
    report = gone(copied, home, names={name})
    assert before >= 3 and report["removed"]["rows"] == 1 and report["scan"]["left"] == []
    holders = {path.name for path, data in every_byte(copied.root)
               if name.encode() in data or told.encode() in data}  # fmt: skip
    assert holders == {"tombstones.json"}


def test_a_removed_author_takes_threads_and_comments(copied: BuildFolder, home: Path) -> None:
    rows = rows_of(copied)
    op = next(r["op"] for r in rows if r["op"])
    who = next(r["commenter"] for r in rows if r["commenter"] not in (None, op) and r["op"] != op)
    report = gone(copied, home, authors={op.lower(), who.lower()})
    left = rows_of(copied)
    wanted = [r for r in rows if op in (r["op"], r["commenter"]) or r["commenter"] == who]
    assert len(rows) - len(left) == report["removed"]["rows"] >= len(wanted) >= 2
    for path, data in every_byte(copied.root):
        assert op.encode() not in data and who.encode() not in data, path


def test_totals_of_a_poster_who_left_leave_too(copied: BuildFolder, home: Path) -> None:
    rows = rows_of(copied)
    leaves = next(r["op"] for r in rows if r["op"])
    stays = next(r["op"] for r in rows if r["op"] not in (None, leaves))
    keys = [stable_hash("redditess exposure", name) for name in (leaves, stays)]
    schema = pq.read_schema(copied.op_rates)
    table = pa.table({n: keys if n == "key" else [3, 3] for n in schema.names}, schema)
    write_parquet(copied.op_rates, table.sort_by("key"), schema)
    gone(copied, home, authors={leaves.lower()})
    assert pq.read_table(copied.op_rates)["key"].to_pylist() == [keys[1]]


def test_others_no_longer_mention_a_removed_person(copied: BuildFolder, home: Path) -> None:
    rows = rows_of(copied)
    who = rows[0]["commenter"]
    other = next(r["comment_id"] for r in rows if who not in (r["commenter"], r["op"]))
    said = f"u/{who.upper()},/u/{who}. Not u/{who}x"

    def mention(path: Path, id_column: str, name: str) -> None:
        table = pq.read_table(path)
        ids, values = table[id_column].to_pylist(), table[name].to_pylist()
        new = [([said] if isinstance(v, list) else said) if i == other else v
               for i, v in zip(ids, values, strict=True)]  # fmt: skip
        at = table.schema.get_field_index(name)
        kind = table.schema.field(at)
        write_parquet(path, table.set_column(at, kind, pa.array(new, kind.type)), table.schema,
                      stats=read_stats(path))  # fmt: skip

    for path in copied.buckets(copied.interactions):
        mention(path, "comment_id", "comment")
        mention(path, "comment_id", "op_replies")
    for path in (copied.raw / "comments").glob("*.parquet"):
        mention(path, "id", "body")
    report = gone(copied, home, authors={who.lower()})
    assert report["scan"]["left"] == [] and report["files"]["mentions"] >= 2
    [row] = [r for r in rows_of(copied) if r["comment_id"] == other]
    wanted = f"u/[removed],/u/[removed]. Not u/{who}x"
    assert (row["comment"], row["op_replies"]) == (wanted, [wanted])


def test_a_sheet_for_raters_loses_its_row(copied: BuildFolder, home: Path, tmp_path: Path) -> None:
    drawn = draw(copied, "patterns", 6)
    inside, outside = copied.root / "sheet.csv", tmp_path / "elsewhere" / "sheet.csv"
    outside.parent.mkdir()
    keys = [write_sheet(copied, drawn, path, seed=0) for path in (inside, outside)]
    [asked] = [i for i, name in read_key(keys[1]).items() if name == drawn[0].comment_id]
    request = Request(ids=frozenset({asked}))
    report = remove(find_release(copied.root), request, Places(home, also=[outside.parent]))
    assert report["removed"]["rows"] == 1 and report["scan"]["left"] == []
    for path in (inside, outside, *keys):
        assert len(read_table(path)) == len(drawn) - 1, path
    assert keys[0].stat().st_mode & 0o777 == 0o600


def test_a_dehydrated_copy_loses_its_rows(copied: BuildFolder, home: Path, tmp_path: Path) -> None:
    dehydrate(copied.root, tmp_path / "dry", key=SAMPLE_KEY)
    names = frozenset(r["comment_id"] for r in rows_of(copied)[:9])
    request = Request(names)
    report = remove(find_release(copied.root), request, Places(home, also=[tmp_path / "dry"]))
    assert report["files"]["dehydrated"] >= 5 and report["unclean"] == {}
    dehydrate(copied.root, tmp_path / "again", key=SAMPLE_KEY)
    for path in sorted((tmp_path / "again" / "data").rglob("*.parquet")):
        now = tmp_path / "dry" / path.relative_to(tmp_path / "again")
        names_of = [n for n in ("id", "chosen_id") if n in pq.read_schema(path).names]
        assert pq.read_table(now, columns=names_of) == pq.read_table(path, columns=names_of), now
    assert check_card(tmp_path / "dry", read_public(tmp_path / "dry")) == []


def test_a_place_that_is_not_there_stops_everything_before_it_begins(
    copied: BuildFolder, home: Path
) -> None:
    before = digests(copied.root)
    with pytest.raises(BuildError, match="--also"):
        request = Request(frozenset({rows_of(copied)[0]["comment_id"]}))
        remove(find_release(copied.root), request, Places(home, also=[home / "nowhere"]))
    assert digests(copied.root) == before


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf8", newline="") as f:
        return list(csv.DictReader(f))


def test_a_removed_thread_takes_all_its_rows(copied: BuildFolder, home: Path) -> None:
    thread = rows_of(copied)[0]["thread_id"]
    ids = {pseudonym(SAMPLE_KEY, r["comment_id"]) for r in rows_of(copied)
           if r["thread_id"] == thread}  # fmt: skip
    assert ids & released_ids(copied)
    gone(copied, home, names={thread})
    assert not ids & released_ids(copied)
    assert thread not in {c["thread_id"] for c in raw_of(copied, "comments")}
    listed = read_json(copied.release / "tombstones.json")
    assert ids | {pseudonym(SAMPLE_KEY, thread)} <= set(listed["ids"])
    assert (
        listed["count"] == len(listed["ids"]) == read_public(copied.release)["tombstones"]["count"]
    )


def test_a_turn_of_the_poster_takes_the_rows_that_show_it(copied: BuildFolder, home: Path) -> None:
    row = next(r for r in rows_of(copied) if r["op_replies"])
    reply = next(c["id"] for c in raw_of(copied, "comments")
                 if c["parent_id"] == row["comment_id"] and c["author"] == row["op"])  # fmt: skip
    report = gone(copied, home, names={reply})
    assert row["comment_id"] not in {r["comment_id"] for r in rows_of(copied)}
    assert report["removed"]["rows"] == 1


def test_a_pseudonym_and_a_permalink_mean_the_same_row(copied: BuildFolder, home: Path) -> None:
    first, second = (r["comment_id"] for r in rows_of(copied)[:2])
    report = gone(copied, home, ids={pseudonym(SAMPLE_KEY, first)}, names={second})
    assert report["removed"]["rows"] == 2 and report["missing"] == 0
    assert not {first, second} & {r["comment_id"] for r in rows_of(copied)}


def test_figures_are_those_of_what_is_left(copied: BuildFolder, home: Path) -> None:
    before = read_manifest(copied.root)
    gone(copied, home, names={r["comment_id"] for r in rows_of(copied)[:7]})
    after = read_manifest(copied.root)
    assert check_card(copied.release, read_public(copied.release)) == []
    assert after["fingerprint"] == before["fingerprint"]
    full = after["stages"]["full"]
    assert full["rows_in"] == before["stages"]["full"]["rows_in"]
    assert full["dropped"]["tombstone"] == before["stages"]["full"]["rows_out"] - full["rows_out"]
    assert "removed on request" in (copied.release / "README.md").read_text("utf8")
    files = {f["path"]: f for s in after["stages"].values() for f in s.get("files", [])}
    for name, record in files.items():
        assert sha256((copied.root / name).read_bytes()).hexdigest() == record["sha256"], name
        assert pq.read_metadata(copied.root / name).num_rows == record["rows"], name


def test_files_without_the_row_keep_their_bytes(copied: BuildFolder, home: Path) -> None:
    test_rows = list((copied.release / "data").rglob("test-*.parquet"))
    train = pq.read_table(next((copied.release / "data" / "full").glob("train-*.parquet")))
    before = digests(copied.root)
    gone(copied, home, ids={train["id"][0].as_py()})
    after = digests(copied.root)
    assert test_rows
    for path in test_rows:
        name = path.relative_to(copied.root).as_posix()
        assert before[name] == after[name], name
    changed = next(n for n in before if "data/full/train-" in n)
    assert before[changed] != after[changed]


def test_asking_again_changes_no_byte(copied: BuildFolder, home: Path) -> None:
    names = {r["comment_id"] for r in rows_of(copied)[:3]} | {"t1_never"}
    first = gone(copied, home, names=names)
    before = digests(copied.root)
    second = gone(copied, home, names=names)
    after = digests(copied.root)
    assert first["missing"] == 1 and second["missing"] == 4
    assert {n for n in after if before.get(n) != after[n]} == {"removals.json"}


def test_nothing_is_written_on_a_dry_run(copied: BuildFolder, home: Path) -> None:
    before = digests(copied.root)
    request = Request(frozenset({rows_of(copied)[0]["comment_id"]}))
    report = remove(find_release(copied.root), request, Places(home), dry_run=True)
    assert report["removed"]["rows"] == 1 and digests(copied.root) == before
    assert not home.exists()


class Killed(BaseException):
    """Stands for the end of the process: no handler of ours catches it."""


@pytest.fixture
def die(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """`die(5)`: the fifth rename from now on, and any later one, never happens; 0: all do."""
    real = os.replace
    state = {"left": 0}

    def replace(a: Any, b: Any) -> None:
        if state["left"] == 1:
            raise Killed
        state["left"] -= state["left"] > 1
        real(a, b)

    monkeypatch.setattr(os, "replace", replace)
    return lambda n: state.update(left=n)


@pytest.mark.slow
def test_a_killed_removal_is_known_and_a_second_run_finishes_it(
    copied: BuildFolder, home: Path, tmp_path: Path, die: Callable[[int], None]
) -> None:
    names = {r["comment_id"] for r in rows_of(copied)[::40]}
    shutil.copytree(copied.root, tmp_path / "whole")
    gone(BuildFolder(tmp_path / "whole"), tmp_path / "other-home", names=names)
    wanted = digests(tmp_path / "whole")
    start = digests(copied.root)
    n_killed = 0
    for n in range(1, 200):
        shutil.rmtree(copied.root)
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(read_small(tmp_path), copied.root)
        assert digests(copied.root) == start
        die(n)
        try:
            gone(copied, home, names=names)
        except Killed:
            n_killed += 1
        else:
            break
        finally:
            die(0)
        now = digests(copied.root)
        half = {k for k, v in now.items() if start.get(k) != v and "tombstones" not in k}
        complete = {k: v for k, v in now.items() if k in wanted} == wanted
        assert not half or complete or (copied.root / UNFINISHED).is_file(), n
        if (copied.root / UNFINISHED).is_file():
            with pytest.raises(BuildError, match="interrupted"):
                find_release(copied.root)
        gone(copied, home, names=names)
        end = digests(copied.root)
        for log in ("removals.json",):  # counts what each run did
            end.pop(log), wanted.pop(log, None)
        assert end == wanted, n
    assert n_killed > 15


def read_small(tmp_path: Path) -> Path:
    return tmp_path / "start"


@pytest.fixture(autouse=True)
def _start(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if "die" in request.fixturenames:
        shutil.copytree(request.getfixturevalue("small_build"), tmp_path / "start")


def dumps_of(home: Path) -> Path:
    from redditess.corpus.sample import write_sample

    write_sample(home / "dumps")
    return home / "dumps"


def built(out: Path, home: Path, like: dict[str, Any]) -> dict[str, Any]:
    settings = from_identity(like["settings"])
    dumps = home / "dumps" if (home / "dumps").is_dir() else dumps_of(home)
    return run_build([dumps], out, settings, key=SAMPLE_KEY)


def test_what_only_the_build_can_name_goes_before_the_build(
    copied: BuildFolder, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(r for r in rows_of(copied) if r["commenter"])
    store = CallStore(home / "llm")
    store.put("key", row["comment_id"], {"said": "words"})
    before = digests(copied.root)

    def killed(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("redditess.release.delete.remove.purge_build", killed)
        with pytest.raises(Killed):
            gone(copied, home, authors={row["commenter"].lower()})
    store.refresh()
    assert len(store) == 0 and digests(copied.root) == before
    assert gone(copied, home, authors={row["commenter"].lower()})["removed"]["rows"] >= 1


@pytest.mark.slow
def test_a_build_from_the_same_dumps_does_not_bring_it_back(
    copied: BuildFolder, home: Path, tmp_path: Path
) -> None:
    rows = rows_of(copied)
    author = rows[0]["commenter"]
    report = gone(copied, home, authors={author.lower()}, names={rows[30]["thread_id"]})
    after = read_manifest(copied.root)
    again = BuildFolder(tmp_path / "again")
    manifest = built(again.root, home, after)
    assert manifest["tombstones"] == after["tombstones"]
    assert manifest["stages"]["full"]["dropped"]["tombstone"] >= report["files"]["full"]
    assert released_ids(again) <= released_ids(copied) | kept_back(copied)
    if released_ids(again) == released_ids(copied):  # nobody was let in instead: the same figures
        for name in ("splits", "seen_commenters", "content"):
            assert without_bytes(manifest[name]) == without_bytes(after[name]), name
    for path, data in every_byte(again.root):
        assert author.encode() not in data, path
    assert check_card(again.release, read_public(again.release)) == []


def without_bytes(value: Any) -> Any:
    """A split's `bytes` is an estimate from the mean row of its build."""
    if isinstance(value, dict):
        return {k: without_bytes(v) for k, v in value.items() if k != "bytes"}
    return value


def kept_back(folder: BuildFolder) -> set[str]:
    """Rows that left for another reason: a twin that has left may let them in again."""
    parts = [pq.read_table(p, columns=["id"]) for p in folder.buckets(folder.shaped)]
    return set(pa.concat_tables(parts)["id"].to_pylist())


@pytest.mark.slow
def test_a_build_that_is_continued_stays_as_the_removal_left_it(
    copied: BuildFolder, home: Path, die: Callable[[int], None]
) -> None:
    names = {r["comment_id"] for r in rows_of(copied)[:3]}
    like = read_manifest(copied.root)
    built(copied.root, home, like)
    die(9)
    with pytest.raises(Killed):
        gone(copied, home, names=names)
    die(0)
    built(copied.root, home, like)  # finishes it
    assert not (copied.root / UNFINISHED).is_file()
    before = digests(copied.root)
    built(copied.root, home, like)
    assert digests(copied.root) == before
    assert not {pseudonym(SAMPLE_KEY, n) for n in names} & released_ids(copied)


def test_a_list_of_another_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tombstones.json"
    tombstones.write(path, tombstones.Tombstones("aaaa", frozenset({"0" * 16})), private=True)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(Exception, match="key aaaa"):
        tombstones.read(path, "bbbb")


def test_the_verb_prints_no_name_and_tells_unknown_lines(
    copied: BuildFolder, home: Path, tmp_path: Path
) -> None:
    who = next(r["commenter"] for r in rows_of(copied) if r["commenter"])
    (tmp_path / "who.txt").write_text(f"u/{who}\n! no name\n")
    words = ["release", "delete", str(copied.root), "--authors", str(tmp_path / "who.txt")]
    done = CliRunner().invoke(make_app(), words)
    assert done.exit_code == 0, done.output
    assert "no id or name on line 2" in done.output and "nothing of it is left" in done.output
    assert who.lower() not in done.output.lower()
    stored = [*copied.root.glob("*.json"), *home.rglob("*.json")]
    assert not any(who.lower() in p.read_text("utf8").lower() for p in stored)
