"""A small invented world: dump lines that a test may change, its build, and its dehydrated form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq
from backports import zstd

from redditess.corpus.folder import BuildFolder
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.dehydrate import dehydrate
from redditess.release.hydrate import hydrate
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym
from redditess.release.public import read_public
from redditess.release.rowkeys import Named, post_key, row_key

Line = dict[str, Any]
Rows = dict[str, dict[str, Any]]


class World(NamedTuple):
    """Where everything of it lies, and which row of the text form has which keys."""

    root: Path
    posts: list[Line]
    comments: list[Line]

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def dry(self) -> Path:
        return self.root / "dry"

    def dumps(self, where: Path, posts: Sequence[Line], comments: Sequence[Line]) -> list[Path]:
        """The lines as two dump files."""
        where.mkdir()
        return [
            write_lines(where / "RS_sample.ndjson", posts),
            write_lines(where / "RC_sample.ndjson", comments),
        ]

    def hydrated(
        self, where: Path, posts: Sequence[Line], comments: Sequence[Line]
    ) -> dict[str, Any]:
        """The report of a hydration from these lines into `where / "wet"`."""
        dumps = self.dumps(where, posts, comments)
        return hydrate(self.dry, dumps, where / "wet", workers=1)

    def keys(self) -> dict[str, tuple[str, str, str]]:
        """id of the text form -> row key, post key, comment: worked out from the raw lines."""
        salt = bytes.fromhex(read_public(self.dry)["dehydrated"]["salt"])
        raw = BuildFolder(self.build).raw
        posts: dict[str, Named] = {}
        for p in pq.read_table(raw / "submissions").to_pylist():
            posts[p["id"]] = post_key(salt, p["id"], p["title"], p["selftext"])
        found = {}
        for c in pq.read_table(raw / "comments").to_pylist():
            if c["body"] and c["thread_id"] in posts:
                post = posts[c["thread_id"]]
                key = row_key(salt, c["id"], c["body"], post).public
                found[pseudonym(SAMPLE_KEY, c["id"])] = key, post.public, c["id"]
        return found


def make_world(root: Path, n_threads: int = 60) -> World:
    files = write_sample(root / "sample", n_threads=n_threads)
    posts, comments = ([*map(_stays, read_lines(file))] for file in files)
    world = World(root, posts, comments)
    dumps = world.dumps(root / "dumps", posts, comments)
    settings = load_settings("sample", n_buckets=2, workers=1, pairs="loose")
    build(dumps, world.build, settings, key=SAMPLE_KEY)
    dehydrate(world.build, world.dry)
    return world


def _stays(line: Line) -> Line:
    """Without the note of a later look that found the text gone: tests say themselves what is."""
    return {k: v for k, v in line.items() if k not in ("_meta", "removed_by_category")}


def read_lines(path: Path) -> Iterator[Line]:
    for line in zstd.decompress(path.read_bytes()).splitlines():
        yield json.loads(line)


def write_lines(path: Path, lines: Sequence[Line]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    return path


def rows_of(release: Path, config: str = "full") -> Rows:
    """Every row of a config by its id."""
    return {row["id"]: row for row in pq.read_table(release / "data" / config).to_pylist()}


def as_hydrated(world: World) -> Rows:
    """The rows of the text form, ids as a hydration gives them."""
    keys = world.keys()
    found = {}
    for name, row in rows_of(world.build / "redditess").items():
        key, post, _ = keys[name]
        found[key] = {**row, "id": key, "thread_id": post}
    return found
