"""Tiny models: made once from the rows at hand, the same bytes anywhere, taken by trainers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.errors import InputError
from redditess.training.data.rows import labelled_rows, open_source
from redditess.training.data.trained_on import trained_ids
from redditess.training.models.tiny import NAMES, tiny

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

MAKE = """
import sys
from redditess.training.data.rows import open_source
from redditess.training.models.tiny import tiny
source = open_source(sys.argv[1], allow_invented=True)
for name in sys.argv[2:]:
    print(tiny(name, source))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def made(small_build: Path, home: Path) -> dict[str, Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(home))
        source = open_source(str(small_build), allow_invented=True)
        return {name: tiny(name, source) for name in NAMES}


@pytest.fixture(scope="module")
def speaker(made: dict[str, Path]) -> Any:
    return transformers.AutoTokenizer.from_pretrained(made["tiny-causal"])


def start(home: Path, *words: object) -> subprocess.Popen[str]:
    own = {"REDDITESS_HOME": str(home), "PYTHONPATH": os.getcwd(), "PYTHONHASHSEED": "random"}
    return subprocess.Popen(
        [sys.executable, "-c", MAKE, *map(str, words)], env={**os.environ, **own}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def digests(folder: Path) -> dict[str, str]:
    return {p.name: sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_two_processes_at_once_make_one_model_and_it_has_the_same_bytes(
    made: dict[str, Path], small_build: Path, tmp_path: Path
) -> None:
    """Tokenizers number their pieces by hash maps that differ from process to process."""
    children = [start(tmp_path, small_build, *NAMES) for _ in range(2)]
    talk = [child.communicate() for child in children]
    assert [child.returncode for child in children] == [0, 0], talk
    [said] = {said for said, _ in talk}
    folders = [p for p in (tmp_path / "tiny").iterdir() if p.is_dir()]
    assert sorted(folders) == sorted(map(Path, said.split()))
    for there, here in zip(map(Path, said.split()), made.values(), strict=True):
        assert there.name == here.name
        assert digests(there) == digests(here)


def test_a_model_that_is_there_is_not_made_again(
    made: dict[str, Path], small_build: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(home))
    monkeypatch.setattr(
        "redditess.training.models.tiny._make", lambda *_: pytest.fail("made again")
    )
    source = open_source(str(small_build))  # nothing is read, so nothing is refused
    assert tiny("tiny-causal", source) == made["tiny-causal"]


def test_other_rows_make_another_model(made: dict[str, Path], smaller_build: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(made["tiny-encoder"].parents[1]))
        other = tiny("tiny-encoder", open_source(str(smaller_build), allow_invented=True))
    assert other != made["tiny-encoder"]


def test_a_kill_leaves_nothing_that_is_taken_for_a_model(
    small_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(texts: object, folder: Path) -> None:
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path))
    monkeypatch.setattr("redditess.training.models.tiny._MAKERS", {"tiny-causal": torn})
    source = open_source(str(small_build), allow_invented=True)
    with pytest.raises(KeyboardInterrupt):
        tiny("tiny-causal", source)
    assert [p for p in (tmp_path / "tiny").iterdir() if p.is_dir()] == []


def test_invented_rows_make_no_tokenizer_unless_allowed(
    small_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path))
    with pytest.raises(InputError, match="rows are invented"):
        tiny("tiny-encoder", open_source(str(small_build)))


def test_it_says_which_rows_its_tokenizer_has_read(
    made: dict[str, Path], small_build: Path
) -> None:
    rows = labelled_rows(open_source(str(small_build), allow_invented=True), "train")
    for folder in made.values():
        assert trained_ids(folder) == set(rows["id"].to_pylist())


def test_weights_are_safetensors_and_nothing_names_this_machine(
    made: dict[str, Path], small_build: Path, home: Path
) -> None:
    for folder in made.values():
        assert {p.suffix for p in folder.iterdir()} <= {".json", ".safetensors", ".jinja", ".txt"}
        for path in folder.iterdir():
            raw = path.read_bytes()
            assert not any(str(place).encode() in raw for place in (small_build, home))


