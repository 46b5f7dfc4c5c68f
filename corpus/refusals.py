"""What a disk or a system refuses through no fault of ours -> one sentence with the next step."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import BuildError, RedditessError

_ELSEWHERE = "choose another place, or change its permissions"
_ROOM = "make room there, or give another --out or --tmp; then run the same command again"
_FAULT = "check the disk or the network drive, then run the same command again"
_LIMIT = "raise the limit (ulimit), or use fewer --workers; then run the same command again"
_NEXT_STEP = {
    errno.EACCES: _ELSEWHERE,
    errno.EPERM: _ELSEWHERE,
    errno.EROFS: "choose another place",
    errno.ENOTDIR: "a file is where a folder should be: choose another place",
    errno.EISDIR: "a folder is where a file should be: choose another place",
    errno.EEXIST: "choose another place",
    errno.ENOTEMPTY: "somebody else writes there: choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "this file system or a limit (ulimit -f) takes no larger file: choose another one",
    errno.EIO: _FAULT,
    errno.ESTALE: _FAULT,
    errno.ENXIO: _FAULT,
    errno.ENODEV: _FAULT,
    errno.ETIMEDOUT: _FAULT,
    errno.ENOTCONN: _FAULT,
    errno.EHOSTDOWN: _FAULT,
    errno.EMFILE: _LIMIT,
    errno.ENFILE: _LIMIT,
    errno.EAGAIN: _LIMIT,
    errno.ENOMEM: "use fewer --workers or a smaller --memory-limit, then run it again",
    errno.ENOLCK: "this file system has no locks: choose another place",
}


def refusal(
    error: BaseException, within: str | os.PathLike[str] | None = None
) -> RedditessError | None:
    """The sentence for the user; None where the error may be a fault of ours.

    `within`: a folder that somebody may have removed while we wrote into it.

    >>> print(refusal(OSError(errno.ENOSPC, "No space left on device", "/x")))  # doctest: +ELLIPSIS
    /x: no space left on device; make room there, ...
    """
    if isinstance(error, MemoryError):
        return RedditessError("out of memory", "", _NEXT_STEP[errno.ENOMEM])
    if not isinstance(error, OSError):
        return None
    if within is not None and error.errno == errno.ENOENT and not os.path.isdir(within):
        return RedditessError(
            "the folder was removed while a build wrote into it", within,
            "run the same command again",
        )  # fmt: skip
    step = _NEXT_STEP.get(error.errno or 0)
    if step is None:
        return None
    where = error.filename2 or error.filename  # of a rename the name that was wanted
    if where is None:  # a library's own words, with the name in them
        return RedditessError(error.strerror or str(error), "", step)
    return RedditessError(os.strerror(error.errno or 0).lower(), _lasting(where), step)


def _lasting(path: str | bytes) -> str:
    """The folder in which a temporary file or folder lies: its own name says nothing to anybody."""
    return re.sub(r"(?<=.)[/\\]\.tmp-.*", "", os.fsdecode(path), flags=re.DOTALL)


@contextmanager
def told_in_words(within: str | os.PathLike[str]) -> Iterator[None]:
    """An OSError that `refusal` knows leaves as a BuildError; `within` as there."""
    try:
        yield
    except (OSError, MemoryError) as e:
        refused = refusal(e, within)
        if refused is None:
            raise
        raise BuildError(refused.what, refused.where or within, refused.next_step) from e


@contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors of a write name `path`: libraries name nothing, and a temporary name says nothing."""
    try:
        yield
    except OSError as e:
        named = e.filename is not None and ".tmp-" not in os.fsdecode(e.filename)
        if e.errno is None or named or "reading" in str(e):
            raise
        raise OSError(e.errno, os.strerror(e.errno), os.fspath(path)) from e


@contextmanager
def spilling(folder: str | os.PathLike[str], memory_limit: str) -> Iterator[None]:
    """DuckDB's own errors about memory and disks as BuildErrors; `folder` is where it spills."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException as e:
        if "max_temp_directory_size" in str(e):  # what DuckDB allows itself is the free space
            raise BuildError("no space left on device", folder, _ROOM) from e
        raise BuildError(
            "a bucket of threads does not fit", f"{memory_limit} a worker",
            "raise --memory-limit, use fewer --workers, or set a larger n_buckets",
        ) from e  # fmt: skip
    except duckdb.IOException as e:
        told = str(e).partition("\n")[0].removeprefix("IO Error: ")
        code = next((code for code in _NEXT_STEP if os.strerror(code) in told), errno.EIO)
        if os.fspath(folder) in told:
            raise BuildError(os.strerror(code).lower(), folder, _NEXT_STEP[code]) from e
        raise BuildError(told, "", _NEXT_STEP[code]) from e
