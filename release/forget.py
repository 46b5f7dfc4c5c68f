"""After a deletion: takes what older versions held off the Hub, for good.

A new release on `main` leaves every older commit and tag loadable. Where rows had to go, that is
not enough (docs/publish.md).
"""

from __future__ import annotations

from typing import Any

from .hub import Hub, Snapshot

OURS = "publish-"  # branches that a publish left behind; they hold older rows, too


def older(hub: Hub, keep_tag: str) -> list[str]:
    """The full names of what holds older versions: other tags, branches of other publishes."""
    refs = hub.read("list tags and branches", lambda: hub.api.list_repo_refs(**hub.at))
    tags = [ref.ref for ref in refs.tags if ref.name != keep_tag]
    return sorted(tags + [ref.ref for ref in refs.branches if ref.name.startswith(OURS)])


def forget_older(hub: Hub, keep_tag: str) -> Snapshot:
    """Only the newest commit of `main` stays, with only its files; returns it.

    Removes the tags and branches that `older` tells, squashes the history of `main`, and deletes
    every large file that `main` does not name. There is no way back. Branches made by hand and
    the Hub's own (`refs/convert`, pull requests) are left to people. May be repeated; nobody else
    should publish meanwhile, since what only their branch names goes, too.
    """
    for ref in older(hub, keep_tag):
        kind, name = ref.removeprefix("refs/").split("/", 1)
        if kind == "tags":
            hub.drop_tag(name)
        else:
            hub.drop_branch(name)
    if _n_commits(hub) > 1:
        hub.drop_tag(keep_tag)  # it names the commit that the squash leaves behind
        hub.read("squash the history", lambda: hub.api.super_squash_history(
            **hub.at, branch="main", commit_message="Older versions were removed"
        ))  # fmt: skip
    newest = hub.require("main")
    _delete_large_files(hub, {entry.sha256 for entry in newest.files.values()})
    return newest


def _n_commits(hub: Hub) -> int:
    def count() -> int:
        return len(hub.api.list_repo_commits(**hub.at, revision="main"))

    return hub.read("list the history", count)


def _delete_large_files(hub: Hub, wanted: set[str | None]) -> None:
    def unwanted() -> list[Any]:
        return [file for file in hub.api.list_lfs_files(**hub.at) if file.oid not in wanted]

    def delete() -> None:
        files = unwanted()
        hub.api.permanently_delete_lfs_files(**hub.at, lfs_files=files, rewrite_history=False)

    if hub.read("list large files", unwanted):
        hub.read("delete large files of older versions", delete)
