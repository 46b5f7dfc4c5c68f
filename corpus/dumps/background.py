"""Items made in a thread of their own, a few in front of whoever takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from queue import Queue
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class _Failed(NamedTuple):
    error: BaseException


def in_background(
    items: Generator[T, None, None],
    ahead: int,
    name: str = "redditess-decode",
    wake: Callable[[], None] | None = None,
) -> Generator[T, None, None]:
    """The same items, made in a thread that runs at most `ahead` of them in front.

    An exception there is raised here; leaving early stops the thread and closes `items`. `wake`
    ends whatever else the thread may be waiting for.
    """
    waiting: Queue[tuple[T] | _Failed | None] = Queue(ahead)
    stop = threading.Event()

    def make() -> None:
        try:
            for item in items:
                waiting.put((item,))
                if stop.is_set():
                    return
            waiting.put(None)
        except BaseException as e:  # whatever it is belongs to the reader, who raises it
            waiting.put(_Failed(e))

    thread = threading.Thread(target=make, name=name, daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, _Failed):
                raise item.error
            yield item[0]
    finally:
        stop.set()
        if wake is not None:
            wake()
        while thread.is_alive():  # make room, so that a waiting put ends
            while not waiting.empty():
                waiting.get_nowait()
            thread.join(0.01)
        items.close()
