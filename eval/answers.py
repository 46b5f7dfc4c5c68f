"""Files of answers as `redditess generate` writes them, and the references beside them.

An answer that the screen withheld is counted and never scored: nobody was shown it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..corpus.errors import InputError

_ANSWER = "give the JSON lines that `redditess generate --out FILE` wrote"
_REFERENCE = 'write {"id": "...", "references": ["..."]} or {"prompt": "...", "reference": "..."}'
Messages = list[dict[str, str]]


class Answered(NamedTuple):
    """One scored answer. `key`: the prompt, one string; `post`: what the person said."""

    key: str
    id: str
    prompt: Messages
    post: str
    text: str


class Answers(NamedTuple):
    """A file as read: `scored` and `unscored` ({reason: n}) are all its records."""

    name: str
    models: tuple[str, ...]
    scored: list[Answered]
    unscored: dict[str, int]

    @property
    def n_records(self) -> int:
        return len(self.scored) + sum(self.unscored.values())


class References(NamedTuple):
    """What was really answered: by the prompt where it is told, else by the prompt's id."""

    by_key: dict[str, list[str]]
    by_id: dict[str, list[str]]

    def of(self, answered: Answered) -> list[str]:
        return self.by_key.get(answered.key) or self.by_id.get(answered.id, [])


def read_answers(path: str | Path) -> Answers:
    """Raises InputError, naming the line, for what is no answer, and where none could be scored."""
    path = Path(path)
    scored: list[Answered] = []
    unscored: Counter[str] = Counter()
    models = set()
    for where, row in _lines(path, _ANSWER):
        if "text" not in row or "prompt" not in row:
            raise InputError("no answer (fields prompt and text)", where, _ANSWER)
        models.add(str(row.get("model", "")))
        prompt = messages_of(row["prompt"], where)
        if row.get("withheld"):
            unscored[f"withheld_{row['withheld']}"] += 1
        elif not isinstance(row["text"], str):
            unscored["no_text"] += 1
        else:
            said = "\n\n".join(m["content"] for m in prompt if m["role"] == "user")
            key = json.dumps(prompt, sort_keys=True)
            scored.append(Answered(key, str(row.get("id", "")), prompt, said, row["text"]))
    if not scored:
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(unscored.items())) or "it is empty"
        raise InputError(f"no answer can be scored ({why})", path, _ANSWER)
    return Answers(path.name, tuple(sorted(models - {""})), scored, dict(sorted(unscored.items())))


def read_references(path: str | Path) -> References:
    """JSON lines with `reference` (a text) or `references` (texts), by `prompt` or `id`."""
    found = References({}, {})
    for where, row in _lines(Path(path), _REFERENCE):
        told = row.get("references", row.get("reference"))
        texts = [told] if isinstance(told, str) else told
        if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
            raise InputError("no reference in it", where, _REFERENCE)
        if "prompt" in row:
            key = json.dumps(messages_of(row["prompt"], where), sort_keys=True)
            found.by_key.setdefault(key, []).extend(texts)
        elif "id" in row:
            found.by_id.setdefault(str(row["id"]), []).extend(texts)
        else:
            raise InputError("neither prompt nor id", where, _REFERENCE)
    return found


def references_of_build(data: str, split: str) -> References:
    """The effective comments of config `sft` under each post; all are references of that post.

    Raises what `training.data.rows.open_source` raises.
    """
    from ..training.data.rows import open_source, sft_rows

    found = References({}, {})
    for row in sft_rows(open_source(data, allow_invented=True), split):
        key = json.dumps(messages_of(row["messages"][:-1], data), sort_keys=True)
        found.by_key.setdefault(key, []).append(row["messages"][-1]["content"])
    return found


def messages_of(prompt: Any, where: object) -> Messages:
    """A text or messages -> messages with role and content alone: equal prompts are equal."""
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    if not isinstance(prompt, list) or not all(
        isinstance(m, dict) and isinstance(m.get("role"), str) and isinstance(m.get("content"), str)
        for m in prompt
    ):
        raise InputError("a prompt that is neither a text nor messages", where, _ANSWER)
    return [{"role": m["role"], "content": m["content"]} for m in prompt]


def _lines(path: Path, next_step: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(FILE:line, object) of each line that is not empty."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        said = e.strerror if isinstance(e, OSError) else "not UTF-8"
        raise InputError(said or str(e), path, next_step) from e
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path}:{number}"
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as e:
                raise InputError(f"not JSON ({type(e).__name__})", where, next_step) from e
            if not isinstance(row, dict):
                raise InputError("no JSON object", where, next_step)
            yield where, row
