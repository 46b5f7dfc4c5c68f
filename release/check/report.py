"""What a check found: one verdict, one sentence, and the figures it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ...corpus.errors import BuildError

Verdict = Literal["pass", "fail", "warn", "not checkable here"]
"""`not checkable here` is no pass: what the check needs is not in this place."""


@dataclass(frozen=True)
class Result:
    """One check. `figures` are JSON values; `name` is a heading of docs/check.md."""

    name: str
    verdict: Verdict
    sentence: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """All checks of one release, in the order of docs/check.md."""

    results: Sequence[Result]

    def of(self, verdict: Verdict) -> list[Result]:
        return [result for result in self.results if result.verdict == verdict]

    def as_json(self) -> dict[str, Any]:
        """`{"failed", "checks": [{"name", "verdict", "sentence", "figures"}]}`."""
        checks = [
            {"name": r.name, "verdict": r.verdict, "sentence": r.sentence, "figures": r.figures}
            for r in self.results
        ]
        return {"failed": [r.name for r in self.of("fail")], "checks": checks}

    def require(self, where: object) -> None:
        """Raises BuildError where a check failed, with the first of them in words."""
        if failed := self.of("fail"):
            more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
            raise BuildError(
                f"check {failed[0].name} failed: {failed[0].sentence.rstrip('.')}{more}", where,
                "run `redditess release check` there and see docs/check.md",
            )  # fmt: skip


def judged(name: str, bad: int, good: str, wrong: str, /, **figures: Any) -> Result:
    """A check that fails as soon as one thing is bad; `{n}` in `wrong` is how many."""
    sentence = wrong.replace("{n}", f"{bad:,}") if bad else good
    return Result(name, "fail" if bad else "pass", sentence, {"found": bad, **figures})


def unknown(name: str, why: str, /, **figures: Any) -> Result:
    """A check that cannot be made with what is at hand."""
    return Result(name, "not checkable here", why, figures)
