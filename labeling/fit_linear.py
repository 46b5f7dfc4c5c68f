"""Fits the heads of the readers: gratitude and sentiment on GoEmotions, uptake on our own set.

    python -m redditess.labeling.fit_linear --goemotions DIR [--out DIR]

DIR holds train.tsv, dev.tsv and emotions.txt of GoEmotions (Demszky et al. 2020, CC BY 4.0).
Trained on train; thresholds and the temper of the probabilities are chosen on dev; the test split
is never read. The same input gives the same bytes. Needs scikit-learn (extra `dev`), the
library does not. `fit_minilm` fits the same heads on a frozen encoder.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import lexicon, linear
from .invented import read_uptake
from .readers.extras import N_EXTRAS, extras
from .readers.modelled import bound_thanks

BITS = (18, 18)  # words, characters: 6 MB of float16; 2**20 gains less than .002
HEADS = ("gratitude", "negative", "neutral", "positive", "uptake")
N_BACKGROUND, BACKGROUND = 5_000, 0.3  # comments in the first person without a word of uptake
# Per head: weight of the word block, of the character block, and C. Chosen on dev, docs/log.md.
GRATITUDE, SENTIMENT, UPTAKE = (1.5, 0.3, 2.0), (1.0, 1.0, 1.0), (1.0, 1.0, 4.0)

# The official grouping (google-research/goemotions, sentiment_mapping.json).
SIDES = {
    "positive": "admiration amusement approval caring desire excitement gratitude joy love optimism"
    " pride relief",
    "negative": "anger annoyance disappointment disapproval disgust embarrassment fear grief"
    " nervousness remorse sadness",
    "neutral": "neutral",
}
_SIDE = {emotion: side for side, names in SIDES.items() for emotion in names.split()}
_OWN = re.compile(r"\b(?:i|i'm|my|we|me)\b", re.IGNORECASE)


class Comments(NamedTuple):
    """Labelled comments: texts, thanks (n,) bool, sentiment (n,) 0..2 or -1 where left out."""

    texts: list[str]
    thanks: np.ndarray
    sentiment: np.ndarray


class Head(NamedTuple):
    """One fitted head; its logit is the margin of the fit, `times` a heat, `plus` an offset."""

    weight: np.ndarray  # (columns,)
    bias: float
    times: float
    plus: float


def read_goemotions(path: Path) -> Comments:
    """One TSV of GoEmotions; emotions.txt lies beside it. Ambiguous and mixed: sentiment -1."""
    emotions = (path.parent / "emotions.txt").read_text("utf8").split()
    texts, thanks, sentiment = [], [], []
    with path.open(encoding="utf8", newline="") as file:
        for text, ids, _ in csv.reader(file, delimiter="\t"):
            named = [emotions[int(i)] for i in ids.split(",")]
            sides = {_SIDE.get(name, "ambiguous") for name in named}
            side = sides.pop() if len(sides) == 1 else "mixed"
            texts.append(text)
            thanks.append("gratitude" in named)
            sentiment.append({"negative": 0, "neutral": 1, "positive": 2}.get(side, -1))
    return Comments(texts, np.array(thanks), np.array(sentiment))


def extras_of(texts: Sequence[str]) -> np.ndarray:
    """The numbers of `readers.extras` for n texts."""
    return extras(*lexicon.read_all(texts))


class Space:
    """The hashed columns with their idf, as the library computes them, in sparse matrices."""

    def __init__(self, texts: Sequence[str]):
        self.idf: list[np.ndarray] = []
        for matrix in self._counts(texts):
            df = np.bincount(matrix.indices, minlength=matrix.shape[1])
            idf = (np.log((1 + len(texts)) / (1 + df)) + 1) * (df > 1)
            self.idf.append(idf.astype(np.float16).astype(np.float32))

    def _counts(self, texts: Sequence[str]) -> list[Any]:
        import scipy.sparse as sp

        blocks = zip(linear.blocks(texts, BITS), BITS, strict=True)
        shape = len(texts)
        return [sp.csr_matrix((b.tf, (b.row, b.column)), (shape, 1 << bits)) for b, bits in blocks]

    def matrix(self, texts: Sequence[str], how: tuple[float, float, float]) -> Any:
        """Texts -> CSR (n, words + characters + extras); each block has the length of its scale.

        Words of uptake are an input of the head `uptake` alone: GoEmotions knows no such thing.
        """
        import scipy.sparse as sp
        from sklearn.preprocessing import normalize

        parts = [
            normalize(counts.multiply(idf).tocsr()) * scale
            for counts, idf, scale in zip(self._counts(texts), self.idf, how[:2], strict=True)
        ]
        numbers = extras_of(texts)
        if how is not UPTAKE:
            numbers[:, -1] = 0
        return sp.hstack([*parts, sp.csr_matrix(numbers)]).tocsr()


def logistic(
    X: Any, y: np.ndarray, C: float, weights: np.ndarray | None = None, **more: Any
) -> Any:
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=C, solver="liblinear", tol=1e-3, random_state=0, **more)
    return fit.fit(X, y, sample_weight=weights)


def best_threshold(margin: np.ndarray, y: np.ndarray, beta: float = 1.0) -> tuple[float, float]:
    """The margin above which F-beta is highest, in the middle of its gap, and that F-beta."""
    order = np.argsort(-margin, kind="stable")
    hits = np.cumsum(y[order])
    weight = beta**2
    f = (1 + weight) * hits / (np.arange(1, len(y) + 1) + weight * y.sum())
    best = int(f.argmax())
    following = order[min(best + 1, len(y) - 1)]
    return float(margin[order[best]] + margin[following]) / 2, float(f[best])


def macro_f1(y: np.ndarray, guess: np.ndarray) -> float:
    f1 = [
        2 * np.sum((y == c) & (guess == c)) / max(np.sum(y == c) + np.sum(guess == c), 1)
        for c in range(3)
    ]
    return float(np.mean(f1))


def temper(margins: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Temperature and offsets (3,) of a softmax: offsets by macro-F1, temperature by likelihood."""
    steps = np.arange(-0.6, 0.61, 0.1)
    tried = [
        (macro_f1(y, (margins + np.array([0, a, b])).argmax(1)), a, b) for a in steps for b in steps
    ]
    top = max(score for score, _, _ in tried)
    near = np.array([(a, b) for score, a, b in tried if score > top - 0.002])
    offset = np.array([0.0, *near.mean(axis=0)])  # the middle of what is as good: less luck of dev
    heats = np.arange(0.6, 3.01, 0.1)
    losses = []
    for heat in heats:
        z = (margins + offset) * heat
        z -= z.max(axis=1, keepdims=True)
        losses.append(float(np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y])))
    return float(heats[int(np.argmin(losses))]), offset


