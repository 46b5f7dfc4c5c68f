"""The joins of a bucket, in DuckDB SQL: ids, integers, booleans and lists of them, nothing else.

Text passes through as payload, once to the rules and once to the result; it is never compared or
computed with here (docs/house.md). Every statement reads `raw_submissions` and `raw_comments`: the
raw tables with two more columns, `src` (rank of the dump file by its digest) and `rid` (one
number for each raw row). Order between statements is free; the last ones sort by a total order.
"""

from __future__ import annotations

RID_BITS = 40  # rid = src * 2**40 + row: a trillion rows a file
N_GENERAL = 8  # OP's own top-level comments kept as text (records.Interaction)
_EVER = 2**62


def read_parquet_view(name: str, paths: list[str], digests: list[str]) -> str:
    """A view over raw files. `digests[i]` is the dump digest in the name of `paths[i]`."""
    rank = {digest: i for i, digest in enumerate(sorted(set(digests)))}
    files = ", ".join(_quoted(path) for path in paths)
    ranks = ", ".join(f"{_quoted(p)}: {rank[d]}" for p, d in zip(paths, digests, strict=True))
    return f"""
CREATE VIEW {name} AS
SELECT *, (src << {RID_BITS}) + file_row_number AS rid FROM (
  SELECT *, (MAP {{{ranks}}})[filename]::BIGINT AS src
  FROM read_parquet([{files}], filename = true, file_row_number = true))"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def resolve_copies(raw: str, into: str, *, comments: bool) -> str:
    """One row per id. Where there are several copies of an object:

    - text, and all that goes with it, from the latest copy that still has text;
    - the score from the latest copy that has one, the edit state from the latest that knows;
    - `removal`: "later" where a copy not older than the text has none of it, "account" where such
      a copy has lost its author: what was kept and what happened to it are both on record.

    Latest: by `retrieved_utc`, unknown last, then the dump's digest, then the line: a total order.
    """
    own = ", thread_id, parent_id" if comments else ""
    flag = ", is_submitter" if comments else ""
    any_flag = ", bool_or(is_submitter) AS is_submitter" if comments else ""
    return f"""
CREATE TABLE {into} AS
WITH repeated AS (SELECT id FROM {raw} GROUP BY id HAVING count(*) > 1),
copies AS (
  SELECT *,
    row_number() OVER (
      PARTITION BY id ORDER BY retrieved_utc DESC NULLS LAST, src, line) AS place,
    CASE WHEN removal IN ('none', 'later') THEN 0 WHEN removal = 'account' THEN 1 ELSE 2 END AS tier
  FROM (SELECT id, rid, src, line, author, retrieved_utc, score, edited, edited_utc, removal{flag}
        FROM {raw}) SEMI JOIN repeated USING (id)),
best AS (
  SELECT id, arg_min(rid, tier * (1::BIGINT << 32) + place) AS rid,
    arg_min(author, place) AS author,
    arg_min(score, place) AS score,
    arg_min_null(retrieved_utc, place) FILTER (score IS NOT NULL) AS score_utc,
    arg_min(edited, place) FILTER (edited <> 'unknown') AS edited,
    arg_min_null(edited_utc, place) FILTER (edited <> 'unknown') AS edited_utc,
    max(coalesce(retrieved_utc, {_EVER})) FILTER (tier = 2) AS removed_utc,
    max(coalesce(retrieved_utc, {_EVER})) FILTER (tier = 1) AS account_utc{any_flag}
  FROM copies GROUP BY id)
SELECT id, rid, author, created_utc, score, retrieved_utc AS score_utc, edited, edited_utc,
  removal{own}{flag}
FROM {raw} ANTI JOIN repeated USING (id)
UNION ALL
SELECT b.id, b.rid, b.author, r.created_utc, b.score, b.score_utc,
  coalesce(b.edited, 'unknown'), b.edited_utc,
  CASE
    WHEN r.removal IN ('author', 'moderator') THEN r.removal
    WHEN b.removed_utc >= coalesce(r.retrieved_utc, -{_EVER}) THEN 'later'
    WHEN r.removal = 'none' AND b.account_utc >= coalesce(r.retrieved_utc, -{_EVER}) THEN 'account'
    ELSE r.removal
  END{own.replace(", ", ", r.")}{flag.replace(", ", ", b.")}
FROM best b JOIN {raw} r ON r.rid = b.rid"""


POSTS = """
CREATE TABLE posts AS SELECT row_number() OVER () - 1 AS post, * FROM post_copies"""

COMMENTS = """
CREATE TABLE comments AS
SELECT row_number() OVER () - 1 AS n, c.*, p.post,
  starts_with(c.parent_id, 't3_') AS top,
  coalesce(c.is_submitter, false) OR coalesce(c.author = p.author, false) AS is_op
