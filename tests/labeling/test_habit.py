"""A poster's habit of thanking is told by the thread's other comments and taken out of p."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import read_json
from redditess.corpus.errors import SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling.functions import resolve
from redditess.labeling.habit import Answers, general, habit, without_habit
from redditess.labeling.label import Labeler, fit_labels, label_bucket
from redditess.labeling.vote import vote_bucket

THANKS, PLAIN = "Thank you so much, this helped.", "We have a cat."
Build, Rows = Callable[..., BuildFolder], Callable[..., pa.Table]


def test_the_row_itself_does_not_tell_its_own_habit() -> None:
    thread = np.array(["a", "a", "b"])
    answered = np.array([True, False, True])
    one = habit(Answers(thread, answered, np.array([True, False, False])), 0.3)
    two = habit(Answers(thread, answered, np.array([False, False, False])), 0.3)
    assert one[0] == two[0] == 0  # nothing else was answered in its thread
    assert one[1] > 0 > two[1]  # silence of a poster who thanks, and of one who does not
    assert one[2] == 0


def test_a_habit_lowers_p_both_of_thanks_and_of_silence_and_nan_stays() -> None:
    p = np.array([0.9, 0.3, np.nan])
    lower = without_habit(p, np.full(3, 0.8))
    assert np.all(lower[:2] < p[:2]) and np.isnan(lower[2])
    assert without_habit(p, np.zeros(3))[:2] == pytest.approx(p[:2])


def threads(rows: Rows) -> pa.Table:
    """A polite poster (five answers, all thanks, a sixth comment passed over) and a blunt one."""
    given: list[dict[str, Any]] = []
    for name, texts in (("polite", [THANKS] * 5), ("blunt", [THANKS, *[PLAIN] * 20])):
        common = {"thread_id": f"t3_{name}", "op": name, "op_last_seen_utc": 1_500_090_000,
                  "n_op_answered": 5, "op_answered_later_sibling": True}  # fmt: skip
        given += [common | {"op_replies": [text]} for text in texts]
        given.append(common | {"comment": "passed over"})
    return rows(*given)


def labelled(folder: BuildFolder, **changes: str) -> dict[str, list[Any]]:
    settings = dataclasses.replace(load_settings("sample"), **changes)
    vote_bucket(folder, 0, settings)
    fit_labels(folder, settings)
    label_bucket(folder, 0, settings)
    return pq.read_table(folder.bucket_file(folder.labels, 0)).to_pydict()


def test_thanks_of_a_blunt_poster_say_more(build: Build, rows: Rows) -> None:
    folder = build(threads(rows))
    kept = labelled(folder, op_habit="kept", reader="lexicon")
    assert kept["p_effective"][0] == kept["p_effective"][6]
    assert read_json(folder.label_model)["habit_rate"] is None
    out = labelled(folder, op_habit="taken_out", reader="lexicon")
    assert general(folder) == pytest.approx(6 / 26)
    assert out["p_effective"][0] < kept["p_effective"][0] < out["p_effective"][6]
    assert out["p_effective"][5] < kept["p_effective"][5]  # passed over by one who thanks
    assert out["p_low"][0] < out["p_effective"][0] < out["p_high"][0]


def test_a_p_that_crosses_the_middle_leaves_its_row_unlabelled(build: Build, rows: Rows) -> None:
    folder = build(threads(rows))
    kept = labelled(folder, op_habit="kept", reader="lexicon")
    out = labelled(folder, op_habit="taken_out", reader="lexicon")
    said = np.array([np.nan if x is None else x for x in out["label"]])
    p = np.array([np.nan if x is None else x for x in out["p_effective"]])
    assert kept["label"][-1] == 0  # silence of the blunt poster
    for label, value in zip(said, p, strict=True):
        assert np.isnan(label) or (value > 0.5) == (label == 1)


def test_a_label_that_the_habit_took_is_accounted_for(build: Build, rows: Rows) -> None:
    folder = build(threads(rows))
    labelled(folder, op_habit="kept", reader="lexicon")
    votes, given = (
        pq.read_table(folder.bucket_file(stage, 0)) for stage in (folder.votes, folder.interactions)
    )
    functions = resolve(load_settings("sample").functions)
    labeler = Labeler(read_json(folder.label_model))
    for shift, words, row in ((9.0, "thanks often", 0), (-9.0, "seldom thanks", -1)):
        out = labeler.predict(votes, given, functions, np.full(len(votes), shift)).to_pylist()
        assert out[row]["label"] is None and out[row]["p_effective"] is not None
        assert out[row]["why"].endswith(f"(this poster {words}: not enough for a label)")
        assert not any("not enough" in r["why"] for r in out if r["label"] is not None)


def test_yard_sticks_keep_the_habit(build: Build, rows: Rows) -> None:
    folder = build(threads(rows))
    for model in ("majority", "paper"):
        labelled(folder, op_habit="taken_out", label_model=model, reader="lexicon")
        assert read_json(folder.label_model)["habit_rate"] is None


def test_another_word_is_refused(build: Build, rows: Rows) -> None:
    with pytest.raises(SettingsError, match="op_habit"):
        labelled(build(threads(rows)), op_habit="maybe")


def test_where_all_or_nothing_was_liked_there_is_no_habit(build: Build, rows: Rows) -> None:
    folder = build(rows({"op_replies": [THANKS]}, {"op_replies": [THANKS]}))
    labelled(folder, op_habit="taken_out", reader="lexicon")
    assert general(folder) is None
