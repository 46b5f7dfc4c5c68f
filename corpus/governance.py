"""`governance.toml`: what the people responsible for a data set have agreed to.

    [remote]
    purpose = "second opinion on 500 rows, approved by our board on 2026-11-02"
    endpoints = ["https://llm.example.org/v1"]

Only `[remote]` is read here: which machines outside may be sent masked text, and what for. The
other fields are needed to publish (`release/governance.py`).
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from .errors import RedditessError, RemoteError, SettingsError

FILE = "governance.toml"


class Place(NamedTuple):
    """Where an endpoint is: what a rule about the network is about."""

    scheme: str
    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """This machine. A name counts only as the literal `localhost`: others are looked up."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def place_of(url: str) -> Place:
    """Scheme, host and port of an endpoint's address.

    Raises SettingsError for what is no http(s) address, or carries a password or a query.

    >>> place_of("https://llm.example.org/v1")
    Place(scheme='https', host='llm.example.org', port=443)
    >>> place_of("http://127.0.0.1.example.org:8000").loopback
    False
    """
    parts, port = _split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"not an address of an endpoint: {parts.scheme or url!r}", "--endpoint",
                            "write http://127.0.0.1:8000/v1")  # fmt: skip
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "an address with a password, a query or a fragment", "--endpoint",
            "give the bare address, and the key through the environment",
        )  # fmt: skip
    return Place(parts.scheme, parts.hostname.lower().rstrip("."), port)


def _split(url: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(url)
        return parts, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as e:
        raise SettingsError(f"not an address ({e})", "--endpoint", "correct it") from e


def remote_purpose(url: str, *, allowed: bool, path: str | os.PathLike[str] = FILE) -> str | None:
    """The declared purpose for which text may go to `url`; None for this machine (no rule needed).

    Raises RemoteError where the address is not on this machine and one of three is missing: the
    flag (`allowed`), https, or an entry in `governance.toml` with a purpose.
    """
    place = place_of(url)
    if place.loopback:
        return None
    if not allowed:
        raise RemoteError(
            f"{place.host} is not this machine, and text would leave it", "--endpoint",
            "add --allow-remote if that is agreed",
        )  # fmt: skip
    if place.scheme != "https":
        raise RemoteError(f"{place.host} would get text unencrypted", "--endpoint", "use https")
    remote = _section(Path(path))
    agreed = remote.get("endpoints")
    if not isinstance(agreed, list) or place not in [place_of(str(e)) for e in agreed]:
        raise RemoteError(
            f"no agreement that text may go to {place.host}", path,
            f'add it under [remote]: endpoints = ["https://{place.host}/v1"]',
        )  # fmt: skip
    purpose = str(remote.get("purpose") or "").strip()
    if not purpose:
        raise RemoteError("no purpose is given", path, 'add under [remote]: purpose = "..."')
    return purpose


def read_agreement(path: Path, error: type[RedditessError]) -> dict[str, Any]:
    """The whole of `governance.toml`; raises `error` where it cannot be read, or is not TOML."""
    try:
        return tomllib.loads(path.read_text("utf8"))
    except OSError as e:
        raise error(e.strerror or str(e), path, "give a readable file") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise error(f"not TOML ({e})", path, "correct the file") from e


def _section(path: Path) -> dict[str, object]:
    found = read_agreement(path, RemoteError).get("remote", {}) if path.exists() else {}
    return found if isinstance(found, dict) else {}
