"""What a file outside this machine is to us, and how often its trouble is waited out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from ..places import Url
from ..store_trouble import trouble_of

T = TypeVar("T")
WAITS_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # ours: half a minute in all


class State(NamedTuple):
    """What tells that a file is still the same one."""

    size: int  # bytes
    mark: str  # ETag, generation, time: changes with the content; "": the store tells nothing


class Connection(Protocol):
    def read(self, n: int, /) -> bytes: ...
    def close(self) -> None: ...


class Remote(Protocol):
    """One file as a store or a web server gives it; raises whatever its library raises."""

    url: Url
    state: State  # when it was opened
    longest: int  # bytes to ask for at once

    def open(self, start: int) -> Connection:
        """The bytes from `start`; raises InputError where they are not those of `state`."""

    def now(self) -> State:
        """Its state at this moment."""


def mended(url: Url, work: Callable[[], T], started: bool = True) -> T:
    """What `work` returns, tried again while its trouble may pass."""
    n_breaks = 0
    while True:
        try:
            return work()
        except Exception as e:  # every library has its own; what is none of a store's goes on
            n_breaks += 1
            wait(url, e, n_breaks, started)


def wait(url: Url, error: Exception, n_breaks: int, started: bool) -> None:
    """Returns when it is time to try again; raises InputError where that is of no use."""
    trouble = trouble_of(error, url)
    if trouble is None:
        raise error
    if not trouble.passing or (trouble.near and not started):
        raise trouble.of(url) from None  # its own words may hold a signed address
    if n_breaks > len(WAITS_S):
        told = f"{trouble.what}, {n_breaks} times in a row"
        raise trouble._replace(what=told).of(url) from None
    time.sleep(WAITS_S[n_breaks - 1])
