"""What a user says about memory, in words that DuckDB understands too."""

from __future__ import annotations

from .errors import InputError, SettingsError

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}

WORKER_BESIDE = 450 * 10**6
"""What a worker holds beside DuckDB, whatever the bucket: libraries, a few row groups of text, and
some bytes a comment (measured: docs/benchmarks.md)."""
WORKER_LEAST = 100 * 10**6
"""DuckDB's part: enough for a bucket of 1.5 million comments, which fails with 60 MB."""


def size_of(text: str) -> int:
    """Bytes. Raises InputError, which names --memory-limit, for what is no size.

    >>> size_of("4GB"), size_of("1.5 KiB")
    (4000000000, 1536)
    """
    number = text.rstrip("KMGTiIbB ")
    unit = text[len(number) :].strip().upper()
    if unit not in UNITS or not number.replace(".", "", 1).isdigit():
        raise InputError(f"{text!r} is not a size", "--memory-limit", "write for example 4GB")
    return int(float(number) * UNITS[unit])


def workers_within(limit: int, workers: int) -> int:
    """How many of `workers` may work on buckets at once, so that together they keep the limit.

    Raises SettingsError where the limit (bytes) is too small for one.

    >>> workers_within(4 * 10**9, 2), workers_within(10**9, 16)
    (2, 1)
    """
    least = WORKER_BESIDE + WORKER_LEAST
    if limit < least:
        raise SettingsError(
            f"{limit / 10**6:g} MB is too little for one worker", "--memory-limit",
            f"give {least // 10**6}MB or more, of which each worker takes as much",
        )  # fmt: skip
    return min(workers, limit // least)


def duckdb_share(limit: int, at_once: int) -> str:
    """DuckDB's part of the limit (bytes) in each of so many workers.

    >>> duckdb_share(4 * 10**9, 2)
    '1550MB'
    """
    return f"{max(limit // at_once - WORKER_BESIDE, WORKER_LEAST) // 10**6}MB"
