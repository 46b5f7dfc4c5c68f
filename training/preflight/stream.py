"""Token streams of a sample of rows, made by the functions that the trainers call."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..recipes.recipe import GeneratorRecipe
from .texts import Texts

DRAWN = 300  # rows by the hash of their ids: what shares are told of; ours, a third of a second
LONGEST = 30  # rows with the longest prompts, and as many with the longest answers
SPECIAL = 40  # rows whose texts hold a special token's own words


class Sample(NamedTuple):
    """Places of rows in train. The first `n_drawn` are a fair draw, the others are extremes."""

    places: list[int]
    n_drawn: int
    n_special: int  # rows of all train whose texts hold a special token's own words


class Stream(NamedTuple):
    """One conversation as its trainer sees it. The loss is on `ids[n_prompt:]`."""

    id: str
    ids: list[int]
    n_prompt: int
    n_alone: int  # tokens of the prompt when it is rendered for the model to go on
    answer: str
    shortened: bool  # the prompt was over prompt_cap
    roles: tuple[str, ...]
    drawn: bool

    @property
    def learned(self) -> list[int]:
        """The tokens that are in the loss."""
        return self.ids[self.n_prompt :]


class Encoded(NamedTuple):
    """Pairs of a classifier: token ids as its trainer makes them."""

    features: list[dict[str, list[int]]]
    n_posts_cut: int  # of the fair draw
    n_comments_cut: int


def sample_of(texts: Texts, tokenizer: Any) -> Sample:
    """A fair draw of rows, then those in which something goes wrong first."""
    n_rows = len(texts.prompt)
    n_drawn = min(DRAWN, n_rows)
    places = dict.fromkeys(range(n_drawn))  # the trainer's own order is one by hash
    length = [pc.utf8_length(c).to_numpy() for c in (texts.prompt, *texts.answers.values())]
    for column in (length[0], np.max(length[1:], axis=0)):
        k = min(LONGEST, len(column))
        places |= dict.fromkeys(np.argpartition(column, -k)[-k:].tolist() if k else [])
    special = _holds_special(texts, tokenizer)
    places |= dict.fromkeys(special[:SPECIAL].tolist())
    return Sample(list(places), n_drawn, len(special))


def special_words(tokenizer: Any) -> dict[str, int]:
    """Special tokens by their words: those of the tokenizer, and all that are marked so."""
    named = zip(tokenizer.all_special_tokens, tokenizer.all_special_ids, strict=True)
    added = tokenizer.added_tokens_decoder.items()
    return {**{str(t): int(i) for i, t in added if t.special}, **dict(named)}


def _holds_special(texts: Texts, tokenizer: Any) -> np.ndarray:
    """Rows in which somebody wrote what is a special token of this model."""
    words = [w.encode() for w in special_words(tokenizer) if w.strip()]
    found = [_rows_with(column, words) for column in (texts.prompt, *texts.answers.values())]
    return np.unique(np.concatenate(found))


def _rows_with(column: pa.Array, words: list[bytes]) -> np.ndarray:
    """Rows (sorted) that hold one of the words, all texts searched as one block of bytes."""
    column = pc.cast(column, pa.large_string())
    _, ends, data = column.buffers()
    bounds = np.frombuffer(ends, np.int64)[column.offset : column.offset + len(column) + 1]
    block = data.to_pybytes() if data is not None else b""
    found = set()
    for word in words:
        at = block.find(word, int(bounds[0]))
        while 0 <= at < bounds[-1]:
            row = int(np.searchsorted(bounds, at, "right")) - 1
            if at + len(word) <= bounds[row + 1]:
                found.add(row)
                at = block.find(word, int(bounds[row + 1]))  # the next row
            else:
                at = block.find(word, at + 1)  # it lies across two texts
    return np.array(sorted(found), np.int64)


def streams_of(
    recipe: GeneratorRecipe, rows: pa.Table, chosen: Sample, tokenizer: Any
) -> list[Stream]:
    """Every answer of every sampled row, with its shortened prompt, as its trainer builds it."""
    from ..answers.conversations import rendered, shortened, tokens

    found = []
    for n, row in enumerate(_taken(rows, chosen.places)):
        prompt = row["prompt"] if "prompt" in row else row["messages"][:-1]
        short = shortened(tokenizer, prompt, recipe.prompt_cap)
        n_alone = len(rendered(tokenizer, short, True))
        for name in ("messages", "completion", "chosen", "rejected"):
            if name not in row:
                continue
            answer = row[name][-1:]
            made = tokens(tokenizer, short, answer)
            found.append(Stream(
                row.get("id") or row[f"{name}_id"], made.ids, made.n_prompt, n_alone,
                answer[-1]["content"] or "", short is not prompt,
                tuple(m["role"] for m in [*short, *answer]), n < chosen.n_drawn,
            ))  # fmt: skip
    return found


def encoded_of(rows: pa.Table, chosen: Sample, tokenizer: Any, max_length: int) -> Encoded:
    """The sampled pairs of a classifier."""
    from ..classifier.pair_input import encode_pairs, segments

    looked_at = rows.take(pa.array(chosen.places, pa.int64()))
    made = encode_pairs(tokenizer, *segments(looked_at), max_length)
    fair = encode_pairs(tokenizer, *segments(rows.slice(0, chosen.n_drawn)), max_length)
    return Encoded(made.features, fair.n_posts_cut, fair.n_comments_cut)


def frame(tokenizer: Any) -> Any:
    """Roles of a conversation -> how often each special token stands in it by the template."""
    from ..answers.conversations import rendered

    special = set(special_words(tokenizer).values())

    @cache
    def counts(roles: tuple[str, ...]) -> dict[int, int]:
        plain = [{"role": role, "content": "a"} for role in roles]
        return counted(rendered(tokenizer, plain, False), special)

    return counts


def counted(ids: list[int], special: set[int]) -> dict[int, int]:
    """How often each special token stands in a stream."""
    found: dict[int, int] = {}
    for i in ids:
        if i in special:
            found[i] = found.get(i, 0) + 1
    return found


def _taken(rows: pa.Table, places: list[int]) -> list[dict[str, Any]]:
    return list(rows.take(pa.array(places, pa.int64())).to_pylist())
