"""A client of the Hub double in a process of its own: HF_ENDPOINT is read when it is imported.

Reads one JSON object a line ({"do": name, ...}), answers with one. Time runs faster here: waits
are noted and cut short.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from redditess.corpus.errors import RedditessError
from redditess.release.hub import Hub
from redditess.release.preview import plan_preview
from redditess.release.publish import carry_out
from redditess.release.publish_model import publish_model
from redditess.release.publish_plan import plan_release

LONGEST_S = 0.02
really_sleep = time.sleep


def passes(folder: Path) -> None:
    """`release check` takes a second, has tests of its own, and runs in those of the command."""


def publish(place: str, repo: str, token: str = "hf_owner", **more: Any) -> dict[str, Any]:
    """`redditess release publish` without the command line; in batches of four files."""
    waits: list[float] = []
    notes: list[str] = []
    said = {"waits": waits, "notes": notes}
    hub = Hub(repo, "dataset", token=token, pause=waits.append, note=notes.append)
    try:
        plan, journal = plan_release(place, repo, check=passes, **more)
        return {**carry_out(plan, hub, journal, batch_files=4), **said}
    except RedditessError as error:
        return {"error": str(error), **said}


def preview(repo: str, limit: int) -> dict[str, Any]:
    plan, journal = plan_preview(repo, limit=limit, check=passes)
    return dict(carry_out(plan, Hub(repo, "dataset", token="hf_owner"), journal))


def model(folder: str, repo: str) -> dict[str, Any]:
    return dict(publish_model(folder, repo, token="hf_owner"))


def push_run(run: str, repo: str, **more: Any) -> dict[str, Any]:
    """`redditess train push` without the command line."""
    from redditess.training.push import push
    from redditess.training.runs.folder import RunFolder

    try:
        return push(RunFolder(run), repo, token="hf_owner", **more)
    except RedditessError as error:
        return {"error": str(error)}


def commit(repo: str, add: dict[str, str], delete: tuple[str, ...] = ()) -> dict[str, Any]:
    """Somebody's own commit on main; makes the repository where it is not there."""
    api = HfApi(token="hf_owner")
    api.create_repo(repo, repo_type="dataset", exist_ok=True)
    operations = [CommitOperationAdd(name, text.encode()) for name, text in add.items()]
    gone = [CommitOperationDelete(name) for name in delete]
    done = api.create_commit(
        repo, [*operations, *gone], repo_type="dataset", commit_message="by hand"
    )
    return {"commit": done.oid}


def main() -> None:
    time.sleep = lambda seconds: really_sleep(min(seconds, LONGEST_S))
    for line in sys.stdin:
        asked = json.loads(line)
        do = globals()[asked.pop("do")]
        print(json.dumps(do(**asked)), flush=True)


if __name__ == "__main__":
    main()
