"""A labeling function that waits at a gate, so that a test can stop a vote in the middle."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from redditess.labeling.functions import labeling_function

GATE = "REDDITESS_TEST_GATE"
LONGEST_S = 120.0


@labeling_function(reads=("op_replies",), source="tests/cluster/test_cluster.py", decides=False)
def patient(x: Any) -> int:
    """Abstains; where the environment names a gate, not before the gate is open."""
    place = os.environ.get(GATE)
    if place:
        (Path(place) / f"waits-{os.getpid()}").touch()
        end = time.monotonic() + LONGEST_S
        while not (Path(place) / "open").exists() and time.monotonic() < end:
            time.sleep(0.02)
    return -1
