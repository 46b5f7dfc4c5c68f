"""Where a file lies: a path of this machine, or an address in a store reached through fsspec.

A `Url` shows itself without what may be secret: `str()`, `repr()` and every message that holds one
leave out the query (a presigned address carries its signature there) and a password.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .errors import InputError, MissingExtra

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

WEB = ("http", "https")  # read by our own client (corpus/dumps/web.py): no listing, no writing
EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}  # protocol -> our extra
_LOCAL = ("file", "local")
_URL = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
_SQUASHED = re.compile(r"(s3a?|gs|gcs|hf|https?):/[^/]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class Url:
    """An address outside this machine's file system, in full in `address` only.

    >>> Url("https://a:secret@host/dumps/RC_2019-01.zst?X-Amz-Signature=secret")
    Url('https://host/dumps/RC_2019-01.zst')
    """

    address: str

    def __str__(self) -> str:
        host, slash, path = self._plain.partition("/")
        return f"{self.protocol}://{host.rpartition('@')[2]}{slash}{path}"

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"

    @property
    def protocol(self) -> str:
        return self.address.split("://", 1)[0].lower()

    @property
    def name(self) -> str:
        """The last component, as the file would be called here; "" for the root of a store."""
        last = self._plain.partition("/")[2].rstrip("/").rpartition("/")[2]
        return PurePosixPath(unquote(last)).name if self.protocol in WEB else last

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix

    @property
    def _plain(self) -> str:
        """Host and path. A key in a store may hold a `#`; what stands behind a `?` is a query."""
        return re.split("[?#]" if self.protocol in WEB else "[?]", self.address[self._after :])[0]

    @property
    def _after(self) -> int:
        return self.address.index("://") + 3

    def __truediv__(self, below: str) -> Url:
        """The address of `below` in this folder.

        >>> Url("s3://bucket/builds/") / "raw/done"
        Url('s3://bucket/builds/raw/done')
        """
        return Url(f"{self.address.rstrip('/')}/{below}")


Place = Path | Url


def is_url(place: str | os.PathLike[str] | Url) -> bool:
    """True for an address in a store; False for a local path, also one written file://.

    >>> is_url("s3://bucket/RC_2019-01.zst"), is_url("file:///x"), is_url("dumps/RC_2019-01.zst")
    (True, False, False)
    """
    return isinstance(place_of(place), Url)


def place_of(place: str | os.PathLike[str] | Url) -> Place:
    """What a person or a task wrote -> its place; `~` is expanded.

    Raises InputError for an address that fsspec would chain (`zip::s3://…`) and for one that went
    through a Path before, which takes one of its slashes.
    """
    if isinstance(place, Url):
        return place
    text = os.fspath(place)
    found = _URL.fullmatch(text)
    if found is None:
        if _SQUASHED.match(text):
            raise InputError(
                "an address became a path on its way here", shown(text), "give it as a str"
            )
        return Path(text).expanduser()
    if "::" in text.partition("?")[0]:
        raise InputError("chained addresses are not read", shown(text), "give the file itself")
    if found[1].lower() in _LOCAL:
        return Path(unquote(found[2]))
    return Url(f"{found[1].lower()}://{found[2]}")


def address_of(place: Place) -> str:
    """What `place_of` turns back into the same place. For tasks; never to be shown."""
    return place.address if isinstance(place, Url) else str(place)


def shown(text: str | os.PathLike[str] | Url) -> str:
    """Any place as it may be shown to people and written into files: no query, no password."""
    if isinstance(text, Url):
        return str(text)
    text = os.fspath(text)
    return str(Url(text)) if _URL.fullmatch(text) else text


def store_of(url: str | Url) -> tuple[AbstractFileSystem, str]:
    """(file system, path inside it) of an address, by fsspec; listings are never cached.

    Endpoints and credentials come from the environment and from fsspec's own config file. Raises
    MissingExtra where the protocol's package is absent, InputError where there is none, and for
    http(s), which has no listing and takes no files.
    """
    import fsspec

    place = Url(url) if isinstance(url, str) else url
    if place.protocol in WEB:
        raise InputError(
            "a web server has no listing and takes no files",
            place,
            "give single dump files by https://, and folders by s3://, gs:// or hf://",
        )
    try:
        return fsspec.core.url_to_fs(place.address, use_listings_cache=False)
    except ImportError:
        raise _missing(place) from None
    except ValueError:
        raise InputError(
            f"cannot be opened as {place.protocol}://…",
            place,
            "use s3://, gs://, hf:// or https://",
        ) from None


def _missing(place: Url) -> MissingExtra:
    from fsspec.registry import known_implementations

    extra = EXTRAS.get(place.protocol)
    if extra:
        line = f'pip install "redditess[{extra}]"'
    else:
        line = known_implementations.get(place.protocol, {}).get("err", "install its package")
    return MissingExtra(f"{place.protocol}:// needs a package that is not installed", place, line)
