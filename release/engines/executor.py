"""What an executor of a cluster does with one task. `run_in_executor` is all that it calls.

Answers are JSON: {"result"}, {"error"} or {"fault"} as of a worker process, {"unlike"} where
redditess here is another than the one that started the build.
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any

from ...corpus.errors import RedditessError
from .likeness import likeness, probe
from .worker import run_task


def run_in_executor(text: str) -> str:
    """One task, {"stage", "arguments", "likeness"}, to its answer."""
    task = json.loads(text)
    if task["likeness"] != likeness():
        return json.dumps({"unlike": likeness()})
    if task["stage"] == "probe":
        return json.dumps(_probed(task["arguments"]))
    return json.dumps(run_task(task["stage"], local_places(task["arguments"])))


def local_places(arguments: dict[str, Any]) -> dict[str, Any]:
    """Rows wait on this machine's own disk, where Spark cleans up behind a killed executor."""
    arguments = {k: v for k, v in arguments.items() if k != "scratch"}  # a folder of the driver's
    if "tmp" in arguments:  # only stages that spill know the word
        arguments["tmp"] = arguments["tmp"] or disk()
    return {**arguments, "scratch_in": arguments.get("tmp") or disk()}


def disk() -> str:
    """Where Spark keeps this executor's own files; without Spark the system's place."""
    given = os.environ.get("SPARK_LOCAL_DIRS") or os.environ.get("LOCAL_DIRS") or ""
    first = given.split(",")[0]
    return first if first and os.path.isdir(first) else tempfile.gettempdir()


def _probed(arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": probe(**arguments)}
    except RedditessError as e:
        return {"error": [type(e).__name__, e.what, e.where, e.next_step]}
