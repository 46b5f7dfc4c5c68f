"""Direct identifiers leave a text, everything else stays: recall, false alarms, hostile text."""

import random
import re
import sys
import time
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from redditess.corpus.masking import KINDS, mask, mask_column
from redditess.corpus.phones import helplines, is_helpline
from redditess.corpus.suspects import BITS, families

FILE = Path(__file__).parents[2] / "benchmarks" / "masking_items.py"
spec = spec_from_file_location("masking_items", FILE)
items = module_from_spec(spec)
sys.modules["masking_items"] = items  # its NamedTuples look their module up
spec.loader.exec_module(items)

# Invented identifiers: reserved domains and ranges, published test cards, fictional numbers.
PLANTED = {
    "EMAIL": [
        "jo@example.org", "jo.lee+help@mail.example.co.uk", "JO_LEE99@EXAMPLE.COM",
        "jo [at] example [dot] org", "jo.lee (at) example.com", "jolee at gmail dot com",
        "o'jo-lee@example-clinic.net", "zoë@example.fr",
    ],
    "URL": [
        "https://example.org/a?b=c#d", "http://example.org", "www.example.net/page",
        "example.com", "blog.example.co.uk/me", "hxxps://example.org/x", "discord.gg/abc123",
        "t.me/joinexample", "bit.ly/3xAmPle", "https://www.reddit.com/r/x/comments/abc/title/",
        "https://en.example.org/wiki/A_(b)", "youtu.be/abcdefghijk", "HTTPS://EXAMPLE.ORG/A",
    ],
    "USER": [
        "u/jo_lee-99", "/u/jolee", "U/JoLee", "/user/jolee", "u/jo\\_lee", "r/u_jolee",
    ],
    "HANDLE": [
        "@jolee", "@jo.lee_99", "jolee#1234", "@99jolee",
    ],
    "IP": ["192.0.2.44", "203.0.113.7", "2001:db8::8a2e:370:7334", "2001:db8:0:0:1:2:3:4"],
    "CARD": [
        "4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005",
        "3782 822463 10005", "6011000990139424",
    ],
    "SSN": ["078-05-1120", "219-09-9999"],
    "GEO": [
        "51.5074, -0.1278", "40.712776,-74.005974", "51.5074° N, 0.1278° W", "51°30'26\"N",
        "-33.8688 151.2093",
    ],
    "PHONE": [
        "(212) 555-0123", "212-555-0123", "212.555.0123", "212 555 0123", "2125550123",
        "+1 212 555 0123", "1-212-555-0123", "+12125550123", "555-123-4567", "1 (416) 555-0199",
        "+44 20 7946 0958", "020 7946 0958", "07700 900123", "+447700900123", "07911 123456",
        "+44 (0)20 7946 0958", "0412 345 678", "+61 412 345 678", "(02) 9374 4000",
        "021 123 4567", "+64 21 123 4567", "98765 43210", "+91 98765 43210", "+919876543210",
        "0176 12345678", "+49 176 12345678", "06 12 34 56 78", "+33 6 12 34 56 78",
        "085 012 3456", "+353 85 012 3456", "(11) 91234-5678", "0049 176 12345678",
        "011 44 20 7946 0958", "+86 138 0013 8000", "+81-90-1234-5678",
    ],
}  # fmt: skip
AROUND = (
    "{}", "you can reach me: {}", "it is {}.", "({})", "i am {} and i am tired", "**{}**",
    "first line\n{}\nlast line", "seriously, {}, any time", "is it \"{}\"?", "> {}",
    "I am 24, on 20 mg since 2019. {} anyway", "😢 {} 😢", "find me at {}!", "a/b {} c/d",
)  # fmt: skip

CLEAN = (
    "I take 20 mg of it at 10:30 and 150mg at night, since 2019-03-01.",
    "Call 988 or 911, or text HOME to 741741, 24/7.",
    "In the UK call 116 123, or 0800 58 58 58; Childline is 0800 1111 24 hours a day.",
    "The line is 1-800-273-8255 (1-800-273-TALK), +1 800 273 8255 from abroad.",
    "Lifeline 13 11 14, Beyond Blue 1300 22 4636, Kids Helpline 1800 55 1800.",
    "Call 988 24 7 365 if it gets worse.",
    "He/she said and/or something, w/o reason, b/c of my job; ask your doctor/therapist.",
    "On 06/12/2021, 12.06.2021, 2021/06/12 and 2021-06-12 10:30 it was bad.",
    "It cost $1,200.50, then 1,000,000, then 12 000 000 or 10.000.",
    "From 2019-2020 and in 1998-1999 I slept 5-6 hours, 100-200-300 calories.",
    "PHQ-9 of 15/27, GAD-7, DSM-5, F41.1, B12, 5-HTP, 3.14159, v1.2.3, 120/80.",
    "I felt better.So I went out.It was ok.Then no.1 again...maybe e.g. tomorrow i.e. never",
    "r/Anxiety and /r/depression helped; see r/ptsd.",
    "Meet @ 5pm or @7pm? Rated 10/10 :) :: ;) <3 -- ... ??? #1 #metoo",
    "My ratio is 1:2:3, the time 10:30:45, a score of 0.001 vs 1.2345.",
    "At 3am I counted 1 2 3 4 5 6 7 8 9 10 breaths, then 4 7 8 breathing.",
    "She scored 85, 90, 95 and 100 in 2018, 2019, 2020, 2021.",
    "The study had n = 12345 people (95% CI 0.123 to 0.456, p < .001).",
    "Snapchat: everyone posts there. Discord: a place to talk.",
    "I looked at the dot com crash; meet me at home at 10 dot.",
    "Version 2.0.1.5 is not an address when it has a fifth part 2.0.1.5.6",
    "My chapter 3.2 is 1234567 words long, page 12345.",
    "On 06.12.2021 10 people came, 06 12 2021 10 of them late; section 300.1.2.300 says so.",
)  # fmt: skip


