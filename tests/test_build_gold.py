"""Gold in a build: ids of three kinds, counted use, and not a byte changed without it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import Settings, load_settings
from redditess.labeling.gold import Rating, read_gold
from redditess.labeling.gold_rows import kept_gold, whose
from redditess.labeling.sampling import draw, write_sheet
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym

SETTINGS: Settings = load_settings("sample", n_buckets=2, workers=1)


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("dumps"), n_threads=120)


@pytest.fixture(scope="module")
def plain(dumps: list[Path], tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    out = tmp_path_factory.mktemp("plain") / "b"
    build(dumps, out, SETTINGS, key=SAMPLE_KEY)
    return BuildFolder(out)


def judged(folder: BuildFolder) -> Iterator[tuple[str, int]]:
    """Comments that OP answered, with what an invented rater thinks: the answer tells nothing."""
    for path in folder.buckets(folder.votes):
        table = pq.read_table(path, columns=["comment_id", "op_response:vote"]).to_pylist()
        for at, row in enumerate(table):
            if row["op_response:vote"] in (0, 1):
                yield row["comment_id"], at % 2


def gold_file(at: Path, rows: list[tuple[str, int]], rater: str = "x") -> Path:
    path = at / "gold.csv"
    lines = "".join(f"{comment},{label},{rater}\n" for comment, label in rows)
    path.write_text(f"id,label,rater\n{lines}", "utf8")
    return path


def digests(folder: BuildFolder) -> dict[str, str]:
    return {
        p.relative_to(folder.root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.root.rglob("*"))
        if p.is_file() and p.name not in {"run.json", ".lock"}
    }


@pytest.mark.slow
def test_gold_relabels_a_finished_build_and_without_it_every_byte_is_back(
    dumps: list[Path], plain: BuildFolder, tmp_path: Path
) -> None:
    before = digests(plain)
    rows = list(judged(plain))
    assert len(rows) >= 40  # more than choose a model
    gold = gold_file(tmp_path, rows)
    voted = {p: p.stat().st_mtime_ns for p in plain.buckets(plain.votes)}
    manifest = build(dumps, plain.root, SETTINGS, key=SAMPLE_KEY, gold=gold)
    assert {p: p.stat().st_mtime_ns for p in plain.buckets(plain.votes)} == voted
    said = manifest["label_model"]["gold"]
    assert (said["given"], said["found"], said["unresolved"]) == (len(rows), len(rows), 0)
    assert said["used"]["diagnostics"] == said["used"]["choice"] == len(rows)
    state = manifest["label_model"]["axes"]["recipient"]["state"]
    heard = {s["vote"]: s for s in state["identification"] if s["function"] == "op_response"}
    assert heard[1]["source"] == "gold" and heard[1]["n_gold"] >= 10
    assert "gold" not in manifest["label_model"]["axes"]["community"]["state"]["diagnostics"]
    assert not any(c in json.dumps(manifest) for c, _ in rows[:20])  # counts, never ids
    assert plain.gold.stat().st_mode & 0o777 == 0o600
    after = digests(plain)
    assert any(after[name] != before[name] for name in before if name.startswith("labels/"))
    build(dumps, plain.root, SETTINGS, key=SAMPLE_KEY)
    assert digests(plain) == before


@pytest.mark.slow
def test_ids_may_be_fullnames_pseudonyms_or_of_a_sheet_and_strangers_are_named(
    dumps: list[Path], plain: BuildFolder, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.csv"
    key = write_sheet(plain, draw(plain, "patterns", 12), sheet, design="patterns", seed=0)
    on_sheet = [line.split(",")[:2] for line in key.read_text("utf8").splitlines()[1:]]
    listed = {comment for _, comment in on_sheet}
    full, shown = [r for r in judged(plain) if r[0] not in listed][:2]
    strange = [("t1_notinhere", 1), ("0123456789abcdef", 0)]
    rows = [full, (pseudonym(SAMPLE_KEY, shown[0]), shown[1]), (on_sheet[0][0], 1), *strange]
    out = BuildFolder(tmp_path / "b")
    manifest = build(
        dumps, out.root, SETTINGS, key=SAMPLE_KEY, gold=gold_file(tmp_path, rows), sheet_key=key
    )
    kept = kept_gold(out)
    assert kept is not None
    assert set(kept[0].ratings) == {
        Rating(full[0], full[1], "x"), Rating(shown[0], shown[1], "x"),
        Rating(on_sheet[0][1], 1, "x"),
    }  # fmt: skip
    assert manifest["label_model"]["gold"]["unresolved"] == 2
    assert any("2 of 5 gold ids" in warning for warning in manifest["warnings"])
    assert json.loads(out.gold.read_text())["unresolved"] == sorted(i for i, _ in strange)
    found = CliRunner().invoke(make_app(), ["label", "analyze", str(out.root), "--json"])
    assert json.loads(found.stdout)["gold"] == {"given": 3, "found": 3}
    with pytest.raises(InputError, match="under two ids"):
        twice = gold_file(tmp_path, [shown, (pseudonym(SAMPLE_KEY, shown[0]), 0)])
        build(dumps, out.root, SETTINGS, key=SAMPLE_KEY, gold=twice)
    with pytest.raises(BuildError, match="other settings"):
        build(dumps, out.root, load_settings("sample", n_buckets=3), key=SAMPLE_KEY)


def test_other_ids_are_kept_only_where_asked(tmp_path: Path) -> None:
    path = gold_file(tmp_path, [("0123456789abcdef", 1)])
    assert read_gold(path, other_ids=True).consensus() == {"0123456789abcdef": 1}
    with pytest.raises(InputError, match="no comment's"):
        read_gold(path)


def test_a_poster_is_one_group_in_all_threads_and_a_gone_one_is_told_by_the_thread() -> None:
    assert whose("a", "t3_1") == whose("a", "t3_2") != whose("b", "t3_1")
    assert whose(None, "t3_1") != whose(None, "t3_2") != whose("t3_2", "t3_1")
