"""The columns that users load: one table drives Parquet, card, Croissant and `redditess columns`.

Order, names and types are a promise (docs/design/0006): a changed column is a new dataset version.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import pyarrow as pa

from ..corpus.records import SIGNALS
from ..labeling.schema import BASES
from ..labeling.screen import RISKS, SCREENS
from ..labeling.support import SUPPORT_TYPES
from .examples import MESSAGES

Role = Literal["label", "input", "context", "reaction"]
"""`input`: what a model may read. `reaction`: what happened after the comment, never an input."""

CONFIGS = ("effectiveness", "full", "preferences", "unpaired", "sft")
DEFAULT_CONFIG = "effectiveness"

LABELS = ("not_effective", "effective")  # their positions are the votes 0 and 1 of corpus.records
VOTES = {None: "not_observable", -1: "abstain", 0: "not_effective", 1: "effective"}
"""How a vote of `labeling` reads in the column `votes`."""


class Column(NamedTuple):
    """One released column. `names` makes it a ClassLabel; every column may hold null."""

    name: str
    type: pa.DataType
    role: Role
    description: str
    names: tuple[str, ...] = ()

    @property
    def type_name(self) -> str:
        """The type in words of the card: `ClassLabel`, `string`, `list<string>`."""
        if self.names:
            return "ClassLabel"
        plain = re.sub(r"element: |item: |\[day\]", "", str(self.type))
        return re.sub(r"\bfloat\b", "float32", plain)


_S, _F, _TEXTS = pa.string(), pa.float32(), pa.list_(pa.string())
_VOTE = pa.struct([("function", _S), ("vote", _S), ("score", _F), ("evidence", _S)])

EFFECTIVENESS: tuple[Column, ...] = (
    Column(
        "label",
        pa.int64(),
        "label",
        "Did the poster acknowledge this comment, by the ensemble of labeling functions. Not "
        "clinical benefit. Null: no labeling function could tell.",
        LABELS,
    ),
    Column("basis", pa.int64(), "label", "The kind of evidence that decided the label.", BASES),
    Column("why", _S, "label", "The label's reason in one plain sentence."),
    Column(
        "p_effective",
        _F,
        "label",
        "Probability of `effective` from the poster's reaction (recipient axis), 2 decimals. "
        "Null: no vote on that axis.",
    ),
    Column(
        "p_low", _F, "label", "Lower end of `p_effective` over the label model's declared priors."
    ),
    Column(
        "p_high", _F, "label", "Upper end of `p_effective` over the label model's declared priors."
    ),
    Column(
        "p_community",
        _F,
        "label",
        "Probability of `effective` from community scores alone, 2 decimals. It stands beside"
        " `p_effective` and never enters it.",
    ),
    Column(
        "screen",
        pa.int64(),
        "label",
        "Did a rule or a small model hear a sign of risk in the comment (column `risk` of `full` "
        "names it)? no_flag is not safe: nobody reviewed it.",
        SCREENS,
    ),
    Column(
        "support_types",
        _TEXTS,
        "label",
        f"Kinds of support in the comment, by rules and small models: {', '.join(SUPPORT_TYPES)}.",
    ),
    Column(
        "subreddit",
        _S,
        "context",
        "Community, spelled as in the dump; (small communities) for those of few posters.",
    ),
    Column("title", _S, "input", "Title of the post, identifiers masked."),
    Column("post", _S, "input", "The post without its edit segments, identifiers masked."),
    Column(
        "comment",
        _S,
        "input",
        "The top-level comment that answers it, without edit segments, identifiers masked.",
    ),
    Column("day", pa.date32(), "context", "Day of the comment, UTC."),
    Column("era", _S, "context", "Era of the dump: which signals it could show at all."),
    Column(
        "invented",
        pa.bool_(),
        "context",
        "True: this thread was invented for demonstration; nobody wrote it.",
    ),
    Column("id", _S, "context", "Pseudonym of the comment: keyed digest, 16 hex digits."),
    Column("thread_id", _S, "context", "Pseudonym of the post: keyed digest, 16 hex digits."),
)

REACTIONS: tuple[Column, ...] = (
    Column(
        "votes",
        pa.list_(_VOTE),
        "reaction",
        "What each labeling function said: vote (effective, not_effective, abstain, "
        "not_observable), signed score in [-1, 1], the words it stands on.",
    ),
    Column(
        "observable",
        _TEXTS,
        "reaction",
        f"Which of {', '.join(SIGNALS)} this dump could show for this row.",
    ),
    Column(
        "conflict",
        pa.bool_(),
        "reaction",
        "The poster's and the community's evidence oppose each other.",
    ),
    Column(
        "op_replies",
        _TEXTS,
        "reaction",
        "The poster's turns under this comment, direct answers first, quotes removed, "
        "identifiers masked.",
    ),
    Column(
        "op_general",
        _TEXTS,
        "reaction",
        "The poster's own top-level comments, earliest first, at most 8, identifiers masked.",
    ),
    Column(
        "op_edit",
        _S,
        "reaction",
        "What the poster added to the post under an edit mark. Null: nothing seen.",
    ),
    Column(
        "score",
        pa.int32(),
        "reaction",
        "Score of the comment when last seen: as it is below 10, then the lower end of a step "
        "(10, 20, 50, 100, …, 1000). Null: hidden, or useless in its era.",
    ),
    Column(
        "position",
        pa.int32(),
        "reaction",
        "0-based rank by time among the post's top-level comments by others, from 4 on in "
        "steps (4, 6, 10, 20).",
    ),
    Column(
        "n_siblings",
        pa.int32(),
        "reaction",
        "How many other such comments the post has, in steps (0, 1, 2, 4, 8, 16, 32).",
    ),
    Column(
        "followup_days",
        _F,
        "reaction",
        "Whole days that the dump covers the thread after the comment, 30 for more: silence is no "
        "verdict where it is short.",
    ),
    Column(
        "opportunity",
        _F,
        "reaction",
        "Chance that the poster would answer any comment in this place, whatever its words: from "
        "place, hour and the poster's next visit. Null: the dump cannot show the poster's replies.",
    ),
    Column(
        "risk",
        _TEXTS,
        "label",
        f"Risk categories that the screen heard: {', '.join(RISKS)}.",
    ),
)

_PROMPT = Column("prompt", MESSAGES, "input", "The post as one message: title, blank line, text.")
_P = Column("p_effective", _F, "label", "As in `full`.")
_ID = Column("id", _S, "context", "The comment's `id` in `full`.")

PREFERENCES: tuple[Column, ...] = (
    _PROMPT,
    Column("chosen", MESSAGES, "input", "The effective comment, as one message."),
    Column("rejected", MESSAGES, "input", "A comment on the same post that is not effective."),
    Column(
        "margin", _F, "label",
        "`p_effective` of chosen minus that of rejected: the poster's reaction alone.",
    ),
    Column("chosen_basis", pa.int64(), "label", "`basis` of chosen.", BASES),
    Column("rejected_basis", pa.int64(), "label", "`basis` of rejected.", BASES),
    Column("chosen_id", _S, "context", "`id` of chosen in `full`."),
    Column("rejected_id", _S, "context", "`id` of rejected in `full`."),
    Column(
        "delta_position", pa.int32(), "context",
        "Rank by time of chosen minus that of rejected; from 10 on in steps 10, 20, 50, 100.",
    ),
    Column(
        "delta_hours", _F, "context",
        "Whole hours from rejected to chosen; from 10 on in steps 10, 20, 50, 100, 200, 500, 1000.",
    ),
    Column(
        "delta_log_length", _F, "context",
        "Natural logarithm of the characters of chosen over those of rejected, 2 decimals.",
    ),
)  # fmt: skip

UNPAIRED: tuple[Column, ...] = (
    _PROMPT,
    Column("completion", MESSAGES, "input", "The comment, as one message."),
    Column("label", pa.bool_(), "label", "True: effective. False: not effective."),
    _P,
    _ID,
)

SFT: tuple[Column, ...] = (
    Column("messages", MESSAGES, "input", "The post and an effective comment, two messages."),
    _P,
    _ID,
)

COLUMNS: dict[str, tuple[Column, ...]] = {
    "effectiveness": EFFECTIVENESS,
    "full": EFFECTIVENESS + REACTIONS,
    "preferences": PREFERENCES,
    "unpaired": UNPAIRED,
    "sft": SFT,
}
"""Columns of each config, in order. `effectiveness` holds the labelled rows of `full`, the last
three are made of those (docs/pairs.md)."""
DERIVED = ("preferences", "unpaired", "sft")

DESCRIPTIONS = {
    "effectiveness": "Labelled comments: the text, the label and its reason.",
    "full": "Every comment, labelled or not, with the votes and the reactions behind the label.",
    "preferences": "Two comments on one post, one effective and one not, to tune by preference.",
    "unpaired": "Single comments, effective or not, for tuning without pairs.",
    "sft": "Posts with an effective comment, for supervised tuning.",
}
