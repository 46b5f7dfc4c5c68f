"""A line that names a wanted subreddit is never missed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps.prefilter import MANY, Prefilter, line_ends

FEW = Prefilter(["Sample_Anxiety", "sample_sleep"])
LOTS = Prefilter(["Sample_Anxiety", "sample_sleep", *(f"other_{i}" for i in range(MANY))])


def picked(prefilter: Prefilter, *lines: bytes) -> list[int]:
    data = b"".join(line + b"\n" for line in lines)
    return prefilter.lines(data, line_ends(data)).tolist()


@pytest.mark.parametrize("prefilter", [FEW, LOTS])
@pytest.mark.parametrize(
    "line",
    [
        b'{"subreddit":"sample_anxiety"}',
        b'{"subreddit": "sample_anxiety"}',
        b'{"subreddit" : "SAMPLE_anxiety", "a": 1}',
        b'{"a": "\xff", "subreddit":\t"Sample_Sleep"}\r',
        b'{"subreddit": "s\\u0061mple_anxiety"}',
        b'{"crosspost_parent_list": [{"subreddit": "sample_sleep"}], "subreddit": "x"}',
        b'{"subreddit": "x", "subreddit": "sample_sleep"}',
    ],
)
def test_every_spelling_of_a_wanted_name_is_a_candidate(prefilter: Prefilter, line: bytes) -> None:
    other = b'{"subreddit": "other", "body": "sample_sleep"}'
    assert picked(prefilter, other, line, other, line) == [1, 3]
    assert prefilter.matches(line)


@pytest.mark.parametrize("prefilter", [FEW, LOTS])
@pytest.mark.parametrize(
    "line",
    [
        b'{"subreddit": "sample_anxiety2"}',
        b'{"subreddit": "xsample_anxiety"}',
        b'{"subreddit_id": "sample_anxiety"}',
        b'{"body": "\\"subreddit\\": \\"sample_anxiety\\""}',
        b'{"subreddit": "sample.sleep"}',
        b'{"subreddit": "x", "body": "a \\\\ b"}',
        b"",
    ],
)
def test_another_name_is_no_candidate(prefilter: Prefilter, line: bytes) -> None:
    assert picked(prefilter, line) == []
    assert not prefilter.matches(line)


def test_a_name_is_no_pattern() -> None:
    assert picked(Prefilter(["a.c"]), b'{"subreddit": "abc"}', b'{"subreddit": "a.c"}') == [1]


def test_a_line_counts_once_however_often_it_names_it() -> None:
    assert picked(FEW, b'{"x": {"subreddit": "sample_sleep"}, "subreddit": "sample_sleep"}') == [0]


def test_a_prefilter_without_names_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one name"):
        Prefilter([])


def test_only_newlines_end_lines() -> None:
    assert line_ends("a\u2028b\x85c\rd\n\n".encode()).tolist() == [10, 11]
    assert line_ends(b"").tolist() == []


NAMES = ["sample_sleep", "Sample_Anxiety", "SAMPLE_SLEEP", "other", "u_someone", "sample"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.text(max_size=20), st.booleans())))
def test_it_agrees_with_a_parser(lines: list[tuple[str, str, bool]]) -> None:
    raw = [
        json.dumps(
            {"body": body, "subreddit": name}, separators=(",", ":") if tight else (", ", ": ")
        ).encode()
        for name, body, tight in lines
    ]
    wanted = [i for i, (name, _, _) in enumerate(lines) if name.lower().startswith("sample_")]
    assert picked(FEW, *raw) == picked(LOTS, *raw) == wanted
