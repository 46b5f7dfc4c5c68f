"""A finished release folder -> the plan of its publication. What is refused here costs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..corpus.errors import BuildError, SettingsError
from .going_up import (
    DATASET_FILES,
    File,
    Release,
    digest_of,
    listed,
    match_manifest,
    open_release,
    rows_by_split,
)
from .governance import What, require_governance
from .journal import Journal
from .public import FILE as PUBLIC
from .publish import Plan

FORMS: Mapping[str, What] = {"text": "text", "dehydrated": "dehydrated"}
_PART = r"(?!.*(?:--|\.\.))[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_PART}/{_PART}")
_TAG = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w.-]{0,99}")
Check = Callable[[Path], None]
"""Raises a RedditessError where a release folder must not be published."""


class Prepared(NamedTuple):
    """A plan and the journal that goes with its folder."""

    plan: Plan
    journal: Journal


def house_check(folder: Path) -> None:
    """`redditess release check`: BuildError where one of its checks fails."""
    from .check import check_release

    check_release(folder).require(folder)


def plan_release(
    place: str | Path,
    repo_id: str,
    *,
    private: bool = False,
    tag: str | None = None,
    forget: bool = False,
    check: Check = house_check,
) -> Prepared:
    """Refuses what must not go up, in this order: names, agreement, files, manifest, check.

    Raises SettingsError for a name, BuildError for a file, SettingsError without governance.toml,
    and what `check` raises. No network is used.
    """
    check_names(repo_id, tag)
    release = open_release(place)
    what = _form(release)
    require_governance(release.root, what=what)
    files = listed(release.folder, DATASET_FILES)
    match_manifest(release, files)
    card = release.folder / "README.md"
    gate = gate_fields(_front_matter(card))
    if not gate:
        raise BuildError("it asks nothing of who wants access", card,
                         "run `redditess release card` on the build")  # fmt: skip
    check(release.folder)
    plan = Plan(
        repo_id, "dataset", what, tuple(files), rows_by_split(release.manifest), private, tag or "",
        forget, gate,
    )  # fmt: skip
    return Prepared(plan, Journal(release.journal, repo_id))


def check_names(repo_id: str, tag: str | None) -> None:
    """Raises SettingsError unless both are names that the Hub and git take."""
    if not _NAME.fullmatch(repo_id) or repo_id.endswith(".git"):
        raise SettingsError(f"no name of a repository: {repo_id!r}", "NAME", "write user/redditess")
    if tag is not None and not _TAG.fullmatch(tag):
        raise SettingsError(f"no name of a tag: {tag!r}", "--tag", "write v1.0")


def _form(release: Release) -> What:
    form = release.manifest.get("form", "text")
    if form not in FORMS:
        raise BuildError(
            f"unknown form {form!r}", release.folder / PUBLIC, f"one of {', '.join(FORMS)}"
        )
    return FORMS[form]


def _front_matter(card: Path) -> dict[str, Any]:
    from huggingface_hub.repocard import metadata_load

    try:
        found = metadata_load(card)
    except Exception as e:  # the YAML library's errors are not the client's to name
        raise BuildError(f"its YAML does not parse ({type(e).__name__})", card,
                         "run `redditess release card` on the build") from e  # fmt: skip
    if not found or not found.get("configs"):
        raise BuildError("no YAML with configs", card, "run `redditess release card` on the build")
    return dict(found)


def gate_fields(front_matter: Mapping[str, Any]) -> dict[str, str]:
    """What a person who asks for access must answer: field -> its type.

    >>> gate_fields({"extra_gated_fields": {"I agree": "checkbox", "Who": {"type": "select"}}})
    {'I agree': 'checkbox', 'Who': 'select'}
    """
    asked = front_matter.get("extra_gated_fields") or {}
    return {
        str(name): str(kind.get("type", "text") if isinstance(kind, Mapping) else kind)
        for name, kind in asked.items()
    }


def described(plan: Plan) -> dict[str, Any]:
    """A plan as one JSON object, without a path of this machine."""
    return {
        "repo": plan.repo_id,
        "type": plan.repo_type,
        "form": plan.what,
        "private": plan.private,
        "gated": plan.gated,
        "gate_fields": dict(plan.gate),
        "digest": digest_of(plan.files),
        "branch": plan.branch,
        "tag": plan.tag_name,
        "bytes": sum(file.size for file in plan.files),
        "files": [_row(file) for file in plan.files],
        "configs": {config: dict(splits) for config, splits in plan.rows.items()},
    }


def _row(file: File) -> dict[str, Any]:
    return {"name": file.name, "bytes": file.size, "sha256": file.sha256}
