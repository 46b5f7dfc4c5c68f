"""A release on the Hub, whole or not at all: branch, upload, verify, one commit on `main`, tag.

Each step asks the Hub first what is already done, so the same command goes on after any fault,
after a kill, and beside another publisher (docs/design/0011-publish.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..corpus.errors import RemoteError
from .forget import forget_older, older
from .going_up import File, digest_of
from .governance import What
from .hub import Hub, RepoType, Snapshot, Stale, additions, deletions, moves
from .journal import Journal
from .remote_rows import check_rows

BATCH_FILES = 50  # ours: a lost batch costs little, and a commit stays far below the Hub's limits
BATCH_BYTES = 5 * 10**9
ROUNDS = 5  # how often another writer on the same branch is met before we give up
KEPT = {".gitattributes"}  # the Hub's own file: what is stored as LFS
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """Everything a publish will do, decided before any network is used."""

    repo_id: str
    repo_type: RepoType
    what: What
    files: tuple[File, ...]
    rows: Mapping[str, Mapping[str, int]]  # config -> split -> rows; empty for models
    private: bool = False
    tag: str = ""  # empty: named by content
    forget: bool = False  # take older versions off the Hub, for good
    gate: Mapping[str, str] = field(default_factory=dict)  # what the card asks: field -> type

    @property
    def digest(self) -> str:
        return digest_of(self.files)

    @property
    def branch(self) -> str:
        return f"publish-{self.digest[:12]}"

    @property
    def tag_name(self) -> str:
        return self.tag or f"build-{self.digest[:12]}"

    @property
    def gated(self) -> bool:
        """Text and its dehydrated form are asked for by name; each request is decided by hand."""
        return self.what in ("text", "dehydrated")

    def missing(self, seen: Snapshot) -> list[File]:
        return [file for file in self.files if not seen.holds(file)]

    def stale(self, seen: Snapshot) -> list[str]:
        return sorted(seen.files.keys() - {f.name for f in self.files} - KEPT)

    def is_held_by(self, seen: Snapshot | None) -> bool:
        """True where a revision holds these files, byte for byte, and no other."""
        return seen is not None and not self.missing(seen) and not self.stale(seen)


def carry_out(
    plan: Plan,
    hub: Hub,
    journal: Journal,
    *,
    told: Told = lambda stage, done, total: None,
    batch_files: int = BATCH_FILES,
) -> dict[str, str]:
    """Does what the plan says; returns {"commit", "tag"} of what `main` now holds.

    Raises RemoteError (one sentence) where it cannot be done now; `main` then holds either the
    old files or the new ones, never a mixture.
    """
    if hub.token is None:
        raise RemoteError("no token", hub.repo_id, "run `hf auth login` or set HF_TOKEN")
    _prepare(plan, hub)
    _refuse_taken_tag(plan, hub)
    main = hub.require("main")
    if not plan.is_held_by(main):
        before = _begin(plan, hub, journal, main)
        verified = _fill(plan, hub, main, told, batch_files)
        _verify(plan, hub, verified, told)
        main = _move_main(plan, hub, journal, before, verified)
    told("main", 1, 1)
    if plan.forget:
        main = forget_older(hub, plan.tag_name)
        if not plan.is_held_by(main):
            raise RemoteError("somebody else published meanwhile", plan.repo_id, "look at main")
    _set_tag(plan, hub, main)
    hub.drop_branch(plan.branch)
    journal.finish(plan.digest, main.commit, plan.tag_name)
    return {"commit": main.commit, "tag": plan.tag_name}


def _prepare(plan: Plan, hub: Hub) -> None:
    """The repository, its visibility and its gate: all of it before the first file goes up.

    A repository is never made public here, and never made less gated.
    """
    if hub.settings() is None:
        hub.create(private=plan.private)
    hub.read("write there", lambda: hub.api.auth_check(
        plan.repo_id, repo_type=plan.repo_type, write=True
    ))  # fmt: skip
    if plan.private:
        hub.change(private=True)
    if plan.gated:
        hub.change(gated="manual")


def _refuse_taken_tag(plan: Plan, hub: Hub) -> None:
    taken = hub.tagged(plan.tag_name)
    if taken is not None and not plan.is_held_by(taken):
        raise RemoteError(
            f"tag {plan.tag_name} already names another release ({taken.commit[:7]})",
            plan.repo_id, "choose a new --tag: who asked for the old one must get the old one",
        )  # fmt: skip


def _begin(plan: Plan, hub: Hub, journal: Journal, main: Snapshot) -> Snapshot:
    """Where `main` stood when this publish began, also where that was an earlier run."""
    began = journal.main_before(plan.digest)
    if began is None:
        journal.begin(plan.digest, plan.branch, main.commit)
        return main
    return hub.snapshot(began) or main


def _fill(plan: Plan, hub: Hub, main: Snapshot, told: Told, batch_files: int) -> Snapshot:
    """Makes the branch hold exactly the plan's files, batch by batch; returns that revision."""
    hub.branch(plan.branch, main.commit)
    meetings = 0
    while meetings < ROUNDS:
        seen = hub.require(plan.branch)
        missing, stale = plan.missing(seen), plan.stale(seen)
        told("uploading files", len(plan.files) - len(missing), len(plan.files))
        if not missing and not stale:
            return seen
        batch = _batch(missing, batch_files)
        try:
            _send(plan, hub, seen, batch, stale)
        except Stale:
            meetings += 1  # the same release is going up from elsewhere: look again
            continue
        if len(plan.missing(hub.require(plan.branch))) == len(missing) and missing:
            meetings += 1  # accepted, yet not there: the repository ignores the file
    raise RemoteError(
        f"branch {plan.branch} does not take all files, or somebody else writes to it",
        plan.repo_id, "remove that branch, and any .gitignore, and run the command again",
    )  # fmt: skip


