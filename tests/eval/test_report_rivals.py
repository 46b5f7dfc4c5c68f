"""Label models side by side: the same votes, other answers, and a truth to hold them against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from redditess.corpus.artefacts import read_json
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import from_identity
from redditess.eval.report.rivals import Rivals, gap, known, rivals, stand, under
from redditess.eval.report.rivals_screen import side_by_side
from redditess.eval.report.rows import Sample, read_rows
from redditess.eval.report.truth import Truth, read_truth
from redditess.eval.report.validity_screen import validity_part

N = 600


def planted(help_: float, politeness: float, seed: int = 0) -> tuple[Sample, np.ndarray]:
    """Rows in threads of three whose p follows help and politeness with these weights."""
    latents = np.random.default_rng(3).normal(size=(N, 3))
    noise = np.random.default_rng(seed).normal(size=N)
    p = 1 / (1 + np.exp(-(latents @ [help_, 0.0, politeness] + noise)))
    ids = np.array([f"t1_{i}" for i in range(N)], object)
    threads = np.array([f"t3_{i // 3}" for i in range(N)], object)
    label = np.where(p > 0.6, 1.0, np.where(p < 0.4, 0.0, np.nan))
    return Sample(threads, ids, threads, np.ones(N), np.ones(N), label, p), latents


def test_a_model_that_follows_politeness_is_shown_to() -> None:
    fair, latents = planted(help_=1.5, politeness=0.0)
    fawning, _ = planted(help_=0.3, politeness=1.5)
    good, bad = stand(fair, latents), stand(fawning, latents)
    assert good.order.low > bad.order.high
    assert good.tied_to["op_politeness"].low < 0 < good.tied_to["op_politeness"].high
    assert bad.tied_to["op_politeness"].low > 0.4
    assert 0 < good.labelled < 1 and good.right > bad.right
    better = gap(fair, fawning, latents)
    assert better.low > 0.1
    page = side_by_side(Rivals({"paper": bad, "ours": good}, {"paper": better}))
    assert page and "ours orders them better" in page


def test_rows_without_a_p_are_compared_by_nobody() -> None:
    one, latents = planted(1.0, 0.0, seed=1)
    two, _ = planted(1.0, 0.0, seed=2)
    one.p_effective[:200], two.p_effective[-200:] = np.nan, np.nan
    assert gap(one, two, latents).n == N - 400
    assert stand(one, latents).order.n == N - 200


def test_the_same_model_gives_the_build_its_own_labels(made: tuple[BuildFolder, Path]) -> None:
    folder, truth_file = made
    manifest = read_json(folder.manifest)
    settings = from_identity(manifest["settings"])
    before = folder.label_model.read_bytes()
    again, own = under(folder, settings, settings.label_model), read_rows(folder)[1]
    assert np.array_equal(again.p_effective, own.p_effective, equal_nan=True)
    assert np.array_equal(again.label, own.label, equal_nan=True)
    majority = under(folder, settings, "majority")
    assert not np.array_equal(majority.p_effective, own.p_effective, equal_nan=True)
    assert folder.label_model.read_bytes() == before
    rows, latents = known(own, read_truth(truth_file))
    assert len(rows.label) == len(latents) > 0


def test_without_a_truth_nothing_is_compared(made: tuple[BuildFolder, Path]) -> None:
    assert rivals(made[0], read_json(made[0].manifest), Truth({}, {})) is None
    assert side_by_side(None) is None


def test_the_builds_own_model_comes_last(made: tuple[BuildFolder, Path]) -> None:
    manifest = read_json(made[0].manifest)
    found = rivals(made[0], manifest, read_truth(made[1]))
    assert found is not None
    assert list(found.stands)[-1] == manifest["settings"]["label_model"]
    assert set(found.gaps) == {"majority", "paper"}


def test_a_build_without_validity_names_the_command() -> None:
    assert "redditess label validity" in validity_part(None)


@pytest.mark.slow
def test_the_demo_shows_models_and_validity(demo_build: Path) -> None:
    page = (demo_build / "report.html").read_text("utf8")
    assert "Two comments on the same post" in page
    assert "beside majority and paper" in page
    card = (demo_build / "redditess" / "README.md").read_text("utf8")
    assert "What the labels measure" in card