def fit(train: Comments, dev: Comments) -> tuple[linear.Linear, dict[str, Any]]:
    """The linear model; the figures of dev that chose it, and how margins became logits."""
    # Our sentences have words that GoEmotions lacks: they need columns, too.
    space = Space([*train.texts, *read_uptake()[0]])
    heads, figures = {}, {}
    heads["gratitude"], figures["gratitude_f1"] = _fit_thanks(space, train, dev)
    sides, figures["sentiment_macro_f1"] = _fit_sides(space, train, dev)
    heads |= dict(zip(HEADS[1:4], sides, strict=True))
    heads["uptake"], figures["uptake_f05_cross_fitted"] = _fit_uptake(space, train.texts)
    about = {
        "figures": {name: round(figure, 4) for name, figure in figures.items()},
        "affine": {name: [head.times, head.plus] for name, head in heads.items()},
    }
    return _linear(space, [heads[name] for name in HEADS]), about


def _fit_sides(space: Space, train: Comments, dev: Comments) -> tuple[list[Head], float]:
    kept, kept_dev = train.sentiment >= 0, dev.sentiment >= 0
    X, Xd = (space.matrix(part.texts, SENTIMENT) for part in (train, dev))
    models = side_models(X[kept], train.sentiment[kept])
    margins = np.stack([m.decision_function(Xd[kept_dev]) for m in models], 1)
    y = dev.sentiment[kept_dev]
    heat, offset = temper(margins, y)
    plus = (offset * heat).tolist()
    heads = [_head(m, SENTIMENT, heat, p) for m, p in zip(models, plus, strict=True)]
    return heads, macro_f1(y, (margins + offset).argmax(1))


def side_models(X: Any, y: np.ndarray) -> list[Any]:
    """One model per sentiment 0..2."""
    return [logistic(X, y == c, SENTIMENT[2], class_weight="balanced") for c in range(3)]


def _fit_thanks(space: Space, train: Comments, dev: Comments) -> tuple[Head, float]:
    """The threshold is the best for what a user sees on dev, traps and bare thanks bounded."""
    X, Xd = (space.matrix(part.texts, GRATITUDE) for part in (train, dev))
    model = logistic(X, train.thanks, GRATITUDE[2])
    margin = bounded_margin(dev.texts, model.decision_function(Xd))
    threshold, f1 = best_threshold(margin, dev.thanks)
    return _head(model, GRATITUDE, 1.0, -threshold), f1


