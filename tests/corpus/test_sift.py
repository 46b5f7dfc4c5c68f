"""All lines of a block are decoded at once or one by one, and mean the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps.prefilter import line_ends
from redditess.corpus.dumps.wire import LineParser


def comment(i: int = 0, **more: Any) -> bytes:
    fields = {
        "id": f"c{i}", "link_id": "t3_p", "parent_id": "t3_p", "author": "invented", "body": "b",
        "subreddit": "sample_sleep", "created_utc": 1_400_000_000 + i,
    }  # fmt: skip
    return json.dumps(fields | more).encode()


WHOLE = st.sampled_from(
    [
        comment(1), comment(2, subreddit="other"), comment(3, score="9"), comment(4, body="n\0"),
        comment(5, body="a \ud83d"), comment(6, link_id=None), comment(7, x=[{}, {}]),
        comment(8).replace(b'"b"', b'"\xff"'), comment(9, x=1).replace(b"1}", b'"\xff"}'),
    ]
)  # fmt: skip
ODD = st.sampled_from(
    [
        b"", b" ", b"\r", b"junk", b"[]", b"{}", b"{", b"}", comment(1) + b" ", b" " + comment(2),
        comment(3) + comment(4), comment(5) + b"\r", comment(6)[:-20], comment(7) + b",",
        b'{"x":', b'1}', b'{"x":[{}', b'{}]}', b'{"body":"', b'{"}', b"\xff", b"[" * 5000,
        json.dumps({"title": "T", "id": "p"}).encode(),
    ]
)  # fmt: skip


def told(parser: LineParser, lines: list[Any]) -> tuple[Any, ...]:
    return lines, parser.damaged, parser.repaired


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.lists(WHOLE, max_size=12), st.lists(st.one_of(WHOLE, ODD), max_size=12)),
    st.booleans(),
)
def test_a_block_gives_what_its_lines_give(lines: list[bytes], some: bool) -> None:
    wanted = frozenset(["sample_sleep"] if some else [])
    data = memoryview(b"".join(line + b"\n" for line in lines))
    block, single = LineParser("comments", wanted), LineParser("comments", wanted)
    found = list(block.lines(data, line_ends(data), 70))
    alone = [single(line, i) for i, line in enumerate(lines, 71)]
    assert told(block, found) == told(single, alone)


@pytest.mark.parametrize(
    "data",
    [
        comment(1) + comment(2) + b'\n{"x":\n1}\n',  # two in a line, and one in two: as many
        b'{"x":{}\n{}}\n',
        comment(1).replace(b'"b"', b'"}\n{"') + b"\n",
        b"\n" + comment(1) + comment(2) + b"\n",
    ],
)
def test_as_many_objects_as_lines_are_not_one_in_each(data: bytes) -> None:
    assert LineParser("comments")._at_once(data, line_ends(data)) is None


def test_a_usual_block_is_decoded_at_once() -> None:
    data = b"".join(comment(i) + b"\n" for i in range(20))
    whole = LineParser("comments")._at_once(memoryview(data), line_ends(data))
    assert whole is not None and len(whole) == 20
    rows = list(LineParser("comments").lines(data, line_ends(data), 5))
    assert [row.line for row in rows if not isinstance(row, str)] == list(range(6, 26))
