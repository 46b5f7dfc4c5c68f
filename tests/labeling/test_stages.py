"""The vote and label stages on small builds: what lies on disk, counted and in order."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import read_json, read_stats, sha256_file
from redditess.corpus.errors import BuildError, SettingsError
from redditess.corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from redditess.corpus.settings import Settings, load_settings
from redditess.labeling import Votes, labeling_function
from redditess.labeling.label import fit_labels, label_bucket
from redditess.labeling.schema import BASES, LABEL_SCHEMA, vote_schema
from redditess.labeling.vote import vote_bucket

T0, HOUR = 1_500_000_000, 3600
CASES: list[tuple[dict, int | None, str | None, str]] = [
    (
        {"op_replies": ["Thank you so much!"], "n_op_answered": 1, "score": 41, "n_earlier": 5,
         "min_score_earlier": 2},
        1, "thanked", "poster thanked this comment; 3 siblings passed over; "
        "41 points, at least twice the lowest of 5 earlier siblings",
    ),
    (
        {"op_replies": ["That is stupid and cruel, awful."], "n_op_answered": 4},
        0, "rejected", "poster answered this comment negatively; 1 point",
    ),
    (
        {"op_replies": ["hm. I'll try that"], "n_op_answered": 3},
        1, "uptake",
        "poster said that this comment helped or will be acted on; 1 sibling passed over; 1 point",
    ),
    (
        {"op_replies": ["That is a wonderful, brilliant idea"], "n_op_answered": 4, "score": None},
        1, "positive_reply", "poster answered this comment warmly; points hidden",
    ),
    (
        {"n_op_answered": 2, "op_answered_later_sibling": True, "op_last_seen_utc": T0 + 9 * HOUR,
         "score": 0, "max_score_later": 9},
        0, "passed_over",
        "poster answered others and passed over this comment; 0 points, a later sibling has 9",
    ),
    (
        {"op_replies": ["Thank you, I'll try it, you are great"], "n_op_answered": 4, "score": -3},
        1, "thanked",
        "poster thanked this comment and took it up; -3 points (the community disagrees)",
    ),
    (
        {"op_replies": ["You are cruel, awful, stupid. Fine, I'll try it."], "n_op_answered": 4},
        1, "mixed", "poster's signs contradict each other; 1 point",
    ),
    (
        {"op_edit": "EDIT: thanks everyone, great", "op_edit_utc": T0 + 9 * HOUR},
        None, None, "poster never came back; poster thanked everyone later; 1 point",
    ),
    ({"score": 41}, None, None, "poster never came back; 41 points"),
    (
        {"op_last_seen_utc": T0 + 9 * HOUR},
        None, None, "poster came back and did not answer this comment; 1 point",
    ),
    ({"op_replies": ["It was a Tuesday."], "n_op_answered": 4}, None, None,
     "poster answered this comment without a clear sign; 1 point"),
    ({"observable": []}, None, None,
     "the dump cannot show what the poster answered; points hidden"),
]  # fmt: skip


@pytest.fixture
def settings() -> Settings:
    return load_settings("default", reader="lexicon")


def run(folder, settings: Settings) -> list[dict]:
    n = len(folder.buckets(folder.interactions))
    voted = [vote_bucket(folder, b, settings) for b in range(n)]
    fit_labels(folder, settings)
    return [*voted, *(label_bucket(folder, b, settings) for b in range(n))]


def labels_of(folder) -> list[dict]:
    return [r for path in folder.buckets(folder.labels) for r in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c[3][:40])
def test_label_basis_and_reason(rows, build, settings, case) -> None:
    given, label, basis, why = case
    folder = build(rows(given))
    run(folder, settings)
    (row,) = labels_of(folder)
    assert (row["label"], row["basis"], row["why"]) == (label, basis, why)


def test_the_reason_never_quotes(rows, build, settings) -> None:
    secret = "zebra thank you zebra I'll try zebra"
    texts = {"op_replies": [secret], "op_edit": secret, "comment": secret, "post": secret}
    folder = build(rows(texts))
    run(folder, settings)
    (row,) = labels_of(folder)
    assert "zebra" not in str(row)


def test_files_keep_schema_rows_and_order(rows, build, settings) -> None:
    table = rows(*(given for given, *_ in CASES))
    folder = build(table.slice(0, 5), table.slice(5), table.slice(0, 0))
    records = run(folder, settings)
    votes = [pq.read_table(p) for p in folder.buckets(folder.votes)]
    labels = [pq.read_table(p) for p in folder.buckets(folder.labels)]
    assert votes[0].schema.equals(vote_schema(settings.functions))
    assert labels[0].schema.equals(LABEL_SCHEMA)
    for tables in (votes, labels):
        ids = pa.concat_tables(tables).column("comment_id").to_pylist()
        assert ids == table.column("comment_id").to_pylist()
    for record, path in zip(
        records, [*folder.buckets(folder.votes), *folder.buckets(folder.labels)], strict=True
    ):
        assert read_stats(path) == record
        assert record["rows_in"] == record["rows_out"] + sum(record["dropped"].values())


def test_the_counts_are_those_of_the_columns(rows, build, settings) -> None:
    folder = build(rows(*(given for given, *_ in CASES)))
    voted, labelled = run(folder, settings)
    votes = pq.read_table(folder.bucket_file(folder.votes, 0))
    words = {"effective": 1, "not_effective": 0, "abstain": -1, "not_observable": None}
    for name, counts in voted["functions"].items():
        column = votes.column(f"{name}:vote").to_pylist()
        assert {w: counts[w] for w in words} == {w: column.count(v) for w, v in words.items()}
    # thanks at -3 points: the community against OP's two signs; scorn and a plan in one reply
    assert voted["functions"]["op_response"]["conflict"] == 2
    assert voted["functions"]["op_uptake"]["conflict"] == 2
    assert labelled["labels"] == {
        "effective": 5, "not_effective": 2, "unlabelled": 5, "conflict": 1,
    }  # fmt: skip
    assert labelled["basis"] == {
        "thanked": 2, "rejected": 1, "uptake": 1, "positive_reply": 1, "passed_over": 1, "mixed": 1,
    }  # fmt: skip
    assert set(labelled["basis"]) <= set(BASES)


def test_silence_has_no_probability_and_votes_have_an_interval(rows, build, settings) -> None:
    folder = build(rows(*(given for given, *_ in CASES)))
    run(folder, settings)
    silent = [r for r in labels_of(folder) if r["p_effective"] is None]
    heard = [r for r in labels_of(folder) if r["p_effective"] is not None]
    assert len(silent) == 4 and len(heard) == 8
    assert all(r["p_low"] is None and r["label"] is None for r in silent)
    assert all(r["p_low"] <= r["p_effective"] <= r["p_high"] for r in heard)


def test_community_never_moves_the_default_label(rows, build, settings) -> None:
    reactions = [given for given, *_ in CASES]
    liked = [given | {"score": 500, "min_score_earlier": 1, "n_earlier": 1} for given in reactions]
    loathed = [given | {"score": -50, "max_score_later": 90} for given in reactions]
    folder = build(rows(*liked), rows(*loathed))
    run(folder, settings)
    one, other = (pq.read_table(p) for p in folder.buckets(folder.labels))
    for column in ("p_effective", "p_low", "p_high", "label"):
        assert one.column(column).equals(other.column(column))
    assert not one.column("p_community").equals(other.column("p_community"))


def test_twice_the_same_bytes_however_the_buckets_came(rows, build, settings, tmp_path) -> None:
    table = rows(*(given for given, *_ in CASES))
    folder = build(table.slice(0, 5), table.slice(5))
    run(folder, settings)
    files = [*folder.buckets(folder.votes), *folder.buckets(folder.labels), folder.label_model]
    before = [sha256_file(p) for p in files]
    for bucket in (1, 0):
        vote_bucket(folder, bucket, settings)
    fit_labels(folder, settings)
    for bucket in (1, 0):
        label_bucket(folder, bucket, settings)
    assert [sha256_file(p) for p in files] == before


def test_paper_mixes_the_axes_and_leaves_conflicts_unlabelled(rows, build) -> None:
    settings = load_settings("paper")
    folder = build(
        rows(
            {"op_replies": ["thank you"], "score": 5},
            {"op_replies": ["thank you"], "score": 0},
            {"op_edit": "EDIT: thanks, great", "op_edit_utc": T0 + 9 * HOUR, "score": 5},
            {"score": 0},
        )
    )
    (_, record) = run(folder, settings)
    assert [r["label"] for r in labels_of(folder)] == [1, None, 1, None]
    assert [r["basis"] for r in labels_of(folder)] == ["thanked", None, "mixed", None]
    assert [r["conflict"] for r in labels_of(folder)] == [False, True, False, False]
    assert record["labels"]["conflict"] == 1
    document = read_json(folder.label_model)
    assert document["decides"] == "joint" and document["axes"]["joint"]["model"] == "paper"


def test_majority_labels_a_build(rows, build, settings) -> None:
    folder = build(rows(*(given for given, *_ in CASES)))
    run(folder, load_settings("default", reader="lexicon", label_model="majority"))
    counted = [r["label"] for r in labels_of(folder)]
    assert counted == [1, 0, 1, 1, 0, 1, None, None, None, None, None, None]  # a tie, then silence


def test_the_model_file_says_what_was_declared(rows, build, settings) -> None:
    folder = build(rows({"op_replies": ["ty"]}))
    run(folder, settings)
    document = read_json(folder.label_model)
    assert document["label_model"] == "ensemble"
    assert [f["name"] for f in document["functions"]] == list(settings.functions)
    recipient = document["axes"]["recipient"]
    assert recipient["state"]["chosen"] == "recipient"
    assert "reliabilities are declared" in recipient["state"]["why"]
    declared = recipient["state"]["model"]["priors"]
    assert declared["op_response"]["effective"] == [0.75, 0.9, 0.96]
    assert recipient["n_rows"] == 1 and recipient["n_patterns"] == 1


def test_a_function_that_sees_the_input_is_stored_and_never_heard(rows, build, monkeypatch) -> None:
    @labeling_function(reads=("comment",), source="a test")
    def any_comment(x):
        return NOT_EFFECTIVE if x.comment else ABSTAIN

    module = ModuleType("rules_of_a_test")
    module.any_comment = any_comment
    monkeypatch.setitem(sys.modules, "rules_of_a_test", module)
    names = ["op_response", "rules_of_a_test:any_comment"]
    folder = build(rows({}, {"op_replies": ["thank you"]}))
    run(folder, load_settings("default", reader="lexicon", functions=names))
    votes = pq.read_table(folder.bucket_file(folder.votes, 0))
    assert votes.column("any_comment:vote").to_pylist() == [NOT_EFFECTIVE, NOT_EFFECTIVE]
    silent, thanked = labels_of(folder)
    assert silent["p_effective"] is None and silent["label"] is None
    assert (thanked["p_effective"], thanked["basis"]) == (pytest.approx(0.9), "thanked")
    columns = read_json(folder.label_model)["axes"]["recipient"]["columns"]
    assert [c["function"] for c in columns] == ["op_response"]


def test_a_build_without_a_deciding_function_is_refused(rows, build) -> None:
    folder = build(rows({}))
    settings = load_settings("default", functions=["general_feedback", "community_reception"])
    vote_bucket(folder, 0, settings)
    with pytest.raises(SettingsError, match="no function that may decide"):
        fit_labels(folder, settings)


def test_a_tolerated_fault_is_counted_by_name_and_its_row_is_null(rows, build, monkeypatch) -> None:
    @labeling_function(reads=("op_replies",), source="a test")
    def first_word(x):
        return EFFECTIVE if x.op_replies[0] else ABSTAIN

    @labeling_function(reads=("op_replies",), source="a test", batch=True)
    def only_alone(table):
        assert table.num_rows == 1
        return Votes.blank(1)

    module = ModuleType("faulty_rules")
    module.first_word, module.only_alone = first_word, only_alone
    monkeypatch.setitem(sys.modules, "faulty_rules", module)
    names = ["op_response", "faulty_rules:first_word", "faulty_rules:only_alone"]
    settings = load_settings("default", reader="lexicon", functions=names, tolerate=True)
    folder = build(rows({"op_replies": ["thank you"]}, {}, {"op_replies": ["ok"]}))
    record = vote_bucket(folder, 0, settings)
    votes = pq.read_table(folder.bucket_file(folder.votes, 0))
    assert votes["first_word:vote"].to_pylist() == [EFFECTIVE, None, EFFECTIVE]
    assert votes["only_alone:vote"].to_pylist() == [None, None, None]
    assert votes["op_response:vote"].to_pylist() == [EFFECTIVE, ABSTAIN, ABSTAIN]
    assert record["faults"] == {"first_word": 1, "only_alone": 3}
    with pytest.raises(BuildError, match="labeling function first_word raised IndexError"):
        vote_bucket(folder, 0, load_settings("default", reader="lexicon", functions=names))


def test_labels_without_votes_are_refused(rows, build, settings) -> None:
    folder = build(rows({}))
    with pytest.raises(BuildError, match="run the vote stage first"):
        fit_labels(folder, settings)


def test_votes_of_other_rows_are_refused(rows, build, settings) -> None:
    folder = build(rows({}, {}), rows({"comment_id": "t1_x"}, {"comment_id": "t1_y"}))
    vote_bucket(folder, 0, settings)
    fit_labels(folder, settings)
    folder.bucket_file(folder.votes, 0).rename(folder.bucket_file(folder.votes, 1))
    with pytest.raises(BuildError, match="its rows are not those of interactions"):
        label_bucket(folder, 1, settings)


def test_more_than_one_row_group_stays_in_order(rows, build, settings) -> None:
    n = 41_000
    base = rows({"op_replies": ["thank you"]}, {"score": 0}, {})
    table = base.take(np.arange(n) % 3)
    ids = pa.array([f"t1_{i}" for i in range(n)])
    table = table.set_column(table.schema.get_field_index("comment_id"), "comment_id", ids)
    folder = build(table.cast(base.schema))
    _, record = run(folder, settings)
    labels = pq.read_table(folder.bucket_file(folder.labels, 0))
    assert labels.column("comment_id").to_pylist() == ids.to_pylist()
    assert record["labels"]["effective"] == sum(i % 3 == 0 for i in range(n))
