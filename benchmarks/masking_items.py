"""Invented texts with one direct identifier each, and invented texts with none.

Made from parts of identifiers (a name, a host, digits) and from ways in which people write and hide
them; no pattern of `corpus/masking.py` is used or looked at. Hosts are reserved or look like
well-known ones, numbers are fictional or drawn at random from a country's shape.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Planted(NamedTuple):
    """A text and the one thing in it that must go."""

    kind: str
    way: str  # how it is written or hidden
    text: str
    secrets: tuple[str, ...]  # none of them may be left, whatever their case and separators


NICKS = (
    "jolee", "jo_lee99", "sleepyowl", "night.heron", "brambleway", "tin-kettle", "mossgreen77",
    "harbourlamp", "quietfox_", "xx_thistle_xx", "marlow1987", "otterandivy", "petrichor42",
    "loamandlark", "saltmarsh.k", "fennel_b", "copperbeech", "wrenhollow3", "dusk_moth",
    "ivorytern",
)  # fmt: skip
HOSTS = ("example.org", "mail.example.com", "example-clinic.net", "gmail.com", "outlook.com",
         "proton.me", "yahoo.co.uk", "uni-example.edu", "example.de", "icloud.com")  # fmt: skip
SITES = ("example.org", "my-blog.example.com", "example.io", "brambleway.net", "example.co.uk",
         "instagram.com", "www.example.de", "github.io", "facebook.com",
         "paste-bin.org")  # fmt: skip
AROUND = (
    "{}", "you can reach me: {}", "it is {}.", "({})", "i am so tired, {} if you want to talk",
    "**{}**", "first line\n{}\nlast line", "seriously, {}, any time", 'is it "{}"?', "> {}",
    "I am 24 and on 20 mg. {} anyway", "😢 {} 😢", "find me at {}!", "* one\n* {}\n* three",
    "EDIT: {} thanks all", "pls dm ({}) or not", "thanks!! {} :)", "[here]({})", "so...{}",
    "~~old~~ {}", "`{}`", "_{}_", "{}, {}",
)  # fmt: skip
_CYRILLIC = str.maketrans("aeopcxyi", "аеорсхуі")
_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight",
                "nine")  # fmt: skip

Rng = random.Random


def planted(n: int, seed: int = 0, *, ways: str = "WAYS") -> Iterator[Planted]:
    """n of them, ways in turn, everything else by chance; in the ways of a table."""
    rng = random.Random(seed)
    tables = {"WAYS": WAYS, "HELD": HELD, "BLIND": BLIND}[ways]
    every = [(kind, way, make) for kind, table in tables.items() for way, make in table.items()]
    for i in range(n):
        kind, way, make = every[i % len(every)]
        item, secrets = make(rng)
        around = rng.choice(AROUND) if "\n" not in item else "{}"
        yield Planted(kind, way, around.replace("{}", item), secrets)


# ---- ways of writing ------------------------------------------------------------------------


def _mail(rng: Rng) -> tuple[str, str]:
    return rng.choice(NICKS).strip("_"), rng.choice(HOSTS)


def _email(form: str) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        nick, host = _mail(rng)
        name, _, end = host.rpartition(".")
        return form.format(nick=nick, host=host, name=name, end=end), (nick,)

    return make


def _folded(change: Callable[[str], str]) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        nick, host = _mail(rng)
        return change(f"{nick}@{host}"), (nick, change(nick))

    return make


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _bold(text: str) -> str:
    return "".join(chr(0x1D41A + ord(c) - 97) if "a" <= c <= "z" else c for c in text)


def _hidden(text: str) -> str:
    return "\u200b".join(text)


def _nick(form: str) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        nick = rng.choice(NICKS)
        return form.format(nick=nick), (nick,)

    return make


def _plain_nick(form: str) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    """Names of Reddit and Discord: letters, digits, - and _."""

    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        nick = rng.choice(NICKS).replace(".", "_")
        return form.format(nick=nick, tag=f"{rng.randrange(10_000):04d}"), (nick,)

    return make


def _site(form: str) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        host, path = rng.choice(SITES), rng.choice(NICKS)
        name, _, end = host.rpartition(".")
        text = form.format(host=host, path=path, name=name, end=end)
        return text, (path,) if "{path}" in form else (name,)

    return make


def _digits(rng: Rng, shape: str) -> str:
    """A shape with # for any digit and N for 2 to 9."""
    return "".join(str(rng.randrange(10)) if c == "#" else str(rng.randrange(2, 10)) if c == "N"
                   else c for c in shape)  # fmt: skip


