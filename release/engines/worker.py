"""One worker process: reads tasks as JSON lines on stdin, answers with JSON lines on stdout.

Nothing is pickled and the caller's `__main__` is never imported again, so a build works from a
plain script, a notebook and the command line alike. Started by `release.engines.local`.
Where stdin closes, the process ends at once, in the middle of its task if need be: whoever asked is
gone, and the next build may already be at work in the same folder, with other settings.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any

from ...corpus.errors import RedditessError
from ...corpus.places import Url, place_of, shown
from ...corpus.refusals import refusal
from . import stages
from .staging import OURS, staged


def run_task(stage: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Runs one stage function; the answer is its record, or the error in a form that travels."""
    try:
        run, out = stages.STAGES[stage], place_of(arguments.get("out", ""))
        if isinstance(out, Url):
            return {"result": staged(run, stage, out, dict(arguments))}
        return {"result": run(**{k: v for k, v in arguments.items() if k not in OURS})}
    except RedditessError as e:
        return {"error": [type(e).__name__, e.what, e.where, e.next_step]}
    except Exception as e:
        where = f"{stage} {shown(str(arguments.get('path', arguments.get('bucket', ''))))}"
        refused = refusal(e, arguments.get("out"))
        if refused is not None:
            return {
                "error": ["BuildError", refused.what, refused.where or where, refused.next_step]
            }
        traceback.print_exc()  # a bug of ours: its place must not be lost between processes
        return {"fault": f"{where}: {type(e).__name__}: {e}"}


def main() -> None:
    """Answers until stdin closes. Stray prints go to stderr: stdout carries answers only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for line in _asked():
        task = json.loads(line)
        answers.write(json.dumps(run_task(task["stage"], task["arguments"])) + "\n")
        answers.flush()


def _asked() -> Iterator[str]:
    """The lines of stdin as they come; the process ends with them (see above)."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            waiting.put(line)
        os._exit(1)  # what is half-written has a temporary name, and the next build sweeps it

    threading.Thread(target=listen, name="redditess-asked", daemon=True).start()
    while True:
        yield waiting.get()


if __name__ == "__main__":
    main()
