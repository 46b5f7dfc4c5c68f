"""Keys of the dehydrated form: nothing public follows from ids and guesses."""

from __future__ import annotations

import hashlib
import json

import pytest

from redditess.release.pseudonyms import Key
from redditess.release.rowkeys import (
    MIN_CHARS,
    crossed_key,
    digest,
    guessable,
    opened,
    place,
    post_key,
    row_key,
    salt_of,
    sealed,
)

SALT = bytes(range(16))
LONG = "It helped me to write the night down before I slept, one line at a time."
POST = post_key(SALT, "t3_a", "Nights", LONG)


def test_every_character_of_id_and_text_decides_about_a_key() -> None:
    key = row_key(SALT, "t1_a", LONG, POST)
    assert row_key(SALT, "t1_b", LONG, POST).public != key.public
    assert row_key(bytes(16), "t1_a", LONG, POST).public != key.public
    for i in range(len(LONG)):
        other = LONG[:i] + "~" + LONG[i + 1 :]
        assert row_key(SALT, "t1_a", other, POST).public != key.public
    assert post_key(SALT, "t3_a", "Nights" + LONG[0], LONG[1:]).public != POST.public


def test_a_short_comment_cannot_be_guessed_with_its_id_alone() -> None:
    other = post_key(SALT, "t3_a", "Nights", LONG + "!")
    short, enough = "x" * (MIN_CHARS - 1), "x" * MIN_CHARS
    assert row_key(SALT, "t1_a", short, POST) != row_key(SALT, "t1_a", short, other)
    assert row_key(SALT, "t1_a", enough, POST) == row_key(SALT, "t1_a", enough, other)
    assert guessable("Help", "please") and not guessable("Help", enough)


def test_the_public_part_does_not_give_the_secret() -> None:
    key = row_key(SALT, "t1_a", LONG, POST)
    assert key.public not in key.secret.hex() and len(key.secret) == 32
    assert digest(key.secret, "subreddit", "anxiety") != digest(
        bytes.fromhex(key.public) * 4, "subreddit", "anxiety"
    )


def test_a_guessed_value_is_no_digest_without_the_texts() -> None:
    """The same community, day and score look different in every row."""
    keys = [row_key(SALT, f"t1_{i:x}", LONG, POST) for i in range(200)]
    for value in ("anxiety", "2020-06-01", 3, None, []):
        assert len({digest(k.secret, "field", value) for k in keys}) == 200
    plain = hashlib.blake2b(json.dumps(["field", 3]).encode(), digest_size=8).hexdigest()
    assert plain not in {digest(k.secret, "field", 3) for k in keys}


def test_a_value_is_verified_to_the_last_digit() -> None:
    secret = POST.secret
    values = [None, "", [], [""], 0, False, "a", "A", "a ", 0.5, 0.51, [None], [["a"]], {"a": 1}]
    said = [digest(secret, "x", value) for value in values]
    assert len(set(said)) == len({json.dumps(v) for v in values}) == len(values)
    assert digest(secret, "y", "a") != digest(secret, "x", "a")


def test_rows_of_one_post_have_nothing_in_common() -> None:
    places = {place(POST, f"t1_{i:x}") for i in range(500)}
    assert len(places) == 500 and POST.public not in places
    other = post_key(SALT, "t3_a", "Nights", LONG + " ")
    assert place(other, "t1_0") not in places


@pytest.mark.parametrize("numbers", [[], [None], [0.25, None, -1.0, 1.0], [0.0] * 40])
def test_what_is_sealed_opens_for_its_key_only(numbers: list[float | None]) -> None:
    text = sealed(POST.secret, "full", numbers)
    assert opened(POST.secret, "full", text) == numbers
    assert len(text) == 8 * len(numbers)
    if numbers:
        assert opened(row_key(SALT, "t1_a", LONG, POST).secret, "full", text) != numbers
        assert opened(POST.secret, "sft", text) != numbers


def test_no_two_things_are_sealed_with_one_stream() -> None:
    zeros = [0.0] * 2
    streams = {sealed(POST.secret, what, zeros) for what in ("full", "sft a", "sft b")}
    assert len(streams) == 3
    assert crossed_key(POST.secret, "sft a", "0" * 16) not in {s[:16] for s in streams}


def test_a_sealed_key_comes_back() -> None:
    hidden = crossed_key(POST.secret, "x", "0123456789abcdef")
    assert hidden != "0123456789abcdef"
    assert crossed_key(POST.secret, "x", hidden) == "0123456789abcdef"


def test_each_build_has_a_salt_of_its_own_and_always_the_same() -> None:
    key = Key(b"k" * 32)
    salts = {salt_of(key, "a"), salt_of(key, "b"), salt_of(Key(b"l" * 32), "a"), salt_of(key, "a")}
    assert len(salts) == 3 and {len(s) for s in salts} == {16}
