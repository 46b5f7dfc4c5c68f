"""The schema that users rely on, and the traps of viewers that it avoids."""

from __future__ import annotations

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.folder import BuildFolder
from redditess.labeling.schema import BASES
from redditess.release.columns import COLUMNS, CONFIGS
from redditess.release.features import arrow_schema, features, names, parquet_schema

# docs/design/0006, as a user reads it.
PROMISED = """
label, basis, why, p_effective, p_low, p_high, p_community, screen, support_types, subreddit, title,
post, comment, day, era, invented, id, thread_id
"""
PROMISED_FULL = """
votes, observable, conflict, op_replies, op_general, op_edit, score, position, n_siblings,
followup_days, opportunity, risk
"""


def test_columns_are_the_promised_ones_in_order() -> None:
    assert ", ".join(names("effectiveness")) == " ".join(PROMISED.split())
    assert ", ".join(names("full")) == " ".join(f"{PROMISED.strip()}, {PROMISED_FULL}".split())


def test_class_labels_have_the_promised_names() -> None:
    found = features("full")
    assert found["label"] == datasets.ClassLabel(names=["not_effective", "effective"])
    assert found["basis"].names == list(BASES)
    assert found["screen"].names == ["not_screened", "no_flag", "flagged"]


def test_effective_is_the_number_of_its_vote() -> None:
    from redditess.corpus.records import EFFECTIVE, NOT_EFFECTIVE

    label = features("effectiveness")["label"]
    assert (label.str2int("effective"), label.str2int("not_effective")) == (
        EFFECTIVE,
        NOT_EFFECTIVE,
    )


@pytest.mark.parametrize("config", CONFIGS)
def test_every_table_of_types_says_the_same(config: str) -> None:
    from_datasets = features(config).arrow_schema
    assert from_datasets.remove_metadata().equals(arrow_schema(config))
    back = datasets.Features.from_arrow_schema(parquet_schema(config))
    assert back == features(config)


@pytest.mark.parametrize("config", CONFIGS)
def test_no_type_breaks_the_viewer(config: str) -> None:
    for column in COLUMNS[config]:
        assert not pa.types.is_map(column.type), column.name
        assert column.type != pa.list_(pa.float32()), "would be shown as a time series"
        if column.type == pa.int64():
            assert column.names, "a bare 0/1 integer kills the statistics of its split"


def test_nothing_that_shows_a_reaction_is_an_input() -> None:
    assert names("full", ["input"]) == ["title", "post", "comment"]
    assert set(names("full", ["reaction"])) >= {"op_replies", "op_edit", "score", "votes"}
    assert not names("effectiveness", ["reaction"])


def test_files_have_a_page_index_and_row_groups_the_viewer_can_read(
    built: tuple[BuildFolder, object],
) -> None:
    for path in built[0].release.rglob("*.parquet"):
        metadata = pq.read_metadata(path)
        column = metadata.row_group(0).column(0)
        assert column.has_offset_index and column.has_column_index
        assert metadata.row_group(0).total_byte_size < 100_000_000
