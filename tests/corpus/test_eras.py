"""The table of eras against the per-month statistics of the archives."""

import csv

import numpy as np
import pytest

from redditess.corpus import eras
from redditess.corpus.records import SIGNALS


def test_eras_follow_each_other_without_a_gap():
    for before, after in zip(eras.ERAS, eras.ERAS[1:], strict=False):
        assert before.end_utc == after.start_utc
    assert {eras.era_of(t) for t in (-(10**12), 10**12)} == {"..2012-05", "2023-11.."}


def test_every_era_says_yes_part_or_no_for_every_signal_and_why():
    for era in eras.ERAS:
        assert set(era.shows) == set(SIGNALS)
        assert set(era.why) == {s for s, shown in era.shows.items() if shown != "yes"}


def test_an_era_begins_with_the_first_second_of_its_month():
    second = eras.month_start("2023-08")
    assert eras.era_of(second - 1) == "2023-07"
    assert eras.era_of(second) == "2023-08..2023-10"


def test_many_times_give_the_same_names_as_one_by_one():
    times = np.array(
        [0, *(e.start_utc for e in eras.ERAS[1:]), *(e.end_utc - 1 for e in eras.ERAS)]
    )
    assert eras.eras(times).tolist() == [eras.era_of(int(t)) for t in times]
    assert eras.eras(np.array([], dtype=np.int64)).tolist() == []


@pytest.mark.parametrize(
    ("kind", "month", "signal", "shown"),
    [
        ("submissions", "2012-05", "op_edit", False),
        ("submissions", "2012-06", "op_edit", True),
        ("submissions", "2023-06", "op_edit", True),
        ("submissions", "2023-07", "op_edit", False),
        ("submissions", "2024-05", "op_edit", False),
        ("comments", "2023-09", "score", False),
        ("comments", "2023-11", "score", True),
        ("comments", "2024-03", "score", True),
        ("submissions", "2024-03", "score", False),
        ("submissions", "2024-04", "score", True),
        ("submissions", "2024-03", "removal", False),
        ("comments", "2023-09", "op_replies", True),
    ],
)
def test_observable_agrees_for_rows_and_months(kind, month, signal, shown):
    first, last = eras.month_start(month), eras.month_start(eras.next_month(month)) - 1
    assert eras.observable(kind, np.array([first, last]), signal).tolist() == [shown, shown]
    assert (eras.month_shows(kind, month, signal)[0] != "no") == shown


def test_months_with_usable_edits_are_those_with_times_in_the_archives(shared_data):
    """A month is usable when over 1 % of its posts carry a time of an edit and none a bare true."""
    usable = set()
    for row in _months(shared_data, "RS"):
        timed = set(row["edited_types"].split("|")) <= {"bool", "int", "float"}
        if timed and float(row["edited_frac"]) > 0.01 and row["month"] >= "2011":
            usable.add(row["month"])
    first, last = eras.EDITS_USABLE
    assert (min(usable), max(usable)) == (first, last)
    shown = {r["month"] for r in _months(shared_data, "RS")
             if eras.month_shows("submissions", r["month"], "op_edit")[0] != "no"}  # fmt: skip
    assert usable == shown


def test_months_without_scores_are_those_where_all_scores_are_one(shared_data):
    for kind, prefix in (("comments", "RC"), ("submissions", "RS")):
        for row in _months(shared_data, prefix):
            useless = float(row["score_mean"]) < 2 and row["month"] > "2012"
            shown, _ = eras.month_shows(kind, row["month"], "score")
            assert (shown == "no") == useless, (kind, row["month"])


def test_the_flag_of_the_poster_comes_with_its_era(shared_data):
    for row in _months(shared_data, "RC"):
        has_flag = bool(row["is_submitter_frac"])
        era = eras.BY_NAME[eras.era_of(eras.month_start(row["month"]))]
        assert (era.op_flag == "is_submitter") == has_flag, row["month"]


def _months(shared_data, kind):
    with open(shared_data / "schema_facts" / "numeric_by_month.csv", newline="") as f:
        return [row for row in csv.DictReader(f) if row["kind"] == kind]


def test_the_documented_table_is_the_one_in_the_code(repository):
    assert eras.era_table() in (repository / "docs" / "dumps.md").read_text("utf8")


def test_the_documented_window_of_edits_is_the_one_in_the_code(repository):
    first, last = eras.EDITS_USABLE
    assert f"only in {first} to {last}" in (repository / "docs" / "dumps.md").read_text("utf8")
