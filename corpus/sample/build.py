"""Writes a sample: two dump files and, beside them, the sealed truth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import zstandard

from ..artefacts import committed, write_parquet
from ..eras import month_start, next_month
from .dice import Dice
from .dump import Line, comment_lines, post_lines
from .exhibits import mark, stage, staged_month
from .extras import SHARE, extra_thread
from .ids import Ids
from .people import Crowd
from .story import Said, Story, tell
from .text import N_TROUBLES
from .truth import TRUTH_FILE, TRUTH_SCHEMA
from .world import DAY, HOUR, plan_thread

FIRST_MONTH, LAST_MONTH = "2012-01", "2025-12"
_ODD = {"2012-01..2012-05": 2.0, "2023-07..2023-10": 3.0}
"""Short eras get more threads than their length would (ours), so that each can be looked at."""
_LEVEL = 10
_ZSTD = {"window_log": 27, "write_checksum": True, "write_content_size": False}
_ASLEEP = {0: 0.9, 1: 0.7, 2: 0.5, 3: 0.5, 4: 0.4, 5: 0.3, 6: 0.3, 7: 0.4, 8: 0.6, 21: 1.3, 22: 1.5}
"""How much is posted per hour of the day (UTC), against 1."""


def iter_sample(
    *, seed: int = 0, n_threads: int = 1200, confounding: float = 1.0
) -> Iterator[Story]:
    """The sample's threads one by one, as they happened: for notebooks and tests.

    `n_threads` help-seeking threads, then 7 % others (adverts, surveys, links, ...). The same
    arguments give the same threads. `confounding` >= 0 scales every path by which thanks can come
    about without help: exposure, politeness, talkativeness (docs/design/0004-the-sample-world.md).

    >>> story = next(iter_sample(n_threads=1))
    >>> story.community.startswith("sample_"), story.comments[0].plan is not None
    (True, True)
    """
    if n_threads < 0 or confounding < 0:
        raise ValueError(
            f"n_threads {n_threads} and confounding {confounding} must not be negative"
        )
    crowd, ids = Crowd(seed, n_threads), Ids(seed)
    months = _months()
    for number in range(n_threads):
        utc = _when(Dice(seed, "when", number), months, staged_month(number))
        plan = plan_thread(number, utc, seed, crowd, N_TROUBLES, confounding)
        stage(plan, seed)
        mark(plan)
        yield tell(plan, seed, crowd, ids)
    for number in range(round(n_threads * SHARE)):
        utc = _when(Dice(seed, "when extra", number), months, None)
        yield extra_thread(number, utc, seed, crowd, ids)


def write_sample(
    folder: str | Path, *, seed: int = 0, n_threads: int = 1200, confounding: float = 1.0
) -> list[Path]:
    """Writes RS_sample.zst, RC_sample.zst and truth.parquet; returns the two dump files.

    Byte for byte the same for the same arguments. See `iter_sample` for them.
    """
    folder = Path(folder)
    posts: list[Line] = []
    comments: list[Line] = []
    truth: list[dict[str, Any]] = []
    for story in iter_sample(seed=seed, n_threads=n_threads, confounding=confounding):
        posts += post_lines(story, seed)
        comments += comment_lines(story, seed)
        truth += (_truth(story, said) for said in story.comments)
    truth.sort(key=lambda row: row["comment_id"])
    write_parquet(folder / TRUTH_FILE, pa.Table.from_pylist(truth, TRUTH_SCHEMA), TRUTH_SCHEMA)
    return [
        _write(folder / "RS_sample.zst", posts),
        _write(folder / "RC_sample.zst", comments),
    ]


def _months() -> dict[str, float]:
    """Every month with its weight."""
    weights, month = {}, FIRST_MONTH
    while month <= LAST_MONTH:
        spans = [w for span, w in _ODD.items() if span[:7] <= month <= span[9:]]
        weights[month] = spans[0] if spans else 1.0
        month = next_month(month)
    return weights


def _when(dice: Dice, months: dict[str, float], fixed: str | None) -> int:
    start = month_start(fixed or dice.weighted(months))
    hour = dice.weighted({h: _ASLEEP.get(h, 1.0) for h in range(24)})
    return start + dice.integer(0, 27) * DAY + hour * HOUR + dice.integer(0, HOUR - 1)


def _write(path: Path, lines: Iterable[Line]) -> Path:
    text = "".join(f"{line}\n" for _, line in sorted(lines))
    options = zstandard.ZstdCompressionParameters.from_level(_LEVEL, **_ZSTD)
    packer = zstandard.ZstdCompressor(compression_params=options).compressobj()
    with committed(path) as tmp:
        tmp.write_bytes(packer.compress(text.encode()) + packer.flush())
    return path


def _truth(story: Story, said: Said) -> dict[str, Any]:
    row: dict[str, Any] = {
        "comment_id": said.id, "thread_id": story.id, "subreddit": story.community,
        "created_utc": said.utc, "role": said.role,
    }  # fmt: skip
    plan, thread = said.plan, story.plan
    if plan is None or thread is None:
        return row
    return row | {
        "content": plan.content,
        "helpfulness": plan.helpfulness,
        "appeal": plan.kind.appeal,
        "harm": plan.kind.harm,
        "op_politeness": thread.op.politeness,
        "op_talkativeness": thread.op.talkativeness,
        "op_visits": len(thread.visits),
        "exposure": plan.exposure,
        "op_saw": plan.saw_utc is not None,
        "op_answered": plan.reply is not None,
        "op_thanked": plan.thanked,
        "reply": plan.reply,
        "register": thread.op.register,
        "position": plan.position,
        "exhibit": plan.exhibit,
    }
