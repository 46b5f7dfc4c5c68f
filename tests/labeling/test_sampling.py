"""Samples for raters: chances that add up, the same for everyone, blind, and no formulas."""

from __future__ import annotations

import csv
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from redditess.corpus.artefacts import write_parquet
from redditess.corpus.errors import InputError, SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.spreadsheet import neutral
from redditess.labeling.sampling import draw, read_key, write_sheet
from redditess.labeling.schema import LABEL_SCHEMA, vote_schema

Made = Callable[..., BuildFolder]


@pytest.fixture
def world(build: Callable[..., BuildFolder], rows: Callable[..., pa.Table]) -> Made:
    """`world(n_threads)`: per thread 3 effective, 2 not effective, 1 unlabelled row."""

    def make(n: int, **special: str) -> BuildFolder:
        labels = [1, 1, 1, 0, 0, None] * n
        table = rows(
            *(
                {"comment_id": f"t1_{i:x}", "thread_id": f"t3_{i // 6:x}", **special}
                for i in range(6 * n)
            )
        )
        folder = build(table)
        votes = pa.Table.from_pylist(
            [
                {"comment_id": f"t1_{i:x}", "f:vote": v, "g:vote": -1 if i % 2 else None}
                for i, v in enumerate(labels)
            ],
            vote_schema(["f", "g"]),
        )
        write_parquet(folder.bucket_file(folder.votes, 0), votes, votes.schema)
        found = [
            {"comment_id": f"t1_{i:x}", "label": v, "conflict": False, "why": "secret reason"}
            for i, v in enumerate(labels)
        ]
        table = pa.Table.from_pylist(found, LABEL_SCHEMA)
        write_parquet(folder.bucket_file(folder.labels, 0), table, LABEL_SCHEMA)
        return folder

    return make


def test_the_papers_design_takes_two_and_two_of_each_post(world: Made) -> None:
    drawn = draw(world(20), "paper", 5)
    sizes = Counter((d.thread_id, d.stratum) for d in drawn)
    assert len(sizes) == 10 and set(sizes.values()) == {2}
    assert {d.stratum: round(d.probability, 6) for d in drawn} == {
        "effective": round(5 / 20 * 2 / 3, 6), "not_effective": 5 / 20,
    }  # fmt: skip


def test_weights_bring_back_the_size_of_the_build(world: Made) -> None:
    drawn = draw(world(40), "patterns", 30)
    assert sum(1 / d.probability for d in drawn) == pytest.approx(240)
    sizes = Counter(d.stratum for d in drawn)
    assert max(sizes.values()) - min(sizes.values()) <= 1 and len(sizes) == 5


def test_chances_are_those_that_seeds_show(world: Made) -> None:
    folder = world(8)
    seen = Counter(d.comment_id for seed in range(100) for d in draw(folder, "paper", 4, seed=seed))
    share = np.mean([seen[f"t1_{6 * t + i:x}"] / 100 for t in range(8) for i in range(3)])
    assert share == pytest.approx(4 / 8 * 2 / 3, abs=1e-9)  # exact in sum ...
    assert max(seen.values()) < 100  # ... and no comment is always drawn


def test_the_same_seed_draws_the_same_and_another_does_not(world: Made) -> None:
    folder = world(30)
    assert draw(folder, "paper", 4) == draw(folder, "paper", 4)
    assert draw(folder, "paper", 4) != draw(folder, "paper", 4, seed=1)


def test_the_sheet_is_blind_and_its_key_is_apart(world: Made, tmp_path: Path) -> None:
    folder = world(6, comment="=HYPERLINK(1) write to sleepy.owl@example.org")
    drawn = draw(folder, "paper", 3)
    key = write_sheet(folder, drawn, tmp_path / "sheet.csv", design="paper", seed=0)
    text = (tmp_path / "sheet.csv").read_text("utf8")
    assert "effective" not in text and "secret reason" not in text and "t1_" not in text
    assert "owl" not in text and "'=HYPERLINK" in text
    with (tmp_path / "sheet.csv").open(newline="") as f:
        sheet = list(csv.DictReader(f))
    assert all(row["label"] == row["rater"] == "" for row in sheet)
    names = read_key(key)
    assert [names[row["id"]] for row in sheet] == [d.comment_id for d in drawn]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with key.open(newline="") as f:
        assert [float(r["probability"]) for r in csv.DictReader(f)] == [
            d.probability for d in drawn
        ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\n=1", "＝1", "|x", "%x"])
def test_formulas_become_text(text: str) -> None:
    assert neutral(text) == "'" + text


def test_what_cannot_be_drawn_is_said(world: Made, tmp_path: Path) -> None:
    folder = world(1)
    with pytest.raises(SettingsError, match="paper or patterns"):
        draw(folder, "random")
    with pytest.raises(SettingsError, match="one or more"):
        draw(folder, "paper", 0)
    table = pa.Table.from_pylist(
        [
            {"comment_id": f"t1_{i:x}", "label": None, "conflict": False, "why": ""}
            for i in range(6)
        ],
        LABEL_SCHEMA,
    )
    write_parquet(folder.bucket_file(folder.labels, 0), table, LABEL_SCHEMA)
    with pytest.raises(InputError, match="--design patterns"):
        draw(folder, "paper")
    with pytest.raises(InputError, match="is not the key"):
        read_key(tmp_path / "none.csv")