def _send(plan: Plan, hub: Hub, seen: Snapshot, batch: list[File], stale: list[str]) -> None:
    def is_done(now: Snapshot) -> bool:
        return all(map(now.holds, batch)) and not (set(stale) & now.files.keys())

    hub.commit(
        plan.branch,
        lambda: additions(batch) + deletions(stale),
        f"{len(batch)} files of {plan.digest[:12]}",
        seen.commit,
        is_done,
    )


def _batch(files: Sequence[File], n_files: int) -> list[File]:
    """The first files that fit into one commit; at least one."""
    batch: list[File] = []
    n_bytes = 0
    for file in files[:n_files]:
        n_bytes += file.size
        if batch and n_bytes > BATCH_BYTES:
            break
        batch.append(file)
    return batch


def _verify(plan: Plan, hub: Hub, held: Snapshot, told: Told) -> None:
    """The digests that the Hub made of what it received, and the rows that load back."""
    if not plan.is_held_by(held):
        raise RemoteError("the branch does not hold the release", plan.repo_id, "run again")
    told("loading rows back", 0, 1)
    if plan.rows:
        check_rows(hub, held.commit, plan.rows)
    told("loading rows back", 1, 1)


def _move_main(
    plan: Plan, hub: Hub, journal: Journal, before: Snapshot, verified: Snapshot
) -> Snapshot:
    """One commit that makes `main` hold what was verified; done already counts as done."""
    for _ in range(ROUNDS):
        main = hub.require("main")
        if plan.is_held_by(main):
            return main
        if main.files != before.files:
            journal.forget()  # the next run is a decision of a person, and begins anew
            raise RemoteError(
                f"main was changed by somebody else meanwhile ({main.commit[:7]})", plan.repo_id,
                "look at it, and run the command again to publish over it",
            )  # fmt: skip
        try:
            _commit_main(plan, hub, main, verified)
        except Stale:
            hub.note("main has moved meanwhile; looking again")
    raise RemoteError("main keeps changing", plan.repo_id, "agree on who publishes, and run again")


def _commit_main(plan: Plan, hub: Hub, main: Snapshot, verified: Snapshot) -> None:
    missing, stale = plan.missing(main), plan.stale(main)
    hub.commit(
        "main",
        lambda: moves(missing, verified) + deletions(stale),
        f"Release {plan.tag_name}",
        main.commit,
        plan.is_held_by,
    )


def _set_tag(plan: Plan, hub: Hub, main: Snapshot) -> None:
    named = hub.tagged(plan.tag_name)
    if named is None:
        hub.tag(plan.tag_name, main.commit)
    elif not plan.is_held_by(named):
        raise RemoteError(
            f"main holds the release, but tag {plan.tag_name} was taken meanwhile", plan.repo_id,
            "run the command again with a new --tag",
        )  # fmt: skip


def compare(plan: Plan, hub: Hub) -> dict[str, Any]:
    """What a publish would change: {"exists", "upload", "delete", "keep", "forget"}; reads only."""
    exists = hub.settings() is not None
    main = (hub.snapshot("main") if exists else None) or Snapshot("", {})
    missing = plan.missing(main)
    return {
        "exists": exists,
        "upload": [file.name for file in missing],
        "delete": plan.stale(main),
        "keep": len(plan.files) - len(missing),
        "forget": older(hub, plan.tag_name) if exists and plan.forget else [],
    }