FROM comment_copies c LEFT JOIN posts p ON p.id = c.thread_id"""
"""`is_op`: the line says so, or both authors are known and the same."""

PARENTS = """
CREATE TABLE parents AS
WITH wanted AS (SELECT DISTINCT post FROM comments WHERE post IS NOT NULL AND is_op AND NOT top)
SELECT c.n, c.post, p.n AS parent, c.is_op, p.is_op AS parent_is_op
FROM (comments SEMI JOIN wanted USING (post)) c
JOIN comments p ON p.id = c.parent_id AND p.post = c.post
WHERE NOT c.top"""
"""Only threads where OP took part below the top level need their tree."""

THREADS = """
CREATE TABLE threads AS
SELECT p.post, f.op_last_seen_utc,
  coalesce(f.has_deleted_comment, false) AS has_deleted_comment,
  p.author IS NOT NULL OR coalesce(f.flagged, false) AS op_known,
  a.post IS NOT NULL AS has_op_reply
FROM posts p
LEFT JOIN (
  SELECT post, max(created_utc) FILTER (is_op) AS op_last_seen_utc,
    bool_or(removal <> 'none' OR author IS NULL) AS has_deleted_comment,
    bool_or(is_submitter IS NOT NULL) AS flagged
  FROM comments WHERE post IS NOT NULL GROUP BY post) f USING (post)
LEFT JOIN (SELECT DISTINCT post FROM parents WHERE is_op AND NOT parent_is_op) a USING (post)"""

POST_ROWS = """
SELECT p.post, p.author, p.removal, p.edited, t.has_op_reply, t.has_deleted_comment,
  r.subreddit, r.title, r.selftext, r.previous_selftext, r.is_self, r.crosspost, r.promoted,
  r.stickied, r.distinguished, r.invented
FROM raw_submissions r JOIN posts p ON p.rid = r.rid JOIN threads t ON t.post = p.post"""

POST_TEXTS = """
CREATE TABLE post_texts (post BIGINT, dropped_by SMALLINT, subreddit VARCHAR, title VARCHAR,
  text VARCHAR, op_edit VARCHAR, n_feedback_cut INTEGER, invented BOOLEAN)"""

ANSWER_ROWS = """
SELECT c.n, c.author, c.removal, c.created_utc, c.score, c.score_utc, r.body, r.stickied,
  r.distinguished, r.invented
FROM raw_comments r
JOIN comments c ON c.rid = r.rid
JOIN post_texts t ON t.post = c.post
WHERE c.top AND NOT c.is_op AND t.dropped_by < 0"""

ANSWER_TEXTS = """
CREATE TABLE answer_texts (n BIGINT, dropped_by SMALLINT, is_answer BOOLEAN, score BIGINT,
  text VARCHAR, invented BOOLEAN)"""

TURNS = """
CREATE TABLE turns AS
SELECT u.n, u.root, u.depth, c.rid, c.created_utc, c.id
FROM climbed u
JOIN comments c ON c.n = u.n
JOIN comments r ON r.n = u.root
WHERE r.top AND NOT r.is_op AND u.depth > 0"""

SIBLINGS = """
CREATE TABLE siblings AS
WITH answered AS (
  SELECT root, count(*) AS n_turns, bool_or(depth = 1) AS direct,
    max(created_utc) FILTER (depth = 1) AS answered_utc
  FROM turns GROUP BY root),
answers AS (
  SELECT c.n, c.post, c.rid, c.id, c.created_utc, t.score, t.dropped_by,
    coalesce(a.n_turns, 0) AS n_turns, coalesce(a.direct, false) AS direct, a.answered_utc
  FROM answer_texts t JOIN comments c USING (n) LEFT JOIN answered a ON a.root = c.n
  WHERE t.is_answer)
SELECT n, post, rid, created_utc, score, dropped_by, n_turns,
  row_number() OVER ranked - 1 AS position,
  count(*) OVER whole - 1 AS n_siblings,
  count(*) OVER earlier AS n_earlier,
  min(score) OVER earlier AS min_score_earlier,
  max(score) OVER later AS max_score_later,
  count(*) FILTER (direct) OVER whole AS n_op_answered,
  count(*) FILTER (direct) OVER later > 0 AS op_answered_later_sibling,
  score IS NOT NULL AND coalesce(max(answered_utc) OVER lower > created_utc, false)
    AS op_answered_lower_sibling
