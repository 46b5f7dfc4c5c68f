"""A block parsed at once says what its lines say one by one, or leaves them to that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps import whole
from redditess.corpus.dumps.prefilter import line_ends
from redditess.corpus.dumps.whole import by_column, columns_of
from redditess.corpus.dumps.wire import LineParser
from tests.corpus import invented_lines as lines
from tests.corpus.invented_lines import POST

COMMENT = lines.COMMENT | {"retrieved_on": 1_500_000_000}
MISSING = object()
TIMES = st.sampled_from([1_600_000_000, "1400000000", 1.4e9, 12, "x", None, True, MISSING])
IDS = st.sampled_from(
    ["abc", "t1_abc", "t3_abc", "ABC", "", "t1_", "a" * 14, 77, -1, None, MISSING]
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "author": st.sampled_from(["[deleted]", "[removed]", "", None, 5, MISSING]),
    "body": st.text(max_size=9)
    | st.sampled_from(
        ["[removed]", " [Deleted] ", "a &amp; b", "&#x200B;", "nul \0", None, MISSING]
    ),
    "created_utc": TIMES,
    "retrieved_on": TIMES,
    "retrieved_utc": TIMES,
    "updated_on": TIMES,
    "id": IDS,
    "name": IDS,
    "link_id": IDS,
    "parent_id": IDS,
    "edited": st.sampled_from([True, 1_400_000_600, "1400000600", 0, 0.0, "false", None, MISSING]),
    "score": st.sampled_from([-7, 2**63 - 1, 2**63, -(2**63), 1.5, "3", None, True, MISSING]),
    "score_hidden": st.sampled_from([True, False, None, 1]),
    "subreddit": st.sampled_from(["", "sample_anxiety", "other", None, MISSING]),
    "stickied": st.sampled_from([True, None, "x"]),
    "distinguished": st.sampled_from(["moderator", "", None]),
    "is_submitter": st.sampled_from([True, False, None]),
    "removed_by_category": st.sampled_from(["deleted", "moderator", "", None]),
    "_meta": st.sampled_from([None, {}, {"is_edited": True}, {"was_deleted_later": True}, 3]),
    "title": st.sampled_from(["a post", None]),
    "redditess_invented": st.booleans(),
}
CHANGES = st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none(), max_size=2).flatmap(
    lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in names})
)


def line(base: dict[str, Any], changes: dict[str, Any]) -> bytes:
    fields = {k: v for k, v in (base | changes).items() if v is not MISSING}
    return json.dumps(fields).encode() + b"\n"


def one_by_one(kind: str, data: bytes, wanted: frozenset[str]) -> whole.Columns | None:
    """None where a line gives no row, or one with a repair: those must be counted."""
    parse = LineParser(kind, wanted)
    rows = [parse(raw, number) for number, raw in enumerate(data.split(b"\n")[:-1], 8)]
    if parse.repaired or parse.damaged or any(isinstance(row, str) for row in rows):
        return None
    return by_column([row for row in rows if not isinstance(row, str)])


def at_once(
    data: bytes, kind: str = "comments", wanted: frozenset[str] = frozenset()
) -> whole.Columns | None:
    return columns_of(kind, data, line_ends(data), 7, wanted)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([("comments", COMMENT), ("submissions", POST)]),
    st.lists(CHANGES, min_size=1, max_size=4),
    st.sampled_from([frozenset(), frozenset({"sample_anxiety"})]),
)
def test_a_block_at_once_is_its_lines_one_by_one(
    of: tuple[str, dict[str, Any]], changes: list[dict[str, Any]], wanted: frozenset[str]
) -> None:
    kind, base = of
    data = b"".join(line(base, change) for change in changes)
    found = at_once(data, kind, wanted)
    if found is not None:
        assert repr(found) == repr(one_by_one(kind, data, wanted))  # 1 is not True


@pytest.mark.parametrize(
    "change",
    [
        {}, {"edited": 1_400_000_600}, {"author": None}, {"body": "[removed]"}, {"score": None},
        {"_meta": {"is_edited": True}}, {"body": "a &gt; b"}, {"created_utc": "1400000000"},
        {"created_utc": 1_700_000_000}, {"updated_on": 1_600_000_000}, {"retrieved_on": MISSING},
        {"parent_id": None}, {"parent_id": 45568804275},
    ],
)  # fmt: skip
def test_what_is_common_is_parsed_at_once(change: dict[str, Any]) -> None:
    data = line(COMMENT, {}) + line(COMMENT, change)
    assert (found := at_once(data)) is not None
    assert found == one_by_one("comments", data, frozenset())


@pytest.mark.parametrize(
    "data",
    [
        line(COMMENT, {})[:-1] + line(COMMENT, {}) + b"\n",  # two in a line, and a blank line
        b"\n" + line(COMMENT, {}),
        line(COMMENT, {}).replace(b", ", b",\n", 1),
        line(COMMENT, {}) + b"{}\n",
        line(COMMENT, {}) + b'{"id": "ab\n',
        line(COMMENT, {}) + line(COMMENT, {}).replace(b"hear", b"he\xffr"),
        line(COMMENT, {}) + line(POST, {}),
        line(COMMENT, {"subreddit": "other"}),
        line(COMMENT, {}) + line(COMMENT, {"body": "nul \0 in a text that is not short"}),
        line(COMMENT, {}) + line(COMMENT, {"score": 2**63}),
        line(COMMENT, {}) + line(COMMENT, {"parent_id": "t5_abc"}),
        line(COMMENT, {}) + line(COMMENT, {"parent_id": "t1_ABC"}),
        line(COMMENT, {}) + line(COMMENT, {"link_id": "t3_a|t3_b"}),
        b"[]\n",
        b"",
    ],
)
def test_what_needs_a_closer_look_is_left_to_that(data: bytes) -> None:
    assert at_once(data, wanted=frozenset({"sample_anxiety"})) is None


def test_no_kind_is_no_block() -> None:
    assert at_once(line(COMMENT, {}), kind="") is None


def test_lines_that_are_usual_are_not_made_into_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    row_of = whole.row_of
    monkeypatch.setattr(whole, "row_of", lambda o, n: (made.append(n), row_of(o, n))[1])
    data = line(COMMENT, {}) * 5 + line(COMMENT, {"edited": True}) + line(COMMENT, {"author": ""})
    assert at_once(data) is not None
    assert made == [13]  # the sixth line after seven


@pytest.mark.parametrize("name", ["RC", "RS"])
def test_real_lines_at_once_are_as_one_by_one(shared_data: Path, name: str) -> None:
    kind = "comments" if name == "RC" else "submissions"
    files = [*shared_data.glob(f"*/{name}_*.ndjson"), *shared_data.glob(f"*/*_{kind}.ndjson")]
    assert files
    for path in files:
        data = path.read_bytes().rstrip(b"\n") + b"\n"
        for raw in data.splitlines(keepends=True):
            found = at_once(raw, kind)
            assert found is None or found == one_by_one(kind, raw, frozenset()), raw
        assert (found := at_once(data, kind)) is None or len(found[0]) == data.count(b"\n")
