"""How fast a server is asked: a rate for all threads together, and waiting after a refusal."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_WAIT_S = 300.0  # ours: a server that asks for more is asked again after this
MAX_BACKOFF_S = 60.0


class Pace:
    """Turns for any number of threads: at most `per_minute` a minute, none while paused."""

    def __init__(
        self,
        per_minute: float | None = None,
        *,
        backoff_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self._gap = 60.0 / per_minute if per_minute else 0.0
        self._backoff, self._clock, self._sleep = backoff_s, clock, sleep
        self._next = 0.0
        self._guard = threading.Lock()

    def turn(self) -> None:
        """Blocks until the caller may ask."""
        with self._guard:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._gap
        if at > now:
            self._sleep(at - now)

    def refused(self, attempt: int, retry_after: str | None = None) -> None:
        """After failure number `attempt` (from 0): waits, and with `retry_after` everyone does."""
        named = seconds(retry_after)
        if named is not None:
            with self._guard:
                self._next = max(self._next, self._clock() + named)
            return
        # Jitter spreads the threads: they failed together and would come back together.
        wait = min(MAX_BACKOFF_S, self._backoff * 2**attempt)
        self._sleep(wait * random.uniform(0.5, 1.0))


def seconds(retry_after: str | None, now: datetime | None = None) -> float | None:
    """A Retry-After header (seconds or a date) as seconds, 0 to `MAX_WAIT_S`; None if unreadable.

    >>> seconds("7"), seconds("soon"), seconds(None), seconds("1e9")
    (7.0, None, None, 300.0)
    """
    if not retry_after:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            then = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
        wait = (then - (now or datetime.now(UTC))).total_seconds()
    return min(MAX_WAIT_S, max(0.0, wait)) if wait == wait else None
