"""Small buckets are shaped in one go, and nobody can tell from their files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redditess.corpus.artefacts import read_stats
from redditess.corpus.folder import BuildFolder
from redditess.corpus.masking import mask, mask_each
from redditess.corpus.sample.build import write_sample
from redditess.corpus.settings import load_settings
from redditess.release import shape
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY

SETTINGS = replace(load_settings("sample"), n_buckets=4, workers=1, mask_names=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> BuildFolder:
    """A build of 80 threads in four buckets, shaped in one run."""
    root = tmp_path_factory.mktemp("together")
    dumps = write_sample(root / "dumps", n_threads=80)
    build(dumps, root / "build", SETTINGS, key=SAMPLE_KEY)
    return BuildFolder(root / "build")


def _shaped(folder: BuildFolder) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.shaped.glob("b*.parquet"))}


@pytest.mark.slow
def test_buckets_shaped_together_are_those_shaped_alone(
    folder: BuildFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shape.together(folder, range(4)) == [[0, 1, 2, 3]]
    at_once = _shaped(folder)
    assert len(at_once) == 4
    # Else the counts could stand in the wrong bucket.
    assert len({str(read_stats(p)["masked"]) for p in folder.shaped.glob("b*.parquet")}) > 2
    for bucket in range(4):
        shape.shape_bucket(folder, bucket, SETTINGS, SAMPLE_KEY)
    assert _shaped(folder) == at_once
    monkeypatch.setattr(shape, "ROWS_AT_ONCE", 50)  # several batches, cut inside a bucket
    shape.shape_buckets(folder, [2, 0, 3, 1], SETTINGS, SAMPLE_KEY)
    assert _shaped(folder) == at_once


@pytest.mark.slow
def test_only_buckets_that_fit_together_are_put_together(
    folder: BuildFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [read_stats(p)["rows_out"] for p in sorted(folder.shaped.glob("b*.parquet"))]
    monkeypatch.setattr(shape, "ROWS_TOGETHER", rows[1] + rows[2])
    assert shape.together(folder, [1, 2, 3]) == [[1, 2], [3]]
    monkeypatch.setattr(shape, "ROWS_TOGETHER", 0)
    assert shape.together(folder, [3, 1]) == [[3], [1]]
    assert shape.together(folder, []) == []


def test_a_column_says_for_each_text_what_was_masked_in_it() -> None:
    texts = ["hello", "a@b.example and u/jo_l", "", "call 415-555-2671 or 415-555-2672"]
    masked, found = mask_each(texts)
    assert masked == [mask(text)[0] for text in texts]
    assert found == {1: {"EMAIL": 1, "USER": 1}, 3: {"PHONE": 2}}
