"""Pseudonymous ids: a keyed digest of a Reddit fullname, and where the key lives.

Who holds the key and a dump can find a row again; who holds only the release cannot.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..corpus.errors import SettingsError

KEY_BYTES = 32
ENVIRONMENT = "REDDITESS_KEY"  # a key file, or "sample" for the public key of the invented sample


class Key(NamedTuple):
    """A secret and its short public name, which manifests carry instead of it."""

    secret: bytes

    @property
    def id(self) -> str:
        """8 hex digits that tell two keys apart and reveal neither."""
        return hashlib.blake2b(self.secret, digest_size=4, person=b"redditess key id").hexdigest()

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"  # a traceback must not print the secret


SAMPLE_KEY = Key(hashlib.sha256(b"redditess: public key of the invented sample").digest())
"""Known to everyone, so the sample has the same ids everywhere. Never for real people's rows."""


def key_path() -> Path:
    """The user's own key file."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "redditess" / "key"


def load_key(path: str | os.PathLike[str] | None = None) -> Key:
    """The key in `path` (default: `REDDITESS_KEY`, else the user's own, made at first use).

    A key file holds 64 hex digits and has mode 0600. Raises SettingsError where a named file is
    missing or is not a key: a silently new key would give every row a new id.
    """
    named = path or os.environ.get(ENVIRONMENT)
    if named == "sample":
        return SAMPLE_KEY
    if named is None and not key_path().exists():
        _make(key_path())
    file = Path(named) if named else key_path()
    try:
        secret = bytes.fromhex(file.read_text("ascii").strip())
    except OSError as e:
        raise SettingsError(e.strerror or str(e), file, "name a readable key file") from e
    except ValueError as e:
        raise SettingsError("not hex digits", file, "restore the key from your backup") from e
    if len(secret) != KEY_BYTES:
        raise SettingsError(
            f"a key of {len(secret)} bytes, not {KEY_BYTES}",
            file,
            "restore the key from your backup",
        )
    return Key(secret)


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tmp = path.parent / f".tmp-key-{secrets.token_hex(6)}"
    tmp.touch(mode=0o600)
    try:
        tmp.write_text(secrets.token_hex(KEY_BYTES) + "\n", "ascii")
        # A link, not a rename: of two first builds at once both must use the key that stays.
        with suppress(FileExistsError):
            os.link(tmp, path)
    finally:
        tmp.unlink()


def pseudonym(key: Key, fullname: str) -> str:
    """ "t1_abc" -> 16 hex digits; the prefix keeps a post and a comment of one number apart.

    >>> pseudonym(SAMPLE_KEY, "t1_abc") == pseudonym(SAMPLE_KEY, "t3_abc")
    False
    """
    return hashlib.blake2b(fullname.encode(), digest_size=8, key=key.secret).hexdigest()
