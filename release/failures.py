"""What a failed call to the Hub means: try again, somebody was faster, or stop and say why.

The client retries a part of its calls and not the others, and says the same thing in several ways
(docs/design/0011-publish.md); here each way becomes one of four kinds. No sentence made here holds
a token or a signed address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

Kind = Literal["again", "stale", "refused", "final"]
_SECRET = re.compile(
    r"\b(?:hf|api_org)_\w+|[Bb]earer\s+\S+|\?\S+"
)  # a token, or a query's signature
_API = re.compile(r"^/api/|/info/lfs/objects/batch$|/resolve/")
_RESET = re.compile(r";\s*t\s*=\s*(\d+)")  # RateLimit: "api";r=0;t=55
TRANSPORTS = ("httpx2", "httpcore2")  # what the client speaks HTTP with; not ours to depend on
_LONGEST = 200  # characters of a server's words that a sentence can carry


class Failure(NamedTuple):
    """One failed call.

    again: a fault that passes (5xx, 429, a dropped connection, an expired signed address).
    stale: 412, the branch has moved since it was read. refused: 401 or 403 by the Hub itself.
    final: everything else; trying again would give the same.
    """

    kind: Kind
    status: int | None  # HTTP; None where no answer came
    wait_s: float | None  # what the server asked for (Retry-After, RateLimit)
    words: str  # printable, one line, at most 200 characters


def describe(error: BaseException, *secrets: str | None) -> Failure:
    """Sorts an exception of the client; `secrets` never appear in its words.

    >>> describe(ConnectionResetError("reset by peer")).kind
    'again'
    >>> describe(ValueError("Invalid metadata in README.md")).kind
    'final'
    """
    chain = list(_causes(error))
    response = next((r for e in chain if (r := getattr(e, "response", None)) is not None), None)
    if response is None:
        kind: Kind = "again" if _passes(chain) else "final"
        return Failure(kind, None, None, clean(_unanswered(chain[-1]), *secrets))
    status = int(response.status_code)
    words = clean(_server_words(chain, response), *secrets)
    return Failure(_kind(status, str(response.url)), status, asked_wait(response.headers), words)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what led to it, outermost first."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _kind(status: int, url: str) -> Kind:
    if status >= 500 or status in (408, 425, 429):
        return "again"
    if not _API.search(urlsplit(url).path):
        return "again"  # a signed address of the storage: a new call gets a new one
    if status == 412:
        return "stale"
    return "refused" if status in (401, 403) else "final"


def _passes(chain: list[BaseException]) -> bool:
    """True for faults of the way: no connection, no answer, the uploader gave up."""
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    if any(isinstance(e, OfflineModeIsEnabled) for e in chain):
        return False
    if any(type(e).__module__.split(".")[0] in TRANSPORTS for e in chain):
        return True
    # RuntimeError is what the uploaders raise, for lack of a better name.
    ways = (ConnectionError, TimeoutError, LocalEntryNotFoundError, RuntimeError)
    return any(isinstance(e, ways) and not isinstance(e, NotImplementedError) for e in chain)


def _unanswered(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _server_words(chain: list[BaseException], response: Any) -> str:
    said = next((w for e in chain if (w := getattr(e, "server_message", None))), None)
    return str(said or response.headers.get("x-error-message") or response.reason_phrase)


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait; None where it does not, or gives a date.

    >>> asked_wait({"retry-after": "7"}), asked_wait({"ratelimit": '"api";r=0;t=55'})
    (7.0, 55.0)
    """
    found = {name.lower(): value for name, value in headers.items()}
    if (after := found.get("retry-after", "").strip()).isdigit():
        return float(after)
    reset = _RESET.search(found.get("ratelimit", ""))
    return float(reset[1]) if reset else None


def clean(text: str, *secrets: str | None) -> str:
    """Words of a server or a library with no token, no signature and no power over a terminal.

    >>> clean("no\\x1b[2J hf_abc at https://s3/x?sig=1 twice")
    'no [2J *** at https://s3/x*** twice'
    """
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    text = _SECRET.sub("***", text)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST]
