"""Masked texts of many rows: each distinct text is masked once, and what was masked is counted.

Masking has a fixed cost a call (RE2 compiles its patterns afresh), so whoever has several columns,
or the rows of several buckets, lets `learn` see all their texts at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ..corpus.artefacts import stable_hash
from ..corpus.masking import mask_each
from ..corpus.names import mask_names_column
from ..corpus.settings import Settings

REMEMBERED = 200_000  # texts; a row group with all its columns has about 60,000
Texts = Sequence[str | None]


class Masks:
    """Remembers texts and their masks; `counts` holds what was masked in which bucket."""

    def __init__(self, settings: Settings):
        self._names = settings.mask_names
        self.counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._known: dict[str, str] = {}
        self._found: dict[str, Mapping[str, int]] = {}  # of texts with a mask
        self._counted: set[tuple[int, int]] = set()  # buckets, digests of texts with a mask

    def learn(self, *columns: Texts) -> None:
        """Masks all texts that are new, in one go."""
        if len(self._known) > REMEMBERED:
            self._known, self._found = {}, {}
        fresh = [t for t in _distinct(columns) if t not in self._known]
        masked, found = mask_each([_clean(t) for t in fresh])
        for i, counts in found.items():
            self._found[fresh[i]] = counts
        if self._names:
            masked = self._without_names(fresh, masked)
        self._known.update(zip(fresh, masked, strict=True))

    def _without_names(self, fresh: Sequence[str], masked: Sequence[str]) -> list[str]:
        """Names out, then another look: a mark may uncover what stood beside a name."""
        named = [mask_names_column([text]) for text in masked]
        again, more = mask_each([texts[0] or "" for texts, _ in named])
        for i, (_, counts) in enumerate(named):
            if counts or i in more:
                self._found[fresh[i]] = Counter(self._found.get(fresh[i], {})) + counts + Counter(
                    more.get(i, {}))  # fmt: skip
        return again

    def each(self, texts: Texts, buckets: Sequence[int]) -> list[str | None]:
        """Texts (n,) that `learn` saw, masked; every mask counts, in the bucket of its row."""
        for text, bucket in zip(texts, buckets, strict=True):
            if text in self._found:
                self.counts[bucket].update(self._found[text])
        return self._masked(texts)

    def once(self, texts: Texts, buckets: Sequence[int]) -> list[str | None]:
        """The same for texts that come again in other rows: counted once in each bucket."""
        for text, bucket in set(zip(texts, buckets, strict=True)):
            if text is not None and text in self._found:
                seen = bucket, stable_hash("redditess masked", text)
                if seen not in self._counted:
                    self._counted.add(seen)
                    self.counts[bucket].update(self._found[text])
        return self._masked(texts)

    def _masked(self, texts: Texts) -> list[str | None]:
        return [None if t is None else self._known[t] for t in texts]


def _distinct(columns: Iterable[Texts]) -> list[str]:
    return [t for t in dict.fromkeys(t for texts in columns for t in texts) if t is not None]


def _clean(text: str) -> str:
    """Without U+0000, which the viewer's statistics cannot store (docs/design/0006)."""
    return text if "\0" not in text else text.replace("\0", "")
