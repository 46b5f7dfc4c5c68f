"""What the vote and label stages leave on disk: columns per labeling function, one label a row."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

BASES = (
    "thanked", "uptake", "positive_reply", "rejected", "passed_over", "community", "mixed",
)  # fmt: skip
"""Why a row has its label, by the evidence that decided (released as a ClassLabel)."""


def vote_schema(functions: Sequence[str]) -> pa.Schema:
    """`votes/b*.parquet`: three columns per function, rows in the order of `interactions/`.

    `<name>:vote` int8: EFFECTIVE, NOT_EFFECTIVE, ABSTAIN, or null (not observable);
    `<name>:score` float32 in [-1, 1] or null; `<name>:evidence` words, or null. `opportunity`
    float32 in (0, 1): `labeling.exposure`; null where OP's replies cannot be seen.
    """
    fields = [pa.field("comment_id", pa.string(), nullable=False)]
    for name in functions:
        fields += [
            pa.field(f"{name}:vote", pa.int8()),
            pa.field(f"{name}:score", pa.float32()),
            pa.field(f"{name}:evidence", pa.string()),
        ]
    fields.append(pa.field("opportunity", pa.float32()))
    return pa.schema(fields)


LABEL_SCHEMA = pa.schema(
    [
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("p_effective", pa.float32()),  # null: no vote on the recipient axis
        pa.field("p_low", pa.float32()),  # over the declared priors of the label model
        pa.field("p_high", pa.float32()),
        pa.field("p_community", pa.float32()),  # null: no vote on the community axis
        pa.field("label", pa.int8()),  # EFFECTIVE, NOT_EFFECTIVE or null
        pa.field("conflict", pa.bool_(), nullable=False),  # the two axes oppose each other
        pa.field("basis", pa.string()),  # one of BASES; null where there is no label
        pa.field("why", pa.string(), nullable=False),  # one plain sentence
    ]
)
"""`labels/b*.parquet`, rows in the order of `interactions/`."""
