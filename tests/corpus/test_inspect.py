"""What the first lines of dumps say, and what they cannot say."""

import io
import json
import time

import pytest
import typer
from backports import zstd
from rich.console import Console
from typer.testing import CliRunner

from redditess.corpus import prospects
from redditess.corpus.cli import add_verbs
from redditess.corpus.eras import month_start, next_month
from redditess.corpus.errors import InputError
from redditess.corpus.inspect import inspect_file, inspect_files
from redditess.corpus.overview import overview
from redditess.corpus.prospects import (
    cost_of,
    nearest_names,
    pairing_hints,
    report,
    signals_of,
    verdict,
    verdicts,
)
from redditess.corpus.selection import check_selectable, explain_empty, printable
from redditess.corpus.settings import load_settings

pytestmark = pytest.mark.slow

WINDOW_2_GIB = {zstd.CompressionParameter.window_log: 31}


def line(kind, i, utc, subreddit="Anxiety", **more):
    """An invented dump line."""
    fields = {"id": f"a{i}", "subreddit": subreddit, "author": f"someone{i}", "created_utc": utc}
    if kind == "RC":
        fields |= {"link_id": "t3_a1", "parent_id": "t3_a1", "body": "I know that feeling."}
    else:
        fields |= {"title": "How do you sleep?", "selftext": "I lie awake.", "is_self": True}
    return json.dumps(fields | {"score": 3, "edited": False} | more).encode() + b"\n"


