"""One bucket becomes released rows: private things out, the promised columns in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import read_stats, write_parquet
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling.schema import LABEL_SCHEMA
from redditess.release.pseudonyms import SAMPLE_KEY, Key, pseudonym
from redditess.release.shape import shape_bucket
from redditess.release.shaper import SHAPED_SCHEMA

pytestmark = pytest.mark.slow

Made = Callable[..., BuildFolder]
SETTINGS = load_settings("sample")
OWN_KEY = Key(b"k" * 32)


def shaped(folder: BuildFolder, key: Key = SAMPLE_KEY) -> list[dict[str, object]]:
    shape_bucket(folder, 0, SETTINGS, key)
    return pq.read_table(folder.bucket_file(folder.shaped, 0)).to_pylist()


def test_a_row_says_what_the_stages_said(made: Made) -> None:
    [row] = shaped(made([{}], 1))
    assert {k: row[k] for k in ("label", "basis", "why", "p_effective", "p_community")} == {
        "label": 1, "basis": 0, "why": "poster thanked this comment",
        "p_effective": pytest.approx(0.87), "p_community": None,
    }  # fmt: skip
    assert row["day"] == date(2020, 6, 1)
    assert row["followup_days"] == 30.0
    assert (row["screen"], row["support_types"], row["risk"], row["opportunity"]) == (
        1,
        [],
        [],
        pytest.approx(0.31),
    )
    [unseen] = shaped(made([{"opportunity": None}], 1))
    assert unseen["opportunity"] is None
    assert row["votes"] == [
        {
            "function": "op_response",
            "vote": "effective",
            "score": pytest.approx(0.99),
            "evidence": "thank you",
        },
        {"function": "passed_over", "vote": "not_observable", "score": None, "evidence": None},
    ]


@pytest.mark.parametrize(
    ("vote", "word"),
    [(1, "effective"), (0, "not_effective"), (-1, "abstain"), (None, "not_observable")],
)
def test_every_vote_has_its_word(made: Made, vote: int | None, word: str) -> None:
    [row] = shaped(made([{"vote": vote}], 1))
    assert row["votes"][0]["vote"] == word  # type: ignore[index]


def test_votes_stay_with_their_row(made: Made) -> None:
    rows = [{"evidence": f"thanks {n}", "comment": f"comment {n}"} for n in range(40)]
    for row in shaped(made(rows, 1)):
        assert str(row["comment"]).split()[1] == row["votes"][0]["evidence"].split()[1]  # type: ignore[index]


def test_ids_are_pseudonyms_and_no_name_is_left(made: Made) -> None:
    folder = made([{"op": "very_own_name", "commenter": "other_own_name"}], 1)
    [row] = shaped(folder)
    assert row["id"] == pseudonym(SAMPLE_KEY, "t1_0")
    assert row["thread_id"] == pseudonym(SAMPLE_KEY, "t3_0")
    raw = folder.bucket_file(folder.shaped, 0).read_bytes()
    assert b"own_name" not in raw and b"t1_0" not in raw
    assert not {"op", "commenter", "created_utc"} & set(row)


def test_rows_are_sorted_by_pseudonym_not_by_time(made: Made) -> None:
    ids = [row["id"] for row in shaped(made([{} for _ in range(50)], 1))]
    assert ids == sorted(ids)  # type: ignore[type-var]
    assert ids != [pseudonym(SAMPLE_KEY, f"t1_{n:x}") for n in range(50)]


def test_identifiers_leave_every_text_and_are_counted_once_a_text(made: Made) -> None:
    mail = "write to sleepy.owl@example.org"
    row = {
        "title": mail, "post": mail + " post", "comment": mail + " comment",
        "op_replies": [mail + " reply"], "op_general": [mail + " general"],
        "op_edit": mail + " edit", "evidence": mail + " evidence",
    }  # fmt: skip
    same_thread = {**row, "thread_id": "t3_0", "op": "sleeper_0"}
    folder = made([row, same_thread], 1)
    found = shaped(folder)
    assert "example.org" not in repr(found)
    masked = read_stats(folder.bucket_file(folder.shaped, 0))["masked"]
    # title, post, general and edit are of the thread; comment, reply and evidence of each row
    assert masked == {"EMAIL": 4 + 3 * 2}


def test_nul_leaves_every_text(made: Made) -> None:
    row = {"title": "a\0b", "comment": "\0", "op_replies": ["x\0"], "why": "w\0"}
    [found] = shaped(made([row], 1))
    assert "\0" not in repr(found)
    assert (found["title"], found["comment"]) == ("ab", "")


def test_lists_keep_their_rows(made: Made) -> None:
    rows = [{"op_replies": [f"r{n}"] * (n % 3), "comment": f"c {n}"} for n in range(9)]
    for row in shaped(made(rows, 1)):
        n = int(str(row["comment"]).split()[1])
        assert row["op_replies"] == [f"r{n}"] * (n % 3)


def test_an_empty_bucket_keeps_the_schema(made: Made) -> None:
    folder = made([], 1)
    assert shaped(folder) == []
    schema = pq.read_schema(folder.bucket_file(folder.shaped, 0))
    assert schema.equals(SHAPED_SCHEMA)


def test_stages_that_disagree_on_the_rows_stop_the_build(made: Made) -> None:
    folder = made([{}, {}], 1)
    path = folder.bucket_file(folder.labels, 0)
    table = pq.read_table(path)
    write_parquet(path, table.take(pa.array([1, 0])), LABEL_SCHEMA)
    with pytest.raises(BuildError, match="rows are not those"):
        shape_bucket(folder, 0, SETTINGS, SAMPLE_KEY)


def test_the_public_key_never_stands_over_real_rows(made: Made) -> None:
    folder = made([{"invented": True}, {"invented": False}], 1)
    with pytest.raises(BuildError, match="anyone can undo"):
        shape_bucket(folder, 0, SETTINGS, SAMPLE_KEY)
    assert shape_bucket(folder, 0, SETTINGS, OWN_KEY)["rows_out"] == 2


def test_names_of_people_leave_only_where_they_were_asked_to(made: Made) -> None:
    row = {"comment": "My name is Tamsin, u/tamsin_h", "evidence": "thanks Tamsin"}
    [kept] = shaped(made([row], 1))
    assert kept["comment"] == "My name is Tamsin, [USER]"
    folder = made([row], 1)
    shape_bucket(folder, 0, load_settings("sample", mask_names=True), SAMPLE_KEY)
    [found] = pq.read_table(folder.bucket_file(folder.shaped, 0)).to_pylist()
    assert found["comment"] == "My name is [NAME], [USER]"
    assert "Tamsin" not in repr(found)
    masked = read_stats(folder.bucket_file(folder.shaped, 0))["masked"]
    assert masked == {"NAME": 2, "USER": 1}
