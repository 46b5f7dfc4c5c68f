"""Where a build keeps what (docs/house.md): the names of its folders and files, in one place."""

from __future__ import annotations

import os
from pathlib import Path

from .fetching import refuse_address


class BuildFolder:
    """`--out DIR`. All but `redditess/` and the small files hold names: mode 0700."""

    def __init__(self, root: str | os.PathLike[str]):
        """Raises InputError for an address in a store: a build is worked on in a folder."""
        refuse_address(root)
        self.root = Path(root)
        self.raw = self.root / "raw"
        self.done = self.raw / "done"
        self.seen = self.raw / "seen"  # of dumps that were read; only while a build is made
        self.interactions = self.root / "interactions"
        self.votes = self.root / "votes"
        self.labels = self.root / "labels"
        self.shaped = self.root / "shaped"
        self.op_rates = self.votes / "op_rates.parquet"  # beside the buckets: it tells OPs apart
        self.exposure_model = self.root / "exposure_model.json"
        self.label_model = self.root / "label_model.json"
        self.gold = self.root / "gold.json"  # labels by people, by fullname: mode 0600
        self.validity = self.root / "validity.json"
        self.known_world = self.root / "known_world.json"  # of an invented sample only
        self.settings = self.root / "settings.toml"
        self.manifest = self.root / "manifest.json"
        self.run = self.root / "run.json"
        self.release = self.root / "redditess"

    def create(self) -> BuildFolder:
        self.root.mkdir(parents=True, exist_ok=True)
        for private in self.private:
            private.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.done, self.raw / "submissions", self.raw / "comments"):
            folder.mkdir(exist_ok=True)
        return self

    @property
    def private(self) -> tuple[Path, ...]:
        """The folders that hold names, in the order in which they are made."""
        return self.raw, self.interactions, self.votes, self.labels, self.shaped

    def raw_file(self, kind: str, bucket: int, sha12: str) -> Path:
        """`kind` is "submissions" or "comments"; `sha12` starts the dump file's sha256."""
        return self.raw / kind / f"b{bucket:05d}-{sha12}.parquet"

    def raw_files(self, kind: str, bucket: int) -> list[Path]:
        return sorted((self.raw / kind).glob(f"b{bucket:05d}-*.parquet"))

    @staticmethod
    def bucket_file(stage: Path, bucket: int) -> Path:
        return stage / f"b{bucket:05d}.parquet"

    def buckets(self, stage: Path) -> list[Path]:
        """The finished bucket files of one stage, in bucket order."""
        return sorted(stage.glob("b*.parquet"))
