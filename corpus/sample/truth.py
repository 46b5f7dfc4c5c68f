"""The sealed truth of the sample: what its maker knows about each comment and no dump tells.

`truth.parquet` lies beside the sample's dumps; no stage of a build opens it. Reports and
benchmarks read it to hold the labels against what really helped.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..records import required_schema

TRUTH_FILE = "truth.parquet"

ROLES = ("support", "nested", "op", "bot", "moderator", "advert", "survey", "orphan", "elsewhere")
"""support: a top-level comment by a person; nested: under another comment; op: by the poster;
orphan: its post is not in the dump; elsewhere: of a community nobody asked for."""

EXHIBITS = (
    "grateful_but_risky", "good_but_ignored", "popular_joke", "thanked_out_of_politeness",
)  # fmt: skip
"""Cases worth showing: OP thanked for harmful advice; very helpful and never seen though OP was
there; loved by the community and of no help; thanked by a polite OP and of no help."""

_S, _F, _B = pa.string(), pa.float32(), pa.bool_()

TRUTH_SCHEMA = required_schema(
    comment_id=_S, thread_id=_S, subreddit=_S, created_utc=pa.int64(),
    role=_S,  # one of ROLES; everything below is null unless role is "support"
    content=(_S,),  # what kind of comment: a name of world.CONTENTS
    helpfulness=(_F,),  # latent, mean about 0, sd about 1: how much it really helps this OP
    appeal=(_F,),  # how much better (or worse) it feels to OP than it is
    harm=(_S,),  # "risky_advice", "hostility" or "dismissal"; null: none
    op_politeness=(_F,), op_talkativeness=(_F,),  # of the thread's OP, standard normal
    op_visits=(pa.int32(),),  # how often OP came back to the thread
    exposure=(_F,),  # probability in [0, 1] that OP saw it, given OP's visits and its place
    op_saw=(_B,), op_answered=(_B,), op_thanked=(_B,),
    reply=(_S,),  # what OP's direct answer does: a name of world.REPLIES; null: no answer
    register=(_S,),  # how OP of this thread speaks
    position=(pa.int32(),),  # 0-based by time among the thread's support comments
    exhibit=(_S,),  # one of EXHIBITS, or null
)  # fmt: skip
"""One row per comment id in RC_sample.zst, in order of comment_id."""


def read_truth(path: str | Path) -> pa.Table:
    """The truth file of a sample; for reports and benchmarks, never for a build."""
    return pq.read_table(path, schema=TRUTH_SCHEMA)
