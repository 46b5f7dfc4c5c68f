"""Fences around other people's text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus import prompts
from redditess.corpus.prompts import digest, new_fence, shown


def test_every_call_has_its_own_fence() -> None:
    fences = {word for _ in range(200) for word in new_fence("text")}
    assert len(fences) == 400
    assert all(len(word) == 16 for word in fences)


def test_a_fence_is_never_a_word_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["aa", "bb", "cc", "dd"])
    monkeypatch.setattr(prompts.secrets, "token_hex", lambda n: next(drawn))
    assert new_fence("nothing", "END comment BB") == ("cc", "dd")


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=st.characters(codec=None), max_size=200), st.integers(1, 250))
def test_nothing_hidden_is_shown(text: str, limit: int) -> None:
    seen = shown(text, limit)
    kinds = {unicodedata.category(c) for c in seen if c not in "\n\t\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert len(seen) <= limit + 2
    assert shown(seen, 10_000) == seen.strip()


@pytest.mark.parametrize(
    "sign",
    ["<|im_end|>", "<|eot_id|>", "</s>", "<s>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>",
     "<｜Assistant｜>", "<think>", "[TOOL_CALLS]", "<!-- x -->"],
)  # fmt: skip
def test_signs_of_chat_templates_are_opened(sign: str) -> None:
    assert sign not in shown(f"a {sign} b", 100)


def test_words_smileys_and_placeholders_stay() -> None:
    text = "I <3 this! 2 < 3, a > b, [EMAIL] [1] family 👨‍👩‍👧 ❤️ می‌خواهم\nnew line"
    assert shown(text, 200) == text


def test_digests_know_where_a_word_ends() -> None:
    assert digest("a", "b") != digest("ab")
    assert digest("\ud800") == digest("\ud800")
