"""A client for OpenAI-compatible servers (vLLM, `transformers serve`, hosted): one POST, no more.

Standard library only. No proxy and no redirect is followed: text goes to the host that was named
and agreed on, or nowhere. Nothing the server claims about structure is believed (see llm.py).
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from ..corpus.errors import RemoteError, SettingsError
from ..corpus.governance import place_of
from .pacing import Pace

MAX_BYTES = 4 << 20  # of a response; an answer has a few kilobytes
FATAL = {401: "no or a wrong key", 403: "not allowed", 404: "no such address or model"}
AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True)
class Sampling:
    """Settings of a call; part of its key in the store. None leaves a field out of the request."""

    max_tokens: int = 400
    temperature: float | None = 0.0
    seed: int | None = 0
    json_mode: bool = False  # asks for `response_format`; some servers ignore it, some refuse it

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Answer(NamedTuple):
    """What a model wrote. `finish` is the server's word: stop, length, content_filter, ..."""

    text: str
    finish: str = "stop"
    tokens_in: int = 0  # 0 where the server does not say
    tokens_out: int = 0


class NoAnswer(Exception):
    """A call that failed for good after its retries; `reason` is one word for the table."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Asker(Protocol):
    """Somebody who answers: an endpoint, a local pipeline, a script in a test."""

    model: str
    server: str  # "loopback", "local" or the remote host: part of the key of a call
    sampling: Sampling

    def ask(self, messages: Sequence[dict[str, str]]) -> Answer:
        """One call. Raises NoAnswer (this row) or RemoteError (no call can succeed)."""
        ...


class _Refused(Exception):
    """One attempt failed in a way that may pass."""

    def __init__(self, reason: str, retry_after: str | None = None):
        super().__init__(reason)
        self.reason, self.retry_after = reason, retry_after


class Endpoint:
    """`POST <url>/chat/completions` from any number of threads."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        sampling: Sampling | None = None,
        timeout_s: float = 120.0,
        attempts: int = 6,
        pace: Pace | None = None,
    ):
        self._place = place_of(url)
        if key and not key.isascii():
            raise SettingsError("a key with letters outside ASCII", "--key-env", "correct the key")
        self.model, self.sampling = model, sampling or Sampling()
        self.server = "loopback" if self._place.loopback else self._place.host
        self._path = urlsplit(url).path.rstrip("/") + "/chat/completions"
        self._key, self._timeout, self._attempts = key, timeout_s, attempts
        self._pace = pace or Pace()

    def ask(self, messages: Sequence[dict[str, str]]) -> Answer:
        body = json.dumps(self._request(messages)).encode()
        for attempt in range(self._attempts):
            self._pace.turn()
            try:
                return _answer(self._post(body))
            except _Refused as refusal:
                if attempt + 1 == self._attempts:
                    raise NoAnswer(refusal.reason) from refusal
                self._pace.refused(attempt, refusal.retry_after)
        raise NoAnswer("no_attempt")

    def _request(self, messages: Sequence[dict[str, str]]) -> dict[str, Any]:
        s = self.sampling
        fields: dict[str, Any] = {
            "model": self.model, "messages": list(messages), "max_tokens": s.max_tokens,
            "temperature": s.temperature, "seed": s.seed,
            "response_format": {"type": "json_object"} if s.json_mode else None,
        }  # fmt: skip
        return {name: value for name, value in fields.items() if value is not None}

    def _post(self, body: bytes) -> bytes:
        """One attempt. The timeout is for the whole of it: a server that drips is cut off, too."""
        connection = self._connection()
        late = threading.Event()

        def cut(socket: Any) -> None:
            late.set()
            with suppress(OSError):
                socket.shutdown(2)

        timer = None
        try:
            connection.connect()
            # http.client hands the socket on to the response: the timer has its own hold of it.
            timer = threading.Timer(self._timeout, cut, [connection.sock])
            timer.daemon = True
            timer.start()
            connection.request("POST", self._path, body, self._headers())
            response = connection.getresponse()
            text = response.read(MAX_BYTES + 1)
        except (OSError, http.client.HTTPException) as e:
            slow = late.is_set() or isinstance(e, TimeoutError)
            raise _Refused("timeout" if slow else "connection") from e
        finally:
            if timer is not None:
                timer.cancel()
            connection.close()
        if response.length and len(text) <= MAX_BYTES:  # a cut body is short, and no exception
            raise _Refused("timeout" if late.is_set() else "connection")
        self._raise_for(response, len(text))
        return text

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._place.host, self._place.port
        if self._place.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def _raise_for(self, response: http.client.HTTPResponse, n_bytes: int) -> None:
        """The server's own words are not shown: an error may quote the text that was sent."""
        status = response.status
        if status in FATAL or 300 <= status < 400:
            reason = FATAL.get(status, "it sends callers elsewhere, which is not followed")
            raise RemoteError(
                f"the server answers {status}: {reason}", f"{self._place.host}:{self._place.port}",
                "check --endpoint, --model and the key",
            )  # fmt: skip
        if status in AGAIN:
            reason = "rate_limited" if status == 429 else "server_error"
            raise _Refused(reason, response.getheader("Retry-After"))
        if status != 200:
            raise NoAnswer("request_refused")  # for example a text too long for the model
        if n_bytes > MAX_BYTES:
            raise NoAnswer("answer_too_long")


def _answer(raw: bytes) -> Answer:
    try:
        said = json.loads(raw)
        choice = said["choices"][0]
        text, usage = choice["message"]["content"], said.get("usage") or {}
        finish = str(choice.get("finish_reason") or "stop")
        tokens = [int(usage.get(k) or 0) for k in ("prompt_tokens", "completion_tokens")]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as e:
        raise _Refused("garbage") from e
    if text is not None and not isinstance(text, str):
        raise _Refused("garbage")
    return Answer(text or "", finish, *tokens)
