"""Linear heads beside the rules: what the screen and the support types hear without a fixed phrase.

One small model (`weights/heads.safetensors`, made by `labeling.fit_heads` from sentences that we
invented) has a head for each risk, support type and strategy. It reads words and word pairs alone,
each word cut to its first letters: close to characters in what it hears, at a sixth of the cost.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import linear

FILE = Path(__file__).parent / "weights" / "heads.safetensors"
LETTERS = 5  # of a word that are read: "stopped", "stopping" -> "stopp"; ours, chosen on own items
WHOLE = 200  # characters of a text that is read as one piece; a longer one by its sentences
_BATCH = 2_000  # pieces at a time, so that memory has a bound
_CUT = rf"([a-z']{{{LETTERS}}})[a-z']+"


class Pieces(NamedTuple):
    """The pieces of n texts, in their order."""

    text: list[str]
    row: np.ndarray  # (k,) int64: of which text


def pieces(plain_texts: pa.Array) -> Pieces:
    """Texts as `spot.plain` leaves them -> short texts whole, long ones sentence by sentence.

    A harmful sentence in a long comment would drown in the length of the whole.
    """
    x = pc.replace_substring_regex(plain_texts, _CUT, r"\1")
    short = pc.less_equal(pc.utf8_length(x), WHOLE)
    x = pc.if_else(short, pc.replace_substring(x, " . ", " , "), x)
    cut = pc.split_pattern(x, " . ")
    row = pc.list_parent_indices(cut).to_numpy(zero_copy_only=False)
    return Pieces(pc.list_flatten(cut).to_pylist(), row.astype(np.int64))


class Heads:
    """The model: `table` (2**bits, heads + 1) as in `linear.Linear`, words alone; `bias` (heads,).

    A score is a logit from which the head's threshold is already taken: above 0 it speaks.
    """

    def __init__(self, names: tuple[str, ...], table: np.ndarray, bias: np.ndarray):
        self.names = names
        self.table = np.ascontiguousarray(table, np.float32)
        self.bias = bias.astype(np.float32)
        self.bits = len(table).bit_length() - 1

    def scores(self, texts: list[str]) -> np.ndarray:
        """Pieces (k) -> scores (k, heads), float32."""
        out = np.tile(self.bias, (len(texts), 1))
        for begin in range(0, len(texts), _BATCH):
            out[begin : begin + _BATCH] += self._sums(texts[begin : begin + _BATCH])
        return out

    def best(self, plain_texts: pa.Array) -> np.ndarray:
        """Texts (n) -> the highest score of any of their pieces, (n, heads) float32."""
        parts = pieces(plain_texts)
        best = np.full((len(plain_texts), len(self.names)), -np.inf, np.float32)
        if len(parts.row):
            first = np.flatnonzero(np.diff(parts.row, prepend=-1))
            scores = self.scores(parts.text)
            # A piece without a word says nothing: the bias alone must not speak for it.
            scores[[not t.strip(" .,?") for t in parts.text]] = -np.inf
            best[parts.row[first]] = np.maximum.reduceat(scores, first, axis=0)
        return best

    def _sums(self, texts: list[str]) -> np.ndarray:
        grams = linear.word_grams(linear.characters(texts), self.bits)
        block = linear.counted(grams, self.bits)
        sums = np.zeros((len(texts), len(self.names)), np.float32)
        if len(block.row):
            parts = self.table[block.column] * block.tf[:, None]
            parts[:, -1] **= 2
            first = np.flatnonzero(np.diff(block.row, prepend=-1))
            summed = np.add.reduceat(parts, first, axis=0)
            length = np.sqrt(np.maximum(summed[:, -1:], 1e-12))
            sums[block.row[first]] = summed[:, :-1] / length
        return sums

    def strongest(self, plain_text: str, name: str) -> str:
        """The piece of one text in which a head is surest, as evidence."""
        cut = pieces(pa.array([plain_text], pa.large_string())).text
        return cut[int(self.scores(cut)[:, self.names.index(name)].argmax())].strip(" .,")


@cache
def heads(path: Path = FILE) -> Heads:
    """The shipped model, or another file of the same kind."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        table, bias = file.get_tensor("words"), file.get_tensor("bias")
    return Heads(tuple(about["heads"]), table, bias)


def save(path: Path, model: Heads, about: dict[str, Any]) -> None:
    """Writes weights (float16) and metadata; the same model gives the same bytes."""
    from safetensors.numpy import save_file

    tensors = {"words": model.table.astype(np.float16), "bias": model.bias.astype(np.float16)}
    text = json.dumps({**about, "heads": model.names}, sort_keys=True)
    save_file(tensors, path, metadata={"about": text})
