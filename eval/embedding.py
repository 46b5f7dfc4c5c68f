"""Is an answer about what a reference is about? Cosine of MiniLM embeddings, where installed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HOW = (
    "cosine of all-MiniLM-L6-v2 (mean of the last layer over the first 128 tokens), best reference,"
    " mean over answers"
)


def similarity(answers: Sequence[str], references: Sequence[Sequence[str]]) -> np.ndarray:
    """(n,) cosine in [-1, 1] of each answer and the reference that is nearest; nan without one.

    Near 1 means the same topic in like words, not as good. Raises MissingExtra where the encoder
    is not installed.
    """
    from ..labeling.readers.minilm import Encoder, installed
    from ..training.runs.quiet import quiet

    place = installed()
    with quiet():
        encoder = Encoder(place)
    texts = sorted({*answers, *(text for each in references for text in each)})
    row = {text: n for n, text in enumerate(texts)}
    last = encoder.embed(texts)[:, -encoder.model.config.hidden_size :]
    unit = last / np.maximum(np.linalg.norm(last, axis=1, keepdims=True), 1e-12)
    return np.array(
        [
            max((float(unit[row[a]] @ unit[row[r]]) for r in each), default=np.nan)
            for a, each in zip(answers, references, strict=True)
        ]
    )
