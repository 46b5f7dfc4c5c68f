"""A file behind http(s)://, by one request that goes on at a byte (RFC 9110, range requests).

fsspec's client for the web tells 403 and 404 apart no more, reads a whole file into memory where a
server ignores ranges, and cannot go on in the middle: docs/design/0025-object-stores.md.
"""

from __future__ import annotations

import base64
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ... import __version__
from ..errors import InputError
from ..places import Url
from ..store_trouble import Answered, changed
from .remote import State

TIMEOUT_S = 60.0  # without a byte
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+)")
_AS_IT_IS = "%/:=&?~+!$,;'@()*[]"  # everything an address may hold; a space or an ü is quoted


class Web:
    """One file of a web server; the first request stays open for the first reader."""

    longest = 1 << 22

    def __init__(self, url: Url):
        self.url = url
        self._first, first, self.state = self._ask(0)
        if first:
            raise self._wrong(0)

    def open(self, start: int) -> Any:
        if self._first is not None and start == 0:
            answer, self._first = self._first, None
            return answer
        answer, first, state = self._ask(start)
        if state != self.state:
            answer.close()
            raise changed().of(self.url)
        if first != start:
            answer.close()
            raise self._wrong(start)
        return answer

    def now(self) -> State:
        """Each answer told its state together with its bytes: there is nothing more to ask."""
        return self.state

    def _wrong(self, start: int) -> InputError:
        return InputError(
            f"the server does not go on at byte {start}, where the connection broke (no ranges)",
            self.url,
            "download the file first, for example with curl",
        )

    def _ask(self, start: int) -> tuple[Any, int, State]:
        """(answer, its first byte, state of the file). Raises Answered, URLError."""
        request = urllib.request.Request(self._address(), headers={
            "Range": f"bytes={start}-", "User-Agent": f"redditess/{__version__}",
        })  # fmt: skip
        user = urlsplit(self.url.address).username
        if user is not None:  # not sent on to where a redirect leads
            request.add_unredirected_header("Authorization", self._basic())
        try:
            answer = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as e:
            e.close()
            found = _RANGE.match(e.headers.get("Content-Range") or "")
            if e.code == 416 and found:  # nothing from `start` on: an empty file, or a shorter one
                return e, start, State(int(found[2]), _mark(e.headers))
            raise Answered(e.code) from None
        return self._told(answer)

    def _told(self, answer: Any) -> tuple[Any, int, State]:
        found = _RANGE.match(answer.headers.get("Content-Range") or "")
        if answer.status == 206 and found and found[1]:
            return answer, int(found[1]), State(int(found[2]), _mark(answer.headers))
        length = answer.headers.get("Content-Length") or ""
        if answer.status != 200 or not length.isdecimal():
            answer.close()
            raise InputError(
                "the server does not say how long the file is", self.url,
                "download it first, for example with curl",
            )  # fmt: skip
        return answer, 0, State(int(length), _mark(answer.headers))

    def _address(self) -> str:
        parts = urlsplit(self.url.address)
        host = parts.netloc.rpartition("@")[2]
        return quote(parts._replace(netloc=host, fragment="").geturl(), safe=_AS_IT_IS)

    def _basic(self) -> str:
        parts = urlsplit(self.url.address)
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
        return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _mark(headers: Any) -> str:
    """What changes with the content; an ETag that is weak counts as well, within one reading."""
    return headers.get("ETag") or headers.get("Last-Modified") or ""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to the web only, and never from https to http."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        leads, came = urlsplit(newurl).scheme, urlsplit(req.full_url).scheme
        if leads not in ("http", "https") or (came, leads) == ("https", "http"):
            fp.close()
            raise Answered(code)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
