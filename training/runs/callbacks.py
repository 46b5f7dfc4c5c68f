"""Our listeners as transformers' Trainer calls them; where they are written it is not imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import TrainerCallback


def as_callback(listener: object) -> TrainerCallback:
    """Any object with some of the methods `on_train_begin`, `on_log`, … as a callback."""
    from transformers import TrainerCallback

    events = [name for name in dir(TrainerCallback) if name.startswith("on_")]
    heard = {n: staticmethod(getattr(listener, n)) for n in events if hasattr(listener, n)}
    return type(type(listener).__name__, (TrainerCallback,), heard)()
