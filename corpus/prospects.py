"""What a set of dumps can become: signals it can show, presets that can work, pairs, cost."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from .eras import EDITS_USABLE, ERAS, Kind, Shows, month_shows, month_start, next_month
from .inspect import FileFacts
from .records import SIGNALS
from .settings import Settings, load_settings, presets

FILTERS_ON_EDITS = frozenset({"not_edited"})
"""Filters that drop every post of a month without usable edits."""
WHOLE_SITE = 200  # ours: a sample with more subreddits is of a whole-site file, where few show

# Measured (docs/benchmarks.md), decoded bytes a second on one worker with two cores.
_READ_FEW, _READ_ALL = 600e6, 250e6  # 0.5 % and 100 % of the lines wanted
_LATER_S = 1.2e-4  # worker seconds a wanted line: joining, voting, labelling, masking
_BUCKET_S = 0.2  # worker seconds a bucket, of however few lines: the same
_ALONE_S = 2.5e-5  # seconds a wanted line, by one process: twins, splits, pairs, writing
_START_S = 5.0  # of every build: workers begin, libraries load, the card is written
_WINDOW, _BESIDE = 2 << 30, 300 << 20  # bytes of memory a worker: the zstd window, all the rest
_DISK_RAW, _DISK_SPILL = 135, 300  # bytes a wanted line: typed rows; DuckDB's temporary files
_DISK_LATER = 4  # interactions, votes, labels and the release, as multiples of the typed rows

LINES_A_BUCKET = 1_600_000
"""Up to here a worker was measured to keep its part of `memory_limit` (docs/benchmarks.md)."""

_SOURCE_OF: dict[str, Kind] = {"op_edit": "submissions"}  # every other signal is in the comments
MEANING = {
    "op_replies": "the poster's replies under a comment",
    "op_general": "the poster's own comments to everyone",
    "op_edit": "thanks that the poster added to the post",
    "score": "votes of the community",
    "removal": "what was deleted or removed",
}


class Signal(NamedTuple):
    """Whether the dumps' months can show a signal. `why` names the months where they cannot."""

    signal: str
    shows: Shows
    why: str


class Verdict(NamedTuple):
    """Can a preset select anything from these dumps?"""

    preset: str
    works: bool
    why: str


class Cost(NamedTuple):
    """Of a build. Seconds, bytes; all estimated from measured rates."""

    n_wanted: int
    read_s: float
    later_s: float
    memory_bytes: int
    disk_bytes: int
    workers: int
    n_buckets: int | None  # to be set; None: those of the settings are enough
    assumes: str


def signals_of(files: Sequence[FileFacts]) -> list[Signal]:
    """For each of SIGNALS: yes (all months), part, or no (none), and the reasons by month."""
    found = []
    for signal in SIGNALS:
        kind = _SOURCE_OF.get(signal, "comments")
        months = sorted({m for f in files if f.kind == kind for m in f.months()})
        if not months:
            missing = "posts (RS)" if kind == "submissions" else "comments (RC)"
            found.append(Signal(signal, "no", f"it is in {missing}: none given"))
            continue
        by_answer: dict[tuple[Shows, str], list[str]] = {}
        for month in months:
            by_answer.setdefault(month_shows(kind, month, signal), []).append(month)
        whys = [f"{_range(ms)}: {why}" for (shows, why), ms in by_answer.items() if shows != "yes"]
        levels = {shows for shows, _ in by_answer}
        if any(f.kind == kind and f.last_month is None for f in files):
            later = {era.shows[signal] for era in ERAS if era.start_utc > month_start(months[-1])}
            if later - levels:
                whys.append(f"after {months[-1]}: not in the sample, `--whole` reads on")
                levels |= later
        level: Shows = levels.pop() if len(levels) == 1 else "part"
        found.append(Signal(signal, level, "; ".join(whys)))
    return found


