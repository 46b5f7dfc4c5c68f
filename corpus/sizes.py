"""What a user says about memory, in words that DuckDB understands too."""

from __future__ import annotations

from .errors import InputError

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


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
