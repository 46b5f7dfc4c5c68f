"""Invented dump files in the shapes of real ones, as large as wanted: for `benchmarks/pipeline.py`.

The threads are those of the bundled sample's generator (posters who come back, thank, turn down or
pass over; edits, deletions, duplicates, lost posts), with its texts made longer by sentences of
other threads of the world and its lines as wide as a real month's. Posts then have about 150 words
(median), comments about 40: ours, nobody counted them on real threads. Two thirds of the threads
stand in a pair of per-subreddit files, one third in a pair of whole-site files where `SHARE` of
the lines are wanted.
"""

from __future__ import annotations

import json
import random
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from backports import zstd

from redditess.corpus.sample.build import iter_sample
from redditess.corpus.sample.dump import comment_lines, post_lines
from redditess.corpus.sample.story import Story

WANTED = ("sample_anxiety", "sample_lowmood", "sample_sleep")
ON_THE_SITE = 3  # every third thread
SHARE = 0.05  # of the whole-site lines
ROWS_PER_THREAD = 6.0  # interactions of a thread, about
VERSION = "1"  # of the data below; another one is made afresh
_POOL, _TEMPLATES = 4_000, 3_000
_ZSTD: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.window_log: 31,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    zstd.CompressionParameter.checksum_flag: 1,
}
_COMMON = {  # fields that no reader asks for: a third of a line of 2022
    "all_awardings": [], "approved_at_utc": None, "approved_by": None, "author_cakeday": None,
    "author_flair_background_color": None, "author_flair_css_class": None,
    "author_flair_richtext": [], "author_flair_template_id": None, "author_flair_text_color": None,
    "author_flair_type": "text", "author_is_blocked": False, "author_patreon_flair": False,
    "author_premium": False, "awarders": [], "banned_at_utc": None, "banned_by": None,
    "can_gild": True, "can_mod_post": False, "gildings": {}, "likes": None, "mod_note": None,
    "mod_reason_by": None, "mod_reason_title": None, "mod_reports": [], "no_follow": True,
    "num_reports": None, "report_reasons": None, "saved": False, "send_replies": True,
    "top_awarded_type": None, "total_awards_received": 0, "treatment_tags": [],
    "user_reports": [], "subreddit_name_prefixed": "r/invented", "associated_award": None,
    "collapsed": False, "collapsed_because_crowd_control": None, "collapsed_reason": None,
    "collapsed_reason_code": None, "comment_type": None, "unrepliable_reason": None,
    "pwls": None, "wls": None, "media_embed": {}, "secure_media_embed": {}, "thumbnail": "self",
}  # fmt: skip


def world(n_rows: int, folder: Path) -> list[Path]:
    """Four dump files that become about `n_rows` interactions; made once per folder."""
    home = folder / f"world_v{VERSION}_{n_rows}"
    names = ("RS_own.zst", "RC_own.zst", "RS_site.zst", "RC_site.zst")
    paths = [home / name for name in names]
    if all(path.is_file() for path in paths):
        return paths
    home.mkdir(parents=True, exist_ok=True)
    parts = [path.with_suffix(".part") for path in paths]
    with ExitStack() as stack:
        files = [stack.enter_context(_Packed(part)) for part in parts]
        _fill(files, max(3, round(n_rows / ROWS_PER_THREAD)))
    for part, path in zip(parts, paths, strict=True):
        part.rename(path)
    return paths


def _fill(files: list[_Packed], n_threads: int) -> None:
    rng, others = random.Random(n_threads), _Others(7)
    pool: deque[str] = deque(maxlen=_POOL)
    for n, story in enumerate(iter_sample(seed=3, n_threads=n_threads)):
        _lengthened(story, pool, rng)
        on_site = n % ON_THE_SITE == 0
        posts, comments = files[2:] if on_site else files[:2]
        for file, lines in ((posts, post_lines(story, 3)), (comments, comment_lines(story, 3))):
            for _, line in lines:
                file.write(_wide(line))
                if on_site:
                    file.write(others.lines(round(1 / SHARE) - 1))


def _lengthened(story: Story, pool: deque[str], rng: random.Random) -> None:
    """Adds sentences of earlier threads: lengths spread like those of people, fewer repeats."""
    said = [story, *story.comments]
    own = [s for words in said for s in words.body.replace("\n\n", "\n").split(". ") if s]
    for words in said:
        usual = 6.0 if words is story else 1.2
        n = min(int(rng.lognormvariate(0, 1) * usual), 60, len(pool))
        if n and words.body:
            more = ". ".join(rng.sample(pool, n))
            words.body = f"{words.body}\n\n{more}" if n > 3 else f"{words.body} {more}"
    pool.extend(own)


def _wide(line: str) -> bytes:
    fields = {**_COMMON, **json.loads(line)}
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


class _Others:
    """Lines of communities that nobody wants: a few thousand bodies under ever new ids."""

    def __init__(self, seed: int):
        rng = random.Random(seed)
        words = ["".join(rng.choices("abcdefghijklmnoprstuvw", k=rng.randint(2, 9)))
                 for _ in range(5_000)]  # fmt: skip
        self._rng, self._n = rng, 0
        self._halves = [self._template(rng, words) for _ in range(_TEMPLATES)]
        self._words = [w.encode() for w in words]

    def _template(self, rng: random.Random, words: list[str]) -> tuple[bytes, bytes]:
        body = " ".join(rng.choices(words, k=min(int(rng.lognormvariate(3, 1)) + 1, 1500)))
        name = f"bench_other_{rng.randrange(20_000)}"
        fields = {
            **_COMMON, "author": rng.choice(words), "body": body, "subreddit": name, "score": 3,
            "created_utc": 1_650_000_000 + rng.randrange(2_000_000), "edited": False,
            "is_submitter": False, "distinguished": None, "stickied": False, "id": "@@",
            "permalink": f"/r/{name}/comments/{rng.choice(words)}/", "link_id": "t3_zz@@",
            "parent_id": "t3_zz@@", "retrieved_on": 1_660_000_000, "author_fullname": "t2_@@",
        }  # fmt: skip
        line = json.dumps(fields, separators=(",", ":"))
        before, _, after = line.partition('"body":"')
        return f'{before}"body":"'.encode(), f"{after}\n".encode()

    def lines(self, n: int) -> bytes:
        return b"".join(self._lines(n))

    def _lines(self, n: int) -> Iterator[bytes]:
        """Three fresh words begin each body: no two lines are one long match of the packer."""
        for _ in range(n):
            self._n += 1
            before, after = self._rng.choice(self._halves)
            fresh = b" ".join(self._rng.choices(self._words, k=12))
            yield (before + fresh + b" " + after).replace(b"@@", b"z%07x" % self._n)


class _Packed:
    """One frame with a 2 GiB window and a checksum, as the published months have."""

    def __init__(self, path: Path):
        self._file, self._packer = path.open("wb"), zstd.ZstdCompressor(options=_ZSTD)

    def __enter__(self) -> _Packed:
        return self

    def write(self, lines: bytes) -> None:
        self._file.write(self._packer.compress(lines))

    def __exit__(self, *error: object) -> None:
        self._file.write(self._packer.flush())
        self._file.close()
