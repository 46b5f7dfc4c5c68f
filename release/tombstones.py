"""Lists of what was removed on request: pseudonyms and a day, never a text, a name or a reason.

Three places hold one: the release (`tombstones.json`, public: rows and threads), the build
(private: also comments that were never released), and `REDDITESS_HOME/tombstones/<key id>.json`,
which collects all removals under one key, so that no later build brings a row back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..corpus.artefacts import json_text, read_json, write_json
from ..corpus.errors import InputError
from ..labeling.callstore import home as call_store

FILE = "tombstones.json"
FORMAT = 1


class Tombstones(NamedTuple):
    """What was removed under one key. `ids`: rows and threads; `more`: never released."""

    key_id: str
    ids: frozenset[str] = frozenset()
    more: frozenset[str] = frozenset()
    date: str = ""  # of the last removal, UTC

    @property
    def all(self) -> frozenset[str]:
        """Everything that must not come back."""
        return self.ids | self.more

    def joined(self, other: Tombstones) -> Tombstones:
        """Both lists as one; the later day."""
        ids = self.ids | other.ids
        more = (self.more | other.more) - ids
        return Tombstones(self.key_id, ids, more, max(self.date, other.date))

    def document(self, *, private: bool) -> dict[str, Any]:
        """As it is written; `more` in private lists only."""
        public = {
            "format": FORMAT, "key_id": self.key_id, "count": len(self.ids),
            "ids": sorted(self.ids), "date": self.date,
        }  # fmt: skip
        return {**public, "more": sorted(self.more)} if private else public

    def told(self) -> dict[str, Any]:
        """For the manifest: how many, since when, and the digest of the public list."""
        text = json_text(self.document(private=False))
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        return {"count": len(self.ids), "date": self.date, "sha256": sha256}


def today() -> str:
    """The day, UTC."""
    return datetime.now(UTC).date().isoformat()


def of_key(key_id: str, home: Path | None = None) -> Path:
    """Where all removals under a key are collected."""
    return (home or call_store().parent) / "tombstones" / f"{key_id}.json"


def read(path: Path, key_id: str | None = None) -> Tombstones:
    """A list; an empty one where there is no file and `key_id` says whose it would be.

    Raises InputError for a file that is no list, and for one of another key.
    """
    if key_id is not None and not path.is_file():
        return Tombstones(key_id)
    return parse(path.read_bytes() if path.is_file() else b"", path, key_id)


def parse(data: bytes, where: object, key_id: str | None = None) -> Tombstones:
    """The bytes of a list; see `read`."""
    import json

    try:
        found = json.loads(data)
        known = {k: [str(i) for i in found.get(k, [])] for k in ("ids", "more")}
        listed = Tombstones(
            str(found["key_id"]), frozenset(known["ids"]), frozenset(known["more"]),
            str(found.get("date", "")),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as e:
        raise InputError("not a list of tombstones", where, f"name a {FILE}") from e
    if found.get("format") != FORMAT:
        raise InputError(
            f"a list of format {found.get('format')!r}", where, "use a newer redditess"
        )
    if key_id is not None and listed.key_id != key_id:
        raise InputError(
            f"a list of key {listed.key_id}, and these rows have ids of key {key_id}", where,
            "name the list that was published with this dataset",
        )  # fmt: skip
    return listed


def write(path: Path, listed: Tombstones, *, private: bool) -> None:
    """Commits a list; a private one is readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
    write_json(path, listed.document(private=private))
    if private:
        path.chmod(0o600)


def add(path: Path, more: Tombstones, *, private: bool = True) -> Tombstones:
    """Adds to the list in a file, which it makes; returns all of it. No change, no new bytes."""
    before = read(path, more.key_id)
    after = before.joined(more)
    if after.ids != before.ids or after.more != before.more or not path.is_file():
        write(path, after, private=private)
        return after
    return before


def removed(key_id: str, places: Iterable[Path] = (), home: Path | None = None) -> Tombstones:
    """All that was ever removed under a key: the collected list and those of `places`."""
    found = read(of_key(key_id, home), key_id)
    for path in places:
        if path.is_file() and read_json(path).get("key_id") == key_id:
            found = found.joined(read(path, key_id))
    return found


def keep_listed(root: Path, key_id: str, home: Path | None = None) -> None:
    """Adds what was ever removed under a key to the list of a build, where there is any."""
    gone = removed(key_id, [root / FILE], home)
    if gone.all:
        add(root / FILE, gone)
