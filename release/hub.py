"""Thin calls to one repository on the Hub, each with our retries.

The client does not retry a commit, a tag or a new repository, and a lost answer looks like a
failure although the work is done. So every write here comes with a look that tells whether it is
done (docs/design/0011-publish.md).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeVar

from ..corpus.errors import RemoteError
from .client_talk import quiet
from .failures import Failure, describe
from .going_up import File

T = TypeVar("T")
RepoType = Literal["dataset", "model"]
ATTEMPTS = 6  # ours: with the waits below a fault may last half a minute
LONGEST_WAIT_S = 300.0  # ours: a server that asks for more gets a person's patience, not ours


class Stale(Exception):
    """The branch has moved since it was read (412)."""


class Entry(NamedTuple):
    """A file as the Hub knows it."""

    blob: str  # git's sha1 of the blob; of the pointer where the file is stored as LFS or Xet
    sha256: str | None  # of the content; None for a regular file


class Snapshot(NamedTuple):
    """One revision, read in one call."""

    commit: str
    files: dict[str, Entry]

    def holds(self, file: File) -> bool:
        """True where the file stands there with the same bytes."""
        entry = self.files.get(file.name)
        if entry is None:
            return False
        return entry.sha256 == file.sha256 if entry.sha256 else entry.blob == git_blob(file.read())


def git_blob(data: bytes) -> str:
    """The name that git gives to these bytes.

    >>> git_blob(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class Hub:
    """One repository, seen with one token. `pause` and `note` are for tests and for people."""

    def __init__(
        self,
        repo_id: str,
        repo_type: RepoType,
        *,
        token: str | None = None,
        pause: Callable[[float], None] = time.sleep,
        note: Callable[[str], None] = lambda words: None,
    ):
        from huggingface_hub import HfApi, get_token

        self.repo_id, self.repo_type = repo_id, repo_type
        self.token = token or get_token()
        self.api = HfApi(token=self.token or False)
        self.pause, self.note = pause, note
        self.at: dict[str, Any] = {"repo_id": repo_id, "repo_type": repo_type}

    # -- looking

    def settings(self) -> Any | None:
        """The repository's `private`, `gated` and so on; None where there is none to see."""
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

        def look() -> Any | None:
            try:
                return self.api.repo_info(**self.at)
            except RepositoryNotFoundError as error:
                if isinstance(error, GatedRepoError) or error.response.status_code != 404:
                    raise
                return None

        return self._call("look at the repository", look)

    def snapshot(self, revision: str) -> Snapshot | None:
        """The files of a branch, tag or commit; None where there is no such revision."""
        from huggingface_hub.errors import RevisionNotFoundError

        def look() -> Snapshot | None:
            try:
                found: Any = self.api.repo_info(**self.at, revision=revision, files_metadata=True)
            except RevisionNotFoundError:
                return None
            files = {
                s.rfilename: Entry(s.blob_id or "", s.lfs.sha256 if s.lfs else None)
                for s in found.siblings or []
            }
            return Snapshot(found.sha or "", files)

        return self._call(f"list the files of {revision}", look)

    def tagged(self, name: str) -> Snapshot | None:
        """The files under a tag; None where there is no such tag."""
        tags = self._call("list the tags", lambda: self.api.list_repo_refs(**self.at).tags)
        commit = next((tag.target_commit for tag in tags if tag.name == name), None)
        return self.snapshot(commit) if commit else None

    def require(self, revision: str) -> Snapshot:
        """The files of a revision that must be there."""
        found = self.snapshot(revision)
        if found is None:
            raise RemoteError(f"no revision {revision!r}", self.repo_id, "run the command again")
        return found

    # -- writing

    def create(self, *, private: bool) -> None:
        """Makes the repository; one that exists already is left as it is."""

        def do() -> None:
            self.api.create_repo(**self.at, private=private, exist_ok=True)

        self._call("create the repository", do, lambda: self.settings() is not None)

    def change(self, **wanted: Any) -> None:
        """Sets `gated=` or `private=`, and looks whether the Hub did it."""

        def is_set() -> bool:
            now = self.settings()
            return all(getattr(now, name) == value for name, value in wanted.items())

        if is_set():
            return
        self._call(
            "change the settings",
            lambda: self.api.update_repo_settings(**self.at, **wanted),
            is_set,
        )
        if not is_set():
            words = ", ".join(f"{name}={value}" for name, value in wanted.items())
            raise RemoteError(
                f"the Hub did not keep {words}", self.repo_id, "set it on the repository's page"
            )

    def branch(self, name: str, commit: str) -> None:
        """Makes a branch at a commit; one that exists is left where it is."""

        def do() -> None:
            self.api.create_branch(**self.at, branch=name, revision=commit)

        self._call(f"make the branch {name}", do, lambda: self.snapshot(name) is not None)

    def drop_branch(self, name: str) -> None:
        """Removes a branch, if it is there."""

        def do() -> None:
            self.api.delete_branch(**self.at, branch=name)

        self._call(f"remove the branch {name}", do, lambda: self.snapshot(name) is None)

    def drop_tag(self, name: str) -> None:
        """Removes a tag, if it is there."""

        def do() -> None:
            if self.tagged(name) is not None:
                self.api.delete_tag(**self.at, tag=name)

        self._call(f"remove the tag {name}", do, lambda: self.tagged(name) is None)

    def tag(self, name: str, commit: str) -> None:
        """Names a commit. A tag that stands elsewhere is not moved (RemoteError)."""

        def stands() -> bool:
            found = self.tagged(name)
            return found is not None and found.commit == commit

        def do() -> None:
            self.api.create_tag(**self.at, tag=name, revision=commit)

        self._call(f"set the tag {name}", do, stands)

    def commit(
        self,
        branch: str,
        operations: Callable[[], Sequence[Any]],
        message: str,
        parent: str,
        is_done: Callable[[Snapshot], bool],
    ) -> None:
        """One commit on top of `parent`, or none at all.

        `operations` makes them anew for each attempt (the client changes what it was given).
        Raises Stale where the branch has moved: the Hub says 412, or 404 where somebody else has
        removed what this commit would remove.
        """

        def settled() -> bool:
            now = self.require(branch)
            if not is_done(now) and now.commit != parent:
                raise Stale
            return is_done(now)

        def do() -> None:
            self.api.create_commit(
                **self.at, revision=branch, operations=operations(), commit_message=message,
                parent_commit=parent,
            )  # fmt: skip

        self._call(f"commit to {branch}", do, settled)

    # -- trying again

    def read(self, what: str, do: Callable[[], T]) -> T:
        """Any other reading call, with the same retries."""
        return self._call(what, do)

    def _call(
        self, what: str, do: Callable[[], T], is_done: Callable[[], bool] | None = None
    ) -> T | Any:
        """Runs `do`; after a failure looks first whether it is done nevertheless."""
        for attempt in range(ATTEMPTS):
            try:
                with quiet():
                    return do()
            except RemoteError:
                raise
            except Exception as error:
                failure = describe(error, self.token)
            if failure.kind != "refused" and is_done is not None and is_done():
                return None
            if failure.kind == "stale":
                raise Stale
            wait = failure.wait_s if failure.wait_s is not None else 2.0**attempt
            if failure.kind != "again" or attempt == ATTEMPTS - 1 or wait > LONGEST_WAIT_S:
                # Outside of the handler on purpose: the client's own words, which a traceback
                # would show, may hold a signed address or what a server echoed.
                raise self.sentence(what, failure)
            self.note(f"could not {what} ({_answer(failure)}); trying again in {wait:.0f} s")
            self.pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def sentence(self, what: str, failure: Failure) -> RemoteError:
        """The one sentence for a person: repository, what was answered, what to do."""
        return RemoteError(
            f"could not {what} ({_answer(failure)})", self.repo_id, _next_step(failure)
        )


def _answer(failure: Failure) -> str:
    status = f"{failure.status} " if failure.status else ""
    return f"{status}{failure.words}".rstrip(". ")


def _next_step(failure: Failure) -> str:
    if failure.kind == "refused" and failure.status == 401:
        return "the token is missing, wrong or expired: run `hf auth login` or set HF_TOKEN"
    if failure.kind == "refused":
        return "use a token with write access to this repository"
    if failure.wait_s and failure.wait_s > LONGEST_WAIT_S:
        return f"run the same command again in {failure.wait_s / 60:.0f} minutes, it goes on"
    if failure.kind == "again" and failure.status is None:
        return "run the same command again, with HF_HUB_DISABLE_XET=1 if this goes on"
    if failure.kind == "again":
        return "run the same command again, it goes on where it stopped"
    return "correct this and run the same command again"


def additions(files: Iterable[File]) -> list[Any]:
    """Operations that add these files from disk."""
    from huggingface_hub import CommitOperationAdd

    return [CommitOperationAdd(file.name, file.place) for file in files]


def deletions(names: Iterable[str]) -> list[Any]:
    """Operations that take these files away."""
    from huggingface_hub import CommitOperationDelete

    return [CommitOperationDelete(name, is_folder=False) for name in names]


def moves(files: Iterable[File], verified: Snapshot) -> list[Any]:
    """Operations that make another branch hold what was verified.

    Large files are named by their digest (the client sends no content and looks nothing up but
    the digest). Small ones are sent from disk once more: the client would fetch them unchecked.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy

    return [
        CommitOperationCopy(file.name, file.name, src_revision=verified.commit)
        if verified.files[file.name].sha256
        else CommitOperationAdd(file.name, file.read())
        for file in files
    ]
