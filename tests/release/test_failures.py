"""Each way in which the client says that a call failed, and what we make of it."""

from __future__ import annotations

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from redditess.release.failures import asked_wait, clean, describe
from redditess.release.hub import ATTEMPTS, Hub, Stale

API = "https://huggingface.co/api/datasets/ns/x/commit/main"
STORAGE = "https://s3.example.org/bucket/ab/cd?X-Amz-Signature=abc"


def answered(status: int, url: str = API, **headers: str) -> HfHubHTTPError:
    request = httpx2.Request("POST", url)
    response = httpx2.Response(status, headers=headers, request=request)
    return HfHubHTTPError("client's words", response=response, server_message="server's words")


@pytest.mark.parametrize(
    ("status", "url", "kind"),
    [
        (500, API, "again"), (503, STORAGE, "again"), (429, API, "again"), (408, API, "again"),
        (412, API, "stale"), (401, API, "refused"), (403, API, "refused"), (403, STORAGE, "again"),
        (400, API, "final"), (404, API, "final"), (413, API, "final"),
        (403, "https://huggingface.co/datasets/ns/x.git/info/lfs/objects/batch", "refused"),
    ],
)  # fmt: skip
def test_answers_are_sorted(status: int, url: str, kind: str) -> None:
    assert describe(answered(status, url)).kind == kind


def test_the_answer_is_found_under_what_the_client_wrapped_it_in() -> None:
    error = RuntimeError("Error while uploading 'x' to the Hub.")
    error.__cause__ = answered(403, STORAGE)
    assert describe(error)[:2] == ("again", 403)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx2.ReadTimeout("slow"), "again"), (httpx2.RemoteProtocolError("cut"), "again"),
        (ConnectionResetError("reset"), "again"), (RuntimeError("xet: no token"), "again"),
        (OfflineModeIsEnabled("offline"), "final"), (ValueError("bad YAML"), "final"),
        (OSError(28, "No space left on device"), "final"), (NotImplementedError(), "final"),
    ],
)  # fmt: skip
def test_silence_is_sorted_too(error: Exception, kind: str) -> None:
    assert describe(error).kind == kind


def test_waits_are_read() -> None:
    assert asked_wait({"Retry-After": " 30 "}) == 30.0
    assert asked_wait({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}) is None
    assert asked_wait({"RateLimit": '"api";r=0;t=55'}) == 55.0
    assert asked_wait({}) is None


def test_words_of_others_are_harmless() -> None:
    told = clean(
        "\x1b[31mBearer abc.def hf_AbC9 secret https://s3/a?sig=1\nnext\u202e" + "x" * 999, "secret"
    )
    assert told.startswith("[31m*** *** *** https://s3/a*** next")
    assert len(told) == 200 and told.isprintable()


def hub(pauses: list[float]) -> Hub:
    return Hub("ns/x", "dataset", token="hf_secret", pause=pauses.append)


def test_a_passing_fault_is_tried_again_with_longer_waits() -> None:
    pauses: list[float] = []
    left = [answered(500), answered(429, **{"retry-after": "9"}), httpx2.ReadTimeout("slow")]

    def do() -> str:
        if left:
            raise left.pop(0)
        return "done"

    assert hub(pauses).read("do it", do) == "done"
    assert pauses == [1.0, 9.0, 4.0]


def test_a_lasting_fault_ends_in_one_sentence() -> None:
    pauses: list[float] = []

    def do() -> None:
        raise answered(503)

    with pytest.raises(Exception, match=r"^ns/x: could not do it \(503 server's words\); run") as e:
        hub(pauses).read("do it", do)
    assert len(pauses) == ATTEMPTS - 1 and sum(pauses) <= 31
    assert e.value.__context__ is None  # the client's own words are not shown by --debug


def test_a_lost_answer_counts_as_done_and_412_as_somebody_else() -> None:
    done: list[int] = []

    def lost() -> None:
        done.append(1)
        raise httpx2.RemoteProtocolError("cut")

    assert hub([])._call("write", lost, lambda: bool(done)) is None
    assert done == [1]

    def stale() -> None:
        raise answered(412)

    with pytest.raises(Stale):
        hub([])._call("write", stale, lambda: False)
    assert hub([])._call("write", stale, lambda: True) is None
