"""A build's own folder below `--tmp`, which is shared with others and never emptied as a whole."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...corpus.artefacts import remove_tree, stable_hash
from ...corpus.places import Url, place_of
from .engine import Engine


@contextmanager
def own_tmp(
    tmp: str | None, out: str | os.PathLike[str] | Url, engine: Engine
) -> Iterator[str | None]:
    """`tmp` with a folder named after `out`: emptied first of what a killed run left, removed last.

    The caller holds the lock of `out`. Executors of a cluster get `tmp` as it is: it is a folder
    of their machines.
    """
    place = place_of(out)
    if tmp is None or engine.name != "local" or isinstance(place, Url):
        yield tmp
        return
    whose = f"{stable_hash('tmp', platform.node(), str(place.resolve())):016x}"
    own = Path(tmp).absolute() / f".tmp-redditess-{whose}"
    remove_tree(own)
    own.mkdir(mode=0o700, parents=True)  # rows with names wait here
    try:
        yield str(own)
    finally:
        with suppress(OSError):  # the next run empties it
            remove_tree(own)
