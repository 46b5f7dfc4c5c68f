"""A prompt loses its middle and never an end; an answer is whole or the row is left out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.errors import SettingsError
from redditess.training.answers.conversations import (
    MARK,
    SHORTENED,
    TOO_LONG,
    capped_prompts,
    prepared,
    refuse_none,
    rendered,
    shortened,
    tokens,
    whole_answers,
    with_prompts,
)
from tests.training.invented_runs import recipe_of

pytestmark = pytest.mark.needs_torch  # chat templates are transformers'

WORDS = [
    "the",
    "night",
    "was",
    "long",
    "and",
    "I",
    "could",
    "not",
    "sleep",
    "because",
    "of",
    "work",
    "😀",
    "é",
    "夜",
]
TEXT = st.text(
    st.sampled_from("ab eéñ夜😀👩‍👩‍👧\n\t.'<|[]") | st.characters(codec="utf8"), max_size=400
)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    pytest.importorskip("transformers")
    from redditess.training.models.tiny import CHAT_TEMPLATE
    from redditess.training.models.tiny_tokenizers import bytes_tokenizer

    made = bytes_tokenizer([" ".join(WORDS)] * 3)
    made.chat_template = CHAT_TEMPLATE
    return made


def said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def long_prompt(n: int = 200) -> list[dict[str, str]]:
    return [said("user", "First words. " + " ".join(WORDS[i % 12] for i in range(n)) + " Last.")]


def recipe(**more: Any) -> Any:
    return recipe_of("dpo", **{"prompt_cap": 40, "max_length": 60, **more})


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(text=TEXT, cap=st.integers(20, 120), system=st.text("abc ", max_size=6))
def test_any_text_fits_any_cap_with_its_beginning_and_its_end(
    tokenizer: Any, text: str, cap: int, system: str
) -> None:
    prompt = [said("system", system), said("user", text)]
    made = shortened(tokenizer, prompt, cap)
    assert len(rendered(tokenizer, made, True)) <= cap
    assert made[0] == prompt[0]
    if made is not prompt:
        head, _, tail = made[1]["content"].partition(MARK)
        assert text.startswith(head) and text.endswith(tail)
        assert len(rendered(tokenizer, prompt, True)) > cap


def test_a_prompt_that_fits_is_left_alone(tokenizer: Any) -> None:
    prompt = long_prompt()
    n = len(rendered(tokenizer, prompt, True))
    assert shortened(tokenizer, prompt, n) is prompt
    assert shortened(tokenizer, prompt, n - 1) is not prompt


def test_what_is_lost_is_the_middle_and_not_more_than_needed(tokenizer: Any) -> None:
    made = shortened(tokenizer, long_prompt(), 64)
    text = made[0]["content"]
    assert text.startswith("First words.") and text.endswith("Last.") and text.count(MARK) == 1
    assert 56 <= len(rendered(tokenizer, made, True)) <= 64


def test_the_longest_turn_gives_way_and_never_the_instruction(tokenizer: Any) -> None:
    rules = said("system", "Listen. " * 60)
    prompt = [rules, said("user", "Hi."), said("assistant", "Go on."), *long_prompt()]
    cap = len(rendered(tokenizer, prompt, True)) - 50
    made = shortened(tokenizer, prompt, cap)
    assert made[:3] == prompt[:3] and MARK in made[3]["content"]


def test_a_cap_below_the_template_is_refused_with_one_that_is_not(tokenizer: Any) -> None:
    prompt = [said("system", "Be kind to whoever writes."), *long_prompt()]
    with pytest.raises(SettingsError, match=r"set it to (\d+)") as refused:
        shortened(tokenizer, prompt, 5)
    least = int(refused.value.next_step.split()[3])
    assert len(rendered(tokenizer, shortened(tokenizer, prompt, least), True)) <= least


def test_prompts_that_were_shortened_are_counted(tokenizer: Any) -> None:
    rows = Dataset.from_list(
        [{"prompt": p, "chosen": [said("assistant", "Yes.")]}
         for p in (long_prompt(), [said("user", "Short.")], long_prompt(300))]
    )  # fmt: skip
    counts: Counter[str] = Counter()
    made = capped_prompts(rows, tokenizer, recipe(), counts)
    assert counts == {SHORTENED: 2} and len(made) == 3
    assert all(len(rendered(tokenizer, p, True)) <= 40 for p in made["prompt"])
    assert sorted(made.column_names) == ["chosen", "prompt"]


@pytest.mark.parametrize("name", ["completion", "chosen", "rejected"])
def test_a_row_whose_answer_does_not_fit_is_left_out_and_counted(tokenizer: Any, name: str) -> None:
    answers = {n: ["Rest well."] * 3 for n in ("completion", "chosen", "rejected")}
    answers[name][1] = "word " * 60
    rows = Dataset.from_list(
        [{"prompt": long_prompt(), "n": i,
          **{key: [said("assistant", texts[i])] for key, texts in answers.items()}}
         for i in range(3)]
    )  # fmt: skip
    counts: Counter[str] = Counter()
    made = prepared(rows, tokenizer, recipe(), counts)
    assert made["n"] == [0, 2] and counts == {SHORTENED: 3, TOO_LONG: 1}


def test_the_longest_answer_that_fits_is_kept_to_its_last_token(tokenizer: Any) -> None:
    row = {"prompt": [said("user", "Hi.")], "chosen": [said("assistant", "word " * 20)]}
    n = len(rendered(tokenizer, row["prompt"] + row["chosen"], False))
    rows = Dataset.from_list([row])
    assert len(whole_answers(rows, tokenizer, recipe(max_length=n))) == 1
    assert len(whole_answers(rows, tokenizer, recipe(max_length=n - 1))) == 0


def test_the_last_message_is_the_answer_and_those_before_it_the_prompt() -> None:
    talk = [said("user", "a"), said("assistant", "b"), said("user", "c"), said("assistant", "d")]
    made = with_prompts(Dataset.from_list([{"messages": talk, "id": "x"}]))
    assert made[0] == {"prompt": talk[:3], "completion": talk[3:], "id": "x"}
    assert with_prompts(made) is made


def test_the_answer_begins_where_the_prompt_ends_and_stops_with_its_end(tokenizer: Any) -> None:
    prompt, answer = [said("user", "Can't sleep.")], [said("assistant", " Breathe  slowly.\n")]
    made = tokens(tokenizer, prompt, answer)
    assert made.ids[: made.n_prompt] == rendered(tokenizer, prompt, True)
    assert tokenizer.decode(made.ids[made.n_prompt :]) == " Breathe  slowly.\n<|end|>"
    assert made.ids.count(tokenizer.bos_token_id) == 1


def test_nothing_left_to_train_on_is_refused_with_the_reason(tokenizer: Any) -> None:
    rows = Dataset.from_list([{"prompt": long_prompt(), "chosen": [said("assistant", "b " * 99)]}])
    counts: Counter[str] = Counter()
    made = prepared(rows, tokenizer, recipe(), counts)
    with pytest.raises(SettingsError, match="no row of train fits into max_length 60"):
        refuse_none(made, counts, recipe())
    with pytest.raises(SettingsError, match="no rows to train on"):
        refuse_none(made, Counter(), recipe())
    refuse_none(rows, counts, recipe())


def test_a_split_without_rows_has_the_columns_of_one_with_rows(tokenizer: Any) -> None:
    counts: Counter[str] = Counter()
    pairs = Dataset.from_dict({"prompt": [], "chosen": [], "cluster": []})
    assert prepared(pairs, tokenizer, recipe(), counts).column_names == pairs.column_names
    talks = prepared(Dataset.from_dict({"messages": [], "id": []}), tokenizer, recipe(), counts)
    assert (len(talks), talks.column_names) == (0, ["id", "prompt", "completion"])
    assert not counts
