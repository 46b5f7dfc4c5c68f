"""No trainer reads the answer sheet, and none learns from invented people."""

from __future__ import annotations

from typing import Any

import pytest
from datasets import Dataset

from redditess.corpus.errors import InputError
from redditess.release.columns import COLUMNS, DERIVED
from redditess.release.features import features, names
from redditess.training.data.inputs import INPUTS, model_inputs


def released(*, invented: list[bool | None], config: str = "full", **columns: list[Any]) -> Dataset:
    """A dataset with the released schema: texts of our own, the rest null unless given."""
    n = len(invented)
    texts = {name: [f"{name} {i}" for i in range(n)] for name in ("title", "post", "comment")}
    given = {**texts, "label": [i % 2 for i in range(n)], "invented": invented, **columns}
    rows = {name: given.get(name, [None] * n) for name in names(config)}
    return Dataset.from_dict(rows, features=features(config))


@pytest.fixture
def real() -> Dataset:
    return released(invented=[False, False, False])


def test_a_model_reads_title_post_and_comment(real: Dataset) -> None:
    ready = model_inputs(real)
    assert ready.column_names == ["title", "post", "comment", "label"]
    assert ready[2] == {"title": "title 2", "post": "post 2", "comment": "comment 2", "label": 0}


def test_no_reaction_and_no_label_is_an_input(real: Dataset) -> None:
    for column in COLUMNS["full"]:
        if column.name not in INPUTS:
            with pytest.raises(InputError, match=column.name):
                model_inputs(real, ["comment", column.name])


def test_a_reaction_is_refused_with_its_reason(real: Dataset) -> None:
    with pytest.raises(InputError, match="'op_replies' shows what happened after the comment"):
        model_inputs(real, ["comment", "op_replies"])


@pytest.mark.parametrize("config", DERIVED)
def test_configs_made_for_training_hold_no_reaction_and_are_not_taken_for_rows(config: str) -> None:
    """They cannot say whether a row is invented, so this guard does not let them through."""
    reactions = {c.name for c in COLUMNS["full"] if c.role == "reaction"}
    assert not reactions & set(names(config))
    assert not [c.name for c in COLUMNS[config] if c.role == "reaction"]
    rows: dict[str, list[Any]] = {name: [] for name in names(config)}
    with pytest.raises(InputError, match="no column title"):
        model_inputs(Dataset.from_dict(rows, features=features(config)))


def test_a_target_may_be_left_out_or_be_a_probability() -> None:
    data = released(invented=[False], p_effective=[0.5])
    assert model_inputs(data, target=None).column_names == list(INPUTS)
    assert model_inputs(data, target="p_effective")["p_effective"][:] == [0.5]
    with pytest.raises(InputError, match="'score' is not a target"):
        model_inputs(data, target="score")


def test_one_invented_row_is_refused_unless_allowed() -> None:
    data = released(invented=[False, True, False])
    with pytest.raises(InputError, match="1 of 3 rows are invented"):
        model_inputs(data)
    assert len(model_inputs(data, allow_invented=True)) == 3


def test_a_row_that_does_not_say_counts_as_invented() -> None:
    with pytest.raises(InputError, match="1 of 2 rows"):
        model_inputs(released(invented=[None, False]))
    with pytest.raises(InputError, match="no column invented"):
        model_inputs(released(invented=[False]).remove_columns(["invented"]))


def test_a_selection_is_judged_by_its_own_rows() -> None:
    data = released(invented=[False, True, False])
    assert len(model_inputs(data.select([0, 2]))) == 2
    with pytest.raises(InputError, match="1 of 1 rows"):
        model_inputs(data.select([1]))


def test_rows_without_a_target_are_the_callers_decision() -> None:
    data = released(invented=[False, False], label=[None, 1])
    with pytest.raises(InputError, match="1 of 2 rows have no label"):
        model_inputs(data)
    assert len(model_inputs(data.filter(lambda row: row["label"] is not None))) == 1


def test_an_empty_dataset_passes() -> None:
    assert len(model_inputs(released(invented=[]))) == 0
