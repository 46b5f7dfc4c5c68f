"""The libraries' own bars, switched off: a run has one bar of its own and says what matters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ...release.client_talk import quiet as clients_quiet


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no retries in words inside; what `transformers` warns of still shows."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with clients_quiet():
            yield
    finally:
        if shown:
            logging.enable_progress_bar()
