"""A batch read through RE2 supersets says word for word what each text says alone."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redditess.labeling import lexicon
from redditess.labeling.phrases import Phrases, plain
from redditess.labeling.supersets import first_places, strings, superset

LISTS = ("gratitude", "uptake", "rejects")
KINDS = ("scorn", "decoys", "families", "negated")
WILD = [
    "🙏", "please 🙏", "é", "ß", "İ", "’", "'", "|", "\n", "\t", "\u2028", "\xa0", "\x1c", "\x85",
    "\0", "\ud800", "日本", "_", "9", "TY", "ta", "Thanks", "no,", "...", "?", ":", ")", "n't", "ſ",
    "\u212a", "\u200b", "but", "very", "not", "great", "stupid", "I'm", "you're", "a" * 40,
]  # fmt: skip


@cache
def phrases(name: str) -> Phrases:
    file = resources.files("redditess.labeling") / "lexicons" / f"{name}.toml"
    return Phrases(tomllib.loads(file.read_text("utf8")))


@cache
def sentences() -> st.SearchStrategy[str]:
    """Texts of pieces that the patterns match, of pieces they almost match, and of rubbish."""
    kinds = [getattr(phrases(n), k) for n in LISTS for k in KINDS]
    hits = [st.from_regex(kind.regex, fullmatch=True) for kind in kinds if kind.superset]
    broken = st.one_of(hits).map(lambda hit: hit[1:])
    pieces = st.one_of(st.one_of(hits), st.sampled_from(WILD), broken, st.characters())
    return st.tuples(st.sampled_from([" ", "", ", ", "\n"]), st.lists(pieces, max_size=6)).map(
        lambda parts: parts[0].join(parts[1])
    )


SLOW_START = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip


@pytest.mark.slow
@SLOW_START
@given(st.data())
def test_a_batch_hears_what_each_text_alone_says(data: st.DataObject) -> None:
    texts = data.draw(st.lists(sentences(), max_size=8))
    readings, planned = lexicon.read_all(texts)
    assert readings == [lexicon.read(text) for text in texts]
    assert planned == [lexicon.uptake(text) for text in texts]
    assert lexicon.rejects_all(texts) == [lexicon.rejects(text) for text in texts]


@pytest.mark.slow
@SLOW_START
@given(st.data())
def test_a_superset_finds_a_place_before_every_match(data: st.DataObject) -> None:
    text = plain(data.draw(sentences()))
    for kind in (getattr(phrases(n), k) for n in LISTS for k in KINDS):
        match = kind.regex.search(text)
        [place] = kind.first_places([text], strings([text]))
        if match:
            assert 0 <= place <= match.start()


def test_probes_are_heard_in_a_batch_as_alone() -> None:
    texts = [
        "Thank you so much! That actually helped", "thanks for nothing", "Happy Thanksgiving",
        "É, merci. Ta!", "No thanks. 🙏", "I’ll try that, didn't help me before", "",
        "\ud800 thanks", "ééééé thank you", "nothing here",
        "I already tried that, thanks in advance but it doesn't help",
    ]  # fmt: skip
    readings, planned = lexicon.read_all(texts)
    assert readings == [lexicon.read(text) for text in texts]
    assert planned == [lexicon.uptake(text) for text in texts]
    assert lexicon.rejects_all(texts) == [lexicon.rejects(text) for text in texts]
    assert sum(bool(r.thanks) for r in readings) == 5


def test_bare_words_are_those_of_the_whole_text() -> None:
    texts = ["Thanks for nothing.", "ty", "great, no thanks", "I feel awful. Thank you"]
    readings, _ = lexicon.read_all(texts)
    assert [r.bare for r in readings] == [lexicon.sentiment(text).score for text in texts]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_without_any_phrase_is_left_out_of_the_search(name: str, kind: str) -> None:
    texts = ["the nights are long and my head will hum when work starts"]
    assert getattr(phrases(name), kind).first_places(texts, strings(texts)) == [-1]


@pytest.mark.parametrize("pattern", ["a.b", "[^a]", "a*", r"\d", r"(a)\1"])
def test_notation_without_a_superset_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no superset"):
        superset(pattern)


def test_look_arounds_widen_and_never_narrow() -> None:
    for pattern, text in (
        ("(?<!please )help", "please help"), ("a(?=b)c", "ac"), ("ty(?=[.]|$)", "so ty"),
        ("(?:(?<=[.])|^)ok", "yes.ok"), ("no (?!one\\b)thing", "no thing"),
        ("\\w{1,3}n't", "éééén't"),
    ):  # fmt: skip
        assert first_places(strings([text]), superset(pattern)).tolist() != [-1]
    assert re.search("ty(?=[.]|$)", "ty x") is None
    assert first_places(strings(["ty x"]), superset("ty(?=[.]|$)")).tolist() == [-1]
