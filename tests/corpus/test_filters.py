"""Each filter drops what it names, keeps its decoys, and an unknown name is refused."""

import time

import pyarrow as pa
import pytest

from redditess.corpus.errors import SettingsError
from redditess.corpus.filters import (
    COMMENT_COLUMNS,
    FILTERS,
    POST_COLUMNS,
    first_fired,
    resolve_filters,
)
from redditess.corpus.minors import discloses_minor
from redditess.corpus.settings import Settings, load_settings, presets

PLAIN = {
    "author": "ann", "title": "Nights", "text": "I can not sleep at night", "removal": "none",
    "edited": "at", "is_self": True, "crosspost": False, "promoted": False, "stickied": False,
    "distinguished": None, "has_op_reply": True, "has_deleted_comment": False,
}  # fmt: skip
STRINGS = {"author", "title", "text", "body", "removal", "edited", "distinguished"}


def drops(name, kind, **changed):
    row = {**PLAIN, "body": changed.get("text", PLAIN["text"]), **changed}
    columns = POST_COLUMNS if kind == "post" else COMMENT_COLUMNS
    kinds = {c: pa.string() if c in STRINGS else pa.bool_() for c in columns}
    table = pa.table({c: pa.array([row[c]], kinds[c]) for c in columns})
    settings = Settings(filters=(name,), min_words=3, language="en")
    return first_fired(table, [FILTERS[name]], settings, kind).tolist() == [0]


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_plain_post_and_a_plain_comment_pass_every_filter(name):
    assert not drops(name, "post")
    assert not drops(name, "comment")


POSTS = [
    ("bot", {"author": "AutoModerator"}),
    ("moderator", {"distinguished": "moderator"}),
    ("moderator", {"stickied": True}),
    ("advertising", {"promoted": True}),
    ("advertising", {"title": "Use my promo code SLEEP"}),
    ("survey", {"title": "Take my survey", "text": "Here: https://forms.gle/abc please do"}),
    ("link_post", {"is_self": False}),
    ("link_post", {"crosspost": True}),
    ("link_post", {"text": " \n"}),
    ("removed", {"removal": "moderator", "text": ""}),
    ("removed", {"removal": "author", "text": ""}),
    ("removed", {"removal": "later"}),
    ("too_short", {"text": "so tired"}),
    ("minor", {"title": "Lost (16m)"}),
    ("minor", {"body": "I can not sleep. EDIT: I'm 15 by the way"}),
    ("not_edited", {"edited": "unedited"}),
    ("not_edited", {"edited": "unknown"}),
    ("no_op_reply", {"has_op_reply": False}),
    ("has_deleted_comment", {"has_deleted_comment": True}),
]
COMMENTS = [
    ("bot", {"author": "RemindMeBot"}),
    ("bot", {"author": "sub_bot_2"}),
    ("bot", {"text": "*I am a bot, and this action was performed automatically.*"}),
    ("bot", {"text": "Beep boop, I'm a bot"}),
    ("moderator", {"distinguished": "admin"}),
    ("moderator", {"stickied": True}),
    ("advertising", {"text": "a http://a.b b https://c.d c www.e.f"}),
    ("advertising", {"text": "[look here my friend](https://a.b)"}),
    ("advertising", {"text": "https://a.b"}),
    ("advertising", {"text": "Check out my new podcast about calm"}),
    ("survey", {"text": "We are recruiting participants for a study"}),
    ("removed", {"removal": "later"}),
    ("removed", {"text": "[removed]"}),
    ("too_short", {"text": "same here"}),
    ("too_short", {"text": "😢 😢 😢 😢"}),
    ("too_short", {"text": "don't know"}),
    ("minor", {"text": "I'm 14, it gets better"}),
]
KEPT = [
    ("bot", {"author": "abbot"}),
    ("bot", {"author": "i_am_no_robot"}),
    ("bot", {"author": None}),
    ("bot", {"text": "They treat me as if I am a bot lol"}),
    ("advertising", {"text": "see https://a.b and https://c.d for more help"}),
    ("survey", {"text": "I filled in a form at the doctor, it was no survey"}),
    ("removed", {"removal": "account"}),
    ("too_short", {"text": "我很难过"}),
    ("too_short", {"text": "été à Orléans"}),
]


@pytest.mark.parametrize(("name", "changed"), POSTS)
def test_a_post_is_dropped_by_the_filter_that_names_it(name, changed):
    assert drops(name, "post", **changed)


