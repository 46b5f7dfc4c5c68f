"""The bundled sample: an invented, seeded world of help-seeking threads, and its sealed truth.

Every person, post and comment is made up by this package from phrases of ours; the lines say so
(`redditess_invented`). What the world is and is not: docs/sample.md.
"""

from .build import iter_sample, write_sample
from .truth import EXHIBITS, TRUTH_FILE, TRUTH_SCHEMA, read_truth

__all__ = [
    "EXHIBITS", "TRUTH_FILE", "TRUTH_SCHEMA", "iter_sample", "read_truth", "write_sample",
]  # fmt: skip
