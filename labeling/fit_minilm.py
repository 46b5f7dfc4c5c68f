"""The heads of the reader `minilm`: what a frozen encoder adds to the hashed model.

    python -m redditess.labeling.fit_minilm --goemotions DIR --encoder FOLDER [--out DIR]

The heads read the encoder's last layers, the word lists and the logits of `linear`. On train those
logits come from folds that did not see the text: otherwise the heads would trust them too much.
Thresholds are chosen on dev, the test split is never read. Fit again after `fit_linear`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import lexicon
from .fit_linear import (
    BACKGROUND,
    HEADS,
    Comments,
    arguments,
    background,
    best_threshold,
    bounded_margin,
    cross_fitted,
    macro_f1,
    read_both,
    temper,
)
from .invented import read_uptake
from .readers.hashed import Hashed
from .readers.minilm import HEADS_FILE, Encoder, fingerprints, inputs

C_GRATITUDE, C_SENTIMENT, C_UPTAKE = 1e-5, 0.002, 0.003  # by folds of train, docs/log.md
TRUST = 30.0  # the head of thanks corrects `linear`: its own logit is hardly penalised


class Head(NamedTuple):
    """Weights over raw inputs (D,) and bias of one head."""

    weight: np.ndarray
    bias: float

    def moved(self, scale: float, shift: float) -> Head:
        return Head(self.weight * scale, (self.bias + shift) * scale)


class Parts(NamedTuple):
    """What the heads are fitted on: the inputs of train and dev, and `linear` on both."""

    X: np.ndarray  # (n, D) encoder and word lists
    Xd: np.ndarray
    linear: np.ndarray  # (n, 4) cross-fitted logits: thanks and three sentiments
    linear_dev: np.ndarray


def fit_minilm(folder: Path, train: Comments, dev: Comments, out: Path) -> dict[str, Any]:
    """Embeds each text once, fits the heads, chooses thresholds on dev, writes the heads to `out`.

    Returns the figures of dev, as `fit_linear.fit` does.
    """
    encoder, hashed = Encoder(folder), Hashed()
    X, Xd = _inputs(encoder, train.texts), _inputs(encoder, dev.texts)
    logits = hashed.logits(dev.texts)[:, :4]
    parts = Parts(X, Xd, cross_fitted(train, hashed.meta["affine"]), logits)
    thanks, f1 = _thanks(parts, train, dev)
    sides, macro = _sides(parts, train, dev)
    uptake, f05 = _uptake(encoder, X, train.texts)
    _write(out / HEADS_FILE, [thanks, *sides, uptake], fingerprints(folder))
    return {
        "gratitude_f1": round(f1, 4), "sentiment_macro_f1": round(macro, 4),
        "uptake_f05_cross_fitted": round(f05, 4),
    }  # fmt: skip


def _thanks(parts: Parts, train: Comments, dev: Comments) -> tuple[Head, float]:
    X, Xd = (
        np.hstack([x, one[:, :1]])
        for x, one in ((parts.X, parts.linear), (parts.Xd, parts.linear_dev))
    )
    trust = np.ones(X.shape[1])
    trust[-1] = TRUST
    (head,) = logistic(X, train.thanks, C_GRATITUDE, trust=trust)
    margin = bounded_margin(dev.texts, Xd @ head.weight + head.bias)
    threshold, f1 = best_threshold(margin, dev.thanks)
    weight = np.zeros(parts.X.shape[1] + 4)  # the other logits say nothing here
    weight[: parts.X.shape[1] + 1] = head.weight
    return Head(weight, head.bias - threshold), f1


def _sides(parts: Parts, train: Comments, dev: Comments) -> tuple[list[Head], float]:
    kept, kept_dev = train.sentiment >= 0, dev.sentiment >= 0
    X = np.hstack([parts.X, parts.linear])[kept]
    Xd = np.hstack([parts.Xd, parts.linear_dev])[kept_dev]
    y, yd = train.sentiment[kept], dev.sentiment[kept_dev]
    heads = logistic(X, y, C_SENTIMENT, class_weight="balanced")
    margins = np.stack([Xd @ head.weight + head.bias for head in heads], 1)
    heat, offset = temper(margins, yd)
    moved = [head.moved(heat, float(o)) for head, o in zip(heads, offset, strict=True)]
    return moved, macro_f1(yd, (margins + offset).argmax(1))


def _uptake(encoder: Encoder, X: np.ndarray, train: list[str]) -> tuple[Head, float]:
    """Five folds choose the threshold (F0.5: a false alarm is a vote, a miss abstains)."""
    texts, y = read_uptake()
    place = {text: i for i, text in enumerate(train)}
    silent = X[[place[text] for text in background(train)]]
    X = np.vstack([_inputs(encoder, texts), silent])
    y_all = np.concatenate([y, np.zeros(len(silent), bool)])
    weights = np.where(np.arange(len(y_all)) < len(y), 1.0, BACKGROUND)
    fold = np.random.default_rng(0).integers(0, 5, len(y_all))
    margin = np.zeros(len(y_all))
    for k in range(5):
        seen = fold != k
        (head,) = logistic(X[seen], y_all[seen], C_UPTAKE, weights[seen])
        margin[~seen] = X[~seen] @ head.weight + head.bias
    threshold, f = best_threshold(margin[: len(y)], y, beta=0.5)
    (head,) = logistic(X, y_all, C_UPTAKE, weights)
    return Head(np.concatenate([head.weight, np.zeros(4)]), head.bias - threshold), f


def logistic(
    X: np.ndarray,
    y: np.ndarray,
    C: float,
    weights: np.ndarray | None = None,
    trust: np.ndarray | float = 1.0,
    **more: Any,
) -> list[Head]:
    """Logistic regression on standardised inputs, times `trust` -> heads on raw inputs.

    One head for two classes, one per class for more.
    """
    from sklearn.linear_model import LogisticRegression

    middle, width = X.mean(axis=0), np.maximum(X.std(axis=0), 1e-6) / trust
    model = LogisticRegression(C=C, max_iter=300, tol=1e-3, **more)
    model.fit((X - middle) / width, y, sample_weight=weights)
    raw = model.coef_ / width
    return [Head(w, float(b - w @ middle)) for w, b in zip(raw, model.intercept_, strict=True)]


def _inputs(encoder: Encoder, texts: list[str]) -> np.ndarray:
    return inputs(encoder, texts, *lexicon.read_all(texts))


def _write(path: Path, heads: Sequence[Head], fitted_on: dict[str, str]) -> None:
    from safetensors.numpy import save_file

    tensors = {
        "weight": np.stack([head.weight for head in heads], 1).astype(np.float32),
        "bias": np.array([head.bias for head in heads], np.float32),
    }
    about = {"attribution": "ATTRIBUTION.md", "heads": HEADS, **fitted_on}
    save_file(tensors, path, metadata={"about": json.dumps(about, sort_keys=True)})


def main(argv: Sequence[str] | None = None) -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--encoder", type=Path, required=True, metavar="FOLDER")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    figures = fit_minilm(args.encoder, *read_both(args.goemotions), args.out)
    print(json.dumps(figures, sort_keys=True))


if __name__ == "__main__":
    main()
