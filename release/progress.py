"""What a person sees while a build runs: one bar per stage, on stderr."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from .build import Progress as Told

SAYS = {
    "ingest": "reading dumps",
    "assemble": "threads to interactions",
    "vote": "labeling functions",
    "label": "labels",
    "shape": "masking, pseudonyms",
    "release": "release",
}


@contextmanager
def shown(console: Console | None = None) -> Iterator[Told]:
    """Gives the function that `build(progress=...)` calls.

    On a terminal the bars move; elsewhere (a log file, CI) one line says that a stage is done.
    """
    console = console or Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    tasks = {}

    def tell(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(SAYS.get(stage, stage), total=total)
        bars.update(tasks[stage], completed=done)
        if done == total and not console.is_terminal:
            console.print(f"{SAYS.get(stage, stage)}: {done} of {total}", highlight=False)

    with bars:
        yield tell
