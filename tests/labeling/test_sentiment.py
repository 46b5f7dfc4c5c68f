"""How a reply sounds: order, negation, distress, and a list without contradictions."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.labeling.lexicon import gratitude, read, sentiment
from redditess.labeling.polarity import Polarity


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ("not helpful", "helpful"),
        ("helpful", "really helpful"),
        ("kinda helpful", "helpful"),
        ("great, but useless", "useless, but great"),
        ("this is terrible", "this is bad"),
        ("bad", "not bad"),
        ("you are stupid", "I am sad"),
        ("👎", "👍"),
        ("I said so", "I said so ❤️"),
        ("fuck off", "fucking great"),
    ],
)
def test_order_of_two_texts(lower: str, higher: str) -> None:
    assert sentiment(lower).score < sentiment(higher).score


def test_distress_is_not_rejection() -> None:
    """The cut-off of a vote is 0.2 after halving; this many words of distress do not reach it."""
    text = "I have been so anxious and depressed"
    assert -0.4 < sentiment(text).score < 0


def test_scorn_sounds_bad_and_decoys_sound_like_nothing() -> None:
    for scorn in ("Thanks for nothing.", "No thanks.", "Wow, thanks, I'm cured"):
        assert read(scorn).sentiment.score < -0.5, scorn
    for decoy in ("Happy Thanksgiving!", "Thanks in advance", "thank god", "hope that helps"):
        assert read(decoy).sentiment.score == 0, decoy


@pytest.mark.parametrize("text", ["ty", "I needed to hear this", "means the world", "Ta, mate"])
def test_thanks_without_a_word_of_polarity_sound_good(text: str) -> None:
    assert read(text).reaction.score > 0.5


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("I feel awful and worthless.", False),
        ("I feel awful and worthless. Your comment is useless.", True),
        ("You make me feel awful.", True),
        ("That was a horrible thing to say.", True),
        ("My life is garbage but I love this", False),
    ],
)
def test_what_op_says_of_their_own_life_is_no_reaction(text: str, heard: bool) -> None:
    assert bool(read(text).reaction.negative) == heard
    assert read(text).sentiment.negative


def test_negation_ends_with_the_sentence() -> None:
    assert sentiment("No. Great idea").score > 0 > sentiment("not a great idea").score


def test_words_behind_the_score_are_named() -> None:
    assert sentiment("Great idea, not helpful").positive == ("great", "idea")
    assert sentiment("Great idea, not helpful").negative == ("helpful",)


def test_no_word_has_two_valences(repository: Path) -> None:
    table = tomllib.loads((repository / "labeling/lexicons/sentiment.toml").read_text("utf8"))
    words = [w for group in table["valence"].values() for w in group["words"].split()]
    assert sorted({w for w in words if words.count(w) > 1}) == []
    assert len(words) > 400
    signs = "".join(table["emoji"].values())
    assert len(set(signs)) == len(signs)


def _goemotions(folder: Path) -> tuple[list[tuple[str, set[str]]], list[str]]:
    names = (folder / "goemotions/emotions.txt").read_text("utf8").split()
    rows = []
    for line in (folder / "goemotions/dev.tsv").read_text("utf8").splitlines():
        text, labels, _ = line.split("\t")
        rows.append((text, {names[int(i)] for i in labels.split(",")}))
    return rows, names


def test_gratitude_is_no_worse_than_one_line_of_regex(shared_data: Path) -> None:
    """On GoEmotions dev, which we measure on and learn nothing from: regex F1 0.898."""
    rows, _ = _goemotions(shared_data)
    pairs = [(bool(gratitude(text)), "gratitude" in labels) for text, labels in rows]
    hits = sum(ours and theirs for ours, theirs in pairs)
    f1 = 2 * hits / (sum(o for o, _ in pairs) + sum(t for _, t in pairs))
    assert len(rows) == 5426
    assert f1 >= 0.89


LIST = resources.files("redditess.labeling") / "lexicons" / "sentiment.toml"
SOUNDS = Polarity(tomllib.loads(LIST.read_text("utf8")))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("abthe'. \n!?;0A|_-,\x1c\x00"), max_size=40) | st.text(max_size=20))
def test_tokens_are_those_of_one_regular_expression(text: str) -> None:
    sounds = SOUNDS
    ends = [("." if token in ".!?\n;" else token) for token in sounds.token.findall(text)]
    assert [("." if token in ".!?\n;" else token) for token in sounds.tokens(text)] == ends