@pytest.mark.parametrize(("name", "changed"), COMMENTS)
def test_a_comment_is_dropped_by_the_filter_that_names_it(name, changed):
    assert drops(name, "comment", **changed)


@pytest.mark.parametrize(("name", "changed"), KEPT)
def test_decoys_stay(name, changed):
    assert not drops(name, "comment", **changed)


def test_a_text_that_was_taken_away_is_removed_and_not_a_link():
    assert not drops("link_post", "post", text="", removal="moderator")


def test_language_waits_for_its_setting():
    text = "Ich kann seit Wochen nicht schlafen und weiß nicht mehr, was ich noch tun soll."
    assert drops("language", "comment", text=text)
    rules = [FILTERS["language"]]
    table = pa.table({"text": [text]})
    assert first_fired(table, rules, Settings(filters=("language",)), "comment").tolist() == [-1]


MINORS = [
    "I'm 15", "15F", "(16m)", "I am in 8th grade", "I'm 15 and sad", "i am 14.",
    "Feeling lost (16m)", "Me (15F) and my mom", "My (16F) boyfriend (17M) left", "15f here",
    "I'm a 16 year old girl", "im 17", "I (16 F) feel", "as a 15yo", "I'm 15, please help",
    "I just turned 15", "I'm a minor", "[17/M] help", "I'm only 13", "I am fifteen",
    "I'm under 18", "I'm a high school sophomore", "I'm in high school",
    "Hi. 16 year old girl here", "I'm 16F", "I'm 14 years old", "(F15) help", "I am 16 rn",
    "age: 15",
]  # fmt: skip
ADULTS = [
    "15 years ago", "my 15 year old daughter", "I'm 15 minutes late", "when I was 15",
    "my sister (15F)", "I'm 15% done", "I'm 15 weeks pregnant", "since I'm 15 I have it",
    "He (16M) hit me", "an M16 rifle", "I ran 15m", "I have 15 minutes", "I'm 25", "I am 150 lbs",
    "I was in 8th grade", "I teach 8th grade", "I'm 15 and a half weeks along", "my friend is 15",
    "a minor problem", "I minor in art", "chapter 15", "my girlfriend (17f)", "ages 10-17",
    "(10 minutes)", "at 16 I left home", "I'm 15 days sober", "I'm 16 stone", "I'm 17th in line",
    "it cost $15m", "my daughter's in 8th grade", "15mg of it", "I'm on (15 mg)", "I'm 10 for 10",
    "turned 16 in 2002", "I'm a minor league player", "",
]  # fmt: skip


@pytest.mark.parametrize("text", MINORS)
def test_a_writer_under_18_is_heard(text):
    assert drops("minor", "post", title=text)
    assert drops("minor", "post", text=f"I can not sleep.\n{text}")


@pytest.mark.parametrize("text", ADULTS)
def test_other_numbers_and_other_people_are_not_minors(text):
    assert not drops("minor", "post", title="Nights", text=text)


@pytest.mark.parametrize(
    "piece", ["I'm 15 ", "15f ", "(15f)my sister ", "i am only just ", "minor "]
)
def test_hostile_text_costs_linear_time(piece):
    start = time.process_time()
    discloses_minor(piece * (100_000 // len(piece)))
    assert time.process_time() - start < 2


def test_the_first_rule_that_fires_takes_the_row():
    table = pa.table(
        {"author": ["AutoModerator", "ann"], "text": ["hi", "hi"], "body": ["hi", "hi"]}
    )
    settings = Settings(filters=("too_short", "bot"), min_words=2)
    rules = resolve_filters(settings)
    assert first_fired(table, rules, settings, "comment").tolist() == [0, 0]
    assert first_fired(table, rules[::-1], settings, "comment").tolist() == [0, 1]


def test_min_words_zero_drops_nothing():
    rules = [FILTERS["too_short"]]
    table = pa.table({"text": ["", "hi"]})
    found = first_fired(table, rules, Settings(min_words=0), "comment")
    assert found.tolist() == [-1, -1]


def test_an_unknown_filter_is_refused_with_the_known_ones():
    with pytest.raises(
        SettingsError, match=r"unknown filter 'bots'; did you mean bot\? the known ones"
    ):
        resolve_filters(Settings(filters=("bots",)))


def test_every_preset_names_known_filters():
    for name in presets():
        settings = load_settings(name)
        assert [rule.name for rule in resolve_filters(settings)] == list(settings.filters)


def test_a_language_set_joins_its_filter():
    names = [rule.name for rule in resolve_filters(Settings(filters=("bot",), language="en"))]
    assert names == ["bot", "language"]
