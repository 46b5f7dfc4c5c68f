"""Names become functions; user rules get a clear answer when they are wrong."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from redditess.corpus.errors import BuildError, SettingsError
from redditess.corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from redditess.labeling.functions import RELEASED, Votes, labeling_function, registry, resolve


@labeling_function(reads=("op_replies",), source="an example")
def op_wrote(x):
    """EFFECTIVE when OP answered at all; not observable where OP left one word."""
    if any(len(r.split()) == 1 for r in x.op_replies):
        return None
    return EFFECTIVE if x.op_replies else ABSTAIN


@pytest.fixture
def own_module(monkeypatch):
    module = ModuleType("own_rules")
    module.op_wrote, module.no_rule = op_wrote, print
    monkeypatch.setitem(sys.modules, "own_rules", module)


def test_released_names_are_unique_and_resolve_to_themselves() -> None:
    names = [f.name for f in RELEASED]
    assert len(set(names)) == len(names)
    assert resolve(names) == list(RELEASED)


def test_an_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean op_response"):
        resolve(["op_respons"])
    with pytest.raises(SettingsError, match=r"use one of .*passed_over"):
        resolve(["zzz"])


@pytest.mark.usefixtures("own_module")
def test_module_and_name_resolve() -> None:
    assert resolve(["passed_over", "own_rules:op_wrote"])[1] is op_wrote


@pytest.mark.usefixtures("own_module")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("no_such_module:f", "cannot import"),
        ("own_rules:missing", "cannot import"),
        ("own_rules:no_rule", "not a labeling function"),
        (":f", "cannot import"),
    ],
)
def test_a_path_that_leads_nowhere_is_a_settings_error(path, words) -> None:
    with pytest.raises(SettingsError, match=words):
        resolve([path])


@pytest.mark.usefixtures("own_module")
def test_an_entry_point_is_found_by_its_name(monkeypatch) -> None:
    point = EntryPoint("theirs", "own_rules:op_wrote", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    assert resolve(["theirs"]) == [op_wrote]
    with pytest.raises(SettingsError, match="did you mean theirs"):
        resolve(["their"])


@pytest.mark.usefixtures("own_module")
def test_two_functions_of_one_name_are_refused() -> None:
    with pytest.raises(SettingsError, match="two labeling functions named 'op_wrote'"):
        resolve(["own_rules:op_wrote", "own_rules:op_wrote"])


def test_a_rule_on_one_interaction_votes_on_a_table(rows) -> None:
    table = rows({"op_replies": ["well, yes"]}, {}, {"op_replies": ["yes"]})
    assert op_wrote(table).vote.tolist() == [EFFECTIVE, ABSTAIN, NOT_OBSERVABLE]


def test_sees_input_follows_from_reads() -> None:
    @labeling_function(reads=("op_replies", "comment"), source="an example")
    def long_comment(x):
        return EFFECTIVE if len(x.comment) > 500 else ABSTAIN

    assert long_comment.sees_input and not op_wrote.sees_input


def test_a_column_that_does_not_exist_is_refused_when_the_rule_is_made() -> None:
    with pytest.raises(SettingsError, match="did you mean op_replies"):
        labeling_function(reads=("op_repliez",), source="x")(lambda x: ABSTAIN)
    with pytest.raises(SettingsError, match="recipient, community, screen"):
        labeling_function(reads=(), source="x", axis="votes")(lambda x: ABSTAIN)


def test_a_fault_names_the_function_and_the_comment_and_quotes_nobody(rows) -> None:
    @labeling_function(reads=("op_replies",), source="an example")
    def counts(x):
        return EFFECTIVE if x.op_replies and int(x.op_replies[0]) > 3 else ABSTAIN

    table = rows({}, {"op_replies": ["4"]}, {"op_replies": ["a secret"]}, {"op_replies": ["b"]})
    with pytest.raises(BuildError) as error:
        counts(table)
    assert str(error.value).startswith("comment t1_2: labeling function counts raised ValueError")
    assert "secret" not in str(error.value)


def test_reading_an_undeclared_column_is_a_fault(rows) -> None:
    @labeling_function(reads=("op_replies",), source="an example")
    def sly(x):
        return EFFECTIVE if x.comment else ABSTAIN

    with pytest.raises(BuildError, match="sly raised AttributeError"):
        sly(rows({}))


@pytest.mark.parametrize("vote", [True + 1, 0.5, "yes"])
def test_a_vote_that_is_no_vote_is_a_fault(rows, vote) -> None:
    odd = labeling_function(reads=(), source="x", name="odd")(lambda x: vote)
    with pytest.raises(BuildError, match="odd raised ValueError"):
        odd(rows({}))


def test_a_batch_rule_must_answer_every_row(rows) -> None:
    short = labeling_function(reads=(), source="x", name="short", batch=True)(
        lambda table: Votes.blank(1, NOT_EFFECTIVE)
    )
    assert short(rows({})).vote.tolist() == [NOT_EFFECTIVE]
    with pytest.raises(BuildError, match="short raised ValueError"):
        short(rows({}, {}))
