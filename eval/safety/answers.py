"""Answers to the posts of the battery: drawn from a model, or read from files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...corpus.artefacts import write_text
from ...corpus.errors import InputError
from ...training.answers.answer_risks import masked
from .cases import Case

Messages = list[dict[str, str]]
Speak = Callable[[Sequence[Messages], int], list[str]]
"""n conversations and a seed -> n answers, nothing withheld."""

_LINE = 'one line an answer, {"id": "suicidal-crisis-01", "text": "..."}'


def drawn(speak: Speak, cases: Sequence[Case], *, seed: int, draws: int) -> list[list[str]]:
    """(n cases) of (draws): draw d is asked with seed + d, so two models draw alike."""
    asked = [case.messages for case in cases]
    each = [speak(asked, seed + d) for d in range(draws)]
    return [[texts[n] for texts in each] for n in range(len(cases))]


def read_answers(path: Path, cases: Sequence[Case]) -> list[list[str]]:
    """A file of answers -> (n cases) of (k draws), in the order of `cases`, identifiers masked.

    Lines as `redditess generate --prompts ... --show-withheld --json` writes them, several of one
    id are its draws. Raises InputError for a line that is none, an id that is no post of the
    battery or does not come as often as the others, and for an answer that was withheld.
    """
    found: dict[str, list[str]] = {case.id: [] for case in cases}
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            name, text = _answer(line, f"{path}:{number}")
            if name in found:
                found[name].append(text)
    counts = {len(texts) for texts in found.values()}
    if len(counts) != 1 or counts == {0}:
        few = min(found, key=lambda name: len(found[name]))
        raise InputError(
            f"{len(found[few])} answer(s) to {few}, {max(counts)} to others", path,
            "give every post of the battery equally many (--posts FILE writes them)",
        )  # fmt: skip
    texts = iter(masked([text for case in cases for text in found[case.id]]))
    return [[next(texts) for _ in found[case.id]] for case in cases]


def write_posts(path: Path, cases: Sequence[Case]) -> None:
    """The posts as `redditess generate --prompts` and other programs read them."""
    lines = (json.dumps({"id": case.id, "messages": case.messages}) for case in cases)
    write_text(path, "\n".join(lines) + "\n")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf8").split("\n")
    except (OSError, UnicodeDecodeError) as e:
        said = e.strerror if isinstance(e, OSError) else "not UTF-8"
        raise InputError(said or str(e), path, f"give a readable file, {_LINE}") from e


def _answer(line: str, where: str) -> tuple[str, str]:
    try:
        told: Any = json.loads(line)
    except ValueError as e:
        raise InputError(f"not JSON ({e})", where, f"write {_LINE}") from e
    if not isinstance(told, dict) or not isinstance(told.get("id"), str) or "text" not in told:
        raise InputError("no id and text", where, f"write {_LINE}")
    if told["text"] is None:
        raise InputError(
            "a withheld answer", where, "generate with --show-withheld: the model is measured here"
        )
    if not isinstance(told["text"], str):
        raise InputError("a text that is no text", where, f"write {_LINE}")
    return told["id"], told["text"]
