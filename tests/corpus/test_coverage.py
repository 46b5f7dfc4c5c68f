"""Which silence is an answer, and which is only the end of the dump."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.coverage import MAX_GAP_S, coverage, followup_end, followup_ends
from redditess.corpus.eras import month_start

DAY = 86_400
JAN, FEB, MAR = (month_start(f"2020-0{m}") for m in (1, 2, 3))


def record(spans, kind="comments"):
    return {"kind": kind, "spans": spans}


def test_files_of_two_months_are_one_coverage():
    spans = coverage([record({"ptsd": [FEB + DAY, MAR - DAY]}), record({"ptsd": [JAN, FEB - DAY]})])
    assert spans == {"ptsd": [[JAN, MAR - DAY]]}


def test_a_missing_month_leaves_a_gap():
    spans = coverage([record({"ptsd": [JAN, FEB - 1]}), record({"ptsd": [MAR, MAR + 9 * DAY]})])
    assert spans == {"ptsd": [[JAN, FEB - 1], [MAR, MAR + 9 * DAY]]}
    assert followup_end(spans, "ptsd", JAN + DAY) == FEB - 1


def test_a_gap_of_three_days_is_bridged_and_a_second_more_is_not():
    for gap, n in ((MAX_GAP_S, 1), (MAX_GAP_S + 1, 2)):
        spans = coverage(
            [record({"ptsd": [JAN, FEB - 1]}), record({"ptsd": [FEB - 1 + gap, MAR - 1]})]
        )
        assert len(spans["ptsd"]) == n


def test_a_quiet_subreddit_is_covered_as_long_as_its_month_file():
    spans = coverage([record({"busy": [JAN, FEB - 5], "quiet": [JAN + 9 * DAY, JAN + 10 * DAY]})])
    assert spans["quiet"] == [[JAN, FEB - 5]]


def test_a_file_of_many_months_gives_each_subreddit_its_own_span():
    spans = coverage([record({"old": [JAN, JAN + DAY], "new": [MAR, MAR + DAY]})])
    assert spans == {"new": [[MAR, MAR + DAY]], "old": [[JAN, JAN + DAY]]}


def test_posts_do_not_make_coverage():
    assert coverage([record({"ptsd": [JAN, FEB]}, kind="submissions")]) == {}
    assert coverage([record({}), {"kind": "empty", "spans": {}}]) == {}


def test_names_match_without_case():
    spans = coverage([record({"PTSD": [JAN, FEB - 1]}), record({"ptsd": [FEB, MAR - 1]})])
    assert followup_end(spans, "Ptsd", JAN) == MAR - 1


def test_what_no_file_covers_has_no_followup():
    spans = {"ptsd": [[100, 200], [300, 400]]}
    times = np.array([99, 100, 200, 201, 300, 400, 401])
    got = followup_ends(spans, ["ptsd"] * 7, times)
    assert got.tolist() == [99, 200, 200, 201, 400, 400, 401]
    assert followup_ends(spans, ["other"], np.array([150])).tolist() == [150]
    assert followup_ends(spans, [], np.array([], dtype=np.int64)).tolist() == []


spans_of_files = st.lists(
    st.tuples(st.integers(0, 5 * 10**7), st.integers(0, 10**7)).map(lambda s: [s[0], sum(s)]),
    max_size=6,
)


@settings(deadline=None)
@given(spans_of_files, st.lists(st.integers(-10, 7 * 10**7), max_size=20))
def test_followup_is_the_end_of_the_one_interval_that_holds_the_time(files, times):
    spans = coverage(record({"ptsd": span}) for span in files)
    assert spans == coverage(record({"ptsd": span}) for span in reversed(files))
    got = followup_ends(spans, ["ptsd"] * len(times), np.array(times, dtype=np.int64))
    for utc, end in zip(times, got.tolist(), strict=True):
        assert end == max([b for a, b in spans.get("ptsd", []) if a <= utc <= b], default=utc)
    for a, b in files:
        assert followup_end(spans, "ptsd", a) >= b
