"""The comment is never cut first, at any length; nobody's text becomes a special token."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.errors import InputError
from redditess.training.classifier.pair_input import (
    STUB,
    encode_pairs,
    first_segment,
    kept_tokens,
    padded,
    segments,
)

pytest.importorskip("tokenizers")
LENGTH = st.integers(0, 700)


@given(first=LENGTH, second=LENGTH, room=st.integers(8, 600))
def test_the_comment_is_never_cut_while_the_post_has_more_than_its_stub(
    first: int, second: int, room: int
) -> None:
    a, b = kept_tokens(first, second, room)
    assert 0 <= a <= first and 0 <= b <= second and a + b <= room
    stub = min(first, STUB, room // 4)
    if b < second:
        assert a == stub and a + b == room
    if a < first:
        assert a + b == room and a >= stub
    assert (a, b) == (first, second) or first + second > room


@pytest.fixture(scope="module")
def bert() -> Any:
    from redditess.training.models.tiny_tokenizers import words_tokenizer

    return words_tokenizer([f"w{i}" for i in range(60)] + ["sep cls pad [ ] a b"] * 3)


@pytest.fixture(scope="module")
def roberta() -> Any:
    """`<s> post </s></s> comment </s>`, byte by byte, as RoBERTa's."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        ["w1 w2 w3 w4"],
        trainers.BpeTrainer(special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    raw.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token="<s>", eos_token="</s>", cls_token="<s>",
        sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>",
        model_input_names=["input_ids", "attention_mask"], split_special_tokens=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["bert", "roberta"])
def test_what_needs_no_cut_of_the_comment_is_what_a_pipeline_reads(
    name: str, request: pytest.FixtureRequest
) -> None:
    tokenizer = request.getfixturevalue(name)
    for n_post in range(0, 50, 3):
        for n_comment in range(1, 26, 6):
            post = " ".join(f"w{i}" for i in range(n_post))
            comment = " ".join(f"w{i}" for i in range(n_comment))
            [feature] = encode_pairs(tokenizer, [post], [comment], 96).features
            plain = tokenizer(post, comment, truncation="only_first", max_length=96)
            assert feature["input_ids"] == plain["input_ids"]
            assert feature.get("token_type_ids") == plain.get("token_type_ids")


@pytest.mark.parametrize("n_comment", [1, 20, 39, 40, 41, 52, 53, 54, 200])
def test_at_every_length_the_comment_stands_whole_or_the_post_is_a_stub(
    bert: Any, n_comment: int
) -> None:
    post = ["w1"] * 90
    made = encode_pairs(bert, [" ".join(post)], [" ".join(["w2"] * n_comment)], 64)
    ids = made.features[0]["input_ids"]
    one, two = bert.convert_tokens_to_ids(["w1", "w2"])
    assert len(ids) == 64
    kept_post, kept_comment = ids.count(one), ids.count(two)
    assert kept_post == max(61 - n_comment, 15)  # 61 is the room; a quarter of it stays
    assert kept_comment == min(n_comment, 46)
    assert made[1:] == (1, n_comment > 46)


def test_a_long_post_keeps_its_beginning_and_a_long_comment_its_own(bert: Any) -> None:
    post, comment = (" ".join(f"w{i}" for i in range(60)) for _ in range(2))
    [feature] = encode_pairs(bert, [post], [comment], 48).features
    tokens = bert.convert_ids_to_tokens(feature["input_ids"])
    assert tokens[:4] == ["[CLS]", "w0", "w1", "w2"] and tokens[-1] == "[SEP]"
    second = tokens[tokens.index("[SEP]") + 1 : -1]
    assert second == [f"w{i}" for i in range(len(second))]


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=80) | st.sampled_from(["[SEP]", "a [CLS] b [PAD]", "[MASK]" * 9]))
def test_nobodys_words_become_a_special_token(bert: Any, text: str) -> None:
    [feature] = encode_pairs(bert, [text], [text], 64).features
    special = [bert.cls_token_id, bert.sep_token_id, bert.pad_token_id, bert.mask_token_id]
    assert [i for i in feature["input_ids"] if i in special] == [special[0], special[1], special[1]]
    assert len(feature["input_ids"]) <= 64


def test_encoding_does_not_change_the_tokenizer(bert: Any) -> None:
    before = bert("w1 [SEP]", "w2")["input_ids"]
    encode_pairs(bert, ["w1 [SEP]"], ["w2"], 16)
    assert bert("w1 [SEP]", "w2")["input_ids"] == before


def test_a_post_without_words_leaves_no_empty_lines() -> None:
    assert first_segment("Title", " \n") == "Title"
    assert first_segment(None, "post") == "post"
    assert first_segment("Title", "post") == "Title\n\npost"
    table = pa.table({"title": [None], "post": [""], "comment": pa.array([None], pa.string())})
    assert segments(table) == ([""], [""])


def test_no_room_and_slow_tokenizers_are_refused(bert: Any) -> None:
    with pytest.raises(InputError, match="10 tokens leave no room"):
        encode_pairs(bert, ["a"], ["b"], 10)
    with pytest.raises(InputError, match="no fast tokenizer"):
        encode_pairs(object(), ["a"], ["b"], 64)


@pytest.mark.needs_torch
def test_a_batch_is_as_wide_as_its_longest_row_needs() -> None:
    batch = padded([{"input_ids": [1] * 3}, {"input_ids": [1] * 9}], pad_token_id=7)
    assert batch["input_ids"].shape == (2, 16) and set(batch) == {"input_ids", "attention_mask"}
    assert batch["input_ids"][0].tolist() == [1] * 3 + [7] * 13
    assert batch["attention_mask"].sum(1).tolist() == [3, 9]
