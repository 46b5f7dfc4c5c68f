"""What a decoded dump consists of: blocks of whole lines, and places where something is lost."""

from __future__ import annotations

from typing import NamedTuple


class Damage(NamedTuple):
    """Something was lost here.

    `byte` counts in the file for `truncated_frame`, `bad_frame` (to within `frames.FINE`) and
    `expansion_cap`; in the decoded text for damage of lines.
    """

    byte: int
    reason: str


class Block(NamedTuple):
    """Bytes that end at a line end; `start` is their offset in the decoded text.

    `edge`: one single line that may have lost its beginning (after damage) or its end (the last
    line of a file without a final newline, or the last before damage). `at`: where `data` lies in
    the ring; the reader gives that slot back. -1: nowhere, it has bytes of its own.
    """

    data: bytes | memoryview
    start: int
    edge: bool = False
    at: int = -1
