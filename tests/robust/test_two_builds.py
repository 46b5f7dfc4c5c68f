"""Two builds in one folder, and clocks that jump."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.robust.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.needs_system]


def test_the_second_build_in_a_folder_is_refused_whatever_it_wants(lab: Lab, out: Path) -> None:
    gate = lab.home / "gate-two"
    end = lab.start(out, ops="rename", where=f"{out}/votes", nth=2, do="wait", gate=str(gate))
    lab.until()
    other = lab.home / "other.toml"
    other.write_text(lab.config.read_text().replace("n_buckets = 3", "n_buckets = 2"))
    for words in ([], ["--fresh"], ["--config", str(other)], ["--config", str(other), "--fresh"]):
        ended = lab.build(out, words=words)
        assert ended.sentence == f"{out}: another build is running in this folder; wait for it."
    gate.touch()
    assert end().status == 0
    lab.finish(out)


@pytest.mark.long
def test_the_lock_of_a_killed_build_holds_nobody_up(lab: Lab, out: Path) -> None:
    assert lab.build(out, ops="rename", nth=20, do="group").status == -9
    assert (out / ".lock").exists()
    lab.finish(out)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_clocks_that_jump_change_no_byte(lab: Lab, out: Path, workers: int) -> None:
    """Both clocks go 30 years forth and back at every look."""
    ended = lab.build(out, workers=workers, clock=15 * 365 * 86_400)
    assert ended.status == 0, ended.said
    seconds = json.loads((out / "run.json").read_text())["seconds"]
    assert all(value >= 0 for value in seconds.values()), seconds
    lab.finish(out)
