"""What `redditess inspect` prints for people: tables of a report made by `corpus.prospects`.

Names come out of dumps and off the disk: they are shown as plain text, control signs spelt out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .prospects import MEANING, WHOLE_SITE
from .selection import printable

_TICK = {"yes": ("✓", "green"), "part": ("–", "yellow"), "no": ("✗", "red")}
_KIND = {"submissions": "posts (RS)", "comments": "comments (RC)", "empty": "nothing known"}
_N_SUBREDDITS = 3  # named per file

Report = Mapping[str, Any]


def overview(report: Report) -> RenderableType:
    """The whole answer, top to bottom: files, signals, subreddits, presets, cost, what next."""
    parts: list[RenderableType] = [_files(report["files"], report["estimated"])]
    parts += [_signals(report["signals"]), _wanted(report["wanted"], report["files"])]
    parts += [_presets(report["presets"]), _cost(report["cost"])]
    if report["pairing"]:
        lines = [Text(f"• {printable(hint, 300)}") for hint in report["pairing"]]
        parts.append(Group(Text("what is missing beside them", style="bold"), *lines))
    return Group(*(Padding(part, (0, 0, 1, 0)) for part in parts))


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, header_style="dim", overflow="fold")
    return table


def _files(files: Sequence[Report], estimated: bool) -> Table:
    title = "what is in the files" + (" (lines and size are estimated from a sample)" * estimated)
    table = _table(title, "file", "holds", "months", "lines", "decoded", "subreddits")
    for f in files:
        notes = [*f["damage"], *(["invented"] if f["invented"] else [])]
        about = "" if f["whole"] else "~"
        table.add_row(
            Text(printable(f["name"])),
            Text("\n".join([_KIND[f["kind"]], *notes])),
            Text(_months(f)),
            Text(f"{about}{short(f['n_lines'])}"),
            Text(f"{about}{size(f['text_bytes'])}"),
            Text(_subreddits(f["subreddits"])),
        )
    return table


def _months(f: Report) -> str:
    if not f["first_month"]:
        return "none"
    if f["last_month"] is None:
        return f"{f['first_month']} on"
    one = f["first_month"] == f["last_month"]
    return f["first_month"] if one else f"{f['first_month']} to {f['last_month']}"


def _subreddits(counts: Mapping[str, int]) -> str:
    names = [f"{printable(name, 24)} {n}" for name, n in list(counts.items())[:_N_SUBREDDITS]]
    more = len(counts) - len(names)
    if len(counts) >= WHOLE_SITE:
        return f"whole site: {len(counts)} in the sample"
    return ", ".join(names) + (f" and {more} more" if more else "")


def _signals(signals: Sequence[Report]) -> Table:
    table = _table("what these months can show", "", "signal", "", "why not")
    for s in signals:
        mark, style = _TICK[s["shows"]]
        table.add_row(
            Text(mark, style=style), s["signal"], Text(MEANING[s["signal"]]), Text(s["why"])
        )
    return table


def _wanted(wanted: Sequence[Report], files: Sequence[Report]) -> RenderableType:
    found = [w for w in wanted if w["sampled"]]
    missing = [w for w in wanted if not w["sampled"]]
    whole_site = any(len(f["subreddits"]) >= WHOLE_SITE for f in files)
    lines = [Text("subreddits wanted", style="bold")]
    if not wanted:
        lines.append(Text("every one"))
    if found:
        names = [f"{printable(w['subreddit'])} {w['sampled']}" for w in found]
        lines.append(Text(f"in the sample: {', '.join(names)}"))
    for w in [w for w in missing if w["near"]]:
        near = " or ".join(printable(name) for name in w["near"])
        lines.append(Text(f"{printable(w['subreddit'])}: not there; did you mean {near}?"))
    others = [printable(w["subreddit"]) for w in missing if not w["near"]]
    if others:
        hope = "not in the sample (the rest may hold some)" if whole_site else "not in the sample"
        lines.append(Text(f"{hope}: {', '.join(others)}"))
    return Group(*lines)


def _presets(verdicts: Sequence[Report]) -> Table:
    table = _table("presets", "", "preset", "why")
    for v in verdicts:
        mark, style = _TICK["yes" if v["works"] else "no"]
        table.add_row(Text(mark, style=style), v["preset"], Text(printable(v["why"], 300)))
    return table


def _cost(cost: Report) -> RenderableType:
    n, more = cost["workers"], []
    if cost["n_buckets"]:
        told = f"set n_buckets = {cost['n_buckets']} in a --config file: fewer hold too much each"
        more = [Text(told, style="yellow")]
    return Group(
        Text("what a build takes, roughly", style="bold"),
        Text(
            f"{short(cost['n_wanted'])} wanted lines; reading {duration(cost['read_s'])} with"
            f" {n} worker{'s' * (n > 1)}, the rest {duration(cost['later_s'])};"
            f" memory {size(cost['memory_bytes'])}, disk {size(cost['disk_bytes'])}"
        ),
        *more,
        Text(cost["assumes"], style="dim"),
    )


def short(n: float) -> str:
    """A count with three digits at most.

    >>> [short(n) for n in (0, 999, 1234, 56_789_000, 3e11)]
    ['0', '999', '1.2 k', '57 M', '300 G']
    """
    return _scaled(n, 1000, ("", " k", " M", " G", " T"))


def size(n: float) -> str:
    """Bytes, in powers of 1000.

    >>> [size(n) for n in (12, 2_300_000, 350e9)]
    ['12 B', '2.3 MB', '350 GB']
    """
    return _scaled(n, 1000, (" B", " kB", " MB", " GB", " TB"))


def _scaled(n: float, step: int, units: Sequence[str]) -> str:
    for unit in units:
        if n < 999.5 or unit == units[-1]:
            return f"{n:.1f}{unit}" if 0 < n < 10 and unit != units[0] else f"{n:.0f}{unit}"
        n /= step
    raise AssertionError("the last unit takes everything")


def duration(seconds: float) -> str:
    """Seconds in words.

    >>> [duration(s) for s in (0.2, 42, 700, 9000)]
    ['under a second', '42 s', '12 min', '2.5 h']
    """
    if seconds < 1:
        return "under a second"
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5940 else f"{seconds / 3600:.1f} h"
