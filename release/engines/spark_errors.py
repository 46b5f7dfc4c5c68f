"""What pyspark, py4j and the JVM say when something fails, as one sentence for the user."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ...corpus.errors import BuildError, RedditessError

HERE = "docs/cluster.md"


class _Known(NamedTuple):
    """A trace of one kind of failure, what it means, the next step."""

    trace: re.Pattern[str]
    means: str  # "{0}": the first group
    next_step: str


_KNOWN = tuple(
    _Known(re.compile(trace, re.DOTALL), means, next_step)
    for trace, means, next_step in (
        (r"PYTHON_VERSION_MISMATCH.*?\(?(\d+[.,] ?\d+)\)? than that in driver:? ?\(?(\d+[.,] ?\d+)",
         "the executors have Python {0}, and this is Python {1}",
         f"set PYSPARK_PYTHON to the same one ({HERE})"),
        (r"No module named '([\w.]+)'",
         "redditess is not installed for the Python of the executors (no {0})",
         f"install it there, or set PYSPARK_PYTHON ({HERE})"),
        (r"Cannot run program \"([^\"]+)\"",
         "the executors have no Python at {0}", f"set PYSPARK_PYTHON ({HERE})"),
        (r"Python worker exited unexpectedly|ExecutorLostFailure|exit (?:code|status):? (?:137|143)"
         r"|MemoryError|OutOfMemoryError|Container killed",
         "its executor died again and again, as when memory runs out",
         "raise spark.executor.memoryOverhead, or lower spark.executor.cores; "
         "finished work is kept"),
        (r"Could not parse Master URL|Invalid master URL",
         "Spark does not know this master", f"see the forms in {HERE}"),
        (r"All masters are unresponsive|stopped SparkContext|SparkContext was shut down|"
         r"Master removed our application",
         "the cluster ended the connection", "see its own page, then run the same command again"),
        (r"UnsupportedClassVersionError",
         "this Java is too old for Spark", "install Java 17 or newer, or set JAVA_HOME"),
    )
)  # fmt: skip


def explained(e: Exception, where: str, log: Path | None = None) -> RedditessError:
    """The error that a user reads; `e` itself where it is one of ours."""
    if isinstance(e, RedditessError):
        return e
    told = str(e)
    told += _end_of(log)
    for known in _KNOWN:
        found = known.trace.search(told)
        if found:
            means = known.means.format(*(g.strip() for g in found.groups("") if g is not None))
            return BuildError(means, where, known.next_step)
    said = f"; Spark's own words: {log}" if log else ""
    return BuildError(f"Spark failed ({type(e).__name__}: {_first_line(str(e))})", where,
                      f"run the same command again, finished work is kept{said}")  # fmt: skip


def _first_line(text: str) -> str:
    """Without the Java names in front, at most 200 characters; nothing a terminal would obey."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = re.sub(r"^(?:[\w.$]+(?:Exception|Error): )+", "", lines[0] if lines else "")
    return "".join(c if c.isprintable() else "?" for c in line[:200])


def _end_of(log: Path | None) -> str:
    if log is None or not log.is_file():
        return ""
    return "\n" + log.read_bytes()[-20_000:].decode("utf8", "replace")