def _range(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"


def edits_possible(files: Iterable[FileFacts]) -> bool:
    """May any file hold posts of a month whose edits can be seen?"""
    first, last = EDITS_USABLE
    for file in files:
        begins_in_time = bool(file.first_month) and file.first_month <= last
        ends_in_time = file.last_month is None or file.last_month >= first
        if file.kind == "submissions" and begins_in_time and ends_in_time:
            return True
        if file.merged:  # both texts are kept: the difference is the edit, whatever the era
            return True
    return False


def span_of(files: Iterable[FileFacts], kind: str) -> str:
    """ "2019-01", "2019-01 to 2020-03", "2019-01 on"; "" where there is no such file."""
    mine = [f for f in files if f.kind == kind and f.first_month]
    if not mine:
        return ""
    first = min(f.first_month for f in mine)
    if any(f.last_month is None for f in mine):
        return f"{first} on"
    return _range(sorted({first, max(str(f.last_month) for f in mine)}))


def verdicts(files: Sequence[FileFacts]) -> list[Verdict]:
    """One per shipped preset; the invented sample's preset only for the invented sample."""
    invented = any(f.invented for f in files)
    names = [n for n in presets() if (n == "sample") == invented]
    return [verdict(files, load_settings(name)) for name in names]


def verdict(files: Sequence[FileFacts], settings: Settings) -> Verdict:
    """Can these settings select anything? Says no only where the sample rules it out."""
    name = settings.preset
    for kind, other in (("submissions", "comments (RC)"), ("comments", "posts (RS)")):
        if not any(f.kind == kind for f in files):
            has = span_of(files, "comments" if kind == "submissions" else "submissions")
            what = "posts (RS)" if kind == "submissions" else "comments (RC)"
            return Verdict(name, False, f"no {what} given, only {other} of {has or 'no month'}")
    if not months_meet(files):
        posts, comments = span_of(files, "submissions"), span_of(files, "comments")
        return Verdict(name, False, f"posts of {posts} and comments of {comments} never meet")
    if FILTERS_ON_EDITS & set(settings.filters) and not edits_possible(files):
        first, last = EDITS_USABLE
        posts = span_of(files, "submissions")
        return Verdict(
            name, False,
            f"it keeps only edited posts: edits exist only {first} to {last}, these are {posts}",
        )  # fmt: skip
    n_found = sum(f.n_of(settings.subreddits) for f in files)
    if n_found or not settings.subreddits:
        return Verdict(name, True, f"{n_found} lines of its subreddits in the sample")
    if any(len(f.subreddits) >= WHOLE_SITE or f.last_month is None for f in files):
        return Verdict(name, True, "none of its subreddits in the sample; the rest may hold some")
    return Verdict(name, False, f"none of its {len(settings.subreddits)} subreddits is in there")


def months_meet(files: Sequence[FileFacts]) -> bool:
    """May some comments answer some posts: comments of a post's month or a later one?"""
    posts = [f.first_month for f in files if f.kind == "submissions" and f.first_month]
    if not posts:
        return False
    first = min(posts)
    return any(
        f.kind == "comments" and f.first_month and (f.last_month is None or f.last_month >= first)
        for f in files
    )


def pairing_hints(files: Sequence[FileFacts]) -> list[str]:
    """What is missing beside what is there: a thread crosses month files (docs/dumps.md)."""
    posts = {m for f in files if f.kind == "submissions" for m in f.months()}
    comments = {m for f in files if f.kind == "comments" for m in f.months()}
    if any(f.last_month is None and f.kind in ("comments", "submissions") for f in files):
        return _subreddit_hints(files)
    hints = []
    lonely = sorted(comments - posts)
    if lonely and posts:
        hints.append(
            f"comments of {_runs(lonely)} have no posts (RS) of their months beside them: only"
            " their answers to earlier posts count"
        )
    missing = sorted({later for m in posts for later in (m, next_month(m))} - comments)
    if missing and comments:
        hints.append(
            f"comments of {_runs(missing)} are missing (RC): they hold answers to the posts of"
            f" {_runs(sorted(posts))}, late ones above all"
        )
    return [*hints, *_subreddit_hints(files)]


def _runs(months: Sequence[str]) -> str:
    """Months in order, runs of them joined.

    >>> _runs(["2019-11", "2019-12", "2020-01", "2020-05"])
    '2019-11 to 2020-01, 2020-05'
    """
    runs: list[list[str]] = []
    for month in months:
        if runs and next_month(runs[-1][-1]) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    return _listed([_range(run) for run in runs])


def _subreddit_hints(files: Sequence[FileFacts]) -> list[str]:
    """Per-subreddit files: each should come as a pair."""
    hints = []
    held: dict[str, set[str]] = {"submissions": set(), "comments": set()}
    for f in files:
        if f.kind in held:
            held[f.kind] |= {s.lower() for s in f.subreddits}
    small = [f for f in files if 0 < len(f.subreddits) <= 3]
    if len(small) < len(files):
        return []
    for kind, other, word in (
        ("comments", "submissions", "posts"),
        ("submissions", "comments", "comments"),
    ):
        alone = sorted(held[kind] - held[other])
        if alone and held[other]:
            hints.append(f"{kind} of {_listed([f'r/{s}' for s in alone])} come without {word}")
    return hints


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def nearest_names(wanted: str, files: Iterable[FileFacts], n: int = 3) -> list[str]:
    """Subreddits of the sample that are spelt like `wanted`, nearest first.

    Underscores and case do not count: "panic_attack" is near "PanicAttack".
    """
    spelling: dict[str, str] = {}
    for file in files:
        for name in file.subreddits:
            spelling.setdefault(_bare(name), name)
    near = difflib.get_close_matches(_bare(wanted), spelling, n=n, cutoff=0.7)
    return [spelling[name] for name in near]


def _bare(name: str) -> str:
    return name.lower().removeprefix("/").removeprefix("r/").replace("_", "").replace("-", "")


def cost_of(files: Sequence[FileFacts], settings: Settings, workers: int | None = None) -> Cost:
    """What a build of these dumps will take. `workers`: None is what the build would use here."""
    n_later = workers or settings.workers or default_workers()
    n_workers = min(n_later, max(len(files), 1))
    seconds, n_wanted = [], 0
    for f in files:
        share = f.n_of(settings.subreddits) / f.n_sampled if f.n_sampled else 0.0
        seconds.append(f.text_bytes * (1 / _READ_FEW + share * (1 / _READ_ALL - 1 / _READ_FEW)))
        n_wanted += round(f.n_lines * share)
    windows = sorted(
        (min(_WINDOW, f.text_bytes) if f.codec == ".zst" else 0 for f in files), reverse=True
    )
    busy = windows[:n_workers]
    return Cost(
        n_wanted=n_wanted,
        read_s=max([sum(seconds) / n_workers, *seconds]),
        later_s=_later_s(n_wanted, settings.n_buckets, n_later),
        memory_bytes=sum(busy) + len(busy) * _BESIDE,
        disk_bytes=n_wanted * (_DISK_RAW * (1 + _DISK_LATER) + _DISK_SPILL),
        workers=n_workers,
        n_buckets=more_buckets(n_wanted, settings.n_buckets),
        assumes=(
            f"an idle machine: a worker reads {_READ_FEW / 1e6:.0f} MB/s decoded where few lines"
            " are wanted,"
            f" {_READ_ALL / 1e6:.0f} MB/s where all are, and takes {_LATER_S * 1e6:.0f} µs for"
            f" each of these and {_BUCKET_S} s for each bucket afterwards, one of them"
            f" {_ALONE_S * 1e6:.0f} µs a line more; memory is the window (2 GiB at most) and"
            f" 300 MB a worker; disk {_DISK_RAW * (1 + _DISK_LATER) + _DISK_SPILL} bytes a line"
        ),
    )


def _later_s(n_wanted: int, n_buckets: int, workers: int) -> float:
    shared = n_wanted * _LATER_S + n_buckets * _BUCKET_S
    return _START_S + n_wanted * _ALONE_S + shared / min(workers, n_buckets)


def more_buckets(n_lines: int, n_buckets: int) -> int | None:
    """How many buckets so many wanted lines need, where `n_buckets` are too few; else None.

    >>> more_buckets(100_000_000, 64), more_buckets(10**9, 64), more_buckets(2_000_000, 1)
    (None, 1024, 2)
    """
    enough = n_buckets
    while n_lines > enough * LINES_A_BUCKET:
        enough *= 2
    return enough if enough > n_buckets else None


def default_workers() -> int:
    """min(cores, (RAM - 4 GB) / 2.2 GB), at least 1: a reader holds a 2 GiB window."""
    ram_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return max(1, min(os.cpu_count() or 1, int((ram_gb - 4) / 2.2)))


def report(files: Sequence[FileFacts], settings: Settings) -> dict[str, Any]:
    """Everything `redditess inspect --json` prints, as plain JSON values."""
    wanted = settings.subreddits
    return {
        "files": [f.as_json() for f in files],
        "signals": [s._asdict() for s in signals_of(files)],
        "presets": [v._asdict() for v in verdicts(files)],
        "settings": verdict(files, settings)._asdict(),
        "wanted": [
            {
                "subreddit": name,
                "sampled": sum(f.n_of([name]) for f in files),
                "near": nearest_names(name, files),
            }
            for name in wanted
        ],
        "pairing": pairing_hints(files),
        "cost": cost_of(files, settings)._asdict(),
        "estimated": not all(f.whole for f in files),
    }
