"""The client against a server that fails in every way we know."""

from __future__ import annotations

import json
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from redditess.corpus.errors import RemoteError, SettingsError
from redditess.labeling.endpoint import Endpoint, NoAnswer, Sampling
from redditess.labeling.pacing import Pace, seconds
from tests.labeling.llm_server import Reply, serving

ASKED = [{"role": "user", "content": "Hello"}]
FINE = Reply("fine")


def endpoint(url: str, **options: Any) -> Endpoint:
    options = {"timeout_s": 5.0, "pace": Pace(backoff_s=0.001)} | options
    return Endpoint(url, "m", **options)


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(status=429, headers=(("Retry-After", "0"),)),
        Reply(status=429),
        Reply(status=500),
        Reply(status=503, headers=(("Retry-After", "never"),)),
        Reply(raw=b"<html>gateway</html>"),
        Reply(raw=b'{"choices": []}'),
        Reply(raw=b'{"choices": [{"message": {"content": 7}}]}'),
        Reply(raw=b"\xff\xfe\x00"),
        Reply(raw=b"[" * 100_000),
        Reply("whole", cut=True),
    ],
    ids=lambda r: f"{r.status}{r.raw[:12] if r.raw else ''}{'cut' if r.cut else ''}",
)
def test_passing_trouble_is_tried_again(trouble: Reply) -> None:
    with serving(lambda body, n: FINE if n >= 2 else trouble) as server:
        answer = endpoint(server.url).ask(ASKED)
    assert answer == ("fine", "stop", 100, 20)
    assert len(server.bodies) == 3


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Reply(status=429), "rate_limited"),
        (Reply(status=502), "server_error"),
        (Reply(raw=b"no"), "garbage"),
        (Reply("x", cut=True), "connection"),
        (Reply(wait_s=0.5), "timeout"),
        (Reply("long" * 40, drip_s=0.05), "timeout"),
    ],
)
def test_lasting_trouble_is_no_answer_and_says_why(trouble: Reply, reason: str) -> None:
    with (
        serving(lambda body, n: trouble) as server,
        pytest.raises(NoAnswer) as failure,
    ):
        endpoint(server.url, attempts=2, timeout_s=0.2).ask(ASKED)
    assert failure.value.reason == reason
    assert len(server.bodies) == 2


def test_a_refused_request_is_not_repeated() -> None:
    with (
        serving(lambda body, n: Reply(status=400)) as server,
        pytest.raises(NoAnswer, match="request_refused"),
    ):
        endpoint(server.url).ask(ASKED)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 301, 307])
def test_what_no_call_can_survive_stops_the_run(status: int) -> None:
    there = (("Location", "http://127.0.0.1:9/v1/chat/completions"),)
    with (
        serving(lambda body, n: Reply(status=status, headers=there)) as server,
        pytest.raises(RemoteError, match=str(status)),
    ):
        endpoint(server.url, key="secret-key").ask(ASKED)
    assert len(server.bodies) == 1


def test_nobody_listening_is_no_answer() -> None:
    with serving(lambda body, n: FINE) as server:
        url = server.url
    with pytest.raises(NoAnswer, match="connection"):
        endpoint(url, attempts=2).ask(ASKED)


def test_an_error_shows_neither_the_key_nor_what_the_server_said() -> None:
    with (
        serving(lambda body, n: Reply(status=403, raw=b"you sent: Hello")) as server,
        pytest.raises(RemoteError) as failure,
    ):
        endpoint(server.url, key="secret-key").ask(ASKED)
    assert "secret-key" not in str(failure.value)
    assert "Hello" not in str(failure.value)


def test_the_request_has_the_settings_and_the_key() -> None:
    with serving(lambda body, n: FINE) as server:
        endpoint(server.url, key="k", sampling=Sampling(50, None, 3, True)).ask(ASKED)
    assert server.bodies == [
        {"model": "m", "messages": ASKED, "max_tokens": 50, "seed": 3,
         "response_format": {"type": "json_object"}}
    ]  # fmt: skip
    assert server.headers[0]["Authorization"] == "Bearer k"


def test_no_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(lambda body, n: FINE) as server:
        assert endpoint(server.url).ask(ASKED).text == "fine"


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:80/v1", "ftp://x/v1", "http://a:b@x/v1", "http://x/v1?key=1", "http://x:99999/"],
)
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="--endpoint"):
        Endpoint(url, "m")


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: deque[float] = deque()

    def sleep(self, wait: float) -> None:
        self.slept.append(wait)
        self.now += wait


def test_the_rate_is_kept() -> None:
    clock = Clock()
    pace = Pace(120, clock=lambda: clock.now, sleep=clock.sleep)
    for _ in range(5):
        pace.turn()
    assert clock.now == pytest.approx(1002.0)


def test_retry_after_makes_everybody_wait() -> None:
    clock = Clock()
    pace = Pace(clock=lambda: clock.now, sleep=clock.sleep)
    pace.refused(0, "30")
    pace.turn()
    assert clock.now == pytest.approx(1030.0)


def test_without_a_word_the_wait_doubles_up_to_a_minute() -> None:
    clock = Clock()
    pace = Pace(clock=lambda: clock.now, sleep=clock.sleep)
    for attempt in range(9):
        pace.refused(attempt)
    bounds = [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert all(b / 2 <= w <= b for w, b in zip(clock.slept, bounds, strict=True))


def test_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    assert seconds(format_datetime(now + timedelta(seconds=9), usegmt=True), now) == 9
    assert seconds(format_datetime(now - timedelta(days=1), usegmt=True), now) == 0
    assert seconds("nan") is None


def test_a_slow_server_is_left_in_time() -> None:
    began = time.monotonic()
    with (
        serving(lambda body, n: Reply(json.dumps({}), drip_s=0.1)) as server,
        pytest.raises(NoAnswer),
    ):
        endpoint(server.url, attempts=1, timeout_s=0.3).ask(ASKED)
    assert time.monotonic() - began < 2
