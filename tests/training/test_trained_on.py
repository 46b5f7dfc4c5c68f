"""Who asks for removal reaches the models, too: a run knows its rows, and a stale one says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_json
from redditess.corpus.errors import BuildError
from redditess.release.public import read_public
from redditess.training.data.rows import Source, labelled_rows, open_source
from redditess.training.data.trained_on import (
    carry_trained_on,
    refuse_stale,
    trained_ids,
    write_trained_on,
)
from redditess.training.runs.folder import RunFolder

A, B = "00000000000000aa", "00000000000000bb"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source("redditess", "f" * 16, "", tmp_path, None, {})


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs" / "one")


def stale(run: RunFolder) -> RunFolder:
    run.root.mkdir(parents=True, exist_ok=True)
    run.stale.write_text('{"format": 1, "rows": 2}')
    return run


def test_the_list_holds_each_row_once_and_in_order(run: RunFolder, source: Source) -> None:
    ids = [f"{i:016x}" for i in range(40, 0, -1)]
    write_trained_on(run, source, [*ids, *ids])
    assert run.trained_ids.read_text() == "".join(f"{name}\n" for name in reversed(ids))
    assert sorted(read_json(run.trained_on)) == ["fingerprint", "ids_file", "ids_sha256"]
    assert trained_ids(run.root) == set(ids)


def test_what_goes_on_from_another_run_has_learned_from_its_rows(
    tmp_path: Path, run: RunFolder, source: Source
) -> None:
    write_trained_on(run, source, [A])
    (run.root / "model").mkdir()
    after = RunFolder(tmp_path / "two")
    write_trained_on(after, source, [B], after=[run.model, tmp_path / "of somebody else"])
    assert trained_ids(after.root) == trained_ids(after.model) == {A, B}
    merged = RunFolder(tmp_path / "merged")
    carry_trained_on(after.model, merged)
    assert trained_ids(merged.root) == {A, B}
    assert read_json(merged.trained_on)["fingerprint"] == source.fingerprint
    carry_trained_on(tmp_path / "of somebody else", RunFolder(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_a_list_that_was_changed_is_not_believed(run: RunFolder, source: Source) -> None:
    write_trained_on(run, source, [A])
    run.trained_ids.write_text(f"{B}\n")
    with pytest.raises(BuildError, match=r"is not the one that was written; train it again"):
        trained_ids(run.root)
    run.trained_ids.unlink()
    with pytest.raises(BuildError, match="cannot be read"):
        trained_ids(run.root)


def test_a_run_goes_on_with_the_rows_it_was_begun_with(run: RunFolder, source: Source) -> None:
    write_trained_on(run, source, [A, B])
    write_trained_on(run, source, [B, A])
    with pytest.raises(BuildError, match=r"begun with other rows .*--fresh"):
        write_trained_on(run, source, [A])
    assert trained_ids(run.root) == {A, B}


def test_a_stale_run_is_neither_gone_on_with_nor_built_upon(
    tmp_path: Path, run: RunFolder, source: Source
) -> None:
    with pytest.raises(BuildError, match=r"trained on 2 row\(s\) removed on request.*--fresh"):
        write_trained_on(stale(run), source, [A])
    with pytest.raises(BuildError, match="removed on request"):
        write_trained_on(RunFolder(tmp_path / "two"), source, [A], after=[run.model])
    assert not (tmp_path / "two").exists()


@pytest.mark.parametrize(
    "place", ["", "model", "seed-3", "seed-3/model", "seed-3/checkpoints/checkpoint-9"]
)
def test_the_mark_is_found_from_every_part_of_a_run(run: RunFolder, place: str) -> None:
    refuse_stale(run.root / place)
    stale(run)
    with pytest.raises(BuildError, match="removed on request"):
        refuse_stale(run.root / place)
    refuse_stale(run.root.parent)  # runs beside it are other runs


def test_a_mark_in_one_seed_counts_for_all(run: RunFolder) -> None:
    stale(run.of_seed(4))
    with pytest.raises(BuildError, match="removed on request"):
        refuse_stale(run.root)
    refuse_stale(run.of_seed(5).root)


@pytest.mark.slow
def test_a_removal_finds_the_runs_that_learned_from_the_row(
    small_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "arrow"))
    build, runs = tmp_path / "build", tmp_path / "runs"
    shutil.copytree(small_build, build)
    source = open_source(str(build), allow_invented=True)
    ids = labelled_rows(source, "train")["id"].to_pylist()
    learned, other, grown = (RunFolder(runs / name) for name in ("learned", "other", "grown"))
    write_trained_on(learned, source, ids)
    write_trained_on(other, source, ids[1:])
    write_trained_on(grown, source, ids[1:], after=[learned.root])
    made = RunFolder(tmp_path / "home" / "tiny" / "tiny-causal-1")
    write_trained_on(made, source, ids[:1])

    (tmp_path / "ids.txt").write_text(f"{ids[0]}\n")
    words = ["release", "delete", build, "--ids", tmp_path / "ids.txt", "--runs", runs]
    done = CliRunner().invoke(make_app(), list(map(str, words)))
    assert done.exit_code == 0, done.output
    assert "stale: learned" in done.output and "stale: grown" in done.output
    for run in (learned, grown):
        mark = read_json(run.stale)
        assert (mark["rows"], mark["key_id"]) == (1, read_public(source.release)["key_id"])
        with pytest.raises(BuildError, match=r"1 row\(s\) removed on request"):
            refuse_stale(run.model)
    refuse_stale(other.root)
    assert not made.root.exists()
    left = labelled_rows(open_source(str(build), allow_invented=True), "train")["id"].to_pylist()
    assert left == ids[1:]
