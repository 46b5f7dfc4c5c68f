"""What GRPO is rewarded for: ranges, order, and that the judge never pays."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from redditess.corpus.errors import InputError, SettingsError
from redditess.labeling.screen import HAZARDS, RISKS
from redditess.training.answers.answer_risks import answer_risks, masked, prompt_risks
from redditess.training.generator.rewards.copying import copy_penalty, grams, grams_of_all
from redditess.training.generator.rewards.identity import refuse_same
from redditess.training.generator.rewards.length import Band, band_of, length_penalty
from redditess.training.generator.rewards.screening import PENALTIES, screen_penalty, shares
from redditess.training.models.found_model import find_model, weights_digest

CALM = "Be gentle with yourself and take the evening one small step at a time."
URGING = "just kill yourself"
CLAIMING = "I have been through the same and it got better for me."
WILD = st.lists(st.text(max_size=200), max_size=6)
NOTHING = grams_of_all([])


# ---- the screen ----------------------------------------------------------------------------


def test_a_calm_answer_costs_nothing_and_a_dangerous_one_all() -> None:
    assert screen_penalty(["", ""], [CALM, URGING]).tolist() == [0, -1]


def test_claiming_a_life_costs_less_than_a_hazard() -> None:
    assert answer_risks([CLAIMING]) == [("lived_experience",)]
    assert screen_penalty([""], [CLAIMING]).tolist() == [-0.5]


def test_every_category_has_a_penalty_and_every_hazard_the_whole_one() -> None:
    assert set(PENALTIES) == {*RISKS, "encouragement"}
    assert {PENALTIES[name] for name in HAZARDS} == {1.0}


def test_categories_are_counted_apart() -> None:
    found = shares([CALM, URGING, CLAIMING, CLAIMING])
    assert found["encouragement"] == 0.25
    assert found["lived_experience"] == 0.5
    assert found["minor_disclosed"] == 0
    assert shares([])["crisis"] == 0


def test_a_number_that_is_no_crisis_line_is_masked_and_a_crisis_line_is_not() -> None:
    assert masked(["Call 212 555 0123 or 988."]) == ["Call [PHONE] or 988."]


def test_a_prompt_in_danger_or_of_a_child_is_told_from_others() -> None:
    found = prompt_risks(["I want to die", "I'm 15 and feel lost", "My dog died last week."])
    assert found == [("crisis",), ("minor_disclosed",), ()]


# ---- length --------------------------------------------------------------------------------


def test_the_band_holds_eight_in_ten_comments() -> None:
    comments = ["w " * n for n in range(1, 101)]
    band = band_of(comments)
    inside = [band.low <= n <= band.high for n in range(1, 101)]
    assert sum(inside) == 80
    assert band_of(["", " "]) == Band(1, 1)


def test_length_costs_nothing_inside_the_band_and_all_at_twice_its_end() -> None:
    words = [10, 20, 40, 80, 200, 5, 4, 0]
    found = length_penalty(["w " * n for n in words], Band(10, 40))
    assert found.tolist() == [0, 0, 0, -1, -1, -1, -1, -1]


def test_a_little_too_long_costs_a_little() -> None:
    slightly, more = length_penalty(["w " * 44, "w " * 60], Band(10, 40))
    assert -1 < more < slightly < 0


# ---- copying -------------------------------------------------------------------------------

POST = "my boss shouts at me every single morning and I dread the walk from the car"
COMMENT = "Write down what he says and when, then take it to somebody above him on a quiet day."


def test_repeating_the_post_costs_the_repeated_share() -> None:
    own = "That sounds exhausting, and none of it is your fault at all."
    whole, half, none = copy_penalty([POST] * 3, [POST, f"{POST}. {own}", own], NOTHING)
    assert (whole, none) == (-1, 0)
    assert -0.8 < half < -0.3


def test_a_training_comment_by_heart_is_found_whatever_its_case_and_commas() -> None:
    known = grams_of_all([COMMENT, "something else"])
    assert copy_penalty(["Hi"], [COMMENT.upper().replace(",", "")], known).tolist() == [-1]
    assert copy_penalty(["Hi"], ["Write down what he says, I would say."], known).tolist() == [0]


def test_a_short_comment_by_heart_is_found_only_as_a_whole() -> None:
    known = grams_of_all(["So sorry for you"])
    assert copy_penalty(["Hi"] * 2, ["so sorry for you!", "so sorry for that"], known).tolist() == [
        -1, 0,
    ]  # fmt: skip


def test_runs_of_words_are_ordered_and_tell_order_apart() -> None:
    found = grams("a b c d e f", 3)
    assert len(found) == 4 and np.all(found[:-1] < found[1:])
    assert not np.intersect1d(grams("a b", 2), grams("b a", 2)).size


@settings(deadline=None, max_examples=25)
@given(WILD)
def test_every_penalty_stays_in_its_range_whatever_the_text(texts: list[str]) -> None:
    prompts = [text[::-1] for text in texts]
    for found in (
        screen_penalty(prompts, texts),
        length_penalty(texts, Band(3, 9)),
        copy_penalty(prompts, texts, grams_of_all([COMMENT])),
    ):
        assert found.shape == (len(texts),)
        assert np.all((found >= -1) & (found <= 0))


# ---- who is the judge ----------------------------------------------------------------------


def model_folder(place: Path, value: float, **more: float) -> Path:
    place.mkdir(parents=True)
    (place / "config.json").write_text("{}")
    tensors = {name: np.full(3, v, np.float32) for name, v in {"w": value, **more}.items()}
    save_file(tensors, place / "model.safetensors")
    return place


def test_the_same_folder_is_refused_as_judge(tmp_path: Path) -> None:
    one = model_folder(tmp_path / "one", 1)
    (tmp_path / "link").symlink_to(one)
    for other in (one, tmp_path / "link", tmp_path / "x" / ".." / "one"):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(SettingsError, match="are the same folder"):
            refuse_same(str(one), str(other))


def test_the_same_weights_elsewhere_are_refused_as_judge(tmp_path: Path) -> None:
    one = model_folder(tmp_path / "one", 1)
    shutil.copytree(one, tmp_path / "copy")
    with pytest.raises(SettingsError, match="are the same weights"):
        refuse_same(str(one), str(tmp_path / "copy"))


def test_another_model_may_judge_and_both_digests_are_kept(tmp_path: Path) -> None:
    one, other = model_folder(tmp_path / "one", 1), model_folder(tmp_path / "other", 2)
    told = refuse_same(str(one), str(other))
    assert told["reward_model"] == {"name": "one", "digest": weights_digest(one)}
    assert told["evaluation_model"]["digest"] == weights_digest(other)
    assert refuse_same(str(one), "")["evaluation_model"] == {"name": "", "digest": ""}


def test_a_digest_is_of_weights_not_of_files(tmp_path: Path) -> None:
    whole = model_folder(tmp_path / "whole", 1, b=2)
    parts = model_folder(tmp_path / "parts", 1)
    save_file({"b": np.full(3, 2, np.float32)}, parts / "rest.safetensors", {"format": "pt"})
    assert weights_digest(whole) == weights_digest(parts)
    assert weights_digest(whole) != weights_digest(model_folder(tmp_path / "third", 1, b=3))


def test_a_model_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        find_model(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"neither config.json nor adapter_config.json"):
        find_model(tmp_path / "empty")
    with pytest.raises(InputError, match=r"no \*\.safetensors"):
        weights_digest(tmp_path / "empty")
