"""The heads of the reader `minilm`: logistic regression on a frozen encoder's vectors.

`python -m redditess.labeling.fit_minilm --goemotions DIR --encoder FOLDER`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import lexicon
from .fit_linear import (
    Comments,
    arguments,
    best_threshold,
    logistic,
    macro_f1,
    read_both,
    read_uptake,
    temper,
)
from .readers.minilm import HEADS_FILE, Encoder, inputs

C_GRATITUDE, C_SENTIMENT, C_UPTAKE = 1.0, 1.0, 0.3  # ours


def fit_minilm(folder: Path, train: Comments, dev: Comments, out: Path) -> dict[str, Any]:
    """Embeds each text once, fits the heads, chooses thresholds on dev, writes the heads to `out`.

    Returns the figures of dev, as `fit_linear.fit` does.
    """
    from safetensors.numpy import save_file

    encoder = Encoder(folder)
    X, Xd = _inputs(encoder, train.texts), _inputs(encoder, dev.texts)
    figures = {}
    model = logistic(X, train.thanks, C_GRATITUDE)
    threshold, f1 = best_threshold(model.decision_function(Xd), dev.thanks)
    figures["gratitude_f1"] = round(f1, 4)
    columns, biases = [model.coef_[0]], [float(model.intercept_[0]) - threshold]

    kept, kept_dev = train.sentiment >= 0, dev.sentiment >= 0
    y, yd = train.sentiment[kept], dev.sentiment[kept_dev]
    sides = [logistic(X[kept], y == c, C_SENTIMENT, class_weight="balanced") for c in range(3)]
    margins = np.stack([m.decision_function(Xd[kept_dev]) for m in sides], 1)
    heat, offset = temper(margins, yd)
    figures["sentiment_macro_f1"] = round(macro_f1(yd, (margins + offset).argmax(1)), 4)
    columns += [m.coef_[0] * heat for m in sides]
    biases += [
        (float(m.intercept_[0]) + float(o)) * heat for m, o in zip(sides, offset, strict=True)
    ]

    texts, took_up = read_uptake()
    model = logistic(_inputs(encoder, texts), took_up, C_UPTAKE)
    columns.append(model.coef_[0])
    biases.append(float(model.intercept_[0]))
    heads = {
        "weight": np.stack(columns, 1).astype(np.float16),
        "bias": np.array(biases, np.float16),
    }
    save_file(heads, out / HEADS_FILE, metadata={"attribution": "ATTRIBUTION.md"})
    return figures


def _inputs(encoder: Encoder, texts: list[str]) -> np.ndarray:
    heard, planned = lexicon.read_all(texts)
    return inputs(encoder, texts, heard, planned)


def main(argv: Sequence[str] | None = None) -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--encoder", type=Path, required=True, metavar="FOLDER")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    figures = fit_minilm(args.encoder, *read_both(args.goemotions), args.out)
    print(json.dumps(figures, sort_keys=True))


if __name__ == "__main__":
    main()
