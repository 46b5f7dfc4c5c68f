"""What a run says while it trains: one line a logged step in `log.jsonl`, a bar for people."""

from __future__ import annotations

import json
import math
from typing import Any

from ...corpus.artefacts import write_text
from .folder import RunFolder

LEFT_OUT = {"total_flos", "num_tokens", "eval_num_tokens", "train_loss", "train_runtime",
            "train_samples_per_second", "train_steps_per_second", "eval_runtime",
            "eval_samples_per_second", "eval_steps_per_second", "step_time"}  # fmt: skip
"""What differs between two runs of one recipe on one machine, of which one was stopped."""


class RunLog:
    """Keeps what the trainer logs (give it to `callbacks.as_callback`).

    A run that goes on forgets what it logged after its checkpoint, so the log of a resumed run is
    that of one that was never stopped.
    """

    def __init__(self, run: RunFolder):
        self.run = run
        self.bar: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not state.is_world_process_zero:
            return
        known = [line for line in read_log(self.run) if line["step"] <= state.global_step]
        write_text(self.run.log, "".join(f"{json.dumps(line)}\n" for line in known))
        self.bar = _bar(state)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        kept = {k: _number(v) for k, v in (logs or {}).items() if k not in LEFT_OUT}
        if kept and state.is_world_process_zero:
            with open(self.run.log, "a", encoding="utf8") as file:
                file.write(json.dumps({"step": state.global_step, **kept}) + "\n")

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self.bar:
            self.bar.stop()


def read_log(run: RunFolder) -> list[dict[str, Any]]:
    """The logged steps; a last line that a killed run left half written does not count."""
    if not run.log.is_file():
        return []
    found = []
    for line in run.log.read_text("utf8").splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return found


def _bar(state: Any) -> Any:
    """On a terminal, a bar with the time left; nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    bar = Progress(
        TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeLeft(),
        console=console,
    )  # fmt: skip
    bar.add_task("training", total=state.max_steps, completed=state.global_step)
    bar.start()
    return bar


def _number(value: Any) -> Any:
    """JSON has no nan: a loss that is none is null, and stays visible as a gap."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (int, str, bool)) or value is None else float(value)
