"""A build that is killed anywhere leaves nothing half, and goes on to the same bytes."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path

import pytest

from redditess.corpus.artefacts import sha256_file
from tests.robust.lab import WRITES, Lab

pytestmark = [pytest.mark.slow, pytest.mark.needs_system]


def kill_again_and_again(lab: Lab, out: Path, n_kills: int, seed: int, workers: int) -> list[str]:
    """Until so many runs were killed, each at a drawn call or a drawn time; where each stopped.

    A killed run is continued by the next one, which is killed again; one that gets through must
    have made the right bytes, and the next starts afresh.
    """
    chance, places = random.Random(seed), []
    start = time.monotonic()
    lab.finish(out, workers=workers)
    longest = time.monotonic() - start
    shutil.rmtree(out)
    while len(places) < n_kills:
        how = chance.choice([*WRITES, "clock"])
        if how == "clock":
            ended = lab.build(out, workers=workers, after_s=chance.uniform(0, longest))
        else:
            nth, do = chance.randint(1, lab.n_calls[how]), "group"
            if workers > 1:
                do = chance.choice(["group", "self", "leader"])
            ended = lab.build(out, workers=workers, ops=how, nth=nth, do=do)
        assert ended.status in (0, -9), ended.said
        lab.nothing_half(out) if out.exists() else None
        if ended.status == 0:
            lab.finish(out)  # a finished build is left alone
            shutil.rmtree(out)
        else:
            places.append(f"{how} {ended.said.strip().splitlines()[-1:]}")
    lab.finish(out, workers=workers)
    return places


def test_sigkill_in_the_middle_of_a_call(lab: Lab, out: Path) -> None:
    kill_again_and_again(lab, out, 3, seed=1, workers=1)


@pytest.mark.long
@pytest.mark.parametrize(("n_kills", "seed", "workers"), [(50, 2, 1), (20, 3, 2)])
def test_sigkill_at_many_points(lab: Lab, out: Path, n_kills: int, seed: int, workers: int) -> None:
    places = kill_again_and_again(lab, out, n_kills, seed, workers)
    stages = {place.split("'")[1].split(":")[0] for place in places if "'" in place}
    assert len(stages) >= 4, stages  # what the progress said last


@pytest.mark.parametrize("calls", [(15,), pytest.param((3, 8, 12, 18, 22), marks=pytest.mark.long)])
def test_a_killed_fresh_build_never_mixes_with_what_it_replaces(
    lab: Lab, out: Path, calls: tuple[int, ...]
) -> None:
    """--fresh with other settings is killed while it removes; then the first command again."""
    lab.finish(out)
    other = lab.home / "other.toml"
    other.write_text(lab.config.read_text().replace("n_buckets = 3", "n_buckets = 2"))
    for nth in calls:
        fresh = ("--fresh", "--config", str(other))
        assert lab.build(out, words=fresh, ops="unlink", nth=nth, do="group").status == -9
        ended = lab.build(out)
        if ended.status == 0:
            lab.finish(out)
        else:  # by then it was the other one's
            assert "--fresh" in ended.sentence
            assert lab.build(out, words=["--fresh"]).status == 0
            lab.finish(out)


def test_rows_of_a_dump_that_was_never_finished_do_not_stay(lab: Lab, out: Path) -> None:
    """Killed between the rows of a file and its record; then that file is not given any more."""
    ended = lab.build(out, ops="rename", where=f"{out}/raw/done", nth=1, do="group")
    assert ended.status == -9
    stray = list((out / "raw").glob("*/b*.parquet"))
    assert stray and not list((out / "raw" / "done").glob("*.json"))
    name = stray[0].stem.partition("-")[2]
    rest = [dump for dump in lab.dumps if not sha256_file(dump).startswith(name)]
    assert len(rest) == 3
    assert lab.build(out, dumps=rest).status == 0
    manifest = json.loads((out / "manifest.json").read_text())
    kept = sum(record["kept"] for record in manifest["inputs"])
    stages = manifest["stages"]
    assert kept == stages["posts"]["rows_in"] + stages["assemble"]["rows_in"]
    assert not list((out / "raw").glob(f"*/*{name}.parquet"))


@pytest.mark.long
def test_a_killed_worker_changes_nothing(lab: Lab, out: Path) -> None:
    ended = lab.build(out, workers=2, ops="rename", where=f"{out}/votes/", nth=2, do="self")
    assert ended.status == 0, ended.said
    lab.finish(out)


@pytest.mark.long
def test_a_worker_that_is_killed_twice_ends_the_build_in_one_sentence(lab: Lab, out: Path) -> None:
    ended = lab.build(out, workers=2, ops="rename", where="votes/b00001", nth=1, do="self+")
    assert "vote 1 died 2 times" in ended.sentence and "fewer --workers" in ended.sentence
    lab.nothing_half(out)
    lab.finish(out)


@pytest.mark.long
def test_workers_of_a_killed_builder_do_not_touch_the_next_build(lab: Lab, out: Path) -> None:
    """Only the builder is killed, while two workers write; the next one starts at once."""
    for where in ("raw/", "votes/", "shaped/"):
        ended = lab.build(out, workers=2, ops="write", where=f"{out}/{where}", nth=9, do="leader")
        assert ended.status == -9
    lab.finish(out)
