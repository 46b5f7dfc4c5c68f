"""What a store, a web server or the way to it refuses -> one sentence, and whether to try again.

The words of the libraries hold whole addresses with their signatures: none of them is passed on.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

from .errors import InputError
from .places import Place, Url

_LIBRARIES = {
    "aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "httpcore2", "httpx2",
    "huggingface_hub", "s3fs",
}  # fmt: skip
_NO_KEYS = {
    "NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "DefaultCredentialsError",
    "RefreshError", "TokenRetrievalError", "CredentialRetrievalError", "LocalTokenNotFoundError",
    "SSOTokenLoadError", "UnauthorizedSSOTokenError",
}  # fmt: skip
_PASSING = {408, 409, 425, 429}  # beside all from 500: said by servers that are busy
_KEYS = {
    "s3": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; for a public bucket"
    " FSSPEC_S3_ANON=true",
    "gs": "run `gcloud auth application-default login`; for a public bucket FSSPEC_GS_TOKEN=anon",
    "hf": "run `hf auth login`, or set HF_TOKEN",
}
_TIED = {"s3a": "s3", "gcs": "gs"}
_AGAIN = "check the network, then run the same command again"


class Trouble(NamedTuple):
    """What happened, what to do, and whether it may be over in a moment.

    `near`: it may as well be a wrong address; worth waiting for only after bytes have come.
    """

    what: str
    next_step: str
    passing: bool = False
    near: bool = False

    def of(self, place: Place) -> InputError:
        return InputError(self.what, place, self.next_step)


class Answered(OSError):
    """A web server's answer that is not the file."""

    def __init__(self, status: int):
        super().__init__(f"status {status}")
        self.status = status


class Broken(ConnectionError):
    """The bytes ended before the file did."""


def trouble_of(error: BaseException, url: Url) -> Trouble | None:
    """What an error of a store means to the user; None where it is none of a store's.

    >>> trouble_of(PermissionError(13, "AccessDenied"), Url("https://host/x")).what
    'access is refused'
    """
    chain = list(_chain(error))
    if not any(_of_a_store(e) for e in chain):
        return None
    by_kind = _by_kind(chain, url)
    if by_kind:
        return by_kind
    status = next((s for s in map(_status, chain) if s), None)
    if status:
        return _by_status(status, url)
    timed_out = any(isinstance(e, TimeoutError) for e in chain)
    what = "the store does not answer" if timed_out else "the connection broke"
    return Trouble(what, _AGAIN, passing=True)


def _by_kind(chain: list[BaseException], url: Url) -> Trouble | None:
    """By the class of an error, where that says more than the status of an answer."""
    keys = _keys(url)
    for e in chain:
        if isinstance(e, ssl.SSLCertVerificationError) or hasattr(e, "certificate_error"):
            return Trouble(
                "the certificate of this host is not trusted",
                "check the address; name an authority of your own in SSL_CERT_FILE"
                + (" and AWS_CA_BUNDLE" if keys == _KEYS["s3"] else ""),
            )
        if isinstance(e, socket.gaierror):
            return Trouble("its host is not found", "check the address and the network", True, True)
        if type(e).__name__ in _NO_KEYS:
            return Trouble("no credentials for this store are set", keys)
        if type(e).__name__ == "FileExpired" or "precondition" in str(e).lower():
            return changed()
        if isinstance(e, PermissionError):
            return Trouble("access is refused", keys)
        if isinstance(e, FileNotFoundError):
            return Trouble("does not exist", "check the address")
    return None


def changed() -> Trouble:
    return Trouble(
        "the file changed while it was read",
        "wait until nobody writes it, then run the same command again",
    )


def _by_status(status: int, url: Url) -> Trouble:
    if status in (401, 403):
        return Trouble(f"access is refused ({status})", _keys(url))
    if status in (404, 410):
        return Trouble(f"does not exist ({status})", "check the address")
    if status == 412:
        return changed()
    if status in _PASSING or status >= 500:
        return Trouble(f"the server is in trouble ({status})", _AGAIN, passing=True)
    return Trouble(f"the server refuses ({status})", "check the address")


def _keys(url: Url) -> str:
    of = _TIED.get(url.protocol, url.protocol)
    return _KEYS.get(of, "check the address and your rights; a signed address may have expired")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those it came from, outermost first."""
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        e = todo.pop(0)
        if e is None or e in found:
            continue
        found.append(e)
        reason = getattr(e, "reason", None)  # what urllib wraps
        todo += [reason if isinstance(reason, BaseException) else None, e.__cause__, e.__context__]
    return iter(found)


def _of_a_store(e: BaseException) -> bool:
    if isinstance(e, OSError):  # a full disk is not the store's
        return e.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
    root = type(e).__module__.partition(".")[0]
    return isinstance(e, http.client.HTTPException) or root in _LIBRARIES


def _status(e: BaseException) -> int | None:
    """The status of an HTTP answer, where an error of some library carries one."""
    response = getattr(e, "response", None)
    if isinstance(response, dict):  # botocore
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(response, "status_code", None)
    found = found or getattr(e, "status", None) or getattr(e, "code", None)
    return found if isinstance(found, int) and 100 <= found < 600 else None