FROM answers
WINDOW whole AS (PARTITION BY post),
  ranked AS (PARTITION BY post ORDER BY created_utc, id),
  earlier AS (PARTITION BY post ORDER BY created_utc
    RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
  later AS (PARTITION BY post ORDER BY created_utc
    RANGE BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
  lower AS (PARTITION BY post, score IS NULL ORDER BY score
    RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"""

GENERAL = f"""
CREATE TABLE general AS
SELECT post, rid, created_utc, place, n_op_general FROM (
  SELECT post, rid, created_utc, count(*) OVER (PARTITION BY post) AS n_op_general,
    row_number() OVER (PARTITION BY post ORDER BY created_utc, id) AS place
  FROM comments WHERE top AND is_op AND post IS NOT NULL)
WHERE place <= {N_GENERAL}"""

POSTS_OUT = """
CREATE TABLE posts_out AS
SELECT row_number() OVER (ORDER BY p.created_utc, p.id) AS at, p.post, k.n_rows, p.id AS thread_id,
  p.author AS op, p.edited_utc, p.created_utc AS post_created_utc, p.edited AS post_edited,
  p.removal AS post_removal, t.op_known, t.op_last_seen_utc,
  coalesce(g.n_op_general, 0) AS n_op_general
FROM (SELECT post, count(*) AS n_rows FROM siblings WHERE dropped_by < 0 GROUP BY post) k
JOIN posts p ON p.post = k.post
JOIN threads t ON t.post = k.post
LEFT JOIN (SELECT post, n_op_general FROM general WHERE place = 1) g ON g.post = k.post"""
"""Posts with a row, numbered in the order of the result: post_created_utc, thread_id."""

ROWS_OUT = """
CREATE TABLE rows_out AS
SELECT row_number() OVER (ORDER BY o.at, s.position) AS at, s.n, c.id AS comment_id,
  c.author AS commenter, s.score, s.created_utc, c.edited, c.removal, s.position, s.n_siblings,
  s.n_earlier, s.min_score_earlier, s.max_score_later, s.n_op_answered,
  s.op_answered_later_sibling, s.op_answered_lower_sibling, s.n_turns,
  f.created_utc AS op_next_seen_utc
FROM siblings s JOIN posts_out o ON o.post = s.post JOIN comments c ON c.n = s.n
ASOF LEFT JOIN (SELECT post, created_utc FROM comments WHERE is_op AND post IS NOT NULL) f
  ON f.post = s.post AND s.created_utc < f.created_utc
WHERE s.dropped_by < 0"""

TURNS_OUT = """
CREATE TABLE turns_out AS
SELECT row_number() OVER (ORDER BY o.at, u.depth, u.created_utc, u.id) AS at, u.rid, u.depth,
  u.created_utc
FROM turns u JOIN rows_out o ON o.n = u.root"""

GENERAL_OUT = """
CREATE TABLE general_out AS
SELECT row_number() OVER (ORDER BY o.at, g.place) AS at, g.rid, g.created_utc
FROM general g JOIN posts_out o ON o.post = g.post"""

# The four sorted streams that `corpus.interleave` reads side by side, by stretches of `at`: a sort
# of all the text of a large bucket does not spill well enough, one of a stretch need not.

STREAM_POSTS = (
    "posts_out",
    "SELECT o.*, x.subreddit, x.title, x.text AS post_text, x.op_edit, x.n_feedback_cut, x.invented"
    " FROM post_texts x JOIN posts_out o ON o.post = x.post",
)
STREAM_ANSWERS = (
    "rows_out",
    "SELECT o.*, x.text AS comment, x.invented FROM answer_texts x JOIN rows_out o ON o.n = x.n",
)
STREAM_TURNS = (
    "turns_out",
    "SELECT o.depth, o.created_utc, r.body"
    " FROM (SELECT rid, body FROM raw_comments) r JOIN turns_out o ON o.rid = r.rid",
)
STREAM_GENERAL = (
    "general_out",
    "SELECT o.created_utc, r.body"
    " FROM (SELECT rid, body FROM raw_comments) r JOIN general_out o ON o.rid = r.rid",
)


def stretch(query: str, first: int, last: int) -> str:
    """The rows of a stream with first <= at <= last, in order."""
    return f"{query} WHERE o.at BETWEEN {first} AND {last} ORDER BY o.at"


COMMENT_COUNTS = """
SELECT CASE WHEN c.post IS NULL THEN 'orphan'
    WHEN t.dropped_by >= 0 THEN 'post'
    WHEN c.is_op THEN 'op_turn'
    WHEN NOT c.top THEN 'nested'
    WHEN a.dropped_by >= 0 THEN 'own'
    ELSE '' END AS reason,
  CASE WHEN t.dropped_by >= 0 THEN t.dropped_by ELSE coalesce(a.dropped_by, -1) END AS rule,
  count(*) AS n
FROM comments c
LEFT JOIN post_texts t ON t.post = c.post
LEFT JOIN answer_texts a ON a.n = c.n
GROUP BY ALL"""

POST_COUNTS = """
SELECT t.dropped_by AS rule, o.post IS NOT NULL AS has_rows, count(*) AS n
FROM post_texts t LEFT JOIN posts_out o ON o.post = t.post GROUP BY ALL"""

COUNTS = """
SELECT
  (SELECT count(*) FROM raw_comments) AS raw_comments,
  (SELECT count(*) FROM comments) AS comments,
  (SELECT count(*) FROM raw_submissions) AS raw_submissions,
  (SELECT count(*) FROM posts) AS posts,
  (SELECT coalesce(sum(n_feedback_cut), 0)::BIGINT FROM post_texts
    WHERE dropped_by < 0) AS feedback_sentences_cut,
  (SELECT count(*) FROM post_texts WHERE dropped_by < 0 AND op_edit IS NOT NULL) AS posts_with_edit,
  (SELECT count(*) FROM siblings WHERE dropped_by < 0 AND n_turns > 0) AS answered_rows,
  (SELECT count(*) FROM siblings WHERE dropped_by < 0 AND score IS NULL) AS rows_without_score"""
