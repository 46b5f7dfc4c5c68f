"""What the Hub double keeps: files by content, repositories, commits."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

LFS = {  # what the double takes for binary, by the end of the name
    "arrow", "bin", "bz2", "ckpt", "gz", "npy", "npz", "parquet", "pickle", "pkl", "png", "pt",
    "pth", "safetensors", "tar", "wasm", "zip", "zst",
}  # fmt: skip
ATTRIBUTES = "".join(f"*.{e} filter=lfs diff=lfs merge=lfs -text\n" for e in sorted(LFS)).encode()
MOST_REGULAR = 10 * 2**20  # bytes of a file that is not LFS


class Refused(Exception):
    """An HTTP error on its way to the client; `code` is the X-Error-Code the client looks for."""

    def __init__(self, status: int, words: str, code: str = ""):
        super().__init__(words)
        self.status, self.words, self.code = status, words, code


def git_blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def pointer(sha256: str, size: int) -> bytes:
    """What git keeps of a file that is stored as LFS."""
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
    )


@dataclass(frozen=True)
class Entry:
    size: int
    blob: str  # git's sha1
    sha256: str
    lfs: bool = False


@dataclass
class Commit:
    sha: str
    parent: str | None
    files: dict[str, Entry]
    title: str
    date: str


@dataclass
class Repo:
    kind: str  # "dataset" or "model"
    id: str
    private: bool
    gated: object = False  # False, "auto" or "manual"
    granted: set[str] = field(default_factory=set)
    refs: dict[str, str] = field(default_factory=dict)  # full name -> commit
    commits: list[str] = field(default_factory=list)


class Store:
    """Content-addressed files below `root`; the rest lives as long as the process."""

    def __init__(self, root: Path):
        self.root = root
        self.repos: dict[tuple[str, str], Repo] = {}
        self.commits: dict[str, Commit] = {}
        for folder in ("blobs", "xorbs", "recon", "tmp"):
            (root / folder).mkdir(parents=True, exist_ok=True)

    def put(self, kind: str, name: str, data: bytes) -> None:
        part = self.root / "tmp" / secrets.token_hex(12)
        part.write_bytes(data)
        os.replace(part, self.root / kind / name)

    def has(self, sha256: str) -> bool:
        return (self.root / "blobs" / sha256).exists()

    def read(self, sha256: str) -> bytes:
        return (self.root / "blobs" / sha256).read_bytes()

    def blob(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.put("blobs", sha256, data)
        return sha256

    def regular(self, data: bytes) -> Entry:
        return Entry(len(data), git_blob(data), self.blob(data))

    def lfs(self, sha256: str) -> Entry:
        size = (self.root / "blobs" / sha256).stat().st_size
        return Entry(size, git_blob(pointer(sha256, size)), sha256, lfs=True)

    def xet_hash(self, sha256: str) -> str | None:
        found = self.root / "recon" / f"sha256-{sha256}"
        return found.read_text() if found.exists() else None

    def create(self, kind: str, repo_id: str, private: bool) -> Repo:
        repo = Repo(kind, repo_id, private)
        first = {".gitattributes": self.regular(ATTRIBUTES)}
        repo.refs["refs/heads/main"] = self.commit(repo, None, first, "initial commit")
        self.repos[kind, repo_id] = repo
        return repo

    def commit(self, repo: Repo, parent: str | None, files: dict[str, Entry], title: str) -> str:
        sha = secrets.token_hex(20)
        date = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        self.commits[sha] = Commit(sha, parent, files, title, date)
        repo.commits.append(sha)
        return sha

    def revision(self, repo: Repo, name: str | None) -> str:
        """The commit that a branch, tag, full ref or (short) commit names; 404 where none."""
        name = name or "main"
        for ref in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            if ref in repo.refs:
                return repo.refs[ref]
        if re.fullmatch(r"[0-9a-f]{7,40}", name):
            for sha in repo.commits:
                if sha.startswith(name):
                    return sha
        raise Refused(404, f"Invalid rev id: {name}", "RevisionNotFound")

    def files(self, repo: Repo, revision: str | None) -> dict[str, Entry]:
        return self.commits[self.revision(repo, revision)].files
