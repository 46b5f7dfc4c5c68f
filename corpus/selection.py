"""Why a build selects nothing, in one sentence, and what to do about it.

`check_selectable` looks before hours are spent; `explain_empty` looks back at what was counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .eras import EDITS_USABLE, month_of
from .errors import InputError
from .inspect import FileFacts, inspect_files
from .places import Url
from .prospects import FILTERS_ON_EDITS, edits_possible, nearest_names, span_of
from .settings import Settings

_QUICK_BYTES = 1 << 20  # enough for the kind and the first month of a file
_NAMES_BYTES = 16 << 20  # enough for the names of subreddits
_KIND_WORDS = {"submissions": "posts (RS)", "comments": "comments (RC)"}
_OTHER = {"submissions": "comments", "comments": "submissions"}

Paths = Sequence[str | os.PathLike[str] | Url]
Record = Mapping[str, Any]


def check_selectable(paths: Paths, settings: Settings) -> None:
    """Stops a build that cannot select anything, from a first look at its dumps.

    Raises InputError where all files are of one kind, or where the settings keep only edited
    posts and no file can hold any. Silent where the look leaves a chance.
    """
    files = inspect_files(paths, _QUICK_BYTES)
    kinds = {f.kind for f in files}
    if kinds in ({"submissions"}, {"comments"}):
        why, next_step = _one_kind(kinds.pop(), [m for f in files for m in f.months()])
        raise InputError(why, "nothing would be selected", next_step)
    needs_edits = bool(FILTERS_ON_EDITS & set(settings.filters))
    if needs_edits and "submissions" in kinds and not edits_possible(files):
        why, next_step = _no_edits(settings, span_of(files, "submissions"))
        raise InputError(why, "nothing would be selected", next_step)


def explain_empty(
    done_records: Sequence[Record],
    settings: Settings,
    paths: Paths = (),
    dropped: Mapping[str, int] | None = None,
) -> tuple[str, str]:
    """(why nothing was selected, the next step), for an InputError.

    `done_records`: what ingest left per file. `dropped`: assemble's reasons of posts and
    comments, summed; empty before it ran. `paths`: looked into for the subreddits they hold.
    """
    kept = {k: [r for r in done_records if r["kind"] == k and r["kept"]] for k in _KIND_WORDS}
    if not any(r["kind"] in _KIND_WORDS for r in done_records):
        return (
            "no line of the dumps is a Reddit post or comment",
            "look at them with `redditess inspect`",
        )
    if not kept["submissions"] and not kept["comments"]:
        return _no_wanted(settings, paths)
    for kind in _KIND_WORDS:
        if not kept[_OTHER[kind]]:
            return _missing_half(kind, kept[kind], done_records, settings)
    apart = _apart(kept)
    if apart:
        return apart
    return _all_dropped(kept["submissions"], settings, dropped or {})


def _one_kind(kind: str, months: Iterable[str]) -> tuple[str, str]:
    here = sorted(set(months))
    of = f" of {here[0]}" if len(here) == 1 else f" of {here[0]} to {here[-1]}" if here else ""
    prefix = "RS" if kind == "comments" else "RC"
    files = f", for example {prefix}_{here[0]}.zst" if here else ""
    missing = _KIND_WORDS[_OTHER[kind]]
    return (
        f"the dumps hold only {_KIND_WORDS[kind]}{of} and no {missing}, and an interaction needs"
        " both",
        f"add the {missing} of the same months{files}",
    )


def _missing_half(
    kind: str, kept: Sequence[Record], records: Sequence[Record], settings: Settings
) -> tuple[str, str]:
    """Rows of one kind only: the other files are missing, or hold nothing wanted."""
    if not any(r["kind"] == _OTHER[kind] for r in records):
        return _one_kind(kind, _months(kept))
    missing, names = _KIND_WORDS[_OTHER[kind]], sorted({s for r in kept for s in r["spans"]})
    return (
        f"{_KIND_WORDS[kind]} of {_listed([f'r/{s}' for s in names])} were kept, but the"
        f" {missing} hold nothing of {_wanted(settings)}",
        f"add the {missing} of the same subreddits and months",
    )


def _no_wanted(settings: Settings, paths: Paths) -> tuple[str, str]:
    files = inspect_files(paths, _NAMES_BYTES)
    found = [name for f in files for name in f.subreddits]
    near = _nearest(settings, files)
    if near:
        next_step = f"did you mean --subreddits {','.join(near)}?"
    elif found:
        some = _listed([f"r/{name}" for name in dict.fromkeys(found)])
        next_step = f"they hold {some}: name some with --subreddits, or see `redditess inspect`"
    else:
        next_step = "see `redditess inspect` for what they hold"
    return f"the dumps hold nothing of {_wanted(settings)}", next_step


def _nearest(settings: Settings, files: Sequence[FileFacts]) -> list[str]:
    """For each wanted name the nearest that is really there; [] where none is near."""
    near = [name for wanted in settings.subreddits for name in nearest_names(wanted, files, n=1)]
    return list(dict.fromkeys(near))[:5]


def _wanted(settings: Settings) -> str:
    names = [f"r/{name}" for name in settings.subreddits]
    if not names:
        return "any subreddit"
    return names[0] if len(names) == 1 else f"the {len(names)} subreddits wanted ({_listed(names)})"


def _listed(names: Sequence[str]) -> str:
    """At most five names; a dump may hold anything, so nothing a terminal would obey."""
    shown = ", ".join(printable(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def printable(text: str, longest: int = 60) -> str:
    r"""A name out of a dump, safe to print: control and direction signs are spelt out.

    >>> printable("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    safe = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: longest + 1])
    return safe if len(text) <= longest else safe[:longest] + "…"


def _apart(kept: Mapping[str, Sequence[Record]]) -> tuple[str, str] | None:
    """Posts and comments that never meet: other subreddits, or other months."""
    posts, comments = _spans(kept["submissions"]), _spans(kept["comments"])
    shared = posts.keys() & comments.keys()
    if not shared:
        mine, theirs = (_listed([f"r/{s}" for s in sorted(side)]) for side in (posts, comments))
        return (
            f"the posts are of {mine}, the comments of {theirs}",
            "give posts and comments of the same subreddits",
        )
    if any(comments[s][1] >= posts[s][0] for s in shared):
        return None
    first, last = min(posts[s][0] for s in shared), max(comments[s][1] for s in shared)
    month = month_of(first)
    return (
        f"the first post is of {month}, after the last comment, which is of {month_of(last)}",
        f"add the comments of {month} and of the month after, for example RC_{month}.zst",
    )


def _spans(records: Iterable[Record]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for record in records:
        for subreddit, (first, last) in record["spans"].items():
            before = found.get(subreddit, (first, last))
            found[subreddit] = min(first, before[0]), max(last, before[1])
    return found


def _months(records: Iterable[Record]) -> list[str]:
    edges = [utc for first, last in _spans(records).values() for utc in (first, last)]
    return sorted({month_of(min(edges)), month_of(max(edges))}) if edges else []


def _no_edits(settings: Settings, months: str) -> tuple[str, str]:
    first, last = EDITS_USABLE
    return (
        f"preset {settings.preset} keeps only edited posts, and dumps show edits only from {first}"
        f" to {last}: these posts are of {months}",
        "use --preset default, or dumps of those months",
    )


def _all_dropped(
    posts: Sequence[Record], settings: Settings, dropped: Mapping[str, int]
) -> tuple[str, str]:
    counts = {reason: n for reason, n in dropped.items() if n}
    if not counts:
        return "no comment answers a post of these dumps", "see `redditess inspect`"
    months = _months(posts)
    first, last = EDITS_USABLE
    by_edits = sum(counts.get(f"post:{name}", 0) + counts.get(name, 0) for name in FILTERS_ON_EDITS)
    if by_edits and months and (months[-1] < first or months[0] > last):
        return _no_edits(settings, " to ".join(months))
    largest = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{reason} {n}" for reason, n in largest[:4])
    if largest[0][0] == "orphan":
        return (
            f"every comment was dropped ({shown}): most answer posts that are not in these dumps",
            "add the posts (RS) of the months before",
        )
    return (
        f"every comment was dropped ({shown})",
        f"see the filters in `redditess presets show {settings.preset}`; --config can change them",
    )
