"""A size is read as DuckDB reads it, or refused with an example."""

from __future__ import annotations

import pytest

from redditess.corpus.errors import InputError, SettingsError
from redditess.corpus.sizes import (
    WORKER_BESIDE,
    WORKER_LEAST,
    duckdb_share,
    size_of,
    workers_within,
)


@pytest.mark.parametrize(
    ("text", "n"), [("4GB", 4 * 10**9), ("512MiB", 2**29), ("1.5 KB", 1500), ("0.5GiB", 2**29)]
)
def test_a_size_is_a_number_and_a_unit(text: str, n: int) -> None:
    assert size_of(text) == n


@pytest.mark.parametrize("text", ["", "4", "GB", "lots", "-1GB", "4TBs", "1.2.3GB", "4\nGB rm"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        InputError, match=r"--memory-limit: .* is not a size; write for example 4GB"
    ):
        size_of(text)


@pytest.mark.parametrize("limit", [550 * 10**6, 10**9, 4 * 10**9, 64 * 10**9])
@pytest.mark.parametrize("workers", [1, 2, 7, 64])
def test_workers_and_their_parts_stay_within_the_limit(limit: int, workers: int) -> None:
    at_once = workers_within(limit, workers)
    part = size_of(duckdb_share(limit, at_once))
    assert 1 <= at_once <= workers and part >= WORKER_LEAST
    assert at_once * (part + WORKER_BESIDE) <= limit


def test_a_limit_that_is_too_small_for_one_worker_names_the_least() -> None:
    with pytest.raises(
        SettingsError,
        match=r"^--memory-limit: 0.001 MB is too little for one worker; give 550MB or more, of",
    ):
        workers_within(size_of("1KB"), 2)
