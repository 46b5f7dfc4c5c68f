"""A linear model over hashed n-grams: the readers' default, in numpy alone.

A text is its words and word pairs (one block) and its characters in runs of 2 to 5 (the other).
Each n-gram has a column by its hash; its weight is 1 + log(count), times the column's idf; each
block has length 1. Several heads share the columns. No vocabulary is stored, so that the weights
hold no text of anybody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

MAX_CHARS = 8_000  # of a reply; what it says comes early, and the cost of a batch has a bound
CHAR_SIZES = (2, 3, 4, 5)
_P, _Q = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_POWERS = np.cumprod(np.full(64, _P), dtype=np.uint64)
_WORD, _PAIR, _CHAR = (
    np.uint64(0x165667B19E3779F9),
    np.uint64(0x27D4EB2F165667C5),
    np.uint64(0x85EBCA77C2B2AE63),
)

_SIZES = _CHAR * np.arange(8, dtype=np.uint64)  # arrays wrap around in silence, scalars warn
_TF = (1 + np.log(np.maximum(np.arange(1024), 1))).astype(np.float32)
_NOWHERE = np.zeros(0, np.int64)
_LETTER, _DIGIT = 1, 2
_KINDS = np.zeros(0x2001, np.uint8)  # of a code point; from U+2000 on no character is a word's
_KINDS[[39, *range(97, 123), *range(0xAA, 0x2000)]] = _LETTER
_KINDS[48:58] = _DIGIT
_ALIGNED = 8  # columns of a table in memory: one row is 32 bytes, half a cache line


class Grams(NamedTuple):
    """The n-grams of a batch before they are counted: one entry per occurrence."""

    row: (
        np.ndarray
    )  # (k,) unsigned: which text; 32 bits where row and column fit (half the sorting)
    column: np.ndarray  # (k,) unsigned in [0, 2**bits), of the same width
    start: np.ndarray  # (k,) int64: where it begins in the batch's characters; empty if not wanted


class Block(NamedTuple):
    """Distinct (row, column) pairs of n texts, sorted by row: a sparse matrix in three arrays."""

    row: np.ndarray  # (k,) int64
    column: np.ndarray  # (k,) int64
    tf: np.ndarray  # (k,) float32: 1 + log(count)


class Characters(NamedTuple):
    """A batch as one array of characters, texts divided by zeros."""

    code: np.ndarray  # (c,) uint64 code points, lower case
    row: np.ndarray  # (c,) int64
    is_word: np.ndarray  # (c,) bool: letter, digit or apostrophe
    offset: np.ndarray  # (n,) int64: where text i begins (after its leading blank)


def characters(texts: Sequence[str]) -> Characters:
    """Texts in lower case with one blank on both sides, as code points.

    Runs of blanks count as one, digits as 0: phone numbers and dates say nothing here.
    """
    plain = [f" {' '.join(t[:MAX_CHARS].lower().replace('’', chr(39)).split())} \0" for t in texts]
    code = np.frombuffer("".join(plain).encode("utf-32-le", "replace"), np.uint32)
    lengths = np.fromiter(map(len, plain), np.int64, len(plain))
    row = np.repeat(np.arange(len(plain)), lengths)
    kind = _KINDS[np.minimum(code, len(_KINDS) - 1)]
    folded = code.astype(np.uint64)
    folded[kind == _DIGIT] = 48
    return Characters(folded, row, kind != 0, np.cumsum(lengths) - lengths + 1)


def char_grams(batch: Characters, bits: int, places: bool = True) -> Grams:
    """Runs of 2 to 5 characters inside a text; blanks are characters."""
    row = batch.row.astype(_width(batch, bits))
    inside = batch.code != 0
    found, h, whole = [], batch.code.copy(), inside
    for size in range(2, max(CHAR_SIZES) + 1):
        if len(inside) < size:
            break
        h = h[:-1] * _P
        h += batch.code[size - 1 :]
        whole = whole[:-1] & inside[size - 1 :]
        # All are mixed, the few that leave their text too: cheaper than to pick first.
        column = _columns(h + _SIZES[size], bits, row.dtype)
        at = np.flatnonzero(whole) if places else _NOWHERE
        found.append((row[: len(h)][whole], column[whole], at))
    return _joined(found)


def word_grams(batch: Characters, bits: int, places: bool = True) -> Grams:
    """Words, marks of punctuation, emoji (each alone), and pairs that follow one another."""
    start, hashes, row = _tokens(batch)
    if not len(start):
        return _joined([])
    follows = np.flatnonzero(row[1:] == row[:-1])
    pairs = hashes[:-1] * _Q + hashes[1:] * _PAIR
    row = row.astype(_width(batch, bits))
    return _joined(
        [
            (row, _columns(hashes + _WORD, bits, row.dtype), start),
            (row[follows], _columns(pairs[follows] + _PAIR, bits, row.dtype), start[follows]),
        ]
    )


def _tokens(batch: Characters) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each token begins, its hash (a polynomial in its characters), its text."""
    word, code = batch.is_word, batch.code
    mark = ~word & (code > 32)
    begins = mark | (word & ~np.concatenate([[False], word[:-1]]))
    start = np.flatnonzero(begins)
    if not len(start):
        return start, np.zeros(0, np.uint64), start
    token = np.cumsum(begins) - 1
    held = np.flatnonzero(word | mark)  # characters that belong to a token
    place = np.minimum(held - start[token[held]], len(_POWERS) - 1)
    terms = (code[held] + np.uint64(7)) * _POWERS[place]
    first = np.flatnonzero(np.concatenate([[True], token[held][1:] != token[held][:-1]]))
    return start, np.add.reduceat(terms, first), batch.row[start]


