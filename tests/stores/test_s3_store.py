"""The store that other tests stand on does what a bucket of S3 does."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = pytest.mark.slow  # a server is started


def test_uploads_in_parts_come_back_whole_and_by_range(s3: Any) -> None:
    data = os.urandom(12 << 20)
    with s3.files.open(f"{s3.name}/big", "wb", block_size=5 << 20) as file:
        for start in range(0, len(data), 1 << 20):
            file.write(data[start : start + (1 << 20)])
    info = s3.files.info(f"{s3.name}/big")
    assert info["size"] == len(data) and info["ETag"].endswith('-3"')  # of 5, 5 and 2 MiB
    assert s3.files.cat_file(f"{s3.name}/big") == data
    assert (
        s3.files.cat_file(f"{s3.name}/big", start=5 << 20, end=11 << 20) == data[5 << 20 : 11 << 20]
    )


def test_a_reader_of_an_object_that_is_replaced_is_told(s3: Any) -> None:
    s3.put("a/x", b"first" * 1000)
    with s3.files.open(f"{s3.name}/a/x", "rb", cache_type="none") as file:
        s3.put("a/x", b"other" * 1000)
        with pytest.raises(OSError, match="preconditions"):
            file.read(10)


def test_wrong_keys_are_refused(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("a/x", b"x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    type(s3.files).clear_instance_cache()
    with pytest.raises(PermissionError):
        s3.files.cat_file(f"{s3.name}/a/x")