def planted():
    for kind, examples in PLANTED.items():
        for identifier in examples:
            for i, around in enumerate(AROUND):
                yield kind, identifier, around.format(identifier), i


def test_planted_identifiers_are_found():
    """Recall by kind and over all, on every identifier in every surrounding."""
    missed, total = [], Counter()
    for kind, identifier, text, _ in planted():
        total[kind] += 1
        masked, _ = mask(text)
        rest = re.sub(r"\[[A-Z]+\]", "", masked)
        leaked = identifier in masked or sum(c.isdigit() for c in rest) > sum(
            c.isdigit() for c in text.replace(identifier, "")
        )
        if leaked or masked == text:
            missed.append((kind, text, masked))
    assert set(total) == set(KINDS)
    assert sum(total.values()) > 1000
    assert len(missed) <= 0.01 * sum(total.values()), missed[:10]


@pytest.mark.parametrize("kind", KINDS)
def test_an_identifier_becomes_the_placeholder_of_its_kind(kind):
    for identifier in PLANTED[kind]:
        masked, counts = mask(f"so {identifier} it is")
        assert masked == f"so [{kind}] it is", identifier
        assert counts == {kind: 1}


def test_clean_text_stays_as_it_is():
    """False alarms, on single sentences and on sentences put together."""
    rng = random.Random(1)
    texts = [*CLEAN, *(" ".join(rng.sample(CLEAN, 3)) for _ in range(300))]
    changed = [(t, mask(t)[0]) for t in texts if mask(t)[0] != t]
    assert len(changed) <= 0.01 * len(texts), changed[:5]


def test_crisis_lines_stay_and_their_neighbours_do_not():
    text = "1-800-273-8255 or me, 1-212-555-0123; UK 116 123, me 07700 900123"
    assert mask(text)[0] == "1-800-273-8255 or me, [PHONE]; UK 116 123, me [PHONE]"


def test_every_listed_line_stays_however_it_is_written():
    for digits in sorted(helplines()):
        for number in (digits, "-".join((digits[:3], digits[3:])).rstrip("-"), f"+{digits}"):
            assert is_helpline(number)
            assert mask(f"please call {number} now")[0] == f"please call {number} now"


def test_a_number_one_digit_off_is_not_a_crisis_line():
    assert mask("1-800-273-8256")[0] == "[PHONE]"


def test_sentence_ends_and_brackets_around_an_address_stay():
    assert mask("(see https://example.org/a_(b).)")[0] == "(see [URL].)"
    assert mask("[read](https://example.org)!")[0] == "[read]([URL])!"
    assert mask("insta: jo_lee99, snap: jolee.")[0] == "insta: [HANDLE], snap: [HANDLE]."


def test_nothing_and_odd_characters_are_no_problem():
    assert mask("") == ("", {})
    assert mask("\ud800 jo@example.org \0 \ufffd")[0] == "\ud800 [EMAIL] \0 \ufffd"
    assert mask("call ٠٧٧٠٠ ٩٠٠١٢٣")[0] == "call [PHONE]"
    assert mask_column([])[0] == []
    assert mask_column([None, "", "\udfff @jolee"])[0] == [None, "", "\udfff [HANDLE]"]


PIECES = (
    "http://", "www.", "@", "a", "jo", "u/", "r/u_", "/user/", ".com", ".me/", ".", "-", " ", "(",
    ")", "[", "]", "[URL]", "[PHONE]", "1", "00", "0800", "555", "0123", "212", "+", "+44", ":",
    "#", "4111", "1111", "116 123", "call ", "insta: ", " at ", "gmail", " dot ", "com", "°", "N",
    "\n", "é", "\\_", "＠", "\u200b", "а", "&#64;", " dot ", "[.]", "my snap is ", "on ig", "five ",
    "six ", "user ", "u/ ", "_", "lat: ", "[jolee](/u/jolee)",
    "/", "51.5074", ", ", "078-05-1120", "192.0.2.4", "fe80::1", "1-800-273-8255",
)  # fmt: skip
wild = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=16).map("".join))


