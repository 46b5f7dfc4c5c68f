"""What was added later or only quoted leaves a text, ordinary words stay, at any length."""

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.corpus.feedback import FEEDBACK, cut_feedback
from redditess.corpus.segments import (
    Split,
    added_text,
    cut_feedback_column,
    cut_quotes,
    cut_quotes_column,
    split_edits,
    split_edits_column,
)

MARKED = [
    "EDIT: {}", "Edit: {}", "edit: {}", "EDIT {}", "Edit 2: {}", "edit2: {}", "Edit #3 - {}",
    "Edit - {}", "Edit– {}", "*edit* {}", "*Edit:* {}", "**Edit:** {}", "**EDIT** {}", "[edit] {}",
    "[EDIT]: {}", "(edit: {})", "_Edit_: {}", "~~Edit~~ {}", "--EDIT-- {}", "# Edit\n{}",
    "EDIT\n{}", "ETA: {}", "ETA - {}", "UPDATE: {}", "Update: {}", "**UPDATE 3**\n{}",
    "update #2: {}", "Edited: {}", "Edited to add: {}", "Final edit: {}", "Second EDIT: {}",
    "Edit (12/3): {}", "Edit/Update: {}", "edit thanks everyone, {}", "^(edit: {})",
    "&gt; EDIT: {}", "* Edit: {}", "Edit;{}", "EDIT>> {}", "Edit again: {}", "Edit: Edit: {}",
]  # fmt: skip
ORDINARY = [
    "I need to edit my essay", "the video edit: it went well",
    "he works in video edit. Then he left", "My ETA is five", "Update your phone and rest",
    "she updates me daily", "I can't edit: it is locked", "Please update me.",
    "the software update: it failed", "I do edits, and updates", "I had to edit. Bad",
    "Update: I left him.", "her eta was late", "I like to\nedit my photos", "meditation: it helps",
    "beta: x", "credit: me", "the edition: second", "I never\nedited it well enough",
    "expedited: yes",
]  # fmt: skip


@pytest.mark.parametrize("mark", MARKED)
def test_a_mark_on_its_own_line_begins_an_edit(mark):
    split = split_edits("I feel low tonight.\n\n" + mark.format("you were right about tea"))
    assert split.kept == "I feel low tonight."
    assert split.added is not None
    assert split.added.rstrip(")").endswith("you were right about tea")


INLINE = [
    "Edit: {}", "EDIT: {}", "Edit 2: {}", "**Edit:** {}", "(edit: {})", "ETA: {}", "Update: {}",
    "EDIT thanks all, {}",
]  # fmt: skip


@pytest.mark.parametrize("mark", INLINE)
def test_a_mark_after_a_sentence_begins_an_edit(mark):
    split = split_edits("I feel low tonight. " + mark.format("tea it is"))
    assert split.kept == "I feel low tonight."
    assert split.added is not None


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_uses_of_the_words_stay(text):
    assert split_edits(text) == Split(text, None)


def test_a_mark_without_a_full_stop_before_it_counts_with_its_colon():
    assert split_edits("i feel so low edit: thanks guys") == Split("i feel so low", "thanks guys")


def test_an_edit_in_brackets_ends_with_them():
    assert split_edits("I feel (edit: felt) low today") == Split("I feel  low today", "felt")


def test_an_edit_at_the_top_is_its_paragraph():
    split = split_edits("EDIT: thank you all!\n\nEdit 2: wow\n\nI feel low.")
    assert split == Split("I feel low.", "thank you all!\nwow")


def test_several_edits_are_read_in_order_without_their_marks():
    assert split_edits("Low.\n\nEdit: a b\n\nEdit 2: c d") == Split("Low.", "a b\nc d")


def test_a_rule_above_the_edit_goes_with_it_and_closing_stars_stay():
    assert split_edits("**Low**\n\n---\n\nEDIT: x").kept == "**Low**"


def test_quoted_lines_go_and_spoilers_stay():
    assert cut_quotes("> a\n&gt; b\n  > c\nyes\n>!secret!<\n4 > 3") == "yes\n>!secret!<\n4 > 3"


def test_the_difference_is_what_the_new_text_adds():
    assert added_text("A b. C d.", "A b. X y! C d.") == "X y!"
    assert added_text("A b.", "A b.") is None
    assert added_text("A. A.", "A. A. A.") == "A."


