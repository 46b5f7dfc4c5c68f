"""A build by time, and a later one with more dumps that keeps its cuts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from backports import zstd
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.errors import SettingsError
from redditess.corpus.manifest import read_manifest
from redditess.corpus.sample import write_sample
from redditess.release.check import check_release
from redditess.release.pseudonyms import ENVIRONMENT
from redditess.release.splits import cuts_of

NAME = "test rows of the earlier build"


def run(*words: object) -> None:
    result = CliRunner().invoke(make_app(), [str(w) for w in words])
    assert result.exit_code == 0, result.output


def earlier_part(dumps: Path, target: Path) -> Path:
    """The first half of the posts by time, and what was written until then."""
    target.mkdir()
    lines = {p.name: zstd.decompress(p.read_bytes()).splitlines() for p in dumps.glob("*.zst")}
    posts = [json.loads(line) for name in lines if name.startswith("RS") for line in lines[name]]
    times = sorted(int(post["created_utc"]) for post in posts)
    end = times[len(times) // 2]
    for name, found in lines.items():
        kept = [x for x in found if int(json.loads(x)["created_utc"]) < end]
        (target / name).write_bytes(zstd.compress(b"\n".join(kept) + b"\n"))
    return target


@pytest.mark.slow
def test_a_later_build_keeps_the_cuts_and_no_test_row_is_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENVIRONMENT, "sample")
    whole = tmp_path / "whole"
    write_sample(whole, n_threads=400)
    part = earlier_part(whole, tmp_path / "part")
    config = tmp_path / "time.toml"
    config.write_text('preset = "sample"\nsplit_by = "time"\nnear = 0.7\n')
    first, kept, own = (tmp_path / name for name in ("first", "kept", "own"))
    run("build", part, "--out", first, "--config", config, "--workers", 1)
    run("build", whole, "--out", kept, "--config", config, "--cuts", first, "--workers", 1)
    run("build", whole, "--out", own, "--config", config, "--workers", 1)
    assert read_manifest(kept)["cuts"] == read_manifest(first)["cuts"] != read_manifest(own)["cuts"]
    found = {
        place: {r.name: r for r in check_release(place, against=first).results}
        for place in (kept, own)
    }
    assert found[kept][NAME].verdict == "pass" and found[kept][NAME].figures["compared"] > 100
    assert found[own][NAME].verdict == "fail" and found[own][NAME].figures["cuts_differ"]
    for results in found.values():
        assert results["poster in two splits"].verdict == "pass"
        assert results["time order"].verdict == "pass"
    dropped = read_manifest(own)["stages"]["full"]["dropped"]
    assert dropped["poster_in_later_split"] > 0


def test_a_build_by_poster_has_no_cuts_to_give(small_build: Path) -> None:
    with pytest.raises(SettingsError, match="was not split by time"):
        cuts_of(small_build)
