"""`redditess release check`: what a release promises, proven on its finished Parquet files.

Nothing is taken from the build that can be counted again from what lies there; what only the
private part of a build knows is said to be "not checkable here" without it (docs/check.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from ..card_check import check_card
from .attack import check_attack
from .derived import check_derived
from .files import bytes_are_the_manifests, one_schema
from .leaks import check_leaks
from .people import check_against, check_people
from .privacy import check_key, check_privacy
from .probe import check_probe
from .report import Report, Result, judged
from .subject import Subject
from .viewer import check_viewer

__all__ = ["Report", "Result", "check_release"]

Check = Callable[[Subject], Iterable[Result]]


def check_release(
    folder: str | Path, *, against: Path | None = None, attack: Path | None = None
) -> Report:
    """All checks of a build, of its released folder or of a copy of that.

    `against`: an earlier release, whose test rows must not be train rows now. `attack`: the other
    form of the same build. Raises BuildError where `folder` is no release; a check that breaks on
    what it finds there fails, and the others go on.
    """
    subject = Subject(folder)
    return Report([result for check in _checks(against, attack) for result in _run(check, subject)])


def _checks(against: Path | None, attack: Path | None) -> list[Check]:
    return [
        bytes_are_the_manifests,
        one_schema,
        check_leaks,
        partial(check_against, earlier=against),
        check_people,
        check_probe,
        check_derived,
        check_privacy,
        check_key,
        partial(check_attack, other=attack),
        check_viewer,
        _card,
    ]


def _run(check: Check, subject: Subject) -> Iterator[Result]:
    """What a check says; where it breaks on what it reads, that is the finding."""
    try:
        yield from check(subject)
    except (OSError, ValueError, KeyError, TypeError, IndexError) as e:
        name = getattr(check, "__name__", "") or getattr(check, "func", check).__name__
        why = f"It cannot be followed ({type(e).__name__}: {str(e)[:120]})."
        yield Result(name.removeprefix("check_").replace("_", " "), "fail", why)


def _card(subject: Subject) -> Iterator[Result]:
    """Every figure of the card, by `release.card_check`."""
    wrong = check_card(subject.release, subject.document)
    more = "; ".join(wrong[:2])
    yield judged(
        "card", len(wrong), "Every figure of the card is true.",
        "{n} figure(s) or page(s) are not what the files give: " + more + ".",
        wrong=wrong[:10],
    )  # fmt: skip