LEAKS = [
    "Thanks everyone!", "thanks everyone, reading all replies", "Thank you all so much.",
    "Thank you so much for the kind words.", "I didn't expect so many responses.",
    "Wow, this blew up.", "I'm reading every comment.", "You guys are amazing.", "RIP my inbox.",
    "thx for all the advice", "I appreciate every single one of you.", "So many replies already!",
    "This means a lot to me, all of you.", "As many of you said, I should rest.",
    "Will respond to everyone's messages.", "thanks, reddit",
    "Thanks heaps everyone.", "You lot are legends.", "Wow, so many kind answers, thank you.",
    "Thanks heaps everyone.", "You lot are legends.", "Wow, so many kind answers, thank you.",
]  # fmt: skip
HARMLESS = [
    "Thanks in advance everyone.", "Thanks to all the stress I can't sleep.",
    "It blew up in my face.", "Thank you for reading.", "Thanks for any advice.",
    "My boss never replies to all mails.", "I thank god that I am fine.",
    "Everyone at work is fine.", "I read all night.", "How do I support him?",
]  # fmt: skip


@pytest.mark.parametrize("sentence", LEAKS)
def test_sentences_to_readers_are_cut_and_counted(sentence):
    kept, n = cut_feedback(f"I can not sleep. {sentence}\nWhat now?")
    assert n >= 1
    assert kept.split() == ["I", "can", "not", "sleep.", "What", "now?"]


@pytest.mark.parametrize("sentence", HARMLESS)
def test_requests_and_stories_stay(sentence):
    text = f"I can not sleep. {sentence} What now?"
    assert cut_feedback(text) == (text, 0)


WORDS = st.sampled_from(
    ["edit", "EDIT:", "Edit 2:", "\n", "\n\n", "update:", "I feel low. ", "(edit: ", ")", "> ",
     "ETA", " ", "thanks everyone! ", "**", "**Edit**", "&gt;", "[edit]", "😢", "video edit",
     "e\u0301"]
)  # fmt: skip
WILD = st.lists(WORDS | st.text(max_size=8), max_size=15).map("".join)


def letters(text):
    return [c for c in text if c.isalnum()]


@given(WILD)
def test_no_cut_invents_or_reorders_text(text):
    split = split_edits(text)
    rest = iter(letters(text))
    assert all(c in rest for c in letters(split.kept))
    if split.added is None:
        assert split.kept == text
    for kept in (cut_feedback(text).kept, cut_quotes(text)):
        rest = iter(letters(text))
        assert all(c in rest for c in letters(kept))


@given(st.lists(WILD, max_size=6))
def test_a_column_says_what_its_texts_say(texts):
    column = pa.array(texts, pa.string())
    kept, added = split_edits_column(column)
    assert [*zip(kept.to_pylist(), added.to_pylist(), strict=True)] == [
        split_edits(t) for t in texts
    ]
    everywhere = pa.array([True] * len(texts), pa.bool_())
    kept, n = cut_feedback_column(column, everywhere)
    assert [*zip(kept.to_pylist(), n.to_pylist(), strict=True)] == [cut_feedback(t) for t in texts]
    nowhere = pa.array([False] * len(texts), pa.bool_())
    assert cut_feedback_column(column, nowhere)[0].equals(column)
    assert cut_quotes_column(column).to_pylist() == [
        cut_quotes(t) if ">" in t or "&gt;" in t else t for t in texts
    ]


HOSTILE = [
    "edit ", "edit: ", "\n", "\nupdate ", "> ", "(", "thank you so very ", "thanks ", "wow ",
    "\n \n", "edit(", "[edit", "all the ", "i appreciate ", ". edit", "*", "read all the ",
    "> a\n", "😢 edit: ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_linear_time(piece):
    text = piece * (100_000 // len(piece))
    start = time.process_time()
    split_edits(text)
    cut_feedback(text)
    cut_quotes(text)
    added_text(text, text)
    assert time.process_time() - start < 2  # 0.2 s; a quadratic rule needs minutes


def test_the_pattern_reads_alike_in_re2_and_python():
    column = pa.array(LEAKS + HARMLESS)
    found = pa.compute.match_substring_regex(column, FEEDBACK).to_pylist()
    assert found[: len(LEAKS)] == [True] * len(LEAKS)
