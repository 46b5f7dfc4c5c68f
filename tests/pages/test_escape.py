"""What strangers wrote stays text, whatever it holds."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redditess.pages.escape import Html, join, tag, text


class Seen(HTMLParser):
    """The elements and the text that a browser would find."""

    def __init__(self, markup: str):
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.words = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text())
@example("<script>alert(1)</script>")
@example("</p><img src=x onerror=alert(1)>")
@example("&lt;b&gt; &#60;i>")
def test_no_text_makes_an_element(wild: str) -> None:
    assert set(Seen(tag("p", wild)).tags) <= {"p", "span"}
    assert Seen(text(wild)).tags.count("span") == text(wild).count('class="unseen"')


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"])))
def test_plain_words_arrive_as_they_are(words: str) -> None:
    assert Seen(text(words)).words == words


@pytest.mark.parametrize(
    "sign",
    ["\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\x00", "\x1b", "\U000e0041", "\ud800"],
)
def test_signs_that_reorder_or_hide_are_shown_by_their_number(sign: str) -> None:
    assert sign not in text(f"a{sign}b")
    assert f">U+{ord(sign):04X}<" in text(f"a{sign}b")
    assert sign not in tag("p", title=f"a{sign}b")


def test_joined_emoji_and_persian_joiners_stay() -> None:
    family = "\U0001f469\u200d\U0001f467 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    assert text(family) == family


def test_a_pile_of_marks_is_cut_and_accents_are_kept() -> None:
    assert len(text("Z" + "\u0335" * 500)) == 4
    assert text("e\u0301 a\u0302\u0301") == "e\u0301 a\u0302\u0301"


def test_attributes_cannot_be_left() -> None:
    made = tag(
        "a", "x", href='"><script>', class_=None, open=True, hidden=False, stroke_width=1.2345
    )
    assert made == '<a href="&quot;&gt;&lt;script&gt;" open stroke-width="1.23">x</a>'


def test_markup_is_not_escaped_twice() -> None:
    inner = tag("b", "1 < 2")
    assert tag("p", inner) == "<p><b>1 &lt; 2</b></p>"
    assert join(inner, None, "&") == "<b>1 &lt; 2</b>&amp;"
    assert isinstance(join(inner), Html)