def _phone(*shapes: str, form: str = "{}") -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        number = _digits(rng, rng.choice(shapes))
        return form.format(number), (_tail(number),)

    return make


def _tail(number: str) -> str:
    """The last six digits: who has them has the number."""
    return "".join(c for c in number if c.isdecimal())[-6:]


def _changed_phone(change: Callable[[str], str]) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        number = _digits(rng, "N#N-555-01##")
        return change(number), (change(number)[-8:],)

    return make


def _in_words(number: str) -> str:
    return "my number: " + " ".join(_DIGIT_WORDS[int(c)] for c in number if c.isdigit())


def _card(
    sizes: tuple[tuple[str, int], ...], gap: str
) -> Callable[..., tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        head, size = rng.choice(sizes)
        body = head + "".join(str(rng.randrange(10)) for _ in range(size - len(head) - 1))
        number = body + str(_check_digit(body))
        cut = [number[i : i + 4] for i in range(0, size, 4)]
        return gap.join(cut), (number[-6:],)

    return make


def _check_digit(body: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


def _place(form: str) -> Callable[[Rng], tuple[str, tuple[str, ...]]]:
    def make(rng: Rng) -> tuple[str, tuple[str, ...]]:
        lat, lon = f"{rng.uniform(-89, 89):.5f}", f"{rng.uniform(-179, 179):.5f}"
        north, east = lat.lstrip("-"), lon.lstrip("-")
        d, m, s = rng.randrange(1, 89), rng.randrange(1, 60), rng.randrange(1, 60)
        text = form.format(lat=lat, lon=lon, north=north, east=east, d=d, m=m, s=s)
        return text, (f"{d}°",) if "{d}" in form else (north, east)

    return make


_CARDS = (("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("6011", 16))

WAYS: dict[str, dict[str, Callable[[Rng], tuple[str, tuple[str, ...]]]]] = {
    "EMAIL": {
        "plain": _email("{nick}@{host}"), "tagged": _email("{nick}+help@{host}"),
        "link": _email("mailto:{nick}@{host}"), "shouted": _email("e-mail:{nick}@{host}"),
        "angle": _email("<{nick}@{host}>"), "spaced": _email("{nick} @ {host}"),
        "brackets": _email("{nick} [at] {name} [dot] {end}"),
        "half": _email("{nick} (at) {host}"), "glued": _email("{nick}(at){name}(dot){end}"),
        "braces": _email("{nick}{{at}}{name}{{dot}}{end}"), 
        "caps": _email("{nick} AT {name} DOT {end}"),
        "words": _email("{nick} at {name} dot {end}"), "host": _email("{nick} at {host}"),
        "dotted": _email("{nick}@{name} dot {end}"), "dot": _email("{nick}@{name}[.]{end}"),
        "wide": _folded(_wide), "bold": _folded(_bold), "zero width": _folded(_hidden),
        "cyrillic": _folded(lambda t: t.translate(_CYRILLIC)),
        "two lines": _email("my mail\n{nick}@{host}\nsorry"),
    },
    "USER": {
        "plain": _plain_nick("u/{nick}"), "slash": _plain_nick("/u/{nick}"),
        "upper": _plain_nick("U/{nick}"), "user": _plain_nick("/user/{nick}"),
        "profile": _plain_nick("r/u_{nick}"), "escaped": _plain_nick("u\\/{nick}"),
        "spaced": _plain_nick("u/ {nick}"), "link": _plain_nick("[{nick}](/u/{nick})"),
        "reddit": _plain_nick("reddit.com/u/{nick}"), "possessive": _plain_nick("u/{nick}'s post"),
        "wide": _plain_nick("u／{nick}"), "said": _plain_nick("my username is {nick}"),
        "paged": _plain_nick("https://old.reddit.com/user/{nick}/comments"),
    },
    "HANDLE": {
        "at": _nick("@{nick}"), "discord": _plain_nick("{nick}#{tag}"),
        "discord is": _plain_nick("my discord is {nick}#{tag}"), "insta": _nick("insta: {nick}"),
        "my insta": _nick("my insta is {nick}"), "ig": _nick("ig - {nick}"),
        "my ig": _nick("My IG handle is {nick}"), "snap": _nick("add me on snap: {nick}"),
        "snap word": _nick("my snap is {nick}"), "snapchat": _nick("snapchat = {nick}"),
        "kik": _nick("kik me at {nick}"), "my kik": _nick("my kik is {nick}"),
        "telegram": _nick("telegram: @{nick}"), "tele": _nick("message me on telegram, {nick}"),
        "find": _nick("find me on twitter as {nick}"), "tiktok": _nick("tiktok @ {nick}"),
        "steam": _nick("my steam name is {nick}"), "psn": _nick("PSN: {nick}"),
        "wide": _nick("＠{nick}"), "discord new": _plain_nick("my discord username is {nick}"),
    },
    "PHONE": {
        "american": _phone("(N##) N##-####", "N##-N##-####", "N##.N##.####", "N## N## ####",
                           "N##N######", "1-N##-N##-####", "+1 N## N## ####", "+1N##N######"),
        "british": _phone("07700 900###", "+447700900###", "07700900###", "+44 (0)7700 900###",
                          "020 7946 0###", "+44 20 7946 0###", "0161 496 0###"),
        "australian": _phone("0491 570 ###", "+61 491 570 ###", "(02) 5550 ####"),
        "indian": _phone("98### #####", "+91 98### #####", "+9198########"),
        "german": _phone("0171 39200##", "+49 171 39200##", "0049 171 39200##"),
        "french": _phone("06 39 98 ## ##", "+33 6 39 98 ## ##"),
        "irish": _phone("085 ### ####", "+353 85 ### ####"),
        "other": _phone("+86 138 #### ####", "+81-90-####-####", "+55 11 9####-####",
                        "+34 612 ### ###", "+234 803 ### ####", "+63 917 ### ####"),
        "cue": _phone("555-01##", "555 01##", "N##01##", form="my number is {}"),
        "text me": _phone("N##N######", "N## N######", form="text me at {}"),
        "slashes": _phone("N##/555/01##", "N##/555-01##"),
        "spaced": _phone("N # N 5 5 5 0 1 # #", "N#N 55 50 1# #", form="call me {}"),
        "dots": _phone("N##..555..01##", "N## . 555 . 01##", "N## – 555 – 01##"),
        "link": _phone("+1N##55501##", form="[call](tel:{})"),
        "extension": _phone("N##-555-01##", form="{} ext. 12"),
        "whatsapp": _phone("N##55501##", "+44 7700 900###", form="whatsapp {}"),
        "wide": _changed_phone(_wide), "zero width": _changed_phone(_hidden),
        "words": lambda rng: (lambda t: (t, (" ".join(t.split()[-5:]),)))(
            _in_words(_digits(rng, "N#N#5#501##"))),
        "two lines": _phone("N##-555-01##", form="call\n{}\nplease"),
    },
    "URL": {
        "https": _site("https://{host}/{path}"), "http": _site("http://{host}/{path}?a=b#c"),
        "bare": _site("{host}/{path}"), "host": _site("{host}"), "www": _site("www.{host}/{path}"),
        "hxxp": _site("hxxps://{host}/{path}"), "link": _site("[my page](https://{host}/{path})"),
        "angle": _site("<https://{host}/{path}>"), "upper": _site("HTTPS://{host}/{path}"),
        "dot": _site("{name} dot {end}"), "brackets": _site("{name}[.]{end}/{path}"),
        "round": _site("{name}(dot){end}"), "wiki": _site("https://{host}/a_({path})"),
        "wide": lambda rng: (lambda n: (_wide(f"https://example.org/{n}"), (n, _wide(n))))(
            rng.choice(NICKS)),
        "two lines": _site("see\nhttps://{host}/{path}\nthere"),
    },
    "CARD": {
        "plain": _card(_CARDS, ""), "spaced": _card(_CARDS, " "), "dashed": _card(_CARDS, "-"),
        "wide gaps": _card(_CARDS, "  "), "dotted": _card(_CARDS, "."),
    },
    "GEO": {
        "pair": _place("{lat}, {lon}"), "tight": _place("{lat},{lon}"),
        "slash": _place("{lat}/{lon}"),
        "degrees": _place("{north}° N, {east}° W"), "letters": _place("{north}N {east}W"),
        "dms": _place("{d}°{m}'{s}\"N"), "dms spaced": _place("{d}° {m}' {s}\" N"),
        "primes": _place("{d}°{m}′{s}″S"), "named": _place("lat {lat} lon {lon}"),
        "long names": _place("latitude: {lat}, longitude: {lon}"), 
        "brackets": _place("({lat}; {lon})"),
        "letter first": _place("N {north} W {east}"),
    },
}  # fmt: skip


HELD: dict[str, dict[str, Callable[[Rng], tuple[str, tuple[str, ...]]]]] = {
    "EMAIL": {
        "entity": _email("{nick}&#64;{host}"), "at sign in brackets": _email("{nick} [@] {host}"),
        "email me": _email("email me - {nick}@{host} - please"), 
        "quotes": _email("\"{nick}\"@{host}"),
        "dashes": _email("{nick} -at- {name} -dot- {end}"), 
        "stars": _email("{nick}*at*{name}*dot*{end}"),
    },
    "USER": {
        "redditor": _plain_nick("the user {nick}"), "full link": _plain_nick(
            "[u/{nick}](https://www.reddit.com/u/{nick})"), "colon": _plain_nick("u/{nick}: hello"),
        "tilde": _plain_nick("~u/{nick}~"), "throwaway": _plain_nick("my main is u/{nick}"),
    },
    "HANDLE": {
        "on insta": _plain_nick("i'm {nick} on insta"), 
        "tag": _plain_nick("discord tag: {nick}#{tag}"),
        "twitter's": _plain_nick("my twitter handle's {nick}"), "ig tight": _nick("ig:{nick}"),
        "dm": _nick("dm me on ig @{nick}"), "follow": _nick("follow me on tumblr: {nick}"),
        "also": _nick("discord {nick} or steam"),
    },
    "PHONE": {
        "tel": _phone("N##.N##.####", form="tel. {}"), "no-break": _phone("N##\u2011N##\u2011####"),
        "british zero": _phone("+44(0)7700-900###"), "plus brackets": _phone("+1 (N##) N##-####"),
        "underscores": _phone("N##_N##_####"), "star": _phone("N##*N##*####"),
    },
    "URL": {
        "spaced": _site("https : // {host}/{path}"), "port": _site("{host}:8080/{path}"),
        "hxxp": _site("hxxp://{name}[.]{end}/{path}"), "query": _site("{host}?id={path}"),
        "reference": _site("[1]: https://{host}/{path}"),
    },
    "CARD": {"expiry": _card(_CARDS, " "), "no-break": _card(_CARDS, "\u00a0"),
             "slash": _card(_CARDS, "/")},
    "GEO": {"gps": _place("GPS {lat} {lon}"), "new line": _place("lat: {lat}\nlng: {lon}"),
            "geo": _place("geo:{lat},{lon}"), "json": _place('{{"lat": {lat}, "lng": {lon}}}')},
}  # fmt: skip
"""Ways written before any rule was corrected on WAYS. The first look at them found 68.5 % of 3,000;
the rules were then corrected on these, too (docs/design/0018-privacy.md)."""

BLIND: dict[str, dict[str, Callable[[Rng], tuple[str, tuple[str, ...]]]]] = {
    "EMAIL": {
        "label": _email("Email: {nick}@{host}."), 
        "lines": _email("{nick}\n@{host}"),
        "spelt caps": _email("{nick} AT {host}"), "comma": _email("{nick}@{name},{end}"),
    },
    "USER": {
        "shouted": _plain_nick("THANK YOU U/{nick}!!"),
        "paren": _plain_nick("(thanks to /u/{nick})"),
        "old name": _plain_nick("my old reddit name was {nick}"),
    },
    "HANDLE": {
        "both": _nick("my snapchat and insta are both {nick}"), "sc": _nick("sc: {nick}"),
        "add": _plain_nick("add {nick} on discord"), "twitch": _nick("twitch.tv/{nick}"),
        "the gram": _nick("i post art as @{nick}"),
        "server": _plain_nick("ping {nick}#{tag} there"),
    },
    "PHONE": {
        "reach": _phone("N##-N##-####", form="reach me @ {} after 6"),
        "swiss": _phone("+41 79 ### ## ##", "+41-78-###-##-##"),
        
        "fancy": _phone("(N##)N##.####", "[N##] N##-####"), "commas": _phone("N##, N##, ####"),
    },
    "URL": {
        "party": _site("come to {host}/invite/{path}"), "ftp": _site("ftp://{host}/{path}"),
        "star": _site("**{host}/{path}**"), "no scheme": _site("//{host}/{path}"),
    },
    "CARD": {"labelled": _card(_CARDS, "-"), "comma": _card(_CARDS, ", ")},
    "GEO": {"near": _place("i live near {lat} {lon}"), "at": _place("@{lat},{lon},15z")},
}  # fmt: skip
"""Ways written after all corrections, measured once, and left as they were."""


# ---- clean ----------------------------------------------------------------------------------

_CLEAN = (
    "I take {mg} mg of {drug} at {h}:{m:02d} and {mg}mg at night, since {y}-{mo:02d}-{d:02d}.",
    "Call 988 or 911, or text HOME to 741741, {h}/7.",
    "In the UK call 116 123 or 0800 58 58 58 after {h}pm, it is free.",
    "The line is 1-800-273-8255, I called it {n} times in {y}.",
    "On {mo:02d}/{d:02d}/{y} and {d:02d}.{mo:02d}.{y} it was bad, {y}/{mo:02d}/{d:02d} was worse.",
    "It cost ${big}, then {n},000,000 or 12 000 000 in {y}.",
    "From {y}-{y2} I slept {n}-{n2} hours, ate {mg}-{mg}-{mg} calories a day.",
    "PHQ-9 of {n}/27, GAD-7 of {n2}, DSM-5 F{n}.1, B12, v{n}.{n2}.3, 120/80, {pct}%.",
    "I felt better.So I went out.It was ok.Then no.{n} again...maybe e.g. tomorrow",
    "r/Anxiety and /r/depression helped; see r/ptsd, about {big} people are there.",
    "Meet @ {n}pm or @{n}pm? Rated {n}/10 :) :: ;) <3 -- ... ??? #{n} #metoo",
    "My ratio is {n}:2:3, the time {h}:{m:02d}:45, a score of 0.{mg} vs {n}.2345.",
    "At {n}am I counted 1 2 3 4 5 6 7 8 9 10 breaths, then 4 7 8 breathing.",
    "The study had n = {big} people (95% CI 0.{mg} to 0.{mg}, p < .00{n}).",
    "Snapchat: everyone posts there. Discord: a place to talk. My instagram is private now.",
    "I looked at the dot com crash; meet me at home at {n}, on the dot.",
    "My discord is full of people, my snap is broken and my twitter is down since {y}.",
    "I deleted telegram, tiktok and insta in {y}. My username is stupid, I know.",
    "She is at uni, he is at work at {h}:{m:02d}; I emailed them {n} times at night.",
    "I counted one two three four five six seven eight nine ten and it passed.",
    "He/she said and/or something, w/o reason, b/c of my job; you/me against {n} others.",
    "My therapist (she's great) says CBT & DBT > {n} pills. I'm {n2}F, he's {n2}M. TL;DR: {n}d.",
    "Chapter {n}.{n2}: pages {mg}-{big}, ISBN aside. Version {n}.{n2}.{n}.",
    "my order number was {big}-{n} and it took {n2} days, {big} steps, {mg} bpm.",
    "I scored {mg}.{n} and {mg}.{n2}, up from {n}.{n2}; 3.14159 is pi, 2.71828 is e.",
    "it's been {n} years {n2} months {d} days. age {n2} to {n}, weight {mg}.5 lbs, height 5'{n}\".",
    "i hate mondays. i was crying at {n} in the morning, then at noon, then at 5 to {h}.",
    "At 30° outside and {n}° inside I could not sleep. 98.6 F, 37.0 C, N of {n}.",
    "One person at a time. Look at me. At least I tried, at my worst at {y} I was at home.",
    "I saw Dr. at {h}; the bill: ${mg}.{m:02d}. Paid in {y}. Ticket 4{big}.",
    "so I told them: no. user error, I guess; the user is me. kik was a thing in {y}.",
    "0 to 10? {n}. 20{mo:02d} was hard, 1{mg} days. 555 is a lot. {h}.{m:02d} it is",
)  # fmt: skip
_DRUGS = ("sertraline", "melatonin", "vitamin D", "lithium", "iron", "propranolol")


def clean(n: int, seed: int = 0) -> Iterator[str]:
    """n texts of one to three sentences with numbers as people have them."""
    rng = random.Random(seed)
    for _ in range(n):
        yield " ".join(_sentence(rng) for _ in range(rng.randint(1, 3)))


def _sentence(rng: Rng) -> str:
    return rng.choice(_CLEAN).format(
        mg=rng.randint(5, 400), drug=rng.choice(_DRUGS), h=rng.randint(1, 23), m=rng.randrange(60),
        y=rng.randint(1995, 2024), y2=rng.randint(2000, 2025), mo=rng.randint(1, 12),
        d=rng.randint(1, 28), n=rng.randint(1, 9), n2=rng.randint(10, 60),
        big=rng.randint(1_000, 99_999), pct=round(rng.uniform(0, 100), 1),
    )  # fmt: skip


def left_over(item: Planted, masked: str) -> bool:
    """Does the masked text still hold a secret? Case, gaps and separators do not hide it."""
    rest = _bare(masked)
    return any(_bare(secret) in rest for secret in item.secrets)


def _bare(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
