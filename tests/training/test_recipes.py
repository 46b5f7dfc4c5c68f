"""Recipes are complete and checked where they enter; every line of a shipped one gives a reason."""

from __future__ import annotations

import re
from dataclasses import asdict, fields, replace
from pathlib import Path

import pytest

from redditess.corpus.errors import SettingsError
from redditess.training.recipes.read_recipe import (
    SHIPPED,
    make_recipe,
    read_recipe,
    recipe_text,
    shipped,
)
from redditess.training.recipes.recipe import KINDS, GeneratorRecipe

COMMENTED = re.compile(r"^(?P<key>[a-z_0-9]+): (?P<value>\S.*?)  +# (?P<reason>\S.*)$")


def _written(folder: Path, name: str = "demo-dpo", **changes: str) -> Path:
    """A shipped recipe as a user's own file, with lines exchanged."""
    lines = (SHIPPED / f"{name}.yaml").read_text("utf8").splitlines()
    for key, value in changes.items():
        lines = [f"{key}: {value}" if line.startswith(f"{key}:") else line for line in lines]
    place = folder / "mine.yaml"
    place.write_text("\n".join(lines) + "\n", "utf8")
    return place


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_recipe_is_complete_and_says_why_on_every_line(name: str) -> None:
    recipe = read_recipe(name)  # refuses unknown and missing keys
    assert type(recipe) is KINDS[recipe.kind]
    lines = (SHIPPED / f"{name}.yaml").read_text("utf8").splitlines()
    assert lines[0].startswith("# ")  # `train recipes` lists it
    keys = [line for line in lines if not line.startswith("#")]
    assert [line for line in keys if not COMMENTED.match(line)] == []
    found = [match["key"] for line in keys if (match := COMMENTED.match(line))]
    assert found == [field.name for field in fields(recipe)]  # in the order of recipe.py


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_recipe_fits_together(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe.epochs > 0 or recipe.max_steps > 0
    assert not recipe.early_stopping or recipe.evaluate_every
    assert recipe.trackers == ()  # nothing is sent anywhere unasked
    assert recipe.allow_invented == name.startswith("demo-")
    if isinstance(recipe, GeneratorRecipe):
        assert 0 < recipe.prompt_cap < recipe.max_length
        starts = recipe.start.removeprefix("runs/").removeprefix("build/train-demo/")
        assert not recipe.start or starts in shipped() or f"demo-{starts}" in shipped()


def test_every_kind_of_run_ships_with_a_recipe() -> None:
    assert {read_recipe(name).kind for name in shipped()} == set(KINDS)


def test_the_papers_generator_takes_the_numbers_of_its_nearest_kin() -> None:
    sft, dpo = read_recipe("llama-2-7b-chat-sft"), read_recipe("llama-2-7b-chat-dpo")
    assert isinstance(sft, GeneratorRecipe) and isinstance(dpo, GeneratorRecipe)
    for recipe in (sft, dpo):
        assert (recipe.lora_r, recipe.lora_alpha, recipe.lora_dropout) == (64, 16, 0.1)
        assert (recipe.prompt_cap, recipe.max_length, recipe.epochs) == (512, 1024, 1)
        assert recipe.batch_size * recipe.accumulation == 64
    assert (sft.learning_rate, dpo.learning_rate) == (1e-5, 2e-7)
    assert asdict(dpo)["beta"] == 0.1
    assert dpo.start == "runs/llama-2-7b-chat-sft"


def test_an_unknown_key_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    place = _written(tmp_path)
    place.write_text(place.read_text("utf8") + "betta: 0.1\n", "utf8")
    with pytest.raises(SettingsError, match=r"mine\.yaml.*'betta'.*did you mean beta"):
        read_recipe(place)
    place = _written(tmp_path)
    place.write_text(place.read_text("utf8") + "zzz: 0.1\n", "utf8")
    with pytest.raises(SettingsError, match=r"'zzz' for kind dpo; known are kind, model, .*beta"):
        read_recipe(place)


def test_a_key_of_another_kind_is_unknown(tmp_path: Path) -> None:
    place = _written(tmp_path, "demo-sft")
    place.write_text(place.read_text("utf8") + "beta: 0.1\n", "utf8")
    with pytest.raises(SettingsError, match=r"unknown key 'beta' for kind sft"):
        read_recipe(place)


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    place = _written(tmp_path)
    lines = [line for line in place.read_text("utf8").splitlines() if "beta:" not in line]
    place.write_text("\n".join(lines), "utf8")
    with pytest.raises(SettingsError, match=r"mine\.yaml: beta missing; a recipe is complete"):
        read_recipe(place)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    place = _written(tmp_path)
    place.write_text(place.read_text("utf8") + "seed: 7\n", "utf8")
    with pytest.raises(SettingsError, match="seed stands twice"):
        read_recipe(place)


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("seed", "1.5", "a whole number"),
        ("seed", '"many"', "a whole number"),
        ("seed", "true", "a whole number"),
        ("seed", "-1", "0 or more"),
        ("beta", "high", "a number"),
        ("beta", "no", "a number"),
        ("beta", ".nan", "a number"),
        ("beta", ".inf", "a number"),
        ("beta", "", "a number"),
        ("beta", "[0.1]", "a number"),
        ("allow_invented", '"yes"', "true or false"),
        ("allow_invented", "1", "true or false"),
        ("model", "7", "a text"),
        ("loss", "hinge", "one of sigmoid, robust, ipo"),
        ("loss", "[sigmoid]", "one of sigmoid, robust, ipo"),
        ("lora_targets", "q_proj", "a list of names"),
        ("lora_targets", "[1, 2]", "a list of names"),
        ("trackers", "", "a list of names"),
    ],
)
def test_a_value_of_another_type_is_refused(
    key: str, value: str, wanted: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=rf"mine\.yaml: {key} is .* it must be {wanted}"):
        read_recipe(_written(tmp_path, **{key: value}))


