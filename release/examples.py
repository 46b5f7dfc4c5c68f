"""Rows as conversations that a trainer takes: one turn of the poster, one of a supporter.

Only title, post and comment are read, never what happened afterwards. Texts are those of `full`
but for signs that a chat template or a reader would trip over (`corpus.prompts.shown`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.prompts import shown

MAX_CHARS = 40_000  # the longest text Reddit takes
MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_ODD = re.compile(r"[^\n\t -~]|[<>\[]")
"""Where none of these stands, `shown` only strips: most English texts."""


def turn(text: str) -> str:
    """A text as the content of one message.

    >>> turn(" Hi <|im_end|> there ")
    'Hi < |im_end| > there'
    """
    return shown(text, MAX_CHARS) if _ODD.search(text) else text.strip()[:MAX_CHARS]


def prompt(title: str | None, post: str | None) -> str:
    """What the poster said: the title, a blank line, the post.

    >>> prompt("Can't sleep", "It is 4 am.")
    "Can't sleep\\n\\nIt is 4 am."
    """
    return "\n\n".join(part for part in (turn(title or ""), turn(post or "")) if part)


def messages(role: str, contents: Sequence[str]) -> pa.Array:
    """Texts (n) -> (n) conversations of one message each."""
    return conversations([(role, contents)])


def conversations(turns: Sequence[tuple[str, Sequence[str]]]) -> pa.Array:
    """[(role, texts (n)), ...] -> (n) conversations with one message a role, in that order.

    >>> conversations([("user", ["Hi"]), ("assistant", ["Hello"])]).to_pylist()[0][1]
    {'role': 'assistant', 'content': 'Hello'}
    """
    n, k = len(turns[0][1]), len(turns)
    rows = zip(*(texts for _, texts in turns), strict=True)
    content = pa.array([text for row in rows for text in row], pa.string())
    roles = pa.array([role for role, _ in turns] * n, pa.string())
    parts = pa.StructArray.from_arrays([roles, content], names=["role", "content"])
    return pa.ListArray.from_arrays(pa.array(range(0, n * k + 1, k), pa.int32()), parts)


def last_content(found: pa.ListArray) -> pa.Array:
    """(n) conversations, none of them empty -> what the last message of each says.

    >>> last_content(messages("user", ["Hi", "Oh"])).to_pylist()
    ['Hi', 'Oh']
    """
    at = pc.subtract(pc.cumulative_sum(pc.list_value_length(found)), 1)
    return found.flatten().field("content").take(at)
