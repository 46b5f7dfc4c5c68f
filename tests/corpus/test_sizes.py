"""A size is read as DuckDB reads it, or refused with an example."""

from __future__ import annotations

import pytest

from redditess.corpus.errors import InputError
from redditess.corpus.sizes import size_of


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
