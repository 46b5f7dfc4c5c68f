"""The yard-stick of the whole road does real work on a world like the one it promises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from backports import zstd

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dumps(
    load_benchmark: Callable[[str], ModuleType], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    found: list[Path] = load_benchmark("pipeline_world").world(300, tmp_path_factory.mktemp("w"))
    return found


def _lines(path: Path) -> list[dict[str, object]]:
    options = {zstd.DecompressionParameter.window_log_max: 31}
    with zstd.open(path, "rb", options=options) as file:
        return [json.loads(line) for line in file]


def test_a_twentieth_of_the_site_is_wanted_and_all_of_the_rest(dumps: list[Path]) -> None:
    wanted = {
        path.name: [str(line["subreddit"]).startswith("sample_") for line in _lines(path)]
        for path in dumps
    }
    for kind in ("RS", "RC"):
        assert sum(wanted[f"{kind}_site.zst"]) * 20 == len(wanted[f"{kind}_site.zst"])
        own = wanted[f"{kind}_own.zst"]
        assert 0.9 < sum(own) / len(own) <= 1  # but for the odd ones of another community


def test_the_script_joins_masks_labels_and_splits_by_poster(
    dumps: list[Path], load_benchmark: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    script, stages = load_benchmark("pipeline_pandas"), list[str]()
    told = script.run(tmp_path, dumps, stages.append)
    assert stages == ["read", "join", "label", "mask", "write"]
    parts = {n: pd.read_parquet(tmp_path / f"{n}.parquet") for n in ("train", "validation", "test")}
    rows = pd.concat(parts.values())
    assert told["rows"] == len(rows) > 200
    assert rows["label"].notna().sum() == told["labelled"] > 20
    assert rows["label"].mean() not in (0, 1)
    assert rows["replies"].notna().sum() > 20
    assert not rows["comment"].str.contains(r"[\w.]+@[\w.]+\.\w+|https?://", regex=True).any()
    assert rows["id"].is_unique
    masked = script.mask(pd.Series(["a@b.example https://c.example u/jo_l 415 555 2671"]))
    assert masked.tolist() == ["[EMAIL] [URL] [USER] [PHONE]"]
    assert "| train |" in (tmp_path / "README.md").read_text("utf8")
