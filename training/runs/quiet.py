"""The libraries' own bars, switched off: a run has one bar of its own and says what matters."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from ...release.client_talk import quiet as clients_quiet

# TRL 1.16 and peft 0.21 read a property that transformers 5.23 has renamed, in any run: nobody who
# trains can do anything about it.
OLD_NAME = r"`is_gradient_checkpointing` is deprecated"


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no retries in words inside, and not the one warning that libraries give each
    other; what `transformers` warns of otherwise still shows.
    """
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with clients_quiet(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", OLD_NAME, FutureWarning)
            yield
    finally:
        if shown:
            logging.enable_progress_bar()
