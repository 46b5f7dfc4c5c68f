"""A dump behind https:// is read to its end or refused in one sentence that tells no secret."""

from __future__ import annotations

import errno
import hashlib
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.dumps import remote
from redditess.corpus.dumps.source import Source
from redditess.corpus.errors import InputError
from redditess.corpus.places import Url

SIGNED = "?X-Amz-Signature=s3cr3t"
DATA = os.urandom(3_000_000)


def read(url: str) -> str:
    with Source(url) as source:
        return source.sha256()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def refusal(url: str) -> str:
    """The sentence for the user; neither it nor its traceback (--debug) shows what is secret."""
    with pytest.raises(InputError) as told:
        read(url)
    assert "s3cr3t" not in "".join(traceback.format_exception(told.value))
    return str(told.value)


@pytest.mark.parametrize("size", [0, 1, 1 << 18, 3_000_000])
def test_a_file_comes_in_one_request(web: Any, size: int) -> None:
    web.files["RC_2019-01.zst"] = DATA[:size]
    with Source(f"{web.url}/RC_2019-01.zst{SIGNED}") as source:
        assert source.path.name == "RC_2019-01.zst" and "s3cr3t" not in str(source.path)
        assert source.sha256() == digest(DATA[:size])
        assert source.n_bytes == source.state.size == size
    assert web.asked == [(f"/RC_2019-01.zst{SIGNED}", "bytes=0-")]


def test_pieces_are_as_of_a_file_however_the_line_breaks(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 5}, {"cut": 3}, {"cut": 1_500_000}]
    with Source(f"{web.url}/x") as source:
        pieces = [source.read(1 << 20) for _ in range(4)]
    assert [len(piece) for piece in pieces] == [1 << 20, 1 << 20, 3_000_000 - (2 << 20), 0]
    assert b"".join(pieces) == DATA


def test_a_connection_that_breaks_goes_on_at_its_byte(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 1_000_000}, {"status": 503}, {"cut": 0}, {"cut": 70_000}]
    assert read(f"{web.url}/x{SIGNED}") == digest(DATA)
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for _, asked in web.asked]
    assert starts == [0, 1_000_000, 1_000_000, 1_000_000, 1_070_000]


def test_a_server_that_never_comes_back_is_given_up(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 1_000_000}, *[{"status": 502}] * 50]
    told = refusal(f"{web.url}/x{SIGNED}")
    assert told.startswith(f"{web.url}/x: the server is in trouble (502), 8 times in a row; check")
    assert len(web.asked) == 1 + len(remote.WAITS_S)


def test_breaks_that_let_nothing_through_are_counted_together(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 1}] * 50
    assert "the connection broke, 8 times in a row" in refusal(f"{web.url}/x")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"etag": '"other"'}, "the file changed while it was read; wait until nobody writes it"),
        ({"no_range": True}, "the server does not go on at byte 1000000, where the connection"),
        ({"shift": 1}, "the server does not go on at byte 1000000, where the connection broke"),
        ({"status": 403}, "access is refused (403); check the address and your rights"),
        ({"status": 404}, "does not exist (404); check the address"),
        ({"to": "ftp://127.0.0.1/x"}, "the server refuses (302)"),
    ],
)
def test_what_cannot_be_mended_in_the_middle_is_one_sentence(
    web: Any, fault: dict[str, Any], sentence: str
) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 1_000_000}, fault]
    assert f"{web.url}/x: {sentence}" in refusal(f"{web.url}/x{SIGNED}")


def test_a_file_that_grew_in_the_middle_is_another_one(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"cut": 1_000_000, "etag": ""}, {"etag": ""}]
    with Source(f"{web.url}/x") as source:
        web.files["x"] = DATA + b"more"
        with pytest.raises(InputError, match="changed while it was read"):
            source.sha256()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [(403, "access is refused (403)"), (404, "does not exist (404)"), (400, "refuses (400)")],
)
def test_a_refusal_at_the_start_is_told_at_once(web: Any, status: int, sentence: str) -> None:
    web.files["x"] = DATA
    web.faults += [{"status": status}] * 9
    assert sentence in refusal(f"{web.url}/x{SIGNED}")
    assert len(web.asked) == 1


