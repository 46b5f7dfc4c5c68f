"""What is checked: the recipe with its data, tokenizer and model, each opened once when asked.

Rows and tokens come from the functions that the trainers call, so what is checked is what will be
trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pyarrow as pa

from ...release.released_rows import released_rows
from ...release.splits import ORDER
from ..recipes.recipe import ClassifierRecipe, GeneratorRecipe, Recipe
from ..runs.folder import RunFolder
from .finding import Unknown
from .openings import Openings, openings_of
from .stream import Encoded, Sample, Stream, encoded_of, sample_of, streams_of
from .texts import Texts, texts_of

if TYPE_CHECKING:
    from ..data.source import Source
    from ..models.bases import Base

T = TypeVar("T")
CONFIGS = {
    "classifier": "effectiveness", "sft": "sft", "dpo": "preferences", "kto": "unpaired",
    "reward": "preferences", "grpo": "sft",
}  # fmt: skip
"""Kind of run -> the config whose rows it reads."""
PAIRED = ("dpo", "reward")
_ABOUT = ("id", "thread_id", "label", "p_effective", "screen", "invented")


class Failed(NamedTuple):
    """Why a part is not there."""

    why: Exception


def part(make: Callable[[Subject], T]) -> property:
    """A property that is made once. Where that fails, every use of it raises Unknown."""
    name = make.__name__

    @wraps(make)
    def get(subject: Subject) -> T:
        if name not in subject.made:
            try:
                subject.made[name] = make(subject)
            except Exception as e:  # data, tokenizers and configs of strangers raise anything
                subject.made[name] = Failed(e)
        found = subject.made[name]
        if isinstance(found, Failed):
            raise Unknown(name) from found.why
        return found

    return property(get)


class Subject:
    """A recipe and everything about it that costs no weights."""

    def __init__(self, recipe: Recipe, folder: RunFolder | None = None):
        self.recipe, self.folder = recipe, folder
        self.made: dict[str, Any] = {}

    def failure(self, name: str) -> Exception | None:
        """Why a part cannot be had; None where it can, or where another part is to blame."""
        try:
            getattr(self, name)
        except Unknown as e:
            return None if isinstance(e.__cause__, Unknown) else self.made[name].why
        return None

    # ---- the data ---------------------------------------------------------------------------

    @property
    def config_name(self) -> str:
        return CONFIGS[self.recipe.kind]

    @part
    def source(self) -> Source:
        from ..data.source import source_of

        return source_of(self.recipe)

    @part
    def splits(self) -> dict[str, pa.Table]:
        """Rows of train, validation and test as the trainer gets them."""
        read = {"classifier": _labelled, "sft": _sft, "grpo": _sft, "kto": _unpaired}
        rows = read.get(self.recipe.kind, _pairs)
        found = {
            name: rows(self.source, name, self.recipe.limit if name == "train" else 0)
            for name in ("train", "validation", "test")
        }
        return _cut(self.recipe, found)

    @property
    def train(self) -> pa.Table:
        return self.splits["train"]

    @property
    def n_train(self) -> int:
        return self.train.num_rows

    @property
    def n_validation(self) -> int:
        return self.splits["validation"].num_rows

    @part
    def texts(self) -> dict[str, Texts]:
        """The words of each split."""
        return {name: texts_of(self.recipe.kind, rows) for name, rows in self.splits.items()}

    @part
    def openings(self) -> dict[str, Openings]:
        """The first words of each split."""
        return {name: openings_of(texts) for name, texts in self.texts.items()}

    @part
    def full(self) -> pa.Table:
        """id, thread_id, label, p_effective, screen, invented and split of every released row."""
        parts = [
            rows.append_column("split", pa.array([split] * rows.num_rows, pa.string()))
            for split, rows in released_rows(self.source.release, "full", ORDER, _ABOUT)
        ]
        return pa.concat_tables([t.replace_schema_metadata(None) for t in parts])

    # ---- the model --------------------------------------------------------------------------

    @part
    def base(self) -> Base:
        from ..models.bases import resolve_base

        return resolve_base(self.recipe)

    @part
    def config(self) -> Any:
        """The model's config.json, read by transformers; never code of a stranger."""
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(
            self.base.path, revision=self.base.revision or "main", trust_remote_code=False
        )

    @part
    def tokenizer(self) -> Any:
        """As the trainer loads it."""
        if isinstance(self.recipe, GeneratorRecipe):
            from ..generator.lora import load_tokenizer

            return load_tokenizer(self.recipe, self.base)
        from ..classifier.model import load_tokenizer as load

        return load(self.base.path, self.base.revision)

    @part
    def skeleton(self) -> Any:
        """The model without weights: every module, on torch's `meta` device."""
        import torch
        import transformers

        scores = self.recipe.kind in ("classifier", "reward")
        kind = "SequenceClassification" if scores else "CausalLM"
        config = _copied(self.config)
        if scores:
            config.num_labels = 2 if self.recipe.kind == "classifier" else 1
        with torch.device("meta"):
            return getattr(transformers, f"AutoModelFor{kind}").from_config(
                config, attn_implementation="eager", trust_remote_code=False
            )

    # ---- its tokens -------------------------------------------------------------------------

    @part
    def sample(self) -> Sample:
        return sample_of(self.texts["train"], self.tokenizer)

    @part
    def streams(self) -> list[Stream]:
        """Of generators."""
        assert isinstance(self.recipe, GeneratorRecipe)
        return streams_of(self.recipe, self.train, self.sample, self.tokenizer)

    @part
    def encoded(self) -> Encoded:
        """Of a classifier."""
        return encoded_of(self.train, self.sample, self.tokenizer, self.recipe.max_length)


def _copied(config: Any) -> Any:
    return type(config).from_dict(config.to_dict())


def _cut(recipe: Recipe, found: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """`split: era` as the classifier cuts it."""
    if not isinstance(recipe, ClassifierRecipe) or recipe.split != "era":
        return found
    from ..classifier.rows import by_era

    *splits, _ = by_era(found["train"], found["validation"], found["test"])
    return dict(zip(("train", "validation", "test"), splits, strict=True))


def _labelled(source: Source, split: str, limit: int) -> pa.Table:
    from ..data.rows import labelled_rows

    return labelled_rows(source, split, limit=limit)


def _sft(source: Source, split: str, limit: int) -> pa.Table:
    from ..data.rows import sft_rows

    return _table(sft_rows(source, split, limit=limit))


def _pairs(source: Source, split: str, limit: int) -> pa.Table:
    from ..data.rows import preference_rows

    return _table(preference_rows(source, split, limit=limit))


def _unpaired(source: Source, split: str, limit: int) -> pa.Table:
    from ..data.rows import unpaired_rows

    return _table(unpaired_rows(source, split, limit=limit))


def _table(dataset: Any) -> pa.Table:
    return dataset.with_format("arrow")[:]
