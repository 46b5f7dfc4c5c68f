"""Fits the heads of the screen, the support types and the strategies on sentences of our own.

    python -m redditess.labeling.fit_heads --goemotions DIR [--out DIR]

Trained on lexicons/{screen,support,strategies}_train.toml, all invented. GoEmotions (CC BY 4.0)
gives background: comments of its train split without anger, in which no rule hears anything, are
examples of nothing; its dev split sets the thresholds, together with our own look-alikes. Of tests/
only the items that the rules were developed on are read, never those held out. The same input
gives the same bytes. Needs scikit-learn (extra `dev`), the library does not.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ..corpus.artefacts import stable_hash
from .fit_linear import arguments
from .heads import Heads, pieces, save
from .linear import characters, counted, word_grams
from .screen import RISKS, by_rule, vetoed
from .spot import load, plain
from .support import STRATEGIES, SUPPORT_TYPES, types_by_rule

HEADED = tuple(name for name in RISKS if name != "minor_disclosed")  # there a head hears any age
HEADED_TYPES = ("tangible", "coping_strategy")  # elsewhere a head added nothing to the rules
DEVELOPMENT = Path(__file__).parents[1] / "tests" / "labeling" / "screen_items.toml"
BITS = 16  # columns: 2**16, 2.8 MB of float16
MOST = 6  # wordings of one frame
FOLDS = 4  # by frame; thresholds are chosen on what a fit has not seen
C, BACKGROUND = 4.0, 0.3  # of the logistic regression; weight of a background comment
OWN = 2.0  # weight of a category's own look-alikes and signs
CLEAN, SUPPORTIVE, ALIKE = (
    0.0075,
    0.006,
    0.05,
)  # most false alarms: GoEmotions, support, look-alikes
_ANGRY = {"anger", "annoyance", "disgust", "disapproval"}


class Item(NamedTuple):
    """One sentence, what it shows (head names), the table it stands in, and its frame."""

    text: str
    shows: frozenset[str]
    table: str
    frame: str


def wordings(frame: str, most: int = MOST) -> list[str]:
    """A frame with `{a|b}` slots -> at most `most` of its wordings, chosen by a hash.

    >>> sorted(wordings("{hello|hi} there"))
    ['hello there', 'hi there']
    """
    parts = re.split(r"\{([^}]*)\}", frame)
    slots = [part.split("|") for part in parts[1::2]]
    n = int(np.prod([len(slot) for slot in slots], dtype=np.int64))
    order = np.random.default_rng(stable_hash("wordings", frame)).permutation(min(n, 10_000))
    return [_filled(parts[::2], slots, int(i)) for i in order[:most]]


def _filled(fixed: list[str], slots: list[list[str]], which: int) -> str:
    said = []
    for slot in slots:
        which, place = divmod(which, len(slot))
        said.append(slot[place])
    return "".join(a + b for a, b in zip(fixed, [*said, ""], strict=True))


def items(development: Path) -> list[Item]:
    """Every wording of the three files, and the items on which the rules were developed."""
    return [
        Item(text, shows, table, frame)
        for table, shows, frames in (*_blocks(), *_developed(development))
        for frame in frames
        for text in wordings(frame)
    ]


def _developed(file: Path) -> Iterator[tuple[str, frozenset[str], list[str]]]:
    """Frames of a file of items with named slots, in the notation of ours."""
    tables = tomllib.loads(file.read_text("utf8"))
    slots = {name: "{" + "|".join(values) + "}" for name, values in tables.pop("slots").items()}
    for name, table in tables.items():
        for kind, shows in (("positive", frozenset([name])), ("negative", frozenset())):
            yield name, shows, [frame.format_map(slots) for frame in table[kind]]


def _blocks() -> Iterator[tuple[str, frozenset[str], list[str]]]:
    for name, table in load("lexicons", "screen_train").items():
        yield name, frozenset([name]), _lines(table["yes"])
        yield name, frozenset(), _lines(table["no"])
    for name, table in load("lexicons", "support_train").items():
        yield (
            f"support {name}",
            frozenset([name]) & frozenset(SUPPORT_TYPES),
            _lines(table["frames"]),
        )
    for name, table in load("lexicons", "strategies_train").items():
        yield "strategy", frozenset([name]), _lines(table["frames"])


def _lines(block: str) -> list[str]:
    return block.strip().splitlines()


def calm_comments(path: Path) -> list[str]:
    """Comments of a GoEmotions file without anger, in which no rule hears a risk."""
    emotions = (path.parent / "emotions.txt").read_text("utf8").split()
    with path.open(encoding="utf8", newline="") as file:
        rows = [(t, {emotions[int(i)] for i in ids.split(",")}) for t, ids, _ in
                csv.reader(file, delimiter="\t")]  # fmt: skip
    texts = [text for text, felt in rows if not felt & _ANGRY]
    heard = np.stack(list(by_rule(plain(pa.array(texts))).values()), axis=1).max(axis=1).tolist()
    return [text for text, h in zip(texts, heard, strict=True) if not h]


class Space:
    """Texts as rows of weighted words, the way `Heads` reads them."""

    def __init__(self, texts: Sequence[str]):
        counts = self._counts(texts)
        df = np.bincount(counts.indices, minlength=1 << BITS)
        idf = (np.log((1 + len(texts)) / (1 + df)) + 1) * (df > 1)
        self.idf = idf.astype(np.float16).astype(np.float32)

    def _counts(self, texts: Sequence[str]) -> Any:
        import scipy.sparse as sp

        # One row a text: frames and comments are short, so that a piece is most often the whole.
        x = plain(pa.array(list(texts)))
        cut = pieces(pa.array([t.replace(" . ", " , ") for t in x.to_pylist()], pa.large_string()))
        block = counted(word_grams(characters(cut.text), BITS), BITS)
        return sp.csr_matrix((block.tf, (block.row, block.column)), (len(texts), 1 << BITS))

    def matrix(self, texts: Sequence[str]) -> Any:
        """Texts -> CSR (n, 2**BITS), rows of length 1."""
        from sklearn.preprocessing import normalize

        return normalize(self._counts(texts).multiply(self.idf).tocsr())


class Fitted(NamedTuple):
    """One head: weights of the columns, threshold taken off the bias, and what chose it."""

    weights: np.ndarray
    bias: float
    figures: dict[str, float]


class Fitter:
    """All that the fits share: our items, the background, and their rows in one space."""

    def __init__(self, folder: Path, development: Path):
        self.items = items(development)
        texts = [i.text for i in self.items]
        background = calm_comments(folder / "train.tsv")[::4]
        self.calm = calm_comments(folder / "dev.tsv")
        self.space = Space([*texts, *background])
        self.own, self.back = self.space.matrix(texts), self.space.matrix(background)
        self.dev = self.space.matrix(self.calm)
        self.fold = np.array([stable_hash("fold", i.frame) % FOLDS for i in self.items])
        self.table = np.array([i.table for i in self.items])
        self.supportive = np.char.startswith(self.table, "support ")
        self.ruled = types_by_rule(plain(pa.array(texts)))

    def _fit(self, y: np.ndarray, seen: np.ndarray, weight: np.ndarray) -> Any:
        import scipy.sparse as sp
        from sklearn.linear_model import LogisticRegression

        n = self.back.shape[0]
        model = LogisticRegression(C=C, solver="liblinear", tol=1e-3, random_state=0)
        return model.fit(
            sp.vstack([self.own[seen], self.back]),
            np.concatenate([y[seen], np.zeros(n, bool)]),
            sample_weight=np.concatenate([weight[seen], np.full(n, BACKGROUND)]),
        )

    def _margins(self, y: np.ndarray, weight: np.ndarray, among: np.ndarray) -> np.ndarray:
        """Of each item, by a fit that saw none of its frame's wordings; nan outside `among`."""
        out = np.full(len(y), np.nan)
        for k in range(FOLDS):
            rows = among & (self.fold == k)
            fit = self._fit(y, np.flatnonzero(among & (self.fold != k)), weight)
            out[rows] = fit.decision_function(self.own[rows])
        return out

    def risk(self, name: str) -> Fitted:
        """A head of the screen; its threshold keeps three kinds of false alarms low."""
        among = self.table != "strategy"
        y = np.array([name in i.shows for i in self.items])
        weight = np.where((self.table == name) | self.supportive, OWN, 1.0)
        margin = self._margins(y, weight, among)
        model = self._fit(y, np.flatnonzero(among), weight)
        alike = np.flatnonzero((self.table == name) & ~y)
        texts = plain(pa.array([self.items[i].text for i in alike]))
        alike = alike[~vetoed(texts, name)]
        kind = self.supportive & ~np.isin(self.table, _near(name))
        n_alike = ((self.table == name) & ~y).sum()
        threshold = max(
            np.quantile(model.decision_function(self.dev), 1 - CLEAN),
            np.quantile(margin[kind], 1 - SUPPORTIVE),
            np.sort(margin[alike])[max(len(alike) - int(ALIKE * n_alike) - 1, 0)] + 1e-3,
        )
        recall = float(np.mean(margin[y & among] > threshold))
        return Fitted(model.coef_[0], float(model.intercept_[0]) - threshold,
                      {"unseen_recall": round(recall, 3)})  # fmt: skip

    def support(self, name: str) -> Fitted:
        """A head of a support type; its threshold has the best F1 beside the rules."""
        among = self.table != "strategy"
        y = np.array([name in i.shows for i in self.items])
        weight = np.where(self.supportive, OWN, 1.0)
        margin = self._margins(y, weight, among)
        ours = self.supportive
        tried = np.unique(margin[ours])[::5]
        ruled = self.ruled[name][ours]
        f1 = [_f1(y[ours], ruled | (margin[ours] > t)) for t in tried]
        model = self._fit(y, np.flatnonzero(among), weight)
        calm = np.quantile(model.decision_function(self.dev), 1 - CLEAN)
        threshold = max(float(tried[int(np.argmax(f1))]), float(calm))
        said = _f1(y[ours], ruled | (margin[ours] > threshold))
        return Fitted(model.coef_[0], float(model.intercept_[0]) - threshold,
                      {"unseen_f1": round(said, 3), "rules_f1": round(_f1(y[ours], ruled), 3)}
        )  # fmt: skip

    def strategies(self) -> list[Fitted]:
        """The heads of the strategies, fitted together: the highest decides."""
        from sklearn.linear_model import LogisticRegression

        rows = np.flatnonzero(self.table == "strategy")
        y = np.array([STRATEGIES.index(next(iter(self.items[i].shows))) for i in rows])
        X, fold = self.own[rows], self.fold[rows]
        said = np.zeros(len(y), int)
        for k in range(FOLDS):
            seen = fold != k
            fit = LogisticRegression(C=C, max_iter=500, class_weight="balanced")
            said[~seen] = fit.fit(X[seen], y[seen]).predict(X[~seen])
        fit = LogisticRegression(C=C, max_iter=500, class_weight="balanced").fit(X, y)
        return [
            Fitted(fit.coef_[c], float(fit.intercept_[c]),
                   {"unseen_f1": round(_f1(y == c, said == c), 3)})
            for c in range(len(STRATEGIES))
        ]  # fmt: skip


