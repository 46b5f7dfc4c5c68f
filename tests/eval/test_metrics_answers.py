"""Files of answers: what is withheld is counted, references meet prompts, a base is paired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.corpus.errors import InputError
from redditess.eval.answers import read_answers, read_references, references_of_build
from redditess.eval.generator import Options, generator
from redditess.training.answers.asked import of_build
from redditess.training.answers.conversations import tokens
from tests.training.made_release import make_release

POSTS = {
    "a": "I cannot sleep since the job ended.",
    "b": "My sister moved away and the flat is silent.",
    "c": "Exams next week, I panic at every exam.",
    "d": "I feel alone at work.",
}
SAID = {
    "a": "How long has your sleep been like this? Try a short walk before sleep.",
    "b": "I went through this when my brother left.",
    "c": "You could try box breathing before each exam.",
}
PLAIN = Options(embeddings=False)


def record(name: str, text: str | None, model: str = "dpo", withheld: str = "") -> dict[str, Any]:
    prompt = [{"role": "user", "content": POSTS[name]}]
    return {"id": name, "prompt": prompt, "text": text, "withheld": withheld, "model": model}


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf8")
    return path


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    rows = [record(name, text) for name, text in SAID.items()]
    return written(tmp_path / "answers.jsonl", [*rows, record("d", None, withheld="answer")])


def test_what_was_withheld_is_counted_and_never_scored(tmp_path: Path) -> None:
    shown = record("d", "call me at once", withheld="answer")  # from --show-withheld
    path = written(tmp_path / "a.jsonl", [record("a", SAID["a"]), shown, record("b", None)])
    found = read_answers(path)
    assert [row.text for row in found.scored] == [SAID["a"]]
    assert found.unscored == {"no_text": 1, "withheld_answer": 1} and found.n_records == 3


@pytest.mark.slow  # rouge_score imports nltk
def test_every_figure_says_what_makes_it_comparable(answers: Path, tmp_path: Path) -> None:
    held = written(
        tmp_path / "refs.jsonl",
        [{"id": "a", "references": ["Try a short walk.", "Be well."]},
         {"prompt": POSTS["b"], "reference": "I went through this, too."}],
    )  # fmt: skip
    found = generator(answers, Options(read_references(held), embeddings=False))
    assert (found["n_scored"], found["n_records"], found["n_with_reference"]) == (3, 4, 2)
    assert found["metrics"]["bleu"]["n"] == 2 and found["metrics"]["words"]["n"] == 3
    assert all(figure["how"] for figure in found["metrics"].values())
    assert found["metrics"]["proactivity"]["value"] == 1
    assert set(found["not_measured"]) == {"similarity", "perplexity", "relaxation"}
    assert found["strategies"]["distance_to_references"]["n_references"] == 3
    json.dumps(found, allow_nan=False)


def test_without_references_overlap_is_not_measured(answers: Path) -> None:
    found = generator(answers, PLAIN)
    assert found["not_measured"]["bleu"] == "no reference" and "bleu" not in found["metrics"]
    assert found["strategies"]["distance_to_references"] is None


def test_a_base_is_compared_on_the_prompts_that_both_answered(
    answers: Path, tmp_path: Path
) -> None:
    rows = [record("c", "Box breathing.", "base"), record("a", "Hm.", "base"),
            record("d", "Yes.", "base")]  # fmt: skip
    found = generator(answers, PLAIN, written(tmp_path / "base.jsonl", rows))["base"]
    assert found["model"] == "base" and found["n_common"] == 2
    # 16 and 9 words against 2 and 3, signs counted
    assert found["differences"]["words"]["value"] == pytest.approx((16 - 2 + 9 - 3) / 2)
    foreign = written(tmp_path / "other.jsonl", [record("d", "Yes.")])
    with pytest.raises(InputError, match="none of the same prompts"):
        generator(answers, PLAIN, foreign)


def test_two_answers_to_one_post_are_one_cluster(tmp_path: Path) -> None:
    rows = [record(name, text + more) for name, text in SAID.items() for more in ("", " Really.")]
    found = generator(written(tmp_path / "a.jsonl", rows), PLAIN)
    assert found["n_prompts"] == 3 and found["metrics"]["words"]["n_clusters"] == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no answer can be scored"),
        ("{nope\n", ":1: not JSON"),
        ("[1]\n", "no JSON object"),
        ('{"id": "a"}\n', "fields prompt and text"),
        ('{"prompt": 3, "text": "x"}\n', "neither a text nor messages"),
        ("[" * 100_000 + "\n", "not JSON"),
    ],
)
def test_what_is_no_answer_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(text, "utf8")
    with pytest.raises(InputError, match=said):
        read_answers(path)


def test_references_need_a_prompt_or_an_id(tmp_path: Path) -> None:
    for row, said in (({"reference": "x"}, "neither prompt nor id"), ({"id": 1}, "no reference")):
        with pytest.raises(InputError, match=said):
            read_references(written(tmp_path / "r.jsonl", [row]))


def test_a_line_separator_inside_a_text_is_no_new_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record("a", "one\u2028two"), ensure_ascii=False) + "\n", "utf8")
    assert read_answers(path).scored[0].text == "one\u2028two"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.mark.slow
def test_the_builds_own_answers_are_references(release: Path, tmp_path: Path) -> None:
    """What `generate --build` asks meets what people answered to it."""
    held = references_of_build(str(release), "test")
    asked = list(of_build(str(release), "test"))
    assert len(asked) == len(held.by_key) > 0
    rows = [
        {"id": one.id, "prompt": one.messages, "text": "Try a walk.", "model": "m"} for one in asked
    ]
    found = generator(written(tmp_path / "a.jsonl", rows), Options(held, embeddings=False))
    assert found["n_with_reference"] == len(asked)
    assert found["metrics"]["rougeL"]["n"] == len(asked)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_local_model_reads_the_answers(release: Path, answers: Path) -> None:
    """A tiny model with random weights: about as surprised as one that guesses."""
    torch = pytest.importorskip("torch")
    from redditess.training.answers.speaker import load_speaker
    from redditess.training.data.rows import open_source
    from redditess.training.models.tiny import tiny

    place = str(tiny("tiny-causal", open_source(str(release), allow_invented=True)))
    figures = generator(answers, Options(perplexity_model=place, embeddings=False))["metrics"]
    found = figures["perplexity_over_tokens"]
    speaker = load_speaker(place)
    total, n = 0.0, 0
    for name, text in SAID.items():
        prompt = [{"role": "user", "content": POSTS[name]}]
        pair = tokens(speaker.tokenizer, prompt, [{"role": "assistant", "content": text}])
        logits = speaker.model(torch.tensor([pair.ids])).logits[0, :-1].detach()
        said = torch.log_softmax(logits, -1)[range(len(pair.ids) - 1), pair.ids[1:]]
        total, n = total + float(said[pair.n_prompt - 1 :].sum()), n + len(pair.ids) - pair.n_prompt
    assert found["value"] == pytest.approx(np.exp(-total / n), rel=1e-4) and found["n"] == 3
    assert 0.3 < found["value"] / speaker.model.config.vocab_size < 3