def test_making_one_leaves_the_callers_random_numbers_alone(
    small_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    tiny("tiny-causal", open_source(str(small_build), allow_invented=True))
    assert torch.equal(torch.rand(3), expected)


def test_the_encoder_takes_pairs_of_512_tokens(made: dict[str, Path]) -> None:
    folder = made["tiny-encoder"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    both = tokenizer("Hello there", "you", return_tensors="pt")
    words = tokenizer.convert_ids_to_tokens(both["input_ids"][0])
    assert (words[0], words.count("[SEP]"), words[-1]) == ("[CLS]", 2, "[SEP]")
    assert both["token_type_ids"][0].tolist() == sorted(both["token_type_ids"][0].tolist())
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2)
    long = tokenizer("sleep " * 900, "tea " * 50, truncation="only_first", return_tensors="pt")
    assert long["input_ids"].shape == (1, 512) == (1, tokenizer.model_max_length)
    assert model(**long).logits.shape == (1, 2)


def test_words_of_the_rows_are_known_to_the_encoder(
    made: dict[str, Path], small_build: Path
) -> None:
    tokenizer = transformers.AutoTokenizer.from_pretrained(made["tiny-encoder"])
    rows = labelled_rows(open_source(str(small_build), allow_invented=True), "train")
    ids = [i for text in rows["comment"].to_pylist() for i in tokenizer(text)["input_ids"]]
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.tokenize("\u4e2d\u6587") == ["[UNK]", "[UNK]"]


def test_begin_end_and_padding_are_three_tokens(speaker: Any, made: dict[str, Path]) -> None:
    config = json.loads((made["tiny-causal"] / "config.json").read_bytes())
    ids = [speaker.bos_token_id, speaker.eos_token_id, speaker.pad_token_id]
    assert len({*ids}) == 3
    assert ids == [config[f"{name}_token_id"] for name in ("bos", "eos", "pad")]
    assert len(speaker) == config["vocab_size"] <= 2_000
    assert speaker("plain words")["input_ids"] == speaker.encode(
        "plain words", add_special_tokens=False
    )


TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "I cannot sleep.\n\nIt is 4 am."},
    {"role": "assistant", "content": "That sounds hard."},
    {"role": "user", "content": "Thanks"},
    {"role": "assistant", "content": "Any time."},
]


def test_a_talk_begins_once_and_each_answer_ends(speaker: Any) -> None:
    ids = speaker.apply_chat_template(TALK)["input_ids"]
    assert ids[0] == speaker.bos_token_id and ids.count(speaker.bos_token_id) == 1
    assert ids[-1] == speaker.eos_token_id and ids.count(speaker.eos_token_id) == 2
    answers = [m["content"] for m in TALK if m["role"] == "assistant"]
    mask = speaker.apply_chat_template(TALK, return_assistant_tokens_mask=True)["assistant_masks"]
    learned = [i for i, kept in zip(ids, mask, strict=True) if kept]
    end = speaker.eos_token
    assert speaker.decode(learned) == f"{answers[0]}{end}{answers[1]}{end}"


@pytest.mark.parametrize("answer", ["Yes.", " \n\n odd", "\n", "", "…", "🙂 ok", "a", "’s"])
def test_the_prompt_is_the_beginning_of_the_whole(speaker: Any, answer: str) -> None:
    whole = [*TALK[:2], {"role": "assistant", "content": answer}]
    prompt = speaker.apply_chat_template(TALK[:2], add_generation_prompt=True)["input_ids"]
    ids = speaker.apply_chat_template(whole)["input_ids"]
    assert ids[: len(prompt)] == prompt
    assert speaker.decode(ids[len(prompt) :]) == f"{answer}{speaker.eos_token}"
    text = speaker.apply_chat_template(TALK[:2], add_generation_prompt=True, tokenize=False)
    assert speaker(text)["input_ids"] == prompt


def test_a_role_that_nobody_knows_is_refused(speaker: Any) -> None:
    from jinja2 import TemplateError

    with pytest.raises(TemplateError, match="no role tool"):
        speaker.apply_chat_template([{"role": "tool", "content": "x"}])


def test_the_speaker_speaks_and_takes_adapters(made: dict[str, Path], speaker: Any) -> None:
    peft = pytest.importorskip("peft")
    model = transformers.AutoModelForCausalLM.from_pretrained(made["tiny-causal"])
    assert type(model).__name__ == "LlamaForCausalLM"
    assert model.config.max_position_embeddings == speaker.model_max_length == 1_024
    adapted = peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"]))
    prompt = speaker.apply_chat_template(
        TALK[:2], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    said = adapted.generate(**prompt, max_new_tokens=4, do_sample=False)
    n = prompt["input_ids"].shape[1]
    assert n < said.shape[1] <= n + 4