def _near(name: str) -> list[str]:
    """Tables of the support types that a risk may rightly be heard in."""
    if name in ("lived_experience", "contact_offer"):
        return ["support none", "support network", "support tangible"]
    return ["support none"]


def _f1(y: np.ndarray, said: np.ndarray) -> float:
    return float(2 * np.sum(y & said) / max(np.sum(y) + np.sum(said), 1))


def fit(folder: Path, development: Path) -> tuple[Heads, dict[str, dict[str, float]]]:
    """All heads, and the figures on frames that a fit had not seen."""
    fitter = Fitter(folder, development)
    named = {name: fitter.risk(name) for name in HEADED}
    named |= {name: fitter.support(name) for name in HEADED_TYPES}
    named |= dict(zip(STRATEGIES, fitter.strategies(), strict=True))
    idf = fitter.space.idf[:, None]
    weights = np.stack([f.weights for f in named.values()], axis=1)
    table = np.concatenate([weights * idf, idf], axis=1)
    bias = np.array([f.bias for f in named.values()])
    return Heads(tuple(named), table, bias), {n: f.figures for n, f in named.items()}


def main(argv: Sequence[str] | None = None) -> None:
    parser = arguments(str(__doc__))
    parser.add_argument("--items", type=Path, default=DEVELOPMENT, metavar="FILE")
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    model, figures = fit(args.goemotions, args.items)
    save(args.out / "heads.safetensors", model, {"attribution": "ATTRIBUTION.md"})
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
