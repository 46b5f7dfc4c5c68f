"""What a model said about a build, as a table beside it, and as a labeling function for `analyze`.

`llm/<name>.parquet`: one row per comment that was asked, in the order of the build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..corpus.artefacts import write_parquet
from ..corpus.errors import SettingsError
from ..corpus.folder import BuildFolder
from ..corpus.records import EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .functions import LabelingFunction, Votes
from .llm import Unscored, Verdict

FOLDER = "llm"
MODEL_KEY = b"redditess.llm"

HEARD = ["comment_id", "vote", "confidence", "evidence", "unscored"]

LLM_SCHEMA = pa.schema(
    [
        pa.field("comment_id", pa.string(), nullable=False),
        pa.field("vote", pa.int8()),  # EFFECTIVE, NOT_EFFECTIVE, ABSTAIN; null: unscored
        pa.field("confidence", pa.float32()),  # 0 to 1, the model's own word
        pa.field("evidence", pa.string()),  # a piece of the masked comment
        pa.field("support_types", pa.list_(pa.string())),  # null: unscored
        pa.field("screen", pa.list_(pa.string())),  # [] no flag; null: not screened
        pa.field("unscored", pa.string()),  # why there is no vote; null where there is one
    ]
)


def slug(model: str) -> str:
    """A model's name as part of a file name.

    >>> slug("Qwen/Qwen2.5-7B-Instruct")
    'qwen-qwen2.5-7b-instruct'
    """
    plain = re.sub(r"[^a-z0-9.]+", "-", model.lower()).strip("-.")
    return plain[-80:].lstrip("-.") or "model"


def table_file(folder: BuildFolder, name: str) -> Path:
    return folder.root / FOLDER / f"{name}.parquet"


def claim(folder: BuildFolder, name: str, model: str) -> Path:
    """The file that this model's answers go to; its folder is made, mode 0700.

    Raises SettingsError where another model's answers are there already.
    """
    if name != slug(name):
        raise SettingsError(f"{name!r} cannot name a table", "--name", f"write {slug(name)!r}")
    path = table_file(folder, name)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and (other := about(path).get("model")) != model:
        raise SettingsError(
            f"holds the answers of {other!r}, not of {model!r}", path, "give another --name"
        )
    return path


def about(path: Path) -> dict[str, str]:
    """Model, server, prompt and settings behind a table."""
    metadata = pq.read_schema(path).metadata or {}
    words = metadata.get(MODEL_KEY, b"").decode().split("\n")
    return dict(zip(("model", "server", "prompt", "settings"), words, strict=False))


def write_votes(
    path: Path,
    folder: BuildFolder,
    answers: Mapping[str, Verdict | Unscored],
    *,
    described: tuple[str, str, str, str],
    stats: dict[str, Any],
) -> int:
    """The one writer: answers by comment id -> the table, in the order of the build."""

    def tables() -> Any:
        for bucket in folder.buckets(folder.interactions):
            ids = pq.read_table(bucket, columns=["comment_id"]).column(0).to_pylist()
            rows = [_row(i, answers[i]) for i in ids if i in answers]
            yield pa.Table.from_pylist(rows, LLM_SCHEMA)

    metadata = {MODEL_KEY: "\n".join(described).encode()}
    return write_parquet(path, tables(), LLM_SCHEMA, stats=stats, metadata=metadata)


def _row(comment_id: str, answer: Verdict | Unscored) -> dict[str, Any]:
    if isinstance(answer, Unscored):
        return {"comment_id": comment_id, "unscored": answer.reason}
    return {
        "comment_id": comment_id, "vote": answer.vote, "confidence": answer.confidence,
        "evidence": answer.evidence or None, "support_types": list(answer.support_types),
        "screen": list(answer.screen),
    }  # fmt: skip


def llm_functions(folder: BuildFolder) -> list[LabelingFunction]:
    """One function `llm:<name>` per table of a build, sorted by name; [] where there is none.

    It looks its answer up by comment id: NOT_OBSERVABLE where the model was not asked or is
    unscored; the score is the confidence, negative for NOT_EFFECTIVE. All of them are one family:
    models share their training text, so their agreement is not two witnesses'. They see the input
    and do not decide.
    """
    return [_function(path) for path in sorted((folder.root / FOLDER).glob("[!.]*.parquet"))]


def _function(path: Path) -> LabelingFunction:
    held: list[pa.Table] = []  # read at the first use

    def look_up(table: pa.Table) -> Votes:
        if not held:
            held.append(pq.read_table(path, columns=HEARD))
        return _votes(held[0], table.column("comment_id"))

    return LabelingFunction(
        name=f"llm:{path.stem}", rule=look_up, reads=("title", "post", "comment"),
        source="docs/llm_labelers.md", family="llm", decides=False,
    )  # fmt: skip


def _votes(said: pa.Table, ids: pa.ChunkedArray) -> Votes:
    at = pc.index_in(ids, value_set=said.column("comment_id").combine_chunks())
    found = said.take(at)
    vote = pc.fill_null(found.column("vote"), NOT_OBSERVABLE).to_numpy().astype(np.int8)
    confidence = pc.cast(found.column("confidence"), pa.float32()).to_numpy()
    sign = np.select([vote == EFFECTIVE, vote == NOT_EFFECTIVE], [1.0, -1.0], 0.0)
    score = np.where(vote == NOT_OBSERVABLE, np.nan, sign * confidence).astype(np.float32)
    reason = pc.binary_join_element_wise("unscored", found.column("unscored"), ": ")
    return Votes(vote, score, pc.coalesce(found.column("evidence"), reason).to_pylist())
