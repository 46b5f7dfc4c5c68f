"""The card: `load_dataset` verifies its YAML, its numbers are the manifest's, words stay words."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets.exceptions import NonMatchingSplitsSizesError
from huggingface_hub.repocard import metadata_load
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import json_text, write_json
from redditess.corpus.folder import BuildFolder
from redditess.corpus.manifest import read_manifest
from redditess.labeling.validity import validity
from redditess.labeling.validity.words import dashes, era_rows, pair_rows, selection_rows
from redditess.release.card import card, pages, plain, write_card
from redditess.release.columns import COLUMNS, CONFIGS
from redditess.release.croissant import croissant
from redditess.release.features import features
from redditess.release.front_matter import content_digest
from redditess.release.public import public, read_public

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Made = Callable[..., BuildFolder]
ManifestOf = Callable[[BuildFolder], dict[str, Any]]


def test_the_first_line_says_what_effective_means(built: tuple[BuildFolder, Any]) -> None:
    text = (built[0].release / "README.md").read_text().split("\n---\n")[1]
    first = text.strip().splitlines()[0]
    assert first == (
        "*`effective` means that the poster acknowledged this comment. It is not clinical benefit.*"
    )


@pytest.mark.parametrize("config", [c for c in CONFIGS if c != "preferences"])  # no two in a thread
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
    as_read = read_public(built[0].release)
    whole = public(built[1])
    assert card(as_read) == card(whole) == (built[0].release / "README.md").read_text()


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
    text = card({**public(manifest), "validity": found})
    part = text.split("## What the labels measure")[1].split("## Splits")[0]
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


GATE_KINDS = {"text", "checkbox", "country", "date_picker"}  # and a select with its options


def test_the_gate_asks_who_and_why_and_has_five_promises(built: tuple[BuildFolder, Any]) -> None:
    data = metadata_load(built[0].release / "README.md") or {}
    asked = data["extra_gated_fields"]
    kinds = {k for k in asked.values() if isinstance(k, str)}
    assert kinds <= GATE_KINDS
    assert all(k["type"] == "select" and k["options"] for k in asked.values() if k not in [*kinds])
    for word in ("Institution", "Purpose", "Ethics"):
        assert any(name.startswith(word) for name in asked), word
    promises = [name for name, kind in asked.items() if kind == "checkbox"]
    for word in ("find out who", "contact anybody", "pass the data on", "diagnose", "release sync"):
        assert sum(word in promise for promise in promises) == 1, word
    assert all(data[f"extra_gated_{part}"] for part in ("heading", "prompt", "button_content"))


def test_no_tag_switches_the_viewer_off(built: tuple[BuildFolder, Any]) -> None:
    data = metadata_load(built[0].release / "README.md") or {}
    assert set(data["tags"]) & {"not-for-all-audiences", "nsfw", "porn", "hentai"} == set()
    patterns = [f["path"] for config in data["configs"] for f in config["data_files"]]
    assert all(path.endswith(".parquet") for path in patterns)


def test_the_model_says_what_it_chose_and_where_trust_comes_from(small_build: Path) -> None:
    document = public(read_manifest(small_build))
    text = card(document)
    assert re.search(r"- the poster's reaction: chose `recipient`, because .*declared", text)
    assert re.search(r"\| `op_response` \| recipient \|.*\| declared prior \|", text)
    state = document["label_model"]["axes"]["community"]["state"]
    state["chosen"] = "dawid_skene"
    for side in state["identification"]:
        side["source"] = "data" if side["vote"] else "gold"
    text = card(document)
    line = next(line for line in text.splitlines() if line.startswith("| `community_relative`"))
    assert "| not effective: gold labels, effective: learned from agreement |" in line
    assert "chose `dawid_skene`" in text


def test_gold_is_told_with_what_it_served(small_build: Path) -> None:
    document = public(read_manifest(small_build))
    assert "People judged" not in card(document) + json_text(croissant(document))
    used = {"reliabilities": 12, "model_choice": 30}
    document["label_model"]["gold"] = {"given": 44, "found": 43, "decided": 41, "used": used}
    told = " ".join(card(document).split())
    assert "People judged 41 comments apart from that" in told
    assert "served reliabilities (12), model choice (30)." in told
    assert "People judged 41 comments" in croissant(document)["rai:annotatorDemographics"][0]


def test_pairs_have_their_funnel(built: tuple[BuildFolder, Any]) -> None:
    document = public(built[1])
    assert "## Pairs" not in card(document)
    level = {"candidates": 900, "pairs": 12, "dropped": {"same_words": 3, "length_ratio": 885}}
    document["pairs"] = {"level": "strict", "levels": {"strict": level}}
    assert "| strict | 900 | 12 | length ratio 885, same words 3 |" in card(document)


def test_the_card_tells_how_it_was_split(built: tuple[BuildFolder, Any]) -> None:
    document = public(built[1])
    document["settings"] |= {"near": 0.0, "drop_seen_commenters": False}
    document["seen_commenters"] = {"test": {"rows": 80, "seen": 20}}
    text = card(document).split("## Splits")[1].split("\n## ")[0]
    assert "By poster" in text and "case and punctuation" in text
    assert "In test, 20 of 80 rows (25.0 %) are by somebody who answers in train" in text
    document["settings"] |= {"near": 0.7, "drop_seen_commenters": True}
    document["cuts"] = {"validation": "2020-01-01", "test": "2021-01-01"}
    text = card(document).split("## Splits")[1].split("\n## ")[0]
    assert "validation from 2020-01-01, test from 2021-01-01" in text and "By poster" not in text
    assert "0.7 or more" in text and "20 of 80" not in text


def test_a_known_world_is_told_of_its_own_build_only(built: tuple[BuildFolder, Any]) -> None:
    folder, manifest = built
    readme = folder.release / "README.md"
    assert "the truth is known" not in readme.read_text()
    figures = {
        name: {"value": 0.647, "low": 0.61, "high": None, "n": 45} for name in ("auc", "right")
    }
    figures |= {"reached": {"value": 0.0812, "low": 0.07, "high": 0.09, "n": 99}}
    found = {"fingerprint": manifest["fingerprint"], "lazy": 0.5713, **figures}
    write_json(folder.known_world, found)
    write_card(folder, manifest)
    text = " ".join(readme.read_text().split("the truth is known")[1].split("\n## ")[0].split())
    assert "AUC .65 (n = 45). 64.7 % of the labels are right" in text
    assert "right on 57.1 %" in text and r"8.1 % \[7.0, 9.0\] are labelled effective" in text
    write_json(folder.known_world, {**found, "fingerprint": "another"})
    write_card(folder, manifest)
    assert "the truth is known" not in readme.read_text()


def test_removed_rows_are_told(built: tuple[BuildFolder, Any]) -> None:
    document = public(built[1])
    assert "on that list" not in card(document)
    document["tombstones"] = {"count": 1234, "date": "2026-11-21"}
    told = "Pseudonyms of rows and threads on that list: 1,234, the last of 2026-11-21."
    assert told in card(document)


def test_a_form_without_words_speaks_of_none(built: tuple[BuildFolder, Any]) -> None:
    document = {**public(built[1]), "form": "dehydrated"}
    assert "**Without words.**" in card(document) and "**Without words.**" not in card(
        public(built[1])
    )
    privacy = card(document).split("## Privacy")[1].split("\n## ")[0]
    assert "holds no words" in privacy and "marks" not in privacy


def test_a_sign_off_replaces_the_stamp_for_this_very_build(
    built: tuple[BuildFolder, Any], tmp_path: Path
) -> None:
    folder, manifest = built
    signed = tmp_path / "signed.toml"
    signed.write_text(
        '[signoff]\nname = "Dr. A"\nrole = "psychologist"\ndate = 2026-11-20\nscope = "200 rows"\n'
    )
    write_card(folder, manifest, signed)
    readme = folder.release / "README.md"
    assert "**Screen signed off** by Dr. A, psychologist, 2026-11-20" in readme.read_text()
    assert "Not reviewed by a clinician" not in readme.read_text()
    write_card(folder, manifest)  # after a deletion, say
    assert "Dr. A" in readme.read_text()
    write_card(folder, {**manifest, "fingerprint": "another"})
    assert "Dr. A" not in readme.read_text() and "Not reviewed by a clinician" in readme.read_text()


def test_a_copy_writes_its_card_again(built: tuple[BuildFolder, Any], tmp_path: Path) -> None:
    copy = built[0].release.rename(tmp_path / "copy")
    wanted = {name: (copy / name).read_bytes() for name in pages(read_public(copy))}
    for name in wanted:
        (copy / name).unlink()
    done = CliRunner().invoke(make_app(), ["release", "card", str(copy)])
    assert done.exit_code == 0, done.output
    assert {name: (copy / name).read_bytes() for name in wanted} == wanted


def test_a_hostile_release_json_has_no_power_over_the_page(built: tuple[BuildFolder, Any]) -> None:
    evil = "`x`</code><script>alert(1)</script>\n# head [a](javascript:b) {{ 7 * 7 }}"
    document = public(built[1])
    document |= {"version": evil, "fingerprint": evil, "key_id": evil}
    document["governance"] = dict.fromkeys(("purpose", "removal_contact"), evil)
    document["signoff"] = dict.fromkeys(("name", "role", "date", "scope"), evil)
    document["content"]["days"] = [evil, evil]
    document["content"]["marks"] = {evil: 3}
    document["content"]["eras"] = {evil: 40}
    text = "\n---\n".join(card(document).split("\n---\n")[1:])
    inert = re.sub(r"`[^`\n]*`", "", text)  # in code nothing acts
    assert "<script>" not in inert and "\n# head" not in inert and "](javascript" not in inert
    assert "49" not in text.split("## Privacy")[1].split("## Governance")[0]
