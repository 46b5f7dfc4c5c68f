"""What a model is asked: the posts of a build, lines of a file, or one text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.errors import InputError
from ...release.examples import turn
from .speaker import Message

_LINE = '{"prompt": "..."} or {"messages": [{"role": "user", "content": "..."}]} a line'
ROLES = ("system", "user", "assistant")


class Asked(NamedTuple):
    """One prompt: a conversation that ends with the poster's turn."""

    id: str  # of a row of the build, of a line of the file, or ""
    messages: list[Message]


def of_build(data: str, split: str, n: int = 0) -> Iterator[Asked]:
    """The different posts of config `sft`, in the order of the hash of their ids; n 0: all.

    `data` is a build, a released folder or a Hub id. Raises what `data.rows.open_source` raises.
    """
    from ..data.rows import open_source, sft_rows

    seen: set[str] = set()
    for row in sft_rows(open_source(data, allow_invented=True), split):
        prompt = row["messages"][:-1]
        if (words := json.dumps(prompt)) not in seen:
            seen.add(words)
            yield Asked(row["id"], prompt)
        if len(seen) == n:
            return


def of_file(path: Path, n: int = 0) -> Iterator[Asked]:
    """One prompt a line of JSON; empty lines do not count; n 0: all.

    A line is a text, or an object with `prompt` (a text or messages) or `messages`, and perhaps an
    `id`. A last turn of an assistant is what the model is to say, and is left out. Raises
    InputError that names the line.
    """
    found = 0
    try:
        with path.open(encoding="utf8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _asked(line, f"{path}:{number}", str(number))
                    found += 1
                if found == n > 0:
                    return
    except (OSError, UnicodeDecodeError) as e:
        said = e.strerror if isinstance(e, OSError) else "not UTF-8"
        raise InputError(said or str(e), path, "give a readable file of JSON lines") from e


def of_text(text: str) -> Asked:
    """One post as somebody typed it."""
    if not turn(text):
        raise InputError("nothing is asked", "--prompt", "give the text of a post")
    return Asked("", [{"role": "user", "content": turn(text)}])


def _asked(line: str, where: str, name: str) -> Asked:
    try:
        told = json.loads(line)
    except ValueError as e:
        raise InputError(f"not JSON ({e})", where, f"write {_LINE}") from e
    told = {"prompt": told} if isinstance(told, str) else told
    said = told.get("prompt", told.get("messages")) if isinstance(told, dict) else None
    said = [{"role": "user", "content": said}] if isinstance(said, str) else said
    messages = [_message(one, where) for one in said] if isinstance(said, list) else []
    while messages and messages[-1]["role"] == "assistant":
        messages.pop()
    if not any(m["role"] == "user" and m["content"] for m in messages):
        raise InputError("no turn of a user with words", where, f"write {_LINE}")
    return Asked(str(told.get("id", name)), messages)


def _message(one: Any, where: str) -> Message:
    """Cleaned of hidden signs and of what a chat template would take for its own."""
    if not isinstance(one, dict) or one.get("role") not in ROLES:
        raise InputError("a message without role", where, f"roles are {', '.join(ROLES)}")
    if not isinstance(one.get("content"), str):
        raise InputError("a message without text", where, f"write {_LINE}")
    return {"role": one["role"], "content": turn(one["content"])}
