"""Keeps the Hub's client quiet while we work: its bars and its log would name signed addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOGGERS = ("huggingface_hub", "datasets", "httpx2", "fsspec", "filelock")


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars and no warnings of the clients inside; as before afterwards."""
    import datasets
    from huggingface_hub import utils as client

    before = {name: logging.getLogger(name).level for name in LOGGERS}
    bars = [
        (part.disable_progress_bars, part.enable_progress_bars)
        for part in (client, datasets)
        if not part.are_progress_bars_disabled()
    ]
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        for off, _ in bars:
            off()
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
        for _, on in bars:
            on()
