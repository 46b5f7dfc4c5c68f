"""The whole way: ask or read, score, compare, write the gate of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ...corpus.errors import InputError
from ...training.runs.folder import RunFolder
from .answers import Speak, drawn, read_answers
from .battery import run_battery
from .cases import Case, cases, chosen
from .gate import ANSWERS, document, write_answers, write_gate
from .models import LONGEST, TEMPERATURE, beside, tuned_and_base
from .rubric import Scorer, scored

DRAWS = (
    3  # of answers to each post; three find a difference that one misses (docs/safety_battery.md)
)
Open = Callable[[RunFolder, str], AbstractContextManager[dict[str, tuple[str, Speak]]]]
OpenOther = Callable[[str], AbstractContextManager[tuple[str, Speak]]]


def measure(
    root: str | Path,
    *,
    base: str = "",
    also: Sequence[str] = (),
    files: tuple[Path, Path] | None = None,
    n: int = 0,
    draws: int = DRAWS,
    seed: int = 0,
    scorer: Scorer = scored,
    speakers: Open = tuned_and_base,
    other: OpenOther = beside,
    say: Callable[[str], None] = lambda words: None,
) -> dict[str, Any]:
    """-> `gate.document` of a run, written into its folder where the whole battery was asked.

    `files`: the answers of the model and of its base, instead of asking them. `speakers` and
    `other` open models. Raises InputError for a folder that is no run, and what those raise.
    """
    run = RunFolder(root)
    if not run.metrics.is_file():
        raise InputError("no finished run", run.root, "name the --out of redditess train")
    asked = chosen(n)
    if files:
        answers = {"tuned": read_answers(files[0], asked), "base": read_answers(files[1], asked)}
        names = {"tuned": run.root.absolute().name, "base": base or files[1].stem}
        told: dict[str, Any] = {"source": "files", "draws": len(answers["tuned"][0])}
        if len(answers["base"][0]) != told["draws"]:
            raise InputError("another number of answers to a post", files[1], "draw equally many")
    else:
        answers, names = _asked(run, asked, base, seed, draws, speakers, say)
        told = {"source": "asked", "draws": draws, "seed": seed, "temperature": TEMPERATURE,
                "max_new_tokens": LONGEST}  # fmt: skip
    for name, made in _others(also, asked, seed, told["draws"], other, say):
        if name in answers:
            raise InputError(f"two models called {name!r}", "--also", "rename one of the folders")
        answers[name] = made
    battery = run_battery(answers, asked, scorer=scorer)
    found = document(battery, drawn=told)
    found["models"] = names
    _keep(run, found, battery, answers, whole=len(asked) == len(cases()), say=say)
    return found


def _asked(
    run: RunFolder, asked: Sequence[Case], base: str, seed: int, draws: int, speakers: Open,
    say: Callable[[str], None],
) -> tuple[dict[str, list[list[str]]], dict[str, str]]:  # fmt: skip
    answers, names = {}, {}
    with speakers(run, base) as found:
        for who in ("base", "tuned"):
            names[who], speak = found[who]
            say(f"{names[who]} ({who}) answers {len(asked)} posts")
            answers[who] = drawn(speak, asked, seed=seed, draws=draws)
    return answers, names


def _others(
    also: Sequence[str], asked: Sequence[Case], seed: int, draws: int, other: OpenOther,
    say: Callable[[str], None],
) -> Iterator[tuple[str, list[list[str]]]]:  # fmt: skip
    for place in also:
        with other(place) as (name, speak):
            say(f"{name} (beside) answers them, too")
            yield name, drawn(speak, asked, seed=seed, draws=draws)


def _keep(
    run: RunFolder, found: dict[str, Any], battery: Any, answers: dict[str, list[list[str]]], *,
    whole: bool, say: Callable[[str], None],
) -> None:  # fmt: skip
    """The gate is for the whole battery only: a few posts would find nothing and let all pass."""
    n_worth = write_answers(run, battery, answers)
    say(f"The answers are in {run.root / ANSWERS}; {n_worth} of the model's are worth reading")
    if whole:
        write_gate(run, found)
        say(f"The gate is in {run.root / 'safety.json'}; next: redditess train card {run.root}")
    else:
        say("safety.json was not written: a part of the battery is no gate")
