"""Every drift of docs/dumps.md: what the line says in, what the row says out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps.wire import LineParser, kind_of, parse_line
from redditess.corpus.records import Comment, Submission
from tests.corpus.invented_lines import COMMENT, POST

Y2005, Y2010, Y2014, Y2024 = 1_130_000_000, 1_280_000_000, 1_400_000_000, 1_710_000_000


def line(base: dict[str, Any], **changes: Any) -> bytes:
    """`base` with changes as one JSON line; a value of `...` takes the key away."""
    fields = {key.replace("meta", "_meta"): value for key, value in changes.items()}
    return json.dumps({k: v for k, v in (base | fields).items() if v is not ...}).encode()


def comment(**changes: Any) -> Comment:
    row = parse_line(line(COMMENT, **changes))
    assert isinstance(row, Comment), row
    return row


def post(**changes: Any) -> Submission:
    row = parse_line(line(POST, **changes))
    assert isinstance(row, Submission), row
    return row


def both_ways(base: dict[str, Any], **changes: Any) -> tuple[Any, Any]:
    """The same line by the fast parser and by the patient one."""
    fast = LineParser("comments" if base is COMMENT else "submissions")
    return fast(line(base, **changes)), parse_line(line(base, **changes))


def test_a_plain_comment_comes_through_as_it_is() -> None:
    assert comment() == Comment(
        "t1_abc12", "t3_9xyz", "t1_abc11", "Sample_Anxiety", "invented_one", "I hear you.",
        Y2014, None, 3, "unedited", None, "none", None, False, None, False, 0,
    )  # fmt: skip


def test_a_plain_post_comes_through_as_it_is() -> None:
    assert post() == Submission(
        "t3_9xyz", "sample_anxiety", "invented_two", "Hard week", "It has been hard.", Y2014,
        None, 3, "unedited", None, "none", True, False, False, False, False, None, None, False, 0,
    )  # fmt: skip


@pytest.mark.parametrize("utc", [Y2014, str(Y2014), float(Y2014), f"{Y2014}.0", Y2014 + 0.9])
def test_times_come_as_numbers_and_strings(utc: Any) -> None:
    assert comment(created_utc=utc).created_utc == Y2014
    assert post(created_utc=utc).created_utc == Y2014


@pytest.mark.parametrize("utc", [0, -5, 10**30, 1e300, "soon", "nan", 99_999_999_999, True, []])
def test_a_time_outside_reddit_drops_the_line(utc: Any) -> None:
    usable = isinstance(utc, str) or utc in (0, -5, 99_999_999_999)
    expected = "bad_created_utc" if usable else "missing_created_utc"
    for base in (COMMENT, POST):
        assert set(both_ways(base, created_utc=utc)) == {expected}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (False, ("unedited", None)),
        (True, ("yes", None)),
        (Y2014 + 60, ("at", Y2014 + 60)),
        (Y2014 + 60.0, ("at", Y2014 + 60)),
        (str(Y2014 + 60), ("at", Y2014 + 60)),
        (1, ("yes", None)),  # not a time
        (0, ("unedited", None)),
        ("false", ("unedited", None)),
        (None, ("unknown", None)),
        (..., ("unknown", None)),
    ],
)
def test_edited_is_a_flag_or_a_time(value: Any, expected: tuple[str, int | None]) -> None:
    assert comment(edited=value)[9:11] == expected
    row = post(edited=value)
    assert (row.edited, row.edited_utc) == expected


def test_a_false_edit_flag_says_nothing_where_its_era_never_set_it() -> None:
    assert post(created_utc=Y2010).edited == "unknown"
    assert comment(created_utc=Y2010).edited == "unedited"
    for make in (comment, post):
        assert make(created_utc=Y2024).edited == "unknown"
        assert make(created_utc=Y2024, meta={"is_edited": True}).edited == "yes"
        assert make(created_utc=Y2024, meta={"is_edited": False}).edited == "unedited"
        assert make(created_utc=Y2024, edited=Y2024 + 5).edited_utc == Y2024 + 5


@pytest.mark.parametrize(
    ("parent", "expected"),
    [
        ("t1_kxmhmer", "t1_kxmhmer"),
        ("t3_9xyz", "t3_9xyz"),
        ("kxmhmer", "t1_kxmhmer"),
        ("9xyz", "t3_9xyz"),
        (45568804275, "t1_kxmhmer"),  # docs/dumps.md: the base-36 value
        (None, "t3_9xyz"),
    ],
)
def test_parents_come_in_four_shapes(parent: Any, expected: str) -> None:
    assert comment(parent_id=parent).parent_id == expected


def test_ids_come_with_and_without_prefix() -> None:
    assert comment(id="t1_abc12").id == "t1_abc12"
    assert comment(id=..., name="t1_abc12").id == "t1_abc12"
    assert comment(link_id="9xyz").thread_id == "t3_9xyz"
    assert post(id="t3_9xyz").id == post(id=..., name="t3_9xyz").id == "t3_9xyz"
    assert comment(id="0").id == "t1_0"


@pytest.mark.parametrize("bad", ["", "t3_abc", "a b", "ABC", "é", "abc_1", "1" * 14, "t1_", "a\n"])
def test_a_bad_id_drops_the_line(bad: str) -> None:
    expected = "missing_id" if bad == "" else "bad_id"
    assert set(both_ways(COMMENT, id=bad)) == {expected}
    assert parse_line(line(COMMENT, parent_id=0)) == "bad_id"
    assert parse_line(line(COMMENT, link_id="t1_abc")) == "bad_id"


@pytest.mark.parametrize(
    ("base", "field"),
    [(COMMENT, f) for f in ("id", "link_id", "parent_id", "subreddit", "created_utc")]
    + [(POST, f) for f in ("id", "subreddit", "created_utc")],
)
def test_a_required_field_that_is_missing_is_named(base: dict[str, Any], field: str) -> None:
    assert set(both_ways(base, **{field: ...})) == {f"missing_{field}"}


def test_what_is_not_required_may_be_missing() -> None:
    assert comment(score=..., author=..., edited=...)[4:9:4] == (None, None)
    assert post(selftext=..., author=..., score=..., is_self=...).selftext == ""
    assert post(selftext=None).selftext == ""


def test_a_score_that_is_hidden_or_null_is_not_known() -> None:
    assert comment(score=None).score is None
    assert comment(score_hidden=True).score is None
    assert comment(score_hidden=False).score == 3
    assert post(hide_score=True).score is None
    assert comment(score=-673_196).score == -673_196
    assert comment(score=2.0).score == 2


def test_a_number_outside_64_bits_is_repaired_and_counted() -> None:
    for score in ("1e400", "9223372036854775808", "9" * 5000, "-1e400", "NaN"):
        parser = LineParser("comments")
        row = parser(line(COMMENT, score=777).replace(b"777", score.encode()))
        assert isinstance(row, Comment) and row.score is None
        assert parser.repaired == {"number": 1} and not parser.damaged


def test_a_value_of_no_usable_type_is_repaired_and_counted() -> None:
    parser = LineParser("comments")
    row = parser(line(COMMENT, distinguished={"a": 1}, stickied="perhaps", meta="?"))
    assert isinstance(row, Comment) and row.distinguished is None
    assert parser.repaired == {"type": 1}


def test_the_latest_look_counts() -> None:
    looks = {"retrieved_on": Y2014 + 1, "retrieved_utc": Y2014 + 2, "updated_on": Y2014 + 9}
    assert comment(**looks, updated_utc=Y2014 + 4).retrieved_utc == Y2014 + 9
    assert post(retrieved_on=1, meta={"retrieved_2nd_on": Y2014 + 7}).retrieved_utc == Y2014 + 7
    assert post(updated_utc=str(Y2014 + 3)).retrieved_utc == Y2014 + 3
    assert post(retrieved_on=0).retrieved_utc is None


@pytest.mark.parametrize(
    ("changes", "text", "removal"),
    [
        ({}, "x y z", "none"),
        ({"author": "[deleted]"}, "x y z", "account"),
        ({"text": "[deleted]", "author": "[deleted]"}, "", "author"),
        ({"text": "[removed]"}, "", "moderator"),
        ({"text": " [ Removed by Reddit ]"}, "", "moderator"),
        ({"text": "[removed]", "removed_by_category": "deleted"}, "", "author"),
        ({"text": "[deleted]", "removed_by_category": "automod_filtered"}, "", "moderator"),
        ({"text": "[removed]", "meta": {"removal_type": "deleted"}}, "", "author"),
        ({"meta": {"was_deleted_later": True}}, "x y z", "later"),
        ({"meta": {"was_deleted_later": False}}, "x y z", "none"),
        ({"meta": {"removal_type": "moderator"}}, "x y z", "later"),
        ({"removed_by_category": "moderator", "author": "[deleted]"}, "x y z", "later"),
        ({"text": "The bot said [removed] again"}, "The bot said [removed] again", "none"),
    ],
)
def test_removal_says_who_and_whether_the_text_is_left(
    changes: dict[str, Any], text: str, removal: str
) -> None:
    words = changes.get("text", "x y z")
    rest = {key: value for key, value in changes.items() if key != "text"}
    c, p = comment(body=words, **rest), post(selftext=words, **rest)
    assert (c.body, c.removal) == (text, removal)
    assert (p.selftext, p.removal) == (text, removal)


def test_a_post_without_text_can_be_removed_too() -> None:
    assert post(selftext="", removed_by_category="moderator").removal == "moderator"
    assert post(selftext="", removed_by_category="deleted").removal == "author"
    assert post(selftext="", title="[deleted by user]").removal == "author"


def test_an_author_who_is_gone_is_none() -> None:
    for gone in ("[deleted]", "[removed]", "", None):
        assert comment(author=gone).author is None
        assert post(author=gone).author is None


def test_html_entities_are_undone_exactly_once() -> None:
    body = "&gt; a &lt;b&gt; R&amp;D &amp;gt; &amp;#x200B;|&#x200B; &quot; & &nbsp;"
    plain = "> a <b> R&D &gt; \u200b|\u200b &quot; & &nbsp;"
    assert comment(body=body).body == plain
    p = post(title=body, selftext=body, previous_selftext=body)
    assert (p.title, p.selftext, p.previous_selftext) == (plain, plain, plain)


def test_adverts_crossposts_and_the_rest_are_marked() -> None:
    assert post(promoted=True).promoted and post(is_created_from_ads_ui=True).promoted
    assert not post(promoted=None).promoted
    nested = [{"subreddit": "elsewhere", "title": "x"}]
    crossposted = post(crosspost_parent="t3_abc", crosspost_parent_list=nested)
    assert crossposted.crosspost and crossposted.subreddit == "sample_anxiety"
    assert post(subreddit="u_invented_two").subreddit == "u_invented_two"
    assert post(over_18=True, stickied=True, distinguished="moderator")[14:17] == (
        True, True, "moderator",
    )  # fmt: skip
    assert comment(is_submitter=True, redditess_invented=True)[12:16] == (True, False, None, True)


def test_lone_surrogates_become_the_replacement_character_and_pairs_stay() -> None:
    raw = rb'"body": "a \ud83d b \ud83d\ude00 c \ude00"'
    parser = LineParser("comments")
    row = parser(line(COMMENT).replace(b'"body": "I hear you."', raw), 4)
    assert isinstance(row, Comment) and row.body == "a \ufffd b \U0001f600 c \ufffd"
    assert parser.repaired == {"surrogate": 1} and not parser.damaged


@pytest.mark.parametrize("nul", [b"\\u0000", b"\x00"])
def test_nul_becomes_the_replacement_character(nul: bytes) -> None:
    parser = LineParser("comments")
    row = parser(line(COMMENT).replace(b"hear", b"he" + nul + b"ar"))
    assert isinstance(row, Comment) and row.body == "I he\ufffdar you."
    assert parser.repaired == {"nul": 1}


def test_invalid_utf8_is_repaired_counted_and_damage() -> None:
    parser = LineParser("comments")
    row = parser(line(COMMENT).replace(b"hear", b"h\xffear"), 7)
    assert isinstance(row, Comment) and row.body == "I h\ufffdear you."
    assert parser.repaired == {"utf8": 1}
    assert parser.damaged == [(7, "bad_utf8")]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'{"body": ', "bad_json"),
        (b"{}", "not_reddit"),
        (b"[1]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"body"', "not_an_object"),
        (b"", "blank"),
        (b" \t\r", "blank"),
        (b'{"body": "", "x": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "too_deep"),
        (b"\x00" * 50, "bad_json"),
        (b"\xff\xfe{\x00}\x00", "bad_json"),
        (b'{"kind": "more", "children": []}', "not_reddit"),
    ],
)
@pytest.mark.parametrize("kind", ["", "comments", "submissions"])
def test_what_is_no_row_has_a_reason(raw: bytes, reason: str, kind: str) -> None:
    parser = LineParser(kind)
    assert parser(raw, 3) == reason
    damage = reason in ("bad_json", "not_an_object", "too_deep")
    assert parser.damaged[-1:] == ([(3, reason)] if damage else [])


def test_the_first_object_decides_the_kind_and_the_other_kind_is_dropped() -> None:
    parser = LineParser()
    assert isinstance(parser(line(POST)), Submission)
    assert parser(line(COMMENT)) == "other_kind"
    parser = LineParser()
    assert isinstance(parser(line(COMMENT)), Comment)
    assert parser(line(POST)) == "other_kind"
    assert kind_of(POST | {"body": "x"}) == "comments"


def test_of_duplicate_keys_the_last_one_counts_however_it_is_parsed() -> None:
    raw = line(COMMENT)[:-1] + b', "body": "second"}'
    fast, patient = LineParser("comments")(raw), parse_line(raw)
    assert isinstance(fast, Comment) and fast == patient and fast.body == "second"


def test_only_wanted_subreddits_come_through_whatever_their_case() -> None:
    for kind in ("", "comments"):
        assert isinstance(LineParser(kind, frozenset({"sample_anxiety"}))(line(COMMENT)), Comment)
        parser = LineParser(kind, frozenset({"other"}))
        assert parser(line(COMMENT, stickied="?")) == "other_subreddit"
        assert not parser.repaired  # nobody wanted that row


def test_line_separators_inside_a_text_stay() -> None:
    raw = json.dumps(COMMENT | {"body": "a\u2028b\u0085c"}, ensure_ascii=False).encode()
    assert [r.body for r in [parse_line(raw)] if isinstance(r, Comment)] == ["a\u2028b\u0085c"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*COMMENT, "name", "_meta", "stickied"]), JSON))
def test_the_two_parsers_never_disagree_and_never_fail(wild: dict[str, Any]) -> None:
    raw = json.dumps(COMMENT | wild).encode()
    fast, patient = LineParser("comments")(raw), parse_line(raw)
    assert fast == patient
    if isinstance(fast, Comment):
        json.dumps(fast).encode()
        str(fast).encode()  # no surrogate is left
