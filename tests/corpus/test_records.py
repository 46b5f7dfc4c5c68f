from __future__ import annotations

import dataclasses

import pytest

from redditess.corpus.records import (
    COMMENT_SCHEMA,
    INTERACTION_SCHEMA,
    SUBMISSION_SCHEMA,
    Comment,
    Interaction,
    Submission,
    bucket_of,
)


def test_every_noun_has_the_fields_of_its_table_in_the_same_order() -> None:
    assert SUBMISSION_SCHEMA.names == list(Submission._fields)
    assert COMMENT_SCHEMA.names == list(Comment._fields)
    assert INTERACTION_SCHEMA.names == [f.name for f in dataclasses.fields(Interaction)]


def test_a_thread_and_its_comments_share_a_bucket_for_ids_of_any_length() -> None:
    assert bucket_of("t3_1", 64) == 1
    assert bucket_of("t3_zzzzzzzzzz", 64) == int("zzzzzzzzzz", 36) % 64
    with pytest.raises(ValueError, match="invalid literal"):
        bucket_of("t3_", 64)
