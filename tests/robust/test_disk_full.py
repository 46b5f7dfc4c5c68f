"""A disk that is full anywhere: one sentence, nothing half; with room again the same bytes."""

from __future__ import annotations

import errno
import random
import shutil
from pathlib import Path

import pytest

from tests.robust.lab import SPILLS, Lab

pytestmark = [pytest.mark.slow, pytest.mark.needs_system]


def check_full_disk(lab: Lab, out: Path, op: str, nth: int) -> None:
    ended = lab.build(out, ops=op, nth=nth, do=f"{errno.ENOSPC}+")
    if ended.status == 0:  # it takes less than `nth` of them: memory for what did not spill
        return
    assert str(out) in ended.sentence and "no space left on device" in ended.sentence.lower()
    assert "make room there, or give another --out or --tmp" in ended.sentence
    lab.nothing_half(out)
    lab.finish(out)
    shutil.rmtree(out)


def test_no_space_at_a_drawn_call(lab: Lab, out: Path) -> None:
    check_full_disk(lab, out, "write", random.Random(1).randint(2, lab.n_calls["write"]))


@pytest.mark.long
@pytest.mark.parametrize("op", ["write", "open", "fsync", "rename", "mkdir"])
def test_no_space_at_many_calls(lab: Lab, out: Path, op: str) -> None:
    for nth in random.Random(op).sample(range(1, lab.n_calls[op] + 1), 12):
        check_full_disk(lab, out, op, nth)


@pytest.mark.long
def test_a_worker_tells_of_the_full_disk(lab: Lab, out: Path) -> None:
    words = {"ops": "write", "where": f"{out}/votes/.tmp-b", "nth": 5, "do": f"{errno.ENOSPC}+"}
    ended = lab.build(out, workers=2, **words)
    assert "votes/b0000" in ended.sentence and "make room there" in ended.sentence
    lab.finish(out)


@pytest.mark.long
def test_what_a_killed_build_left_in_tmp_goes_with_the_next(
    lab: Lab, out: Path, tmp_path: Path
) -> None:
    spare = tmp_path / "spare"
    words = ["--tmp", str(spare)]
    ended = lab.build(
        out, words=words, patch=SPILLS, ops="write", where=f"{spare}/", nth=9, do="group"
    )
    assert ended.status == -9 and list(spare.rglob("*.arrow"))
    lab.finish(out, words=words)
    assert not list(spare.iterdir())
