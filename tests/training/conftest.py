"""Fixtures of the training room's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.training.killer import Killer


@pytest.fixture(scope="package", autouse=True)
def home_of_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tiny models are made here, not in the cache of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="package")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    """Starts runs in processes of their own and kills them."""
    pytest.importorskip("trl")
    made = Killer(tmp_path_factory.mktemp("killer"))
    yield made
    made.close()


@pytest.fixture(scope="package")
def quick_safety() -> Iterator[None]:
    """Safety at the end of a run is measured on answers of a few tokens."""
    pytest.importorskip("trl")
    from redditess.training.answers.sampling import Limits
    from redditess.training.generator import held_out_safety

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out_safety, "LIMITS", Limits(8, 0.7, 16))
        yield
