"""Several processes train one run, as `accelerate launch` starts them; one keeps the folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from redditess.corpus.errors import SettingsError
from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.runs.ranks import first, together

ROOT = Path(__file__).parents[2]


def test_a_process_alone_is_the_first_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert first()
    together(read_recipe("demo-classifier"))


def test_only_rank_0_is_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    assert first()
    monkeypatch.setenv("RANK", "1")
    assert not first()


def test_a_classifier_is_not_trained_in_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SettingsError, match="use --num_processes 1"):
        together(read_recipe("demo-classifier"))


@pytest.mark.slow
@pytest.mark.needs_torch
def test_two_processes_make_one_run(demo_build: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    changes = [f"data={demo_build}", "max_steps=2", "evaluate_every=0", "limit=32"]
    words = [word for change in changes for word in ("--set", change)]
    own = {
        "PYTHONPATH": str(ROOT), "REDDITESS_HOME": str(tmp_path / "home"),
        "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true",
    }  # fmt: skip
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, "-m", "redditess", "train", "demo-sft", *words, "--out", "run"],
        env={**os.environ, **own}, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.count("model and card:") == 1
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2]
    seen = json.loads((tmp_path / "run" / "metrics.json").read_text("utf8"))
    assert seen["eval"]["loss"]["value"] < seen["eval"]["base_loss"]["value"]
    assert (tmp_path / "run" / "model" / "README.md").is_file()
