"""`redditess train card` and `train push`, as they are typed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.errors import BuildError
from redditess.training import push as door
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import invented_run


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return invented_run(tmp_path / "run", "sft")


def typed(*words: object) -> Any:
    return CliRunner().invoke(make_app(), ["train", *map(str, words)])


def test_a_card_is_written_and_checked(run: RunFolder) -> None:
    written = typed("card", run.root)
    assert written.exit_code == 0 and written.stdout.strip() == str(run.model / "README.md")
    checked = typed("card", run.root, "--check")
    assert (
        checked.exit_code == 0 and not checked.stdout and "is what the run says" in checked.stderr
    )
    metrics = read_json(run.metrics)
    metrics["n_train"] += 1
    write_json(run.metrics, metrics)
    found = typed("card", run.root, "--check")
    assert found.exit_code == 1
    assert found.stdout.startswith("redditess.json: metrics.n_train is 1503, the run says 1504")


def test_every_word_of_push_arrives(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def pushed(run: RunFolder, name: str, **more: Any) -> dict[str, str]:
        asked.append((run.root, name, more))
        return {"repo": name, "commit": "c" * 40, "tag": "v1"}

    monkeypatch.setattr(door, "push", pushed)
    done = typed("push", run.root, "ns/m", "--private", "--tag", "v1", "--override", "a study")
    assert done.exit_code == 0 and "main is cccccccccccc, tag v1" in done.stderr
    told = {"private": True, "tag": "v1", "although": "a study", "token": None}
    assert asked == [(run.root, "ns/m", told)]


def test_what_is_no_run_is_named(tmp_path: Path) -> None:
    for words in (
        ("card", tmp_path),
        ("push", tmp_path, "ns/m"),
        ("merge", tmp_path, "--out", tmp_path / "x"),
    ):
        error = typed(*words).exception
        assert isinstance(error, BuildError) and str(tmp_path) in str(error)
        assert "name the --out of redditess train" in str(error)
