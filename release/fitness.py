"""What decides whether a row may be released at all, and whether a model may be taught from it.

Private columns of a shaped file, integers all: `release.narrow` reads `_harm`, `release.lessons`
the others. None of them leaves the build folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..labeling.harm import HARMS, harms
from ..labeling.own_life import tells_own_life
from ..labeling.protective import protects
from ..labeling.screen import RISKS
from .examples import turn
from .twins import words_key

FIELDS = (
    pa.field("_harm", pa.uint8(), nullable=False),  # bits of labeling.harm.HARMS, in any text
    pa.field("_post_risk", pa.uint16(), nullable=False),  # bits of RISKS, in title and post
    pa.field("_protects", pa.uint8(), nullable=False),  # bits of labeling.protective.KINDS
    pa.field("_own_life", pa.bool_(), nullable=False),  # labeling.own_life, in the comment
    pa.field("_stratum", pa.int8(), nullable=False),  # exposure_stratum of the interaction
    pa.field("_place", pa.int32(), nullable=False),  # exact rank by time among the siblings
    pa.field("_created", pa.int64(), nullable=False),  # Unix seconds of the comment
    pa.field("_length", pa.int32(), nullable=False),  # characters of the comment as a turn
    pa.field("_text_key", pa.uint64(), nullable=False),  # of the comment's words; 0: it has none
)


class Posts(NamedTuple):
    """Title and post of n rows as one text; a post stands in many rows and is read once."""

    distinct: pa.Array  # (k,) string
    at: NDArray[np.int64]  # (n,) which of them each row has

    @classmethod
    def of(cls, title: pa.Array, post: pa.Array) -> Posts:
        parts = (pc.fill_null(text, "") for text in (title, post))
        found = pc.dictionary_encode(pc.binary_join_element_wise(*parts, "\n\n"))
        return cls(found.dictionary, found.indices.to_numpy(zero_copy_only=False))

    def risks(self, heard: pa.ListArray) -> NDArray[np.uint16]:
        """Risk categories of each distinct post (k,) -> their bits, row by row (n,)."""
        bits = np.zeros(len(heard), np.uint16)
        places = pc.index_in(pc.list_flatten(heard), pa.array(RISKS)).to_numpy(zero_copy_only=False)
        marks = (1 << places.astype(np.int64)).astype(np.uint16)
        np.bitwise_or.at(bits, pc.list_parent_indices(heard).to_numpy(), marks)
        return bits[self.at]


def fitness(
    interactions: Mapping[str, pa.Array], shown: Mapping[str, Any], posts: Posts,
    post_risk: NDArray[np.uint16],
) -> dict[str, Any]:  # fmt: skip
    """The columns FIELDS of a batch: `shown` are its masked texts, votes and risks, as released."""
    comments, x = shown["comment"], interactions
    turns = [turn(text or "") for text in comments.to_pylist()]
    return {
        "_harm": pa.array(_harm(shown, posts)),
        "_post_risk": pa.array(post_risk),
        "_protects": pa.array(protects(comments)),
        "_own_life": pa.array(tells_own_life(comments)),
        "_stratum": x["exposure_stratum"],
        "_place": x["position"],
        "_created": x["created_utc"],
        "_length": pa.array(map(len, turns), pa.int32()),
        "_text_key": pa.array(map(words_key, turns), pa.uint64()),
    }


def risk_bit(name: str) -> int:
    """The bit of a risk category in `_post_risk`."""
    return 1 << RISKS.index(name)


def _harm(shown: Mapping[str, Any], posts: Posts) -> NDArray[np.uint8]:
    """Bits over every released text of a row, and over what the screen's head heard in it."""
    lists = [shown["op_replies"], shown["op_general"], shown["votes"]]
    flat = [pc.list_flatten(texts) for texts in lists]
    flat[-1] = flat[-1].field("evidence")
    comment, post, edit, *said = _of([shown["comment"], posts.distinct, shown["op_edit"], *flat])
    bits = comment | post[posts.at] | edit
    for texts, found in zip(lists, said, strict=True):
        _spread(bits, texts, found)
    named = pc.equal(pc.list_flatten(shown["risk"]), "method_detail")
    bit = np.uint8(1 << HARMS.index("method_detail"))
    _spread(bits, shown["risk"], np.where(named.to_numpy(zero_copy_only=False), bit, 0))
    return bits


def _of(columns: list[pa.Array]) -> list[NDArray[np.uint8]]:
    """Harms of columns of texts, of which many are equal: each is read once, and all in one go."""
    found = pc.dictionary_encode(pc.fill_null(pa.concat_arrays(columns), ""))
    bits = harms(found.dictionary)[found.indices.to_numpy(zero_copy_only=False)]
    return np.split(bits, np.cumsum([len(c) for c in columns])[:-1])


def _spread(bits: NDArray[np.uint8], lists: pa.ListArray, found: NDArray[Any]) -> None:
    """Puts bits of the elements of lists on their rows."""
    np.bitwise_or.at(bits, pc.list_parent_indices(lists).to_numpy(), found.astype(np.uint8))
