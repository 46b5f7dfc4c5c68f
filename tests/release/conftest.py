"""Build folders made by hand: interactions, votes and labels without the stages before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import write_json, write_parquet, write_text
from redditess.corpus.folder import BuildFolder
from redditess.corpus.manifest import file_record, read_manifest
from redditess.corpus.records import INTERACTION_SCHEMA
from redditess.corpus.settings import load_settings
from redditess.labeling.schema import LABEL_SCHEMA, vote_schema
from redditess.release.card import write_card
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.write import write_release

FUNCTIONS = ("op_response", "passed_over")
JUNE_2020 = 1_590_969_600
SETTINGS = load_settings("sample", n_buckets=2)


def interaction(n: int, **more: Any) -> dict[str, Any]:
    """An invented interaction; each `n` has its own thread, OP and texts."""
    row = {
        "thread_id": f"t3_{n:x}", "comment_id": f"t1_{n:x}", "subreddit": "sample_sleep",
        "op": f"sleeper_{n}", "commenter": "owl", "title": f"title {n}", "post": f"post {n} words",
        "comment": f"comment {n}", "op_replies": ["thank you"], "op_reply_depths": [1],
        "op_reply_utc": [JUNE_2020 + 60], "op_edit": None, "op_edit_utc": None, "op_general": [],
        "op_general_utc": [], "n_op_general": 0, "score": 3, "created_utc": JUNE_2020 + 5,
        "post_created_utc": JUNE_2020, "followup_days": 30.7, "era": "era", "invented": True,
        "observable": ["op_replies", "score"], "edited": "unedited", "post_edited": "unedited",
        "removal": "none", "post_removal": "none", "n_feedback_cut": 0, "position": 0,
        "n_siblings": 1, "n_earlier": 0, "min_score_earlier": None, "max_score_later": None,
        "n_op_answered": 1, "op_answered_later_sibling": False, "op_last_seen_utc": None,
        "op_answered_lower_sibling": False, "op_next_seen_utc": None, "exposure_stratum": 0,
    }  # fmt: skip
    assert not more.keys() - row.keys() - LABELS.keys() - VOTES
    return {**row, **{k: v for k, v in more.items() if k in row}}


LABELS: dict[str, Any] = {
    "p_effective": 0.874, "p_low": 0.7, "p_high": 0.95, "p_community": None, "label": 1,
    "conflict": False, "basis": "thanked", "why": "poster thanked this comment",
}  # fmt: skip
VOTES = {"vote", "score_of_vote", "evidence", "opportunity"}
UNLABELLED = {"label": None, "basis": None, "p_effective": None, "p_low": None, "p_high": None}


def _votes(n: int, row: dict[str, Any]) -> dict[str, Any]:
    first, second = FUNCTIONS
    return {
        "comment_id": f"t1_{n:x}",
        "opportunity": row.get("opportunity", 0.3141),
        f"{first}:vote": row.get("vote", 1),
        f"{first}:score": row.get("score_of_vote", 0.987),
        f"{first}:evidence": row.get("evidence", "thank you"),
        f"{second}:vote": None,
        f"{second}:score": None,
        f"{second}:evidence": None,
    }


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., BuildFolder]:
    """`made([{...}, ...], n_buckets=2)`: each dict changes a default row (see `interaction`)."""

    def make(rows: Sequence[dict[str, Any]], n_buckets: int = 2) -> BuildFolder:
        folder = BuildFolder(tmp_path / "build").create()
        for bucket in range(n_buckets):
            mine = [(n, row) for n, row in enumerate(rows) if n % n_buckets == bucket]
            _write(folder, folder.interactions, bucket, INTERACTION_SCHEMA,
                   [interaction(n, **row) for n, row in mine])  # fmt: skip
            _write(folder, folder.votes, bucket, vote_schema(FUNCTIONS),
                   [_votes(n, row) for n, row in mine])  # fmt: skip
            own = [LABELS | {k: v for k, v in row.items() if k in LABELS} for _, row in mine]
            ids = [{"comment_id": f"t1_{n:x}"} for n, _ in mine]
            _write(folder, folder.labels, bucket, LABEL_SCHEMA,
                   [a | b for a, b in zip(ids, own, strict=True)])  # fmt: skip
        return folder

    return make


def _write(
    folder: BuildFolder, stage: Path, bucket: int, schema: pa.Schema, rows: list[dict[str, Any]]
) -> None:
    table = pa.Table.from_pylist(rows, schema)
    write_parquet(folder.bucket_file(stage, bucket), table, schema)


@pytest.fixture
def unlabelled() -> dict[str, Any]:
    """What a row without a label changes."""
    return dict(UNLABELLED)


def _manifest(folder: BuildFolder) -> dict[str, Any]:
    """A manifest around a hand-made release, with numbers that appear nowhere else."""
    released = write_release(folder, SETTINGS, SAMPLE_KEY)
    kept = {"rows_in": 5_001, "rows_out": 4_003, "dropped": {"too_short": 998}}
    return {
        "format": 1, "version": "9.8.7", "fingerprint": "f" * 16, "key_id": SAMPLE_KEY.id,
        "settings": SETTINGS.identity(),
        "inputs": [{
            "name": "RS_x.zst", "kind": "submissions", "bytes": 1, "sha256": "0" * 64,
            "lines": 70_007, "kept": 10_004, "dropped": {"not_candidate": 60_003}, "damage": [],
        }],
        "stages": {
            "posts": kept, "assemble": {**kept, "dropped": {"post:bot": 997, "orphan": 1}},
            **released["stages"],
        },
        "functions": [
            {"name": "op_response", "axis": "recipient", "coverage": 0.4321, "conflict": 0.0123,
             "sees_input": False},
            {"name": "op_change", "axis": "recipient", "coverage": 0.0217, "conflict": 0.0119,
             "sees_input": True},
        ],
        "labels": {"annotated": released["annotated"]},
        **{k: released[k] for k in ("splits", "masked", "content", "warnings")},
    }  # fmt: skip


@pytest.fixture
def manifest_of() -> Callable[[BuildFolder], dict[str, Any]]:
    """Releases a hand-made folder and tells its manifest."""
    return _manifest


@pytest.fixture
def built(made: Callable[..., BuildFolder]) -> tuple[BuildFolder, dict[str, Any]]:
    """A released folder of 40 rows with its card, and its manifest."""
    folder = made([{} for _ in range(40)])
    manifest = _manifest(folder)
    write_card(folder, manifest)
    return folder, manifest


def _salted(build: Path, target: Path, salt: str, n_shards: int) -> Path:
    """A copy of a finished build with the same rows: those of train in `n_shards` files, other
    bytes than any other copy, and an agreement beside it.
    """
    folder, manifest = BuildFolder(target), read_manifest(build)
    for config in manifest["splits"]:
        stage = manifest["stages"][config]
        old, stage["files"] = stage["files"], []
        for record in old:
            table = pq.read_table(build / record["path"])
            n_files = n_shards if "/train-" in record["path"] else 1
            for i in range(n_files):
                n = -(-len(table) // n_files)
                name = f"{record['path'].rsplit('-', 3)[0]}-{i:05d}-of-{n_files:05d}.parquet"
                write_parquet(
                    folder.root / name, table.slice(i * n, n), table.schema,
                    metadata={b"salt": salt.encode()},
                )  # fmt: skip
                own = file_record(folder.root / name, folder.root)
                stage["files"].append({**own, "bytes": (folder.root / name).stat().st_size})
    write_json(folder.manifest, manifest)
    write_text(folder.root / "governance.toml", GOVERNANCE)
    write_card(folder, manifest)
    return target


GOVERNANCE = """
purpose = "tests"
source = "invented by redditess"
basis = "ours"
ethics = "none needed: nobody wrote it"
retention = "until the test ends"
removal_contact = "nobody@example.org"
who_may_use = "whoever reads these tests"
date = "2026-11-21"
"""


@pytest.fixture
def agreement() -> str:
    """A complete governance.toml."""
    return GOVERNANCE


@pytest.fixture
def salted(
    small_build: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., Path]:
    """`salted("a", n_shards=2, smaller=True)`: a finished build of its own, ready to publish."""

    def make(salt: str, n_shards: int = 1, smaller: bool = False) -> Path:
        build = request.getfixturevalue("smaller_build") if smaller else small_build
        return _salted(build, tmp_path / f"build-{salt}", salt, n_shards)

    return make


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An invented world of 60 threads, its build and its dehydrated form (tests/release/dry.py)."""
    from tests.release.dry import make_world

    return make_world(tmp_path_factory.mktemp("world"))
