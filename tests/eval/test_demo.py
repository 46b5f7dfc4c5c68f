"""What a newcomer has two minutes after `make demo`."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from redditess.corpus.manifest import read_manifest
from redditess.eval.demo import dumps_beside, run_demo, what_next
from redditess.release.card_check import check_card
from redditess.release.public import read_public

pytestmark = pytest.mark.slow


def test_the_demo_leaves_a_build_a_report_and_its_dumps(demo_build: Path) -> None:
    assert (demo_build / "report.html").stat().st_size > 10_000
    assert (demo_build / "redditess" / "README.md").is_file()
    assert {p.name for p in dumps_beside(demo_build).iterdir()} == {
        "RS_sample.zst",
        "RC_sample.zst",
        "truth.parquet",
    }


def test_the_build_never_reads_the_sealed_truth(demo_build: Path) -> None:
    names = {record["name"] for record in read_manifest(demo_build)["inputs"]}
    assert names == {"RS_sample.zst", "RC_sample.zst"}


def test_the_demo_says_that_everything_is_invented(demo_build: Path) -> None:
    assert "invented" in (demo_build / "redditess" / "README.md").read_text("utf8").lower()
    assert "invented" in (demo_build / "report.html").read_text("utf8").lower()


def test_the_card_of_the_demo_holds_labels_against_the_truth_and_is_true(demo_build: Path) -> None:
    release = demo_build / "redditess"
    text = (release / "README.md").read_text("utf8")
    assert "### In this invented world, the truth is known" in text
    assert "## What the labels measure" in text
    assert check_card(release, read_public(release)) == []


def test_its_last_words_can_be_pasted(demo_build: Path) -> None:
    from datasets import load_dataset

    said = what_next(demo_build, read_manifest(demo_build))
    ((n_rows, path),) = re.findall(r"^(\d+) labelled comments, .* are in (\S+)\.$", said, re.M)
    assert f'load_dataset("{path}", split="train")' in said
    data = load_dataset(path, cache_dir=str(demo_build.parent / "cache"))
    assert sum(len(split) for split in data.values()) == int(n_rows)


def test_a_second_demo_changes_nothing_and_needs_no_network(
    demo_build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the demo opened a socket")

    before = {p: p.stat().st_mtime_ns for p in (demo_build / "redditess").rglob("*.parquet")}
    monkeypatch.setattr(socket.socket, "connect", refuse)
    manifest = run_demo(demo_build)
    assert manifest == read_manifest(demo_build)
    assert before == {p: p.stat().st_mtime_ns for p in before}
