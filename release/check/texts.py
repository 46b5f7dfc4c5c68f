"""Every string inside a column, however deep it lies."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa


def texts_of(array: pa.Array | pa.ChunkedArray) -> Iterator[pa.Array]:
    """The string arrays of a column of strings, lists or structs."""
    for chunk in array.chunks if isinstance(array, pa.ChunkedArray) else [array]:
        if pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type):
            yield chunk
        elif pa.types.is_list(chunk.type) or pa.types.is_large_list(chunk.type):
            yield from texts_of(chunk.flatten())
        elif pa.types.is_struct(chunk.type):
            for child in chunk.flatten():
                yield from texts_of(child)
