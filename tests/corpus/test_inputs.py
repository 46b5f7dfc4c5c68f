"""What the user points at: files as they are, folders by what is a dump in them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from backports import zstd

from redditess.corpus.dumps.inputs import find_dumps, looks_like_dump
from redditess.corpus.errors import InputError

LINE = b'{"subreddit": "sample_sleep", "created_utc": 1400000000, "id": "a", "body": "x"}\n'


def make(folder: Path, *names: str, data: bytes = LINE) -> list[Path]:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return [folder / name for name in names]


@pytest.mark.parametrize(
    "name",
    [
        "RC_2019-01.zst", "RS_2019-01.xz", "RC_2005-12.bz2", "RS_v2_2008-03.xz", "RC_2012-06",
        "rc_2012-06.ndjson", "RC_2018-01-01.xz", "RS_2024-01.jsonl.gz",
    ],
)  # fmt: skip
def test_month_names_are_dumps_whatever_is_in_them(tmp_path: Path, name: str) -> None:
    [path] = make(tmp_path, name, data=b"")
    assert looks_like_dump(path)


@pytest.mark.parametrize(
    "name",
    ["RC_2019-01.torrent", "RC_2019-01.txt", "RC_notes", "RS_2019-01.zst.part", "depression"],
)
def test_other_names_are_not(tmp_path: Path, name: str) -> None:
    [path] = make(tmp_path, name)
    assert not looks_like_dump(path)


def test_files_of_other_names_are_known_by_their_first_lines(tmp_path: Path) -> None:
    packed = {"depression_comments.zst": zstd.compress(LINE), "r_x_posts.gz": gzip.compress(LINE)}
    good = [make(tmp_path, name, data=data)[0] for name, data in packed.items()]
    good += make(tmp_path, "comments.ndjson", "anything.json", data=b"\nnot json\n" + LINE)
    make(tmp_path, "package.json", data=b'{"name": "x"}')
    make(tmp_path, "train.jsonl", data=b'{"subreddit": "x", "title": "no time"}\n')
    make(tmp_path, "archive.zst", data=b"\x28\xb5\x2f\xfd garbage")
    make(tmp_path, "notes.txt")
    assert find_dumps([tmp_path]) == sorted(good, key=lambda p: p.name)


def test_folders_are_searched_two_levels_deep_but_not_hidden_ones(tmp_path: Path) -> None:
    found = make(tmp_path, "reddit/comments/RC_2019-01.zst", "reddit/submissions/RS_2019-01.zst")
    make(tmp_path, "a/b/c/RC_2019-02.zst", ".cache/RC_2019-03.zst", "x/.RC_2019-04.zst")
    assert find_dumps([tmp_path]) == found


def test_each_file_comes_once_and_the_order_of_the_arguments_is_nothing(tmp_path: Path) -> None:
    a, b = make(tmp_path, "z/RC_2019-01.zst", "a/RS_2019-01.zst")
    (tmp_path / "RC_2019-01.zst").symlink_to(a)
    assert find_dumps([tmp_path / "z", b]) == find_dumps([b, a, tmp_path / "z"]) == [a, b]
    assert len(find_dumps([tmp_path])) == 2


def test_a_file_that_is_named_is_taken_whatever_its_name(tmp_path: Path) -> None:
    [path] = make(tmp_path, "mine.txt", data=b"")
    assert find_dumps([str(path)]) == [path]


def test_what_cannot_be_found_says_what_to_do(tmp_path: Path) -> None:
    make(tmp_path, "RC_2019-01.zst")
    with pytest.raises(InputError, match=r"did you mean .*RC_2019-01\.zst\?"):
        find_dumps([tmp_path / "RC_2019-10.zst"])
    with pytest.raises(InputError, match="check the path"):
        find_dumps([tmp_path / "nowhere" / "at all"])
    with pytest.raises(InputError, match="no dump given"):
        find_dumps([])
    make(tmp_path, "empty/notes.txt")
    with pytest.raises(InputError, match=r"empty: no dump in this folder; a dump is a file such"):
        find_dumps([tmp_path / "RC_2019-01.zst", tmp_path / "empty"])
