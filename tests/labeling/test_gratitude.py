"""The thanks of a reply: families, traps, and texts made to hurt."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.labeling.lexicon import MAX_CHARS, gratitude, read, sentiment, uptake

# facts of the design: 38 probes with which every gratitude rule of this project is tried
THANKS = """Thank you so much! · thanks, that helps · Thx · tysm <3 · ty · I really appreciate this
· Much appreciated · This means a lot to me · I'm so grateful for you · you have helped me · this
was really helpful · I needed to hear this · I needed that. · bless you · EDIT: thanks everyone ·
You're amazing · that actually helped · Thank you all for the support · appreciate it man · wow
your comment helped me a lot · very grateful"""
NOT_THANKS = """No thanks. · thanks for nothing · Thank god it's over · Thanks to my mom I have
trauma · party at my house · I tried that, doesn't help · Can you help? · Any advice? Thanks in
advance · nobody appreciates me · That's not what I asked · I am not grateful · I hate this · It
doesn't help at all · thankfully I am fine · Happy Thanksgiving · that didn't help me · you are
not helpful"""


def probes(text: str) -> list[str]:
    return [" ".join(probe.split()) for probe in text.split("·")]


def test_there_are_38_probes() -> None:
    assert (len(probes(THANKS)), len(probes(NOT_THANKS))) == (21, 17)


@pytest.mark.parametrize("text", probes(THANKS))
def test_thanks_are_heard(text: str) -> None:
    assert gratitude(text)


@pytest.mark.parametrize("text", probes(NOT_THANKS))
def test_what_looks_like_thanks_is_not(text: str) -> None:
    assert gratitude(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "thanks, but no thanks", "thanks a lot for nothing", "thanks I'm cured", "lack of thanks",
        "I'd appreciate any ideas", "any tips would be appreciated", "my brother Ty said so",
        "they never even said thank you", "I should be grateful, they say", "please 🙏",
        "hope that helped", "nobody ever says thanks", "Thanks to the pandemic I sleep badly",
    ],
)  # fmt: skip
def test_more_traps(text: str) -> None:
    assert gratitude(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "can't thank you enough", "I don't know how to thank you", "Thanks to everyone here",
        "not only helpful, thank you", "aww ty", "🙏🙏", "thank you, no offense taken", "TYSM!!",
        "Thank you. No one else answered.", "thanks to you i slept",
    ],
)  # fmt: skip
def test_thanks_beside_a_negation_stay_thanks(text: str) -> None:
    assert gratitude(text)


def test_evidence_is_the_writers_own_words() -> None:
    assert gratitude("Oh — Thank  you! I’m so Grateful") == ("Thank  you", "I’m so Grateful")


@pytest.mark.parametrize(
    "text",
    ["I'll try that tonight", "ok makes sense", "that really helped", "I called them today",
     "gonna look into it", "I’m going to book an appointment", "I feel a lot calmer now"],
)  # fmt: skip
def test_uptake_is_heard(text: str) -> None:
    assert uptake(text)


@pytest.mark.parametrize(
    "text",
    ["Thank you so much!", "I tried that, doesn't help", "that didn't work for me",
     "I don't think I'll try that", "makes no sense", "if it helps, no", "nothing helped",
     "you will do fine", "I'll never call them", "hope that helps"],
)  # fmt: skip
def test_politeness_and_refusal_are_not_uptake(text: str) -> None:
    assert uptake(text) == ()


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    reading = read(text)
    assert -1 <= reading.sentiment.score <= 1
    assert all(word for word in reading.thanks)


HOSTILE = ("not " * 9, "thank " * 7, "i " * 20, "a" * 40, "ty " * 13, "your a " * 6, "n't " * 10,
           "if it " * 6, "\n ,\n", "no thanks to ", "very so really ", "🙏", "İ")  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_is_linear_in_hostile_text(piece: str) -> None:
    def seconds(n: int) -> float:
        text = (piece * n)[:n]
        start = time.perf_counter()
        for listen in (gratitude, uptake, sentiment):
            listen(text)
        return time.perf_counter() - start

    seconds(1000)
    assert seconds(MAX_CHARS) < 0.5  # a square or cubic pattern takes minutes here
    assert seconds(50 * MAX_CHARS) < 1.0  # the rest is not read
