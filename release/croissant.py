"""croissant.json: the release described for machines, file by file with digests (MLCommons
Croissant 1.0 and its responsible-AI terms). The Hub makes its own, without those terms; this one
travels with the folder and works offline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from .columns import DESCRIPTIONS, Column
from .dehydrated import columns_of
from .front_matter import filled
from .rai import CONFORMS_TO, rai

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
DESCRIPTION = (
    "Reddit posts that ask for support, the comments that answer them, and whether the poster "
    "acknowledged the comment. `effective` is not clinical benefit."
)
PAPER = "https://arxiv.org/abs/2503.21888"


def croissant(document: Mapping[str, Any]) -> dict[str, Any]:
    """`release.json` -> JSON-LD: one FileObject and one RecordSet for each Parquet file."""
    columns = columns_of(document)
    files = [
        (config, f) for config in filled(document) for f in document["stages"][config]["files"]
    ]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": "redditess",
        "description": DESCRIPTION,
        "conformsTo": ["http://mlcommons.org/croissant/1.0", CONFORMS_TO],
        "license": "https://redditinc.com/policies",
        "url": PAPER,
        "version": document["version"],
        "datePublished": _date(document),
        "citeAs": PAPER,
        "distribution": [_file(f) for _, f in files],
        "recordSet": [_record_set(config, columns[config], f) for config, f in files],
        **rai(document),
    }


def _date(document: Mapping[str, Any]) -> str:
    """The day of the agreement to publish; before there is one, the last day that a row tells of
    (a build knows no other day: the same inputs give the same bytes).
    """
    agreed = (document.get("governance") or {}).get("date")
    days = document["content"]["days"]
    return str(agreed or (days[-1] if days else "1970-01-01"))


def _inside(file: Mapping[str, Any]) -> str:
    """The path as the release folder sees it."""
    return str(file["path"]).removeprefix("redditess/")


def _file(file: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": _inside(file),
        "name": _inside(file),
        "contentUrl": _inside(file),
        "contentSize": f"{file['bytes']} B",
        "encodingFormat": "application/x-parquet",
        "sha256": file["sha256"],
    }


def _record_set(config: str, columns: Sequence[Column], file: Mapping[str, Any]) -> dict[str, Any]:
    name = _inside(file).removeprefix("data/").removesuffix(".parquet")
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": DESCRIPTIONS[config],
        "field": [_field(name, column, _inside(file)) for column in columns],
    }


def _field(record_set: str, column: Column, file: str) -> dict[str, Any]:
    kind, source = column.type, {"fileObject": {"@id": file}, "extract": {"column": column.name}}
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{record_set}/{column.name}",
        "name": column.name,
        "description": column.description,
        "source": source,
    }
    if pa.types.is_list(kind):
        field["repeated"] = True
        kind = kind.value_type
    if pa.types.is_struct(kind):
        field["subField"] = [
            {
                "@type": "cr:Field",
                "@id": f"{record_set}/{column.name}/{part.name}",
                "name": part.name,
                "dataType": _data_type(part.type),
                "source": {**source, "transform": {"jsonPath": part.name}},
            }
            for part in kind
        ]
    else:
        field["dataType"] = _data_type(kind)
    return field


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    return "sc:Date" if pa.types.is_date(kind) else "sc:Text"
