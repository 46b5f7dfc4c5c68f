"""redditess: from raw Reddit dumps to a labelled dataset of effective support.

`effective` means that the poster acknowledged this comment. It is not clinical benefit.

    import redditess
    from datasets import load_dataset

    load_dataset("redditess", data_dir="dumps/")            # builds at the first call, then reads
    load_dataset("redditess", "full", data_dir="dumps/", preset="paper", limit=10_000)
    redditess.load()                                        # the bundled sample, which is invented
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

# A registered name would otherwise be reported to the Hub, one request a load: no network unasked.
os.environ.setdefault("HF_UPDATE_DOWNLOAD_COUNTS", "0")

import datasets
import datasets.builder
import datasets.config

if __name__ not in ("redditess", "__main__"):  # `redditess.redditess` would be a second copy
    raise ImportError("this file is the package `redditess` itself: write `import redditess`")
if "__path__" not in globals():  # a checkout: this file is a plain module, its rooms lie beside it
    __path__ = [os.path.dirname(os.path.abspath(__file__))]
    if __spec__ is not None:
        __spec__.submodule_search_locations = __path__  # importlib.resources and pkgutil look here

__version__ = "0.1.0"

if __name__ == "__main__":  # `python -m redditess` in a checkout runs this file
    from redditess.__main__ import main  # the work is done in the real module, not in this copy

    raise SystemExit(main())

if os.environ["HF_UPDATE_DOWNLOAD_COUNTS"] == "0":  # where `datasets` had read it before us
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False

# From here on no file is touched in this module: `datasets` replaces `open`, `os.path` and others
# in the module that defines a builder. The rooms do the work.


@dataclass
class RedditessConfig(datasets.BuilderConfig):  # type: ignore[misc]  # datasets ships no types
    """What decides the rows, by keyword of `load_dataset`; None: as the preset says.

    The names are those of `redditess presets show default`; `settings` is a TOML file with any of
    them. Without dumps the preset is `sample`.
    """

    preset: str | None = None
    settings: str | None = None
    subreddits: Sequence[str] | None = None
    filters: Sequence[str] | None = None
    min_words: int | None = None
    language: str | None = None
    functions: Sequence[str] | None = None
    label_model: str | None = None
    n_buckets: int | None = None
    limit: int | None = None


OPTIONS = tuple(RedditessConfig.__annotations__)


class Redditess(datasets.ArrowBasedBuilder):  # type: ignore[misc]  # datasets ships no types
    """Builds a release from dumps into the redditess cache, then hands its Parquet to `datasets`.

    `workers`, `memory_limit`, `engine` and `master` say how a build runs and never change a row.
    """

    BUILDER_CONFIG_CLASS = RedditessConfig
    BUILDER_CONFIGS: ClassVar = [
        RedditessConfig(name)
        for name in ("effectiveness", "full", "preferences", "unpaired", "sft")
    ]
    DEFAULT_CONFIG_NAME = "effectiveness"

    def __init__(
        self,
        *args: Any,
        data_dir: str | os.PathLike[str] | None = None,
        data_files: Any = None,
        hash: str | None = None,
        workers: int | None = None,
        memory_limit: str | None = None,
        engine: str | None = None,
        master: str | None = None,
        **more: Any,
    ):
        from redditess.release import local

        self._execution = {"workers": workers, "memory_limit": memory_limit,
                           "engine": engine, "master": master}  # fmt: skip
        options = {name: more.get(name) for name in OPTIONS}
        self._source = local.source(data_dir, data_files, options)
        # The place of the cache names dumps, settings and code by this hash alone: the arguments
        # of `datasets` would let one relative path in two folders, or a changed file, share it.
        super().__init__(*args, hash=self._source.fingerprint, **more)

    def _info(self) -> datasets.DatasetInfo:
        from redditess.release.columns import DESCRIPTIONS
        from redditess.release.features import features

        return datasets.DatasetInfo(
            description=DESCRIPTIONS[self.config.name],
            features=features(self.config.name),
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        from redditess.release import local

        folder = local.ensure_built(self._source, **self._execution)
        shards = local.shards(folder, self.config.name)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": files})
            for split, files in shards.items()
        ]

    def _generate_tables(self, files: list[str]) -> Iterator[tuple[datasets.builder.Key, Any]]:
        from redditess.release import local

        for shard, path in enumerate(files):
            for place, table in enumerate(local.tables(path)):
                yield datasets.builder.Key(shard, place), table

    def _download_and_prepare(self, *args: Any, **more: Any) -> None:
        from redditess.release import local

        # Under the lock of `datasets`, in its `.incomplete` folder.
        local.empty(self._output_dir)
        super()._download_and_prepare(*args, **more)


def register(name: str = "redditess") -> None:
    """Makes `load_dataset(name)` know the builder; runs at import.

    This is a private table of `datasets`; where a release of it has none, a warning says so and
    `redditess.load` does the same.
    """
    try:
        from datasets import packaged_modules as known

        known._PACKAGED_DATASETS_MODULES[name] = (Redditess.__module__, __version__)
        known._MODULE_TO_EXTENSIONS.setdefault(name, [".zst"])
        known._MODULE_TO_METADATA_FILE_NAMES.setdefault(name, [])
        known._MODULE_TO_METADATA_EXTENSIONS.setdefault(name, [])
    except (ImportError, AttributeError) as error:
        warnings.warn(
            f"datasets {datasets.__version__} does not know how to load {name!r} by name "
            f"({error}); use redditess.load() instead",
            stacklevel=2,
        )


def load(
    name: str | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    *,
    data_files: Any = None,
    split: str | None = None,
    streaming: bool = False,
    num_proc: int | None = None,
    cache_dir: str | None = None,
    **options: Any,
) -> Any:
    """The same as `load_dataset("redditess", ...)` by public API only.

    `name` is a config, `options` are the fields of RedditessConfig and how the build runs:
    `workers`, `memory_limit`, `engine`, `master` (docs/cluster.md).
    Without dumps: the bundled sample, which is invented. Returns a DatasetDict (with `split` a
    Dataset), the iterable kinds with `streaming`.
    """
    builder = Redditess(
        config_name=name, data_dir=data_dir, data_files=data_files, cache_dir=cache_dir, **options
    )
    if streaming:
        return builder.as_streaming_dataset(split=split)
    builder.download_and_prepare(num_proc=num_proc)
    return builder.as_dataset(split=split)


register()
