"""Each planted leak is named, clean worlds stay silent, and no alarm quotes a person."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from redditess.training.figures.deciding_words import deciding_words, safe_name
from redditess.training.figures.leak_alarm import leak_alarm
from tests.training.made_world import answers, changed, labels, world

pytestmark = pytest.mark.slow  # scikit-learn takes a second to import


def marked(rows: pa.Table, column: str, mark: str, share: float = 1.0) -> pa.Table:
    """`mark` behind the text of effective rows, in a `share` of them."""
    yes, rng = labels(rows), np.random.default_rng(0)
    drawn = rng.random(rows.num_rows) < share
    return changed(rows, column, lambda i, text: f"{text} {mark}" if yes[i] and drawn[i] else text)


def of_poster(rows: pa.Table) -> pa.Table:
    """Every poster thanks always or never."""
    poster = rows["cluster"].to_pylist()
    return changed(rows, "label", lambda i, label: poster[i] // 3 % 2)


def the_only(alarms: list[str]) -> str:
    [alarm] = alarms
    return alarm


def test_a_clean_world_is_silent() -> None:
    train, test = world(0)
    assert leak_alarm(train, test, p=answers(test, 2)) == []


def test_rows_threads_and_texts_on_both_sides_are_counted() -> None:
    train, test = world(1)
    first = {c: test[c][0].as_py() for c in ("id", "thread_id")}
    for column, what in (("id", "1 rows of test"), ("thread_id", "1 threads of test")):
        both = changed(
            train, column, lambda i, value, column=column: first[column] if i == 5 else value
        )
        assert what in the_only(leak_alarm(both, test))


@pytest.mark.parametrize("column", ["comment", "post"])
def test_the_same_words_in_other_type_are_the_same_text(column: str) -> None:
    train, test = world(2)
    long = next(t for t in test[column].to_pylist() if len(t.split()) >= 20)
    if column == "post":
        at = test[column].to_pylist().index(long)
        title = test["title"][at].as_py()
        train = changed(train, "title", lambda i, t: title.upper() if i == 9 else t)
    copied = changed(train, column, lambda i, t: f"  {long.upper()}!" if i == 9 else t)
    assert f"1 {column} texts of test" in the_only(leak_alarm(copied, test))


def test_a_short_comment_that_two_people_write_is_no_leak() -> None:
    train, test = world(3)
    train, test = (
        changed(rows, "comment", lambda i, text: "you are not alone, hugs" if i == 3 else text)
        for rows in (train, test)
    )
    assert leak_alarm(train, test) == []


@pytest.mark.parametrize("column", ["title", "post", "comment"])
def test_a_word_that_nearly_decides_the_label_is_named(column: str) -> None:
    train, test = (marked(rows, column, "solved", 0.5) for rows in world(4))
    found = " ".join(leak_alarm(train, test))
    assert f"the word 'solved' in the {column} nearly decides the label" in found
    assert "100 % are effective" in found


def test_a_sign_decides_as_well_as_a_word_and_for_the_other_side_too() -> None:
    train, test = (marked(rows, "comment", "✔", 0.6) for rows in world(5))
    assert "a text of 1 characters" in the_only(list(deciding_words(train, test)))
    flipped = [changed(rows, "label", lambda i, y: 1 - y) for rows in (train, test)]
    assert "100 % are not effective" in the_only(list(deciding_words(*flipped)))


def test_one_poster_who_says_it_forty_times_is_one_case() -> None:
    train, test = world(6)
    alike = changed(marked(train, "comment", "zzz", 0.3), "cluster", lambda i, c: 7)
    assert list(deciding_words(alike, test)) == []


def test_a_word_that_only_leans_decides_nothing() -> None:
    train, test = world(7)
    rng = np.random.default_rng(0)
    leaning = []
    for rows in (train, test):
        says = rng.random(rows.num_rows) < np.where(labels(rows), 0.8, 0.2)
        leaning.append(changed(rows, "comment", lambda i, t, s=says: f"{t} maybe" if s[i] else t))
    assert list(deciding_words(*leaning)) == []


def test_what_few_people_wrote_is_never_quoted() -> None:
    secret = "maryjane1984"
    assert secret not in safe_name(secret, 400)  # digits: it may be a name or a number
    assert secret not in safe_name("maryjane", 49)
    assert "maryjane" not in safe_name("maryjane", 49)
    train, test = (marked(rows, "comment", secret, 0.7) for rows in world(8))
    found = " ".join(leak_alarm(train, test))
    assert "a text of 12 characters" in found and secret not in found


def test_a_post_that_tells_the_label_of_its_comments_is_caught() -> None:
    rng = np.random.default_rng(0)
    told = []
    for rows in world(9):
        says = rng.random(rows.num_rows) < np.where(labels(rows), 0.85, 0.15)
        told.append(changed(rows, "post", lambda i, t, s=says: f"{t} {'uv' if s[i] else 'xy'}"))
    assert "title and post alone tell the label" in the_only(leak_alarm(*told))


def test_posters_who_thank_always_do_not_make_the_post_a_leak() -> None:
    quiet = 0
    for seed in range(6):
        train, test = world(20 + seed)
        habit = [of_poster(rows) for rows in (train, test)]
        quiet += not any("title and post" in alarm for alarm in leak_alarm(*habit))
    assert quiet >= 5


def test_a_model_that_knows_the_answers_is_too_good() -> None:
    train, test = world(10)
    assert "reaches AUC 1.00" in the_only(leak_alarm(train, test, p=labels(test).astype(float)))
    assert "labels with noise do not allow that" in the_only(
        leak_alarm(train, test, p=answers(test, 9))
    )


def test_a_model_far_above_its_own_words_is_told_beside_them() -> None:
    train, test = world(11, 600, 1200, words=0.3)
    found = the_only(leak_alarm(train, test, p=answers(test, 2.3)))
    assert "where its own words (TF-IDF) reach" in found
    assert leak_alarm(train, test, p=answers(test, 1.2)) == []


def test_few_rows_are_looked_at_for_copies_only() -> None:
    train, test = world(12, 600, 20)
    assert leak_alarm(train, test, p=labels(test).astype(float)) == []
    assert leak_alarm(test, test) != []


def false_alarms(n: int) -> int:
    """Clean worlds, of n, in which anything was said: three shares of effective rows in turn."""
    noisy = 0
    for seed in range(n):
        train, test = world(1000 + seed, share=(0.5, 0.8, 0.2)[seed % 3])
        noisy += bool(leak_alarm(train, test, p=answers(test, 1.5, seed)))
    return noisy


def test_of_20_clean_worlds_at_most_one_raises_an_alarm() -> None:
    assert false_alarms(20) <= 1


@pytest.mark.long
def test_of_200_clean_worlds_at_most_4_raise_an_alarm() -> None:
    assert false_alarms(200) <= 4