def dump(folder, name, month, n=20, last=None, subreddits=("Anxiety",), **more):
    """A dump file whose lines lie between the starts of two months; compressed if named so."""
    start, end = month_start(month), month_start(last or next_month(month))
    kind = name[:2] if name[:2] in ("RC", "RS") else "RC" if "comments" in name else "RS"
    text = b"".join(
        line(kind, i, start + (end - start) * i // n, subreddits[i % len(subreddits)], **more)
        for i in range(n)
    )
    path = folder / name
    path.write_bytes(zstd.compress(text, options=WINDOW_2_GIB) if name.endswith(".zst") else text)
    return path


def test_the_kind_is_told_by_content_not_by_name(tmp_path):
    path = dump(tmp_path, "RC_2019-01.zst", "2019-01")
    wrong = path.rename(tmp_path / "RS_2019-01.zst")
    facts = inspect_file(wrong)
    assert (facts.kind, facts.first_month, facts.last_month) == ("comments", "2019-01", "2019-01")
    assert (facts.whole, facts.n_sampled, facts.n_lines) == (True, 20, 20)
    assert facts.eras() == ["2017-07..2022-12"]


def test_names_that_differ_by_case_are_one_subreddit(tmp_path):
    facts = inspect_file(dump(tmp_path, "RC_a", "2019-01", subreddits=("ptsd", "PTSD", "PTSD")))
    assert facts.subreddits == {"PTSD": 20}
    assert facts.n_of(["ptsd"]) == 20
    assert facts.n_of(["other"]) == 0
    assert facts.n_of([]) == 20


def test_a_sample_of_a_large_file_is_quick_and_near(tmp_path):
    path = dump(tmp_path, "RC_2019-01.zst", "2019-01", n=150_000, controversiality=0)
    start = time.perf_counter()
    facts = inspect_file(path, 2 << 20)
    assert time.perf_counter() - start < 2
    assert not facts.whole
    assert facts.n_sampled < 20_000
    text = len(
        zstd.decompress(path.read_bytes(), options={zstd.DecompressionParameter.window_log_max: 31})
    )
    assert 0.5 < facts.text_bytes / text < 2
    assert 0.5 < facts.n_lines / 150_000 < 2
    assert facts.last_month == "2019-01"  # the name says so, and no line says otherwise


def test_the_end_of_a_long_compressed_file_is_not_known(tmp_path):
    path = dump(tmp_path, "anxiety_comments.zst", "2011-01", last="2020-01", n=30_000)
    facts = inspect_file(path, 1 << 20)
    assert (facts.first_month, facts.last_month) == ("2011-01", None)
    assert facts.may_hold("2025-01")
    assert not facts.may_hold("2010-12")
    assert inspect_file(path, None).last_month == "2019-12"


def test_the_end_of_a_long_plain_file_is_read(tmp_path):
    path = dump(tmp_path, "anxiety_comments.ndjson", "2011-01", last="2020-01", n=30_000)
    facts = inspect_file(path, 1 << 20)
    assert (facts.first_month, facts.last_month, facts.whole) == ("2011-01", "2019-12", False)


def test_a_name_that_the_lines_contradict_is_not_believed(tmp_path):
    path = dump(tmp_path, "RC_2019-01.zst", "2015-03", n=30_000)
    assert inspect_file(path, 1 << 20).last_month is None


def test_an_empty_and_a_foreign_file_hold_nothing(tmp_path):
    empty, foreign = tmp_path / "RC_empty", tmp_path / "other.ndjson"
    empty.write_bytes(b"")
    foreign.write_bytes(b'{"a": 1}\nnonsense\n[]\n')
    first, second = inspect_files([empty, foreign])
    assert (first.kind, first.n_lines, first.months()) == ("empty", 0, [])
    assert (second.kind, second.n_lines, sum(second.dropped.values())) == ("empty", 3, 3)
    assert not verdict([first, second], load_settings()).works


def test_a_cut_file_is_called_damaged(tmp_path):
    path = dump(tmp_path, "RC_2019-01.zst", "2019-01", n=20_000)
    path.write_bytes(path.read_bytes()[:-500])
    assert inspect_file(path, None).damage == ("truncated_frame",)


@pytest.fixture
def month_pair(tmp_path):
    def make(month):
        names = [f"{prefix}_{month}.zst" for prefix in ("RS", "RC")]
        return [dump(tmp_path, name, month) for name in names]

    return make


def test_signals_follow_the_era(month_pair):
    shows = {s.signal: s.shows for s in signals_of(inspect_files(month_pair("2019-01")))}
    assert set(shows.values()) == {"yes"}
    late = {s.signal: s for s in signals_of(inspect_files(month_pair("2023-09")))}
    assert late["score"].shows == "no"
    assert "2023-09: fetched at once" in late["score"].why
    mixed = inspect_files(month_pair("2019-01") + month_pair("2023-09"))
    assert {s.signal: s.shows for s in signals_of(mixed)}["score"] == "part"


def test_what_a_sample_did_not_reach_is_not_denied(tmp_path):
    early = dump(tmp_path, "anxiety_submissions.zst", "2011-01", last="2020-01", n=30_000)
    edit = {s.signal: s for s in signals_of([inspect_file(early, 1 << 20)])}["op_edit"]
    assert edit.shows == "part"
    assert edit.why.endswith("not in the sample, `--whole` reads on")
    whole = {s.signal: s for s in signals_of([inspect_file(early, None)])}["op_edit"]
    assert (whole.shows, whole.why.count("--whole")) == ("part", 0)


def test_the_paper_needs_months_with_edits(month_pair):
    works = {v.preset: v.works for v in verdicts(inspect_files(month_pair("2019-01")))}
    assert works == {"default": True, "paper": True}
    late = {v.preset: v for v in verdicts(inspect_files(month_pair("2024-05")))}
    assert late["default"].works
    assert not late["paper"].works
    assert "2012-06 to 2023-06, these are 2024-05" in late["paper"].why


def test_comments_alone_make_nothing(month_pair):
    comments = inspect_files(month_pair("2019-01")[1:])
    assert verdict(comments, load_settings()).why == (
        "no posts (RS) given, only comments (RC) of 2019-01"
    )


def test_months_that_do_not_meet_make_nothing(month_pair):
    files = inspect_files([month_pair("2019-05")[0], month_pair("2019-01")[1]])
    assert not verdict(files, load_settings()).works
    assert verdict(inspect_files([month_pair("2019-01")[0], month_pair("2019-05")[1]]),
                   load_settings()).works  # fmt: skip


def test_pairs_are_asked_for_by_month(month_pair):
    posts, comments = month_pair("2019-12")
    assert pairing_hints(inspect_files([posts, comments])) == [
        "comments of 2020-01 are missing (RC): they hold answers to the posts of 2019-12,"
        " late ones above all"
    ]
    later = month_pair("2020-01")[1]
    assert pairing_hints(inspect_files([posts, comments, later])) == [
        "comments of 2020-01 have no posts (RS) of their months beside them: only their answers"
        " to earlier posts count"
    ]


def test_subreddit_files_are_asked_for_by_name(tmp_path):
    files = [
        dump(tmp_path, "ptsd_comments.zst", "2015-01", subreddits=("ptsd",)),
        dump(tmp_path, "ocd_comments.zst", "2015-01", subreddits=("OCD",)),
        dump(tmp_path, "ptsd_submissions.zst", "2015-01", subreddits=("ptsd",)),
    ]
    assert "comments of r/ocd come without posts" in pairing_hints(inspect_files(files))


def test_a_misspelt_subreddit_gets_the_nearest(tmp_path):
    files = inspect_files([dump(tmp_path, "RC_a", "2019-01", subreddits=("PanicAttack", "OCD"))])
    assert nearest_names("panic_atack", files) == ["PanicAttack"]
    assert nearest_names("r/ocd", files) == ["OCD"]
    assert nearest_names("gardening", files) == []


def test_cost_grows_with_the_file_and_with_what_is_wanted(month_pair):
    files = inspect_files(month_pair("2019-01"))
    none = cost_of(files, load_settings(subreddits=["gardening"]), workers=1)
    all_ = cost_of(files, load_settings(subreddits=["anxiety"]), workers=1)
    assert (none.n_wanted, all_.n_wanted) == (0, 40)
    assert 0 < none.read_s < all_.read_s
    assert 300 << 20 < all_.memory_bytes < 301 << 20  # a small frame needs a small window
    assert cost_of(files, load_settings(), workers=2).memory_bytes > all_.memory_bytes


def test_buckets_cost_time_and_more_workers_than_files_share_it(month_pair):
    files = inspect_files(month_pair("2019-01"))
    later = {
        (n, workers): cost_of(
            files, load_settings(subreddits=["anxiety"], n_buckets=n), workers=workers
        ).later_s
        for n in (1, 64)
        for workers in (1, 2, 8)
    }
    assert later[1, 1] < later[64, 1]
    assert later[64, 8] < later[64, 2] < later[64, 1]  # of two files
    assert later[1, 8] == later[1, 1]  # a bucket is one worker's


def test_too_few_buckets_are_told_with_the_number_to_set(month_pair, monkeypatch):
    files = inspect_files(month_pair("2019-01"))
    settings = load_settings(subreddits=["anxiety"], n_buckets=2)
    assert cost_of(files, settings).n_buckets is None
    monkeypatch.setattr(prospects, "LINES_A_BUCKET", 6)  # of 40
    assert cost_of(files, settings).n_buckets == 8
    shown = Console(width=200, record=True, file=io.StringIO())
    shown.print(overview(report(files, settings)))
    assert "set n_buckets = 8 in a --config file" in shown.export_text()


# ---- nothing would be selected --------------------------------------------------------------


def test_a_hopeless_build_is_refused_before_it_reads(month_pair):
    with pytest.raises(InputError, match="edits only from 2012-06 to 2023-06: these posts are of"):
        check_selectable(month_pair("2024-05"), load_settings("paper"))
    with pytest.raises(InputError, match=r"add the posts \(RS\) .* RS_2019-01.zst"):
        check_selectable(month_pair("2019-01")[1:], load_settings())


def test_a_build_with_a_chance_is_let_through(month_pair, tmp_path):
    check_selectable(month_pair("2024-05"), load_settings())
    check_selectable(month_pair("2019-01"), load_settings("paper"))
    check_selectable(month_pair("2024-05") + month_pair("2019-01"), load_settings("paper"))
    early = dump(tmp_path, "anxiety_submissions.zst", "2011-01", last="2020-01", n=30_000)
    check_selectable([early, *month_pair("2019-01")[1:]], load_settings("paper"))


def done(kind, kept, **spans):
    seconds = {s: [month_start(a), month_start(b) + 9] for s, (a, b) in spans.items()}
    return {"kind": kind, "kept": kept, "spans": seconds}


def explained(records, dropped=None, paths=(), preset="default", **flags):
    return "; ".join(explain_empty(records, load_settings(preset, **flags), paths, dropped))


def test_nothing_wanted_names_the_nearest_subreddit(month_pair):
    records = [done("comments", 0), done("submissions", 0)]
    said = explained(records, paths=month_pair("2019-01"), subreddits=["anxiet", "gardening"])
    assert "hold nothing of the 2 subreddits wanted (r/anxiet, r/gardening)" in said
    assert said.endswith("did you mean --subreddits Anxiety?")
    said = explained(records, paths=month_pair("2019-01"), subreddits=["gardening"])
    assert "they hold r/Anxiety" in said


def test_one_half_missing_says_which():
    comments = done("comments", 5, ptsd=("2019-01", "2019-01"))
    assert "no posts (RS)" in explained([comments])
    said = explained([comments, done("submissions", 0)], subreddits=["ptsd"])
    assert said.startswith("comments (RC) of r/ptsd were kept, but the posts (RS) hold nothing")
    assert explained([done("empty", 0)]).startswith("no line of the dumps is a Reddit post")


def test_halves_that_never_meet_say_why():
    comments = done("comments", 5, ptsd=("2019-01", "2019-02"))
    other = done("submissions", 5, ocd=("2019-01", "2019-02"))
    assert explained([comments, other]).startswith("the posts are of r/ocd, the comments of r/ptsd")
    later = done("submissions", 5, ptsd=("2019-05", "2019-06"))
    assert "first post is of 2019-05, after the last comment, which is of 2019-02" in explained(
        [comments, later]
    )


def test_everything_dropped_says_by_what():
    both = [done(k, 5, ptsd=("2024-03", "2024-04")) for k in ("comments", "submissions")]
    said = explained(both, {"post:not_edited": 5, "not_edited": 1}, preset="paper")
    assert "edits only from 2012-06 to 2023-06: these posts are of 2024-03 to 2024-04" in said
    said = explained(both, {"bot": 1, "orphan": 4})
    assert "(orphan 4, bot 1)" in said
    assert said.endswith("add the posts (RS) of the months before")
    assert "redditess presets show default" in explained(both, {"post:removed": 4, "bot": 1})
    assert explained(both, {}).startswith("no comment answers a post")


# ---- the command ----------------------------------------------------------------------------


@pytest.fixture
def command():
    app = typer.Typer()
    add_verbs(app)
    return lambda *words: CliRunner().invoke(app, [str(w) for w in words])


def test_inspect_prints_one_json_object(command, month_pair):
    result = command("inspect", *month_pair("2019-01"), "--json", "--subreddits", "r/anxiet")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [f["kind"] for f in found["files"]] == ["comments", "submissions"]
    assert found["wanted"] == [{"subreddit": "anxiet", "sampled": 0, "near": ["Anxiety"]}]
    assert {p["preset"]: p["works"] for p in found["presets"]} == {"default": True, "paper": True}
    assert found["estimated"] is False


def test_inspect_shows_ticks_and_reasons(command, month_pair):
    result = command("inspect", *month_pair("2024-05"))
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert "✓ op_replies" in shown
    assert "✗ op_edit" in shown
    assert "✗ paper" in shown
    assert "comments of 2024-06 are missing (RC)" in shown


def test_inspect_of_a_cut_file_ends_with_3(command, tmp_path):
    path = dump(tmp_path, "RC_2019-01.zst", "2019-01", n=20_000)
    path.write_bytes(path.read_bytes()[:-500])
    assert command("inspect", path).exit_code == 3


def test_names_from_a_dump_cannot_command_the_terminal(command, tmp_path):
    evil = "\x1b]0;owned\x07\x1b[31m[bold]\u202e"
    path = dump(tmp_path, "RC_[red]evil", "2019-01", subreddits=(evil,))
    result = command("inspect", path)
    assert result.exit_code == 0
    assert not any(c in result.stdout for c in "\x1b\x07\u202e")
    assert "[red]" in result.stdout.replace("\n", "")
    assert printable("x" * 100, 10) == "x" * 10 + "…"


def test_presets_are_listed_and_shown(command):
    listed = command("presets", "list").stdout
    assert [row.split()[0] for row in listed.splitlines()] == ["default", "paper", "sample"]
    assert command("presets", "show", "paper").stdout.startswith("# The paper's eligibility")
    assert isinstance(command("presets", "show", "papr").exception, Exception)
