"""What is judged: the answers of two models to the same prompts, or the pairs of a release."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.artefacts import stable_hash
from ...corpus.errors import InputError
from .question import Pair, pair_of

_NEXT = "give what `redditess generate --out FILE.jsonl` wrote"


class Material(NamedTuple):
    """Two sides and their pairs. `withheld`: (item, whose answer the safety screen kept back)."""

    model: str
    baseline: str
    pairs: list[Pair]
    withheld: list[tuple[str, str]]
    unmatched: dict[str, int]  # prompts that only one of the files has

    def limited(self, n: int | None) -> Material:
        """A random `n` of the items, the same every time and part of every larger sample."""
        if not n:
            return self
        items = [pair.item for pair in self.pairs] + [item for item, _ in self.withheld]
        kept = set(sorted(items, key=_place)[:n])
        return self._replace(
            pairs=[pair for pair in self.pairs if pair.item in kept],
            withheld=[one for one in self.withheld if one[0] in kept],
        )


def sampled(pairs: Sequence[Pair], n: int) -> list[Pair]:
    """The first `n` in the order of the hash of their items."""
    return sorted(pairs, key=lambda pair: _place(pair.item))[:n]


def _place(item: str) -> tuple[int, str]:
    return stable_hash("judge", item), item


class _Answer(NamedTuple):
    prompt: str
    text: str | None  # None: withheld
    by: str


def of_files(model: Path, baseline: Path) -> Material:
    """Two files of `redditess generate`, joined by id and prompt.

    A pair of which an answer was withheld is kept as unscored. Raises InputError, naming the line,
    for records that are none, for a prompt that stands twice, and where no prompt is in both.
    """
    mine, other = _read(model), _read(baseline)
    both = [key for key in mine if key in other]
    if not both:
        raise InputError(
            f"no prompt of it is in {model}", baseline, "let both answer one --prompts"
        )
    pairs, withheld = [], []
    for key in both:
        a, b, item = mine[key], other[key], key[0]
        if a.text is None or b.text is None:
            who = "both" if a.text is b.text else "model" if a.text is None else "baseline"
            withheld.append((item, f"{who}_withheld"))
        else:
            pairs.append(pair_of(item, a.prompt, a.text, b.text))
    names = _name(mine.values(), model), _name(other.values(), baseline)
    if names[0] == names[1]:  # one model at two seeds: the files tell them apart
        names = model.stem, baseline.stem
    unmatched = {"model": len(mine) - len(both), "baseline": len(other) - len(both)}
    return Material(*names, pairs, withheld, unmatched)


def of_preferences(data: str, split: str) -> Material:
    """Config `preferences` of a build, a released folder or a Hub id: chosen against rejected.

    The win rate is then how often the judge prefers what the poster acknowledged. Raises what
    `training.data.rows.preference_rows` raises.
    """
    from ...training.data.rows import open_source, preference_rows

    pairs = [
        pair_of(
            f"{row['chosen_id']} {row['rejected_id']}", spoken(row["prompt"]),
            spoken(row["chosen"]), spoken(row["rejected"]), f"{row['cluster'] % 2**64:016x}",
        )
        for row in preference_rows(open_source(data, allow_invented=True), split)
    ]  # fmt: skip
    if not pairs:
        raise InputError("no pairs", f"{data}, {split}", "give another --split")
    return Material("chosen", "rejected", pairs, [], {"model": 0, "baseline": 0})


def spoken(messages: Any) -> str:
    """A conversation as one text: a single turn as it is, several with who said them.

    >>> spoken([{"role": "user", "content": "I cannot sleep."}])
    'I cannot sleep.'
    """
    turns = [(str(m["role"]), str(m["content"])) for m in messages if m["role"] != "system"]
    if len(turns) == 1:
        return turns[0][1]
    return "\n\n".join(f"{role}: {words}" for role, words in turns)


def _read(path: Path) -> dict[tuple[str, str], _Answer]:
    """(id, prompt) -> answer, in the order of the file."""
    found: dict[tuple[str, str], _Answer] = {}
    for number, row in _lines(path):
        where = f"{path}:{number}"
        answer = _answer(row, where)
        key = (str(row.get("id") or number), answer.prompt)
        if key in found:
            raise InputError(f"prompt {key[0]!r} stands twice", where, "judge one answer a prompt")
        found[key] = answer
    if not found:
        raise InputError("holds no answers", path, _NEXT)
    return found


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"cannot be read ({e})", path, _NEXT) from e
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as e:
            raise InputError("is no JSON", f"{path}:{number}", _NEXT) from e
        if not isinstance(row, dict):
            raise InputError("is no record", f"{path}:{number}", _NEXT)
        yield number, row


def _answer(row: dict[str, Any], where: str) -> _Answer:
    text, prompt = row.get("text"), row.get("prompt")
    if "text" not in row or not (text is None or isinstance(text, str)):
        raise InputError("a record without text", where, _NEXT)
    try:
        said = prompt if isinstance(prompt, str) else spoken(prompt)
    except (TypeError, KeyError) as e:
        raise InputError("a record without a prompt", where, _NEXT) from e
    return _Answer(said, text, str(row.get("model") or ""))


def _name(answers: Any, path: Path) -> str:
    """The model that made most of a file's answers; the file's name where none is given."""
    named = Counter(a.by for a in answers if a.by)
    return named.most_common(1)[0][0] if named else path.stem
