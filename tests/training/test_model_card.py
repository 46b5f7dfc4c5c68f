"""The card of a model says what must be said, and no figure that the run does not hold."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load
from markdown_it import MarkdownIt

from redditess.corpus.artefacts import read_json, write_json, write_parquet
from redditess.corpus.errors import BuildError
from redditess.release.safety import FILE as SAFETY
from redditess.training.cards.card import pages, read_document, write_model_card
from redditess.training.cards.model_card_check import check_model_card, check_model_pages
from redditess.training.cards.model_facts import FILE, without_places
from redditess.training.cards.results import PLACE, measured
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import METRICS, figure, invented_run

GENERATORS = ("sft", "dpo", "kto", "grpo")


def card_of(run: RunFolder) -> str:
    return write_model_card(run).read_text("utf8")


def changed(run: RunFolder, **more: Any) -> RunFolder:
    """The same run with other values in metrics.json."""
    write_json(run.metrics, {**read_json(run.metrics), **more})
    return run


def html(card: str) -> str:
    """As a page shows it, raw HTML included."""
    body = card.partition("\n---\n\n")[2]
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(body)


def words_of(text: str) -> str:
    """Without line breaks, and without the signs of Markdown that only escape."""
    return " ".join(text.replace("\\", "").split())


@pytest.fixture(params=["classifier", "sft", "dpo", "kto", "reward", "grpo"])
def any_run(request: pytest.FixtureRequest, tmp_path: Path) -> RunFolder:
    return invented_run(tmp_path / "run", request.param)


def test_every_card_says_what_must_not_be_missing(any_run: RunFolder) -> None:
    said = words_of(card_of(any_run))
    for sentence in (
        "`effective` means that the poster acknowledged this comment. It is not clinical benefit.",
        "Not reviewed by a clinician.", "No clinical use", "2503.21888", "nobody@example.org",
        "Weak negatives", "Register and community", "988", "findahelpline.com",
        "00112233aabbccdd", "bbbbbbbb", "1,503", "aaaaaaaa", "the list itself is not published",
    ):  # fmt: skip
        assert sentence in said, sentence


def test_a_card_has_no_hole_in_it(any_run: RunFolder) -> None:
    said = re.sub(r"```python\n.*?```", "code", card_of(any_run), flags=re.S)
    assert not re.search(r"\bNone\b|\bnan\b|\{\{|\{%|\n\n\n\n| \n", said)
    assert said.count("```") % 2 == 0
    assert said.count("<details>") == said.count("</details>")


def test_the_loading_lines_are_python_and_name_the_model(any_run: RunFolder) -> None:
    write_model_card(any_run, repo_id="ns/model")
    [code] = re.findall(r"```python\n(.*?)```", card_of(any_run), re.S)
    ast.parse(code)
    assert '"ns/model"' in code and "./model" not in code


def test_a_model_keeps_the_name_that_it_has_on_the_hub(any_run: RunFolder) -> None:
    write_model_card(any_run, repo_id="ns/model")
    assert card_of(any_run).count("# model\n") == 1


def test_what_is_for_machines_names_the_base_the_data_and_self_consistency(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "dpo")
    found = metadata_load(write_model_card(run, repo_id="ns/helper"))
    assert found is not None
    assert (found["base_model"], found["base_model_relation"]) == ("somebody/base", "adapter")
    assert found["datasets"] == ["somebody/redditess"] and found["library_name"] == "peft"
    assert found["pipeline_tag"] == "text-generation" and found["license"] == "other"
    [result] = ModelCard.load(run.model / "README.md").data.eval_results
    assert result.metric_value == 0.6178 and result.dataset_revision == "a" * 40
    assert result.metric_name.startswith("reward accuracy (self-consistency), 95 % interval 0.578")


def test_results_stand_in_both_places_and_are_the_measured_ones_only(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "classifier")
    changed(run, table=without_figure(METRICS["classifier"]["table"], "ece"))
    write_model_card(run)
    entries = yaml.safe_load((run.model / PLACE).read_text("utf8"))
    index = metadata_load(run.model / "README.md")["model-index"][0]["results"][0]["metrics"]  # type: ignore[index]
    assert [e["value"] for e in entries] == [m["value"] for m in index]
    assert {e["dataset"]["task_id"] for e in entries} == {
        f"effectiveness/{name}" for name in
        ("pair_accuracy", "f1_effective", "f1_not_effective", "macro_f1", "roc_auc", "pr_auc")
    }  # fmt: skip
    assert all("(self-consistency)" in e["notes"] for e in entries)


def without_figure(table: dict[str, Any], name: str) -> dict[str, Any]:
    table = copy.deepcopy(table)
    table["rows"][-1]["figures"][name] = figure(None)
    return table


def test_only_gold_of_people_prints_accuracy(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "classifier")
    before = card_of(run)
    assert "*Self-consistency*, not accuracy" in before and "(accuracy)" not in before
    table = {**METRICS["classifier"]["table"], "measure": "accuracy"}
    after = card_of(changed(run, table=table))
    assert "*Accuracy* against human gold" in after and "(accuracy)" in after
    assert "elf-consistency" not in after


def test_what_was_not_measured_is_said_and_never_a_number(any_run: RunFolder) -> None:
    kind = read_json(any_run.metrics)["kind"]
    empty = {"kind": kind, "base": {}, "data": {}, "eval": {}, "n_train": None}
    write_json(any_run.metrics, empty)
    said = card_of(any_run)
    assert "Not measured." in said and "model-index" not in said and "not told" in said
    assert not (any_run.model / PLACE).exists()


def test_results_that_are_gone_leave_no_file_behind(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "sft")
    write_model_card(run)
    assert (run.model / PLACE).is_file()
    write_model_card(changed(run, eval={}))
    assert not (run.model / PLACE).exists() and check_model_card(run) == []


def test_a_local_dataset_is_no_link_and_no_entry_of_the_hub(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "sft")
    data = {"name": "redditess", "fingerprint": "00112233aabbccdd", "revision": ""}
    said = card_of(changed(run, data=data))
    assert "datasets:" not in said and "huggingface.co/datasets" not in said
    assert not (run.model / PLACE).exists() and "model-index" in said


@pytest.mark.parametrize("recipe", [{"model": "/data/base"}, {"model": "tiny-causal"}])
def test_a_base_that_the_hub_does_not_have_is_not_named_there(
    tmp_path: Path, recipe: dict[str, Any]
) -> None:
    run = invented_run(tmp_path / "run", "sft", **recipe)
    changed(run, base={"name": "redditess/tiny-causal", "revision": ""})
    assert "base_model" not in (metadata_load(write_model_card(run)) or {})
    assert "huggingface.co/redditess" not in card_of(run)
    assert "/data" not in (run.model / FILE).read_text("utf8")


def test_a_named_base_is_believed(tmp_path: Path) -> None:
    run = invented_run(
        tmp_path / "run", "sft", model="/data/base", base_name="meta-llama/Llama-2-7b-hf"
    )
    said = card_of(changed(run, base={"name": "base", "revision": ""}))
    assert "base_model: meta-llama/Llama-2-7b-hf" in said and "license: llama2" in said
    assert "LLAMA 2 Community License, Copyright (c) Meta" in words_of(said)


def test_no_file_beside_the_weights_tells_folders_ids_or_commands(any_run: RunFolder) -> None:
    write_model_card(any_run)
    for path in any_run.model.rglob("*"):
        said = path.read_bytes() if path.is_file() else b""
        for trace in (str(any_run.root.parent), "/home/ann", "build/mine", f"{3:016x}", "x.yaml"):
            assert trace.encode() not in said, (path, trace)


def test_folders_in_any_text_are_taken_out_and_other_slashes_stay() -> None:
    for place in ("/home/ann/x", "~/runs/a", "../x/y", "C:\\\\Users\\ann", "file:///srv/a/b"):
        assert "ann" not in without_places(f"see {place}.") and place not in without_places(place)
    for words in ("and/or", "n/a", "https://example.org/a/b", "ns/name", "1/2 of it"):
        assert without_places(words) == words


def test_words_of_others_have_no_power_over_the_page(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "dpo")
    evil = "</details><script>x</script> [a](javascript:b) | ``` "
    data = {"name": evil, "fingerprint": evil, "revision": evil}
    changed(run, data=data, base={"name": evil, "revision": evil}, counts={evil: 3})
    write_json(run.findings, [{"check": evil, "level": "warning", "what": evil, "fix": evil}])
    page = html(card_of(run))
    assert "&lt;script&gt;" in page and "<script" not in page and 'href="javascript' not in page
    assert page.count("</details>") == page.count("<details>") == 2
    shown = [line for line in page.splitlines() if "javascript" in line]
    assert len(shown) > 5 and not any(line.count("<td") > 1 for line in shown)
    assert check_model_card(run) == []


@pytest.mark.parametrize(
    ("invented", "words"),
    [("all", "A trial on invented people"), ("some", "Partly invented"), (None, "Partly invented")],
)
def test_invented_rows_are_stamped(tmp_path: Path, invented: str | None, words: str) -> None:
    run = invented_run(tmp_path / "run", "sft")
    data = {**read_json(run.metrics)["data"], "invented": invented}
    data["splits"] = {"train": {"rows": 1711}, "test": {"rows": 222}}
    said = card_of(changed(run, data=data))
    assert f"> **{words}" in said and "split train in the dataset | 1,711 |" in said
    assert f"that a generator invented | {invented or 'allowed, not counted'} |" in said
    real = card_of(changed(run, data={**data, "invented": "none"}))
    assert "nvented." not in real and "A trial" not in real


def test_a_sign_off_is_of_this_run_and_after_it(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "sft")
    agreement = (run.root / "governance.toml").read_text("utf8")
    signed = '\n[signoff]\nname = "A. B."\nrole = "nurse"\nscope = "50 answers"\ndate = "{}"\n'
    (run.root / "governance.toml").write_text(agreement + signed.format("2026-11-20"))
    assert "Not reviewed by a clinician" in card_of(run)  # before it was trained
    (run.root / "governance.toml").write_text(agreement + signed.format("2026-11-22"))
    said = words_of(card_of(run))
    assert "Reviewed** by A. B., nurse, 2026-11-22" in said and "Not reviewed" not in said
    (run.root / "governance.toml").rename(run.root.parent / "governance.toml")
    assert "Not reviewed by a clinician" in card_of(run)  # somebody's, of something else


def test_the_safety_of_a_generator_is_told_or_said_to_be_unmeasured(tmp_path: Path) -> None:
    unmeasured = invented_run(tmp_path / "a", "sft")
    assert "Not measured. Fine-tuning on raw Reddit" in words_of(card_of(unmeasured))
    run = invented_run(tmp_path / "b", "dpo")
    said = words_of(card_of(run))
    assert "flagged share, tuned | 0.094 [0.054, 0.134] | 32 |" in said
    assert "flagged share, base | not measured" in said and "less safe" not in said
    shares = {"base": figure(0.0312, 320), "tuned": figure(0.1234, 320)}
    write_json(run.root / SAFETY, {"worse_than_base": True, "figures": {"flagged_share": shares}})
    write_model_card(run, although="a study of | harm")
    said = words_of((run.model / "README.md").read_text("utf8"))
    assert "it is **less safe** as far" in said and "0.123 [0.083, 0.163] | 320 |" in said
    assert (
        "Less safe than the model it was made from" in said
        and "because: > a study of | harm." in said
    )
    write_json(run.root / SAFETY, {"worse_than_base": False, "figures": {"flagged_share": shares}})
    better = words_of(card_of(run))
    assert (
        "Less safe" not in better and "a study of" not in better and "**not less safe**" in better
    )


def test_rewards_and_who_judges_are_told(tmp_path: Path) -> None:
    said = words_of(card_of(invented_run(tmp_path / "run", "grpo")))
    assert "with their weights: `effectiveness` 1.0, `screen` 0.5." in said
    assert "Effectiveness is judged by `classifier` (weights `ffffffffffff`)." in said
    assert "set apart" not in said


def test_the_hub_is_shown_what_the_model_does_and_not_how_the_run_went(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "dpo")
    said = card_of(run)
    assert said.index("prefers the acknowledged") < said.index("whose acknowledged answer became")
    assert [result.key for result in measured(read_document(run.model))] == ["reward_accuracy"]


def test_where_it_went_on_from_is_told_without_a_folder(tmp_path: Path) -> None:
    before = invented_run(tmp_path / "sft", "sft")
    run = invented_run(tmp_path / "dpo", "dpo", start=str(before.root))
    assert "another run (`sft`, 1,503 rows, dataset `00112233aabbccdd`)" in words_of(card_of(run))
    before.recipe.unlink()
    assert "which could not be read" in words_of(card_of(run))
    assert str(tmp_path) not in (run.model / FILE).read_text("utf8")


def test_a_run_that_is_not_finished_has_no_card(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "sft")
    run.metrics.unlink()
    with pytest.raises(BuildError, match="--resume"):
        write_model_card(run)
    with pytest.raises(BuildError, match="no run of training"):
        write_model_card(RunFolder(tmp_path))


# -- the check


def test_an_untouched_card_has_nothing_to_say(any_run: RunFolder) -> None:
    write_model_card(any_run)
    assert check_model_card(any_run) == [] == check_model_pages(any_run.model)


def digits(text: str) -> Iterator[int]:
    """Where a digit stands."""
    return (match.start() for match in re.finditer(r"\d", text))


@pytest.mark.parametrize("kind", ["classifier", "dpo"])
def test_every_digit_of_the_card_is_guarded(tmp_path: Path, kind: str) -> None:
    run = invented_run(tmp_path / "run", kind)
    place = write_model_card(run)
    text = place.read_text("utf8")
    every = list(digits(text))
    for at in every[:: max(1, len(every) // 40)]:
        other = "7" if text[at] != "7" else "8"
        place.write_text(text[:at] + other + text[at + 1 :])
        [line] = check_model_pages(run.model)
        assert line.startswith("README.md: line ")


def leaves(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*place, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*place, n))
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield place


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classifier", "dpo"])
def test_a_forger_who_writes_all_pages_again_is_found(tmp_path: Path, kind: str) -> None:
    """Every number of redditess.json in turn, with README and results made from the false one."""
    run = invented_run(tmp_path / "run", kind)
    write_model_card(run)
    true = read_document(run.model)
    places = list(leaves(true))
    assert len(places) > 40
    for place in places[:: max(1, len(places) // 25)]:
        false = copy.deepcopy(true)
        inner: Any = false
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] += 1
        write_json(run.model / FILE, false)
        for name, text in pages(false).items():
            (run.model / name).write_text(text)
        assert any(f".{place[-1]} is " in line or f" {place[0]}" in line
                   for line in check_model_card(run)), place  # fmt: skip


def test_other_weights_other_results_and_missing_pages_are_found(tmp_path: Path) -> None:
    run = invented_run(tmp_path / "run", "classifier")
    write_model_card(run)
    results = (run.model / PLACE).read_text("utf8")
    (run.model / PLACE).write_text(results.replace("0.703", "0.803"))
    assert any(PLACE in line for line in check_model_pages(run.model))
    (run.model / PLACE).unlink()
    assert f"{PLACE}: missing" in check_model_pages(run.model)
    write_model_card(run)
    weights = run.model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert check_model_pages(run.model) == [
        f"model.safetensors: not the weights that {FILE} describes"
    ]
    (run.model / FILE).write_text('{"kind": "dpo"}')
    assert "cannot be followed" in check_model_pages(run.model)[0]


def test_figures_are_counted_again_from_the_answers(tmp_path: Path) -> None:
    """Who changes metrics.json and all pages is still found, where the run kept its answers."""
    from redditess.training.figures.figure import Tested, figures

    run = invented_run(tmp_path / "run", "classifier")
    n = 211
    p = pa.array([(i * 37 % 100) / 100 for i in range(n)], pa.float64())
    label = pa.array([int(i * 61 % 100 < 50) for i in range(n)], pa.int8())
    answers = pa.table({"id": [str(i) for i in range(n)], "label": label, "p_7": p})
    write_parquet(run.predictions, answers, answers.schema)
    apart = Tested(label.to_numpy() == 1, *(pa.array(range(n)).to_numpy(),) * 2)
    table = copy.deepcopy(METRICS["classifier"]["table"])
    table["rows"][-1]["figures"] = figures(p.to_numpy(), apart)
    write_model_card(changed(run, table=table))
    assert check_model_card(run) == []
    table["rows"][-1]["figures"]["roc_auc"]["value"] += 0.01
    write_model_card(changed(run, table=table))
    assert len([x for x in check_model_card(run) if "roc_auc of the model is" in x]) == 1
    assert measured(read_document(run.model))