@pytest.mark.parametrize("text", ["5e-7", "5.0e-7", "0.0000005", '"5e-7"'])
def test_a_small_number_is_a_number_however_it_is_written(text: str, tmp_path: Path) -> None:
    """YAML 1.1 takes 5e-7 for a text."""
    recipe = read_recipe(_written(tmp_path, learning_rate=text))
    assert recipe.learning_rate == 5e-7


def test_whole_numbers_stay_whole(tmp_path: Path) -> None:
    recipe = read_recipe(_written(tmp_path, seed="7.0", epochs="3", max_steps="10"))
    assert (recipe.seed, recipe.epochs, recipe.max_steps) == (7, 3.0, 10)
    assert [type(v) for v in (recipe.seed, recipe.epochs, recipe.max_steps)] == [int, float, int]


def test_changes_come_on_top_and_are_checked_alike() -> None:
    changes = ["seed=7", "learning_rate=5e-7", "model=a=b", "trackers=[wandb]", "start="]
    recipe = read_recipe("demo-dpo", changes)
    assert (recipe.seed, recipe.learning_rate, recipe.model) == (7, 5e-7, "a=b")
    assert recipe.trackers == ("wandb",)
    with pytest.raises(SettingsError, match=r"--set: unknown key 'sed'.*did you mean seed"):
        read_recipe("demo-dpo", ["sed=7"])
    with pytest.raises(SettingsError, match=r"--set: 'seed' is no key=value"):
        read_recipe("demo-dpo", ["seed"])
    with pytest.raises(SettingsError, match="seed is 'x'"):
        read_recipe("demo-dpo", ["seed=x"])


def test_a_recipe_that_does_not_exist_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean llama-2-7b-chat-dpo"):
        read_recipe("llama2-7b-chat-dpo")
    with pytest.raises(SettingsError, match=r"shipped are .*demo-sft"):
        read_recipe("zzz")
    with pytest.raises(SettingsError, match="no such recipe file"):
        read_recipe(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "", "- a list\n", "just words", "kind: [dpo", "kind: dpo\n1: 2\n", "\x00",
        "a: !!python/name:os.system\n", "kind: dpo\nmodel: &a [*a]\n", "? {a: 1}\n: 2\n",
    ],
)  # fmt: skip
def test_a_file_that_is_no_recipe_is_one_sentence(text: str, tmp_path: Path) -> None:
    place = tmp_path / "mine.yaml"
    place.write_text(text, "utf8")
    with pytest.raises(SettingsError) as caught:
        read_recipe(place)
    assert "mine.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    place = tmp_path / "mine.yaml"
    place.write_bytes(b"kind: \xff\xfe\n")
    with pytest.raises(SettingsError, match="no YAML"):
        read_recipe(place)


def test_a_kind_that_does_not_exist_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"no kind 'ppo'; kind is one of classifier, sft, dpo"):
        make_recipe({"kind": "ppo"})
    with pytest.raises(SettingsError, match="kind missing"):
        make_recipe({"beta": 0.1})
    with pytest.raises(SettingsError, match="no kind"):
        make_recipe({"kind": ["dpo"]})


@pytest.mark.parametrize("name", shipped())
def test_what_is_written_back_reads_as_the_same_recipe(name: str, tmp_path: Path) -> None:
    recipe = replace(read_recipe(name), seed=7, model="name with: colon # and hash")
    place = tmp_path / "recipe.yaml"
    place.write_text(recipe_text(recipe), "utf8")
    assert read_recipe(place) == recipe