def bounded_margin(texts: Sequence[str], margin: np.ndarray) -> np.ndarray:
    """Margins of thanks, beyond all others where the word lists decide whatever the model says."""
    heard, _ = lexicon.read_all(texts)
    sides = np.zeros((len(texts), 3), np.float32)
    least, most = np.zeros(len(texts), np.float32), np.ones(len(texts), np.float32)
    for p in (least, most):
        bound_thanks(texts, heard, p, sides)
    outside = float(np.abs(margin).max(initial=0.0)) + 1
    return np.where(least >= 0.5, outside, np.where(most < 0.5, -outside, margin))


def _fit_uptake(space: Space, train: Sequence[str]) -> tuple[Head, float]:
    """Five folds choose the threshold; then a fit on all sentences and the background."""
    texts, y = read_uptake()
    silent = background(train)
    X = space.matrix([*texts, *silent], UPTAKE)
    y_all = np.concatenate([y, np.zeros(len(silent), bool)])
    weight = np.where(np.arange(len(y_all)) < len(y), 1.0, BACKGROUND)
    fold = np.random.default_rng(0).integers(0, 5, len(y_all))
    margin = np.zeros(len(y_all))
    for k in range(5):
        seen = fold != k
        model = logistic(X[seen], y_all[seen], UPTAKE[2], weight[seen])
        margin[~seen] = model.decision_function(X[~seen])
    # A false alarm is a vote, a miss abstains: precision counts double (F0.5).
    threshold, f = best_threshold(margin[: len(y)], y, beta=0.5)
    model = logistic(X, y_all, UPTAKE[2], weight)
    return _head(model, UPTAKE, 1.0, -threshold), f


def background(texts: Sequence[str]) -> list[str]:
    """Comments in the first person without a word of uptake, evenly taken from `texts`."""
    silent = [t for t in texts if _OWN.search(t) and not lexicon.uptake(t)]
    return silent[:: max(1, len(silent) // N_BACKGROUND)][:N_BACKGROUND]


def cross_fitted(train: Comments, affine: dict[str, list[float]], folds: int = 4) -> np.ndarray:
    """Logits (n, 4) of thanks and three sentiments from folds that did not see the text.

    `affine` is what `fit` did to each margin (times, plus), so that they are like the shipped ones.
    """
    fold = np.random.default_rng(0).integers(0, folds, len(train.texts))
    space = Space([*train.texts, *read_uptake()[0]])
    X, Xs = (space.matrix(train.texts, how) for how in (GRATITUDE, SENTIMENT))
    out = np.zeros((len(train.texts), 4))
    for k in range(folds):
        seen = fold != k
        model = logistic(X[seen], train.thanks[seen], GRATITUDE[2])
        out[~seen, 0] = model.decision_function(X[~seen])
        kept = seen & (train.sentiment >= 0)
        for c, side in enumerate(side_models(Xs[kept], train.sentiment[kept]), 1):
            out[~seen, c] = side.decision_function(Xs[~seen])
    times, plus = np.array([affine[head] for head in HEADS[:4]]).T
    return np.asarray(out * times + plus)


def _head(model: Any, how: tuple[float, float, float], times: float, plus: float) -> Head:
    """For blocks of length 1: the scale of a block moves into its weights."""
    scale = np.full(len(model.coef_[0]), times)
    scale[: 1 << BITS[0]] *= how[0]
    scale[1 << BITS[0] : -N_EXTRAS] *= how[1]
    return Head(model.coef_[0] * scale, float(model.intercept_[0]) * times + plus, times, plus)


def _linear(space: Space, heads: Sequence[Head]) -> linear.Linear:
    columns = np.stack([head.weight for head in heads], axis=1)
    middle = 1 << BITS[0]
    parts = (columns[:middle], columns[middle:-N_EXTRAS])
    tables = [
        np.concatenate([part * idf[:, None], idf[:, None]], axis=1)
        for part, idf in zip(parts, space.idf, strict=True)
    ]
    bias = np.array([head.bias for head in heads])
    return linear.Linear(HEADS, tables, columns[-N_EXTRAS:], bias)


def arguments(about: str) -> argparse.ArgumentParser:
    """What every script that fits a reader is told: where GoEmotions lies, where weights go."""
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("--goemotions", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "weights")
    return parser


def read_both(folder: Path) -> tuple[Comments, Comments]:
    """GoEmotions train and dev."""
    return read_goemotions(folder / "train.tsv"), read_goemotions(folder / "dev.tsv")


def main(argv: Sequence[str] | None = None) -> None:
    args = arguments(str(__doc__)).parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    model, about = fit(*read_both(args.goemotions))
    linear.save(args.out / "linear.safetensors", model, {"attribution": "ATTRIBUTION.md", **about})
    print(json.dumps(about["figures"], sort_keys=True))


if __name__ == "__main__":
    main()