@settings(deadline=None)
@given(wild)
@example("192.0.2.4/user/www.fe80::1.com")  # a placeholder uncovers what it stood beside
@example("192.0.2.4http://.com\nu/212/user/212call (")
def test_masking_twice_changes_nothing(text):
    masked, _ = mask(text)
    assert mask(masked) == (masked, {})


@settings(deadline=None)
@given(st.lists(st.one_of(st.none(), wild), max_size=5))
@example([text for _, _, text, _ in planted()])
@example(["my number is 555-0123", "fe80::1", "1.2.3.4", "51°N"])
def test_a_column_is_masked_like_its_texts(texts):
    masked, counts = mask_column(texts)
    assert masked == [None if t is None else mask(t)[0] for t in texts]
    alone = Counter()
    for text in texts:
        alone.update({} if text is None else mask(text)[1])
    assert counts == alone


N = 1_000_000
HOSTILE = (
    "a", "1", "@", "a@", "a.", "1 ", "+1 ", "(", "http://(", ":", "u/\\", "call 1 ", "insta:a.",
    "a at gmail ", "1°", "1.1234 ", "a@b.", "00 ", "0800 1111 ", "2125550123 ", "0412 345 678 ",
    "+44 20 7946 0958 ", "[URL]", "ab (at) ", "fe80:", "98765 43211 ", "4 ", "٣",
    "a dot ", "my snap is ", "five six ", "＠", "\u200b", "аa", "&#64;", "a[.]", "user ", "u/ ",
    "_", "jo on ig ", "a-", "[jo](", "lat: 1.123 ", "* at ", "a at a.", "add me on ", "N 1.1234 ",
    "dot com",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_made_to_hurt_takes_seconds_not_hours(piece):
    """Ten times the length takes about ten times as long: no backtracking runs away."""
    times = []
    for n in (N // 10, N):
        start = time.process_time()
        masked, _ = mask(piece * (n // len(piece)))
        times.append(time.process_time() - start)
    assert times[1] < 6
    assert times[1] < 40 * times[0] + 0.5
    assert len(masked) <= 6 * N


def test_look_alikes_hide_nothing_and_other_letters_stay():
    hidden = ("ｊｏ＠ｅｘａｍｐｌｅ．ｏｒｇ", "j\u200bo\u200b@\u200bexample.org",
              "jo@ex\u0430mple.org",
              "jo&#64;example.org")  # fmt: skip
    for text in hidden:
        assert mask(f"so {text} it is") == ("so [EMAIL] it is", {"EMAIL": 1}), text
    for text in ("да, спасибо", "👩‍👩‍👧 ok", "ｗｉｄｅ ｗｏｒｄｓ", "η καρδιά μου"):
        assert mask(text) == (text, {})


def test_what_follows_the_name_of_a_place_is_an_account_only_if_it_looks_like_one():
    said = "my snap is broken, my insta is private, add me on discord sometime, kik was a thing"
    assert mask(said) == (said, {})
    assert mask("my snap is copperbeech")[0] == "my snap is [HANDLE]"
    assert mask("add me on discord, copperbeech!")[0] == "add me on discord, [HANDLE]!"
    assert mask("i'm copperbeech on insta")[0] == "i'm [HANDLE] on insta"


def test_numbers_in_words_are_numbers_unless_somebody_counts():
    assert mask("five five five zero one four two")[0] == "[PHONE]"
    counted = "one two three four five six seven eight nine"
    assert mask(counted) == (counted, {})


@pytest.mark.parametrize("ways", ["WAYS", "HELD"])
def test_planted_items_of_the_benchmark_are_found(ways):
    """The whole of it: benchmarks/masking.py."""
    found = list(items.planted(1_500, ways=ways))
    missed = [p for p in found if items.left_over(p, mask(p.text)[0])]
    assert len(missed) <= (0.01 if ways == "WAYS" else 0.03) * len(found), missed[:5]


def test_clean_items_of_the_benchmark_stay():
    texts = list(items.clean(1_500))
    assert sum(a != b for a, b in zip(texts, mask_column(texts)[0], strict=True)) <= 15


@pytest.mark.parametrize("ways", ["WAYS", "HELD", "BLIND"])
def test_the_look_before_masking_overlooks_no_planted_item(ways):
    texts = [item.text for item in items.planted(2_000, 3, ways=ways)]
    assert mask_column(texts)[0] == [mask(text)[0] for text in texts]


def test_the_look_at_a_column_knows_the_digits_of_every_script():
    digits = [c for c in map(chr, range(0x110000)) if c.isdecimal()]
    found = families([f"{d}-{d * 3}-{d * 3}" for d in digits])
    assert len(digits) > 600 and all(bits & BITS["phone"] for bits in found)


def test_letters_that_only_re_takes_for_an_i_hide_no_account_from_the_look():
    texts = ["my dıscord: jo_lee99", "my dİscord: jo_lee99", "a plain reply"] * 200
    named = [bool(bits & BITS["named"]) for bits in families(texts)]
    assert named == [True, True, False] * 200
