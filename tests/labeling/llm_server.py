"""A server in the shape of OpenAI's, with a script instead of a model; and readers of prompts."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from redditess.labeling.canaries import canaries
from redditess.labeling.endpoint import Answer, Sampling


class Seen(NamedTuple):
    """What a careful reader finds in a request."""

    token: str
    check: str
    title: str
    post: str
    comment: str


class Reply(NamedTuple):
    """What goes over the wire; `cut` closes the connection before the end."""

    content: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    wait_s: float = 0.0
    drip_s: float = 0.0
    cut: bool = False
    finish: str = "stop"


Script = Callable[[dict[str, Any], int], Reply]


def read(messages: list[dict[str, str]]) -> Seen:
    """The inverse of `labeling.llm.messages`, for a reader who minds the tokens."""
    asked = messages[-1]["content"]
    token, check = re.findall(r"token was (\w+)\..*\. Answer token: (\w+)\n", asked)[-1]
    parts = re.findall(rf"^BEGIN (\w+) {token}\n(.*?)\nEND \1 {token}$", asked, re.M | re.S)
    assert [name for name, _ in parts] == ["title", "post", "comment"]
    return Seen(token, check, *(text for _, text in parts))


def answer(seen: Seen, label: str, **other: Any) -> str:
    """A correct answer, its evidence the first words of the comment."""
    said = {
        "check": seen.check, "label": label, "confidence": 0.8, "evidence": seen.comment[:40],
        "support_types": ["emotional"], "screen": [],
    }  # fmt: skip
    return json.dumps(said | other)


def honest(seen: Seen, label: str = "effective") -> str:
    """`label`, but for planted items what is right there."""
    right = {c.item.comment: ("not_effective", "effective")[c.vote] for c in canaries()}
    return answer(seen, right.get(seen.comment, label))


def always(label: str = "effective") -> Script:
    return lambda body, n: Reply(honest(read(body["messages"]), label))


class Scripted:
    """An Asker without a server."""

    model, server = "scripted", "loopback"

    def __init__(self, say: Callable[[Seen], str], sampling: Sampling | None = None):
        self.say, self.sampling, self.n_calls = say, sampling or Sampling(), 0

    def ask(self, messages: Any) -> Answer:
        self.n_calls += 1
        return Answer(self.say(read(messages)), "stop", 100, 20)


class Server(NamedTuple):
    url: str
    bodies: list[dict[str, Any]]  # requests in the order of their arrival
    headers: list[dict[str, str]]


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """`script(body, n)` answers request number n (from 0) while the block runs."""
    server, guard = Server("", [], []), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with guard:
                n = len(server.bodies)
                server.bodies.append(body)
                server.headers.append(dict(self.headers))
            _send(self, script(body, n))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # the client went away: that is what some tests are about

    with Quiet(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server._replace(url=f"http://127.0.0.1:{http.server_port}/v1")
        finally:
            http.shutdown()


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    message = {"message": {"content": reply.content}, "finish_reason": reply.finish}
    usage = {"prompt_tokens": 100, "completion_tokens": 20}
    whole = json.dumps({"choices": [message], "usage": usage}).encode()
    raw = whole if reply.raw is None else reply.raw
    time.sleep(reply.wait_s)
    handler.send_response(reply.status)
    for name, value in reply.headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    if reply.cut:
        raw = raw[: len(raw) // 2]
    for i in range(0, len(raw), 8 if reply.drip_s else len(raw) or 1):
        handler.wfile.write(raw[i : i + (8 if reply.drip_s else len(raw))])
        handler.wfile.flush()
        time.sleep(reply.drip_s)
    handler.close_connection = True
