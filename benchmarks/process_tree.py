"""CPU seconds and resident memory of a process with all its descendants, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Of a process and its descendants; what they share is counted once (Pss)."""
    total = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
        total += sum(resident_mb(child) for child in _children(pid))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return total  # it ended while we looked
    return total


def cpu_s(pid: int) -> float:
    """User and system time of a process, its descendants, and those of them that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        own = sum(int(ticks) for ticks in fields[11:15]) / _TICKS
        return own + sum(cpu_s(child) for child in _children(pid))
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0.0


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