def _width(batch: Characters, bits: int) -> type[np.unsignedinteger[Any]]:
    """The unsigned integer that holds a row and a column side by side."""
    return np.uint32 if len(batch.offset) << bits <= 1 << 32 else np.uint64


def _columns(h: np.ndarray, bits: int, width: np.dtype[Any]) -> np.ndarray:
    """Well mixed upper bits of a hash (splitmix64) as columns; `h` is used up."""
    half = h >> np.uint64(30)
    h ^= half
    h *= np.uint64(0xBF58476D1CE4E5B9)
    np.right_shift(h, np.uint64(27), out=half)
    h ^= half
    h *= np.uint64(0x94D049BB133111EB)
    h >>= np.uint64(64 - bits)
    return h.astype(width)


def _joined(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Grams:
    if not parts:
        nothing = np.zeros(0, np.uint32)
        return Grams(nothing, nothing, _NOWHERE)
    return Grams(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def counted(grams: Grams, bits: int) -> Block:
    """Occurrences -> distinct pairs with 1 + log(count), sorted by text."""
    width = grams.row.dtype.type
    key = grams.row << width(bits)
    key |= grams.column
    key.sort()
    first = _firsts(key)
    counts = np.diff(np.append(first, len(key)))
    key = key[first]
    column = key & width((1 << bits) - 1)
    return Block((key >> width(bits)).astype(np.int64), column.astype(np.int64), weighted(counts))


def _firsts(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins."""
    changes = np.empty(len(values), bool)
    changes[:1] = True
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return np.flatnonzero(changes)


def weighted(counts: np.ndarray) -> np.ndarray:
    """1 + log(count), float32; looked up where counts are small, as nearly all are."""
    if len(counts) and counts.max() >= len(_TF):
        return (1 + np.log(counts)).astype(np.float32)
    return _TF[counts]


def blocks(texts: Sequence[str], bits: tuple[int, int]) -> tuple[Block, Block]:
    """The word block and the character block of n texts, each with its own number of columns."""
    batch = characters(texts)
    words, runs = word_grams(batch, bits[0]), char_grams(batch, bits[1])
    return counted(words, bits[0]), counted(runs, bits[1])


class Linear:
    """Heads over the n-grams of a text and over a few numbers from elsewhere (`extra`).

    `tables` are the word and the character table, float32 (2**bits, heads + 1): the weight of a
    column in each head (its idf is in it), and in the last place the idf alone. `dense` is
    (d, heads) for the extras, `bias` (heads,). A score is the sum over both blocks, each divided
    by its length, plus the extras, plus the bias: a logit.
    """

    def __init__(
        self,
        heads: Sequence[str],
        tables: Sequence[np.ndarray],
        dense: np.ndarray,
        bias: np.ndarray,
    ):
        self.heads = tuple(heads)
        self._wide = [_padded(np.asarray(t, np.float32)) for t in tables]
        self.tables = [w[:, : len(self.heads) + 1] for w in self._wide]
        self.dense, self.bias = dense.astype(np.float32), bias.astype(np.float32)
        self.bits = [len(t).bit_length() - 1 for t in self.tables]

    def logits(self, texts: Sequence[str], extra: np.ndarray) -> np.ndarray:
        """Texts (n) and extras (n, d) -> logits (n, heads), float32; memory by the chunk."""
        out = extra.astype(np.float32) @ self.dense + self.bias
        for begin, end in _chunks(texts):
            out[begin:end] += self.sums(texts[begin:end])
        return np.asarray(out)

    def sums(self, texts: Sequence[str]) -> np.ndarray:
        """What the n-grams alone say, (n, heads) float32: the same for a text in any company."""
        batch, n_heads = characters(texts), len(self.heads)
        makers = (word_grams, char_grams)
        sums = np.zeros((len(texts), n_heads), np.float32)
        for make, bits, table in zip(makers, self.bits, self._wide, strict=True):
            block = counted(make(batch, bits, places=False), bits)
            if not len(block.row):
                continue
            parts = table.take(block.column, axis=0)
            parts *= block.tf[:, None]
            np.square(parts[:, n_heads], out=parts[:, n_heads])
            first = _firsts(block.row)
            summed = np.add.reduceat(parts, first, axis=0)
            length = np.sqrt(np.maximum(summed[:, n_heads : n_heads + 1], 1e-12))
            sums[block.row[first]] += summed[:, :n_heads] / length
        return sums

    def strongest(self, text: str, head: str) -> tuple[str, ...]:
        """The word or pair of words that speaks most for a head, as it stands in the text.

        () where no word does. Weights of characters count for the word in which they begin.
        """
        batch = characters([text])
        column = self.heads.index(head)
        gain = np.zeros(len(batch.code))
        for make, bits, table in zip((word_grams, char_grams), self.bits, self.tables, strict=True):
            grams = make(batch, bits)
            if not len(grams.row):
                continue
            length = np.sqrt((table[grams.column, -1] ** 2).sum()) or 1.0
            np.add.at(gain, grams.start, table[grams.column, column] / length)
        return _best_word(text, batch, gain)

    def tensors(self) -> dict[str, np.ndarray]:
        """What a file of weights holds, float16."""
        names = ("words", "characters")
        named = dict(zip(names, self.tables, strict=True)) | {
            "dense": self.dense,
            "bias": self.bias,
        }
        return {name: np.asarray(value, np.float16) for name, value in named.items()}


def load(path: Path) -> tuple[Linear, dict[str, Any]]:
    """A model and what its file says about it; the tables are about 12 MB in memory."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
        names = ("words", "characters", "dense", "bias")
        words, runs, dense, bias = (file.get_tensor(name) for name in names)
    return Linear(about["heads"], [words, runs], dense, bias), about


def save(path: Path, model: Linear, about: dict[str, Any]) -> None:
    """Writes weights and metadata; the same model gives the same bytes.

    One entry of metadata: safetensors writes several in an order that changes by the run.
    """
    from safetensors.numpy import save_file

    text = json.dumps({**about, "heads": model.heads}, sort_keys=True)
    save_file(model.tensors(), path, metadata={"about": text})


def _padded(table: np.ndarray) -> np.ndarray:
    """(c, w) with zeros on the right up to a multiple of `_ALIGNED`."""
    empty = -table.shape[1] % _ALIGNED
    return np.ascontiguousarray(np.pad(table, ((0, 0), (0, empty))))


def _chunks(texts: Sequence[str], size: int = 40_000) -> list[tuple[int, int]]:
    """Stretches of texts with about `size` characters, at least one text each."""
    lengths = np.fromiter((min(len(t), MAX_CHARS) + 3 for t in texts), np.int64, len(texts))
    ends, total = [], 0
    for i, length in enumerate(lengths.tolist()):
        total += length
        if total >= size or i == len(texts) - 1:
            ends.append(i + 1)
            total = 0
    return list(zip([0, *ends[:-1]], ends, strict=True)) if ends else []


def _best_word(text: str, batch: Characters, gain: np.ndarray) -> tuple[str, ...]:
    """The run of letters with the highest gain, found in the text regardless of case."""
    start, _, _ = _tokens(batch)
    if not len(start):
        return ()
    # What begins on the blank before a word is the word's, too.
    token = np.maximum(np.searchsorted(start, np.arange(len(gain)) + 1, "right") - 1, 0)
    sums = np.bincount(token, gain, minlength=len(start))
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]", text)
    ranked = np.argsort(-sums, kind="stable")
    shown = _plain_tokens(batch, start)
    for i in ranked[sums[ranked] > 0].tolist():
        for word in words:
            if word.lower().replace("’", "'") == shown[i]:
                return (word,)
    return ()


def _plain_tokens(batch: Characters, start: np.ndarray) -> list[str]:
    """Tokens as text, in lower case."""
    out = []
    for begin in start.tolist():
        end = begin + 1
        while batch.is_word[begin] and batch.is_word[end]:
            end += 1
        out.append("".join(map(chr, batch.code[begin:end].tolist())))
    return out
