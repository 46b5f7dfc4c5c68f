"""The card: `load_dataset` verifies its YAML, its numbers are the manifest's, words stay words."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets.exceptions import NonMatchingSplitsSizesError

from redditess.corpus.artefacts import write_json
from redditess.corpus.folder import BuildFolder
from redditess.labeling.validity import validity
from redditess.labeling.validity.words import dashes, era_rows, pair_rows, selection_rows
from redditess.release.card import card, content_digest, plain, write_card
from redditess.release.features import COLUMNS, CONFIGS, features

Made = Callable[..., BuildFolder]
ManifestOf = Callable[[BuildFolder], dict[str, Any]]


def test_the_first_line_says_what_effective_means(built: tuple[BuildFolder, Any]) -> None:
    text = (built[0].release / "README.md").read_text().split("\n---\n")[1]
    first = text.strip().splitlines()[0]
    assert first == (
        "*`effective` means that the poster acknowledged this comment. It is not clinical benefit.*"
    )


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("streaming", [False, True])
def test_the_folder_loads_by_its_card(
    built: tuple[BuildFolder, Any], config: str, streaming: bool, tmp_path: Path
) -> None:
    folder, manifest = built
    loaded = datasets.load_dataset(
        str(folder.release), config, streaming=streaming, cache_dir=str(tmp_path / "cache")
    )
    assert list(loaded) == ["train", "validation", "test"]
    assert loaded["train"].features == features(config)
    for split, found in loaded.items():
        n_rows = manifest["splits"][config][split]["rows"]
        assert sum(1 for _ in found) == n_rows


def test_effectiveness_is_the_default(built: tuple[BuildFolder, Any], tmp_path: Path) -> None:
    loaded = datasets.load_dataset(str(built[0].release), cache_dir=str(tmp_path / "cache"))
    assert loaded["train"].column_names == [c.name for c in COLUMNS["effectiveness"]]
    assert loaded["train"].features["label"].names == ["not_effective", "effective"]


def test_splits_and_configs_without_rows_do_not_break_the_others(
    made: Made, manifest_of: ManifestOf, unlabelled: dict[str, Any], tmp_path: Path
) -> None:
    folder = made([{"op": "sleeper_0", **unlabelled}])
    write_card(folder, manifest_of(folder))
    assert datasets.get_dataset_config_names(str(folder.release)) == ["full"]
    for streaming in (False, True):
        loaded = datasets.load_dataset(
            str(folder.release), streaming=streaming, cache_dir=str(tmp_path / "cache")
        )
        assert [sum(1 for _ in found) for found in loaded.values()] == [1]


def test_wrong_row_counts_are_noticed(built: tuple[BuildFolder, Any], tmp_path: Path) -> None:
    readme = built[0].release / "README.md"
    text = readme.read_text()
    n_rows = built[1]["splits"]["effectiveness"]["train"]["rows"]
    readme.write_text(text.replace(f"num_examples: {n_rows}", f"num_examples: {n_rows + 1}"))
    with pytest.raises(NonMatchingSplitsSizesError):
        datasets.load_dataset(str(built[0].release), cache_dir=str(tmp_path / "cache"))


def test_a_folder_rewritten_in_place_is_never_stale(
    made: Made, manifest_of: ManifestOf, tmp_path: Path
) -> None:
    cache = str(tmp_path / "cache")
    seen = []
    for comment in ("first words", "other words"):
        folder = made([{"comment": comment} for _ in range(10)])
        for path in folder.shaped.iterdir():
            path.unlink()
        write_card(folder, manifest_of(folder))
        loaded = datasets.load_dataset(str(folder.release), "full", cache_dir=cache)
        seen.append({row["comment"] for split in loaded.values() for row in split})
    assert seen == [{"first words"}, {"other words"}]


def test_the_digest_follows_content_not_place(built: tuple[BuildFolder, Any]) -> None:
    manifest = built[1]
    changed = copy.deepcopy(manifest)
    changed["stages"]["full"]["files"][0]["sha256"] = "1" * 64
    assert content_digest(changed, "full") != content_digest(manifest, "full")
    assert content_digest(changed, "effectiveness") == content_digest(manifest, "effectiveness")


def test_the_numbers_of_the_manifest_are_the_numbers_of_the_card(
    built: tuple[BuildFolder, Any],
) -> None:
    text = card(built[1])
    for number in ("70,007", "10,004", "60,003", "5,001", "4,003", "997", "43.2 %"):
        assert number in text, number


def test_every_number_of_the_text_changes_with_the_manifest(
    built: tuple[BuildFolder, Any],
) -> None:
    def scaled(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, dict | list | int):
            return value
        if isinstance(value, int):
            return value * 7 + 3
        items = value.items() if isinstance(value, dict) else enumerate(value)
        found = {k: scaled(v) for k, v in items}
        return found if isinstance(value, dict) else list(found.values())

    def numbers(manifest: dict[str, Any]) -> list[str]:
        text = card(manifest).split("\n## From dump lines", 1)[1]  # before it: the columns
        tables = [line for line in text.splitlines() if line.startswith("|")]
        return [n for line in tables for n in re.findall(r"(?<= )\d[\d,]*(?= )", line)]

    before, after = numbers(built[1]), numbers(scaled(built[1]))
    assert len(before) > 20
    assert [b for b, a in zip(before, after, strict=True) if a == b] == []


def test_the_card_of_a_read_manifest_is_the_same(built: tuple[BuildFolder, Any]) -> None:
    as_read = json.loads(json.dumps(built[1], sort_keys=True))
    assert card(as_read) == card(built[1]) == (built[0].release / "README.md").read_text()


def test_words_of_others_have_no_power_over_the_page(built: tuple[BuildFolder, Any]) -> None:
    manifest = built[1]
    evil = "x|<script>alert(1)</script>\n# head [a](b)"
    manifest["content"]["subreddits"] = {evil: 40}
    manifest["warnings"] = [evil]
    text = card(manifest)
    assert "<script>" not in text and "\n# head" not in text
    assert "[a](b)" not in text
    assert plain("a*b") == r"a\*b"


def test_invented_rows_get_a_banner(built: tuple[BuildFolder, Any]) -> None:
    manifest = built[1]
    assert "> **Invented.** All 40 rows" in card(manifest)
    manifest["content"]["invented"] = 7
    assert "> **Partly invented.** 7 of 40 rows" in card(manifest)
    manifest["content"]["invented"] = 0
    assert "nvented.**" not in card(manifest)


def test_nobody_reviewed_it_and_the_card_says_so(built: tuple[BuildFolder, Any]) -> None:
    assert "Not reviewed by a clinician" in card(built[1])


def test_the_card_has_every_validity_table_and_says_why_a_figure_is_missing(
    built: tuple[BuildFolder, Any],
) -> None:
    folder, manifest = built
    write_json(folder.manifest, manifest)
    found = validity(folder)
    text = card(manifest, found)
    part = text.split("### What the labels measure")[1].split("## Splits")[0]
    assert "What the labels measure" not in card(manifest)
    for row in [*pair_rows(found), *era_rows(found), *selection_rows(found)]:
        assert f"| {plain(row[0])} |" in part
    for line in dashes(found):
        assert line in part
    assert len(dashes(found)) >= 2  # forty rows teach nothing


def test_every_column_is_described(built: tuple[BuildFolder, Any]) -> None:
    text = card(built[1])
    for column in COLUMNS["full"]:
        assert f"| `{column.name}` | `{column.type_name}` | {column.role} |" in text


def test_croissant_is_valid_and_reads_the_rows(
    built: tuple[BuildFolder, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder, manifest = built
    monkeypatch.chdir(folder.release)
    dataset = mlcroissant.Dataset(jsonld=str(folder.release / "croissant.json"))
    assert dataset.metadata.issues.errors == set()
    name = json.loads(Path("croissant.json").read_text())["recordSet"][0]["name"]
    assert name == "effectiveness/train-00000-of-00001"
    rows = list(dataset.records(name))
    assert len(rows) == manifest["splits"]["effectiveness"]["train"]["rows"]
    assert rows[0][f"{name}/why"] == b"poster thanked this comment"