def test_a_busy_server_is_asked_again_at_the_start(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"status": 429}, {"status": 500}]
    assert read(f"{web.url}/x") == digest(DATA)


def test_a_redirect_is_followed_with_its_range(web: Any) -> None:
    web.files["x"] = DATA
    there = {"to": f"{web.url}/x{SIGNED}"}
    web.faults += [there, {"cut": 1_000_000}, there]
    assert read(f"{web.url}/start") == digest(DATA)
    assert web.asked[-1] == (f"/x{SIGNED}", "bytes=1000000-")


def test_a_server_without_ranges_is_read_where_nothing_breaks(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"no_range": True}]
    assert read(f"{web.url}/x") == digest(DATA)


def test_a_server_that_tells_no_length_is_refused(web: Any) -> None:
    web.files["x"] = DATA
    web.faults += [{"no_range": True, "no_length": True}]
    assert "does not say how long the file is; download it first" in refusal(f"{web.url}/x{SIGNED}")


def test_a_password_goes_to_its_own_host_only(web: Any, secure_web: Any) -> None:
    web.password, web.files["a ü"] = "me:s3cr3t", DATA
    address = web.url.replace("//", "//me:s3cr3t@")
    assert read(f"{address}/a ü") == digest(DATA)
    assert "(401)" in refusal(web.url + "/a ü")
    web.password, secure_web.password = "", "me:s3cr3t"
    web.faults += [{"to": f"{secure_web.url}/x"}]
    assert f"{web.url}/x: access is refused (401)" in refusal(f"{address}/x")


def test_https_needs_a_certificate_that_is_trusted(
    secure_web: Any, web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure_web.files["x"] = DATA
    secure_web.faults += [{"cut": 1_000_000}]
    assert read(f"{secure_web.url}/x") == digest(DATA)
    web.files["x"] = DATA
    secure_web.faults += [{"to": f"{web.url}/x"}]
    assert "the server refuses (302)" in refusal(f"{secure_web.url}/x")  # to plain http: never
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate of this host is not trusted" in refusal(f"{secure_web.url}/x{SIGNED}")


def test_a_host_that_is_not_there_is_one_sentence(web: Any) -> None:
    assert "its host is not found; check the address" in refusal(f"https://no.invalid/x{SIGNED}")
    gone = web.url.replace(str(web.server_address[1]), "1")
    assert "the connection broke, 8 times in a row" in refusal(f"{gone}/x{SIGNED}")


def test_the_words_of_a_library_are_not_passed_on() -> None:
    def refused() -> None:
        raise PermissionError(f"GET https://host/x{SIGNED}")

    with pytest.raises(InputError, match=r"^https://host/x: access is refused; check") as told:
        remote.mended(Url(f"https://host/x{SIGNED}"), refused)
    assert "s3cr3t" not in "".join(traceback.format_exception(told.value))


def test_what_is_no_trouble_of_a_store_goes_on_as_it_is() -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def wrong() -> None:
        raise ValueError("ours")

    for work, kind in ((full, OSError), (wrong, ValueError)):
        with pytest.raises(kind):
            remote.mended(Url("s3://b/x"), work)


def test_a_frame_can_be_read_again_from_its_byte(web: Any) -> None:
    web.files["x"] = DATA
    with Source(f"{web.url}/x") as source:
        source.read(100)
        with source.again(2_000_000) as file:
            assert file.read(10) == DATA[2_000_000:2_000_010] and file.tell() == 2_000_010
        assert source.sha256() == digest(DATA)


def test_a_local_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "RC_2019-01.zst"
    path.write_bytes(DATA)
    with Source(path) as source:
        source.read(10)
        with open(path, "ab") as file:
            file.write(b"more")
        with pytest.raises(InputError, match="changed while it was read; wait until nobody"):
            source.sha256()
