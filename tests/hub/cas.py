"""The Xet side of the Hub double: tokens and a store of chunks (protocol v1; v2 answers 404).

Every file that an uploaded shard describes is put together at once and kept under its real sha256.
"""

from __future__ import annotations

import asyncio
import json
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from aiohttp import web
from store import Refused


class Chunk(NamedTuple):
    start: int
    end: int  # in the xorb, header included
    data: bytes


class Term(NamedTuple):
    """A run of chunks of one xorb that makes a part of a file."""

    xorb: str
    size: int  # unpacked
    first: int
    last: int  # excluded


class Xet:
    """Mixed into the server, which has `store`, `repo`, `send`, `signed` and `check_signed`."""

    def xet_routes(self: Any, api: str, rev: str) -> list[tuple[str, str, Any]]:
        return [
            ("GET", rf"{api}/xet-(?P<scope>read|write)-token(?:/{rev})?", self.xet_token),
            ("POST", r"/_cas/v1/xorbs/default/(?P<hash>\w{64})", self.put_xorb),
            ("GET", r"/_cas/v1/xorbs/default/(?P<hash>\w{64})", self.get_xorb),
            ("POST", r"/_cas/v1/shards", self.put_shard),
            ("GET", r"/_cas/v1/reconstructions/(?P<hash>\w{64})", self.reconstruction),
            ("POST", r"/_cas/v1/telemetry", self.ok),
        ]

    async def xet_token(self: Any, q: web.Request) -> web.Response:
        kind = q["match"]["scope"]
        self.repo(q, write=kind == "write", content=kind == "read")
        url, ends = f"{self.base(q)}/_cas", int(time.time()) + 3600
        token = f"xet-{kind}"
        headers = {
            "X-Xet-Cas-Url": url,
            "X-Xet-Access-Token": token,
            "X-Xet-Token-Expiration": str(ends),
        }
        body = {"casUrl": url, "exp": ends, "accessToken": token}
        return web.json_response(body, headers=headers)

    def cas_token(self, q: web.Request, *allowed: str) -> None:
        if q.headers.get("Authorization", "").removeprefix("Bearer ") not in allowed:
            raise Refused(401, "xet token missing or of the wrong scope")

    async def put_xorb(self: Any, q: web.Request) -> web.Response:
        self.cas_token(q, "xet-write")
        body, name = await q.read(), q["match"]["hash"]
        try:
            n_chunks = sum(1 for _ in chunks(body))
        except (ValueError, pa.ArrowException) as error:
            raise Refused(400, f"bad xorb: {error}") from error
        self.store.put("xorbs", name, body)
        return web.json_response({"was_inserted": n_chunks > 0})

    async def get_xorb(self: Any, q: web.Request) -> web.StreamResponse:
        self.check_signed(q)
        return await self.send(q, self.store.root / "xorbs" / q["match"]["hash"], {})

    async def put_shard(self: Any, q: web.Request) -> web.Response:
        self.cas_token(q, "xet-write")
        body = await q.read()
        try:
            await asyncio.to_thread(self.register, body)
        except (ValueError, KeyError, OSError, struct.error) as error:
            raise Refused(400, f"invalid shard: {type(error).__name__} {error}") from error
        return web.json_response({"result": 1})

    def register(self: Any, shard: bytes) -> None:
        for file, terms in shard_files(shard):
            whole, record = bytearray(), []
            opened: dict[str, list[Chunk]] = {}
            for term in terms:
                if term.xorb not in opened:
                    opened[term.xorb] = list(chunks(self._xorb(term.xorb)))
                mine = opened[term.xorb][term.first : term.last]
                part = b"".join(c.data for c in mine)
                if len(part) != term.size:
                    raise ValueError("length of a segment")
                whole += part
                spans = [(c.start, c.end, len(c.data)) for c in mine]
                record.append([term.xorb, term.first, spans])
            sha256 = self.store.blob(bytes(whole))
            self.store.put("recon", file, json.dumps(record).encode())
            self.store.put("recon", f"sha256-{sha256}", file.encode())

    def _xorb(self: Any, name: str) -> bytes:
        return (self.store.root / "xorbs" / name).read_bytes()

    async def reconstruction(self: Any, q: web.Request) -> web.Response:
        """Which chunks make the asked range of a file, and signed addresses to fetch them."""
        self.cas_token(q, "xet-read", "xet-write")
        place: Path = self.store.root / "recon" / q["match"]["hash"]
        if not place.exists():
            raise Refused(404, "file not found")
        record = json.loads(place.read_bytes())
        size = sum(n for _, _, spans in record for _, _, n in spans)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", q.headers.get("Range", ""))
        low, high = (int(asked[1]), min(int(asked[2]) + 1, size)) if asked else (0, size)
        if asked and low >= size:
            raise Refused(416, "range past the end of the file")
        at, first, terms, fetch = 0, None, [], {}
        for xorb, number, spans in record:
            keep = []
            for i, (_, _, n) in enumerate(spans):
                if at + n > low and at < high:
                    keep.append(i)
                    first = at if first is None else first
                at += n
            if not keep:
                continue
            a, b = keep[0], keep[-1]
            wanted = {"start": number + a, "end": number + b + 1}
            terms.append(
                {
                    "hash": xorb,
                    "unpacked_length": sum(s[2] for s in spans[a : b + 1]),
                    "range": wanted,
                }
            )
            url = self.base(q) + self.signed(f"/_cas/v1/xorbs/default/{xorb}")
            place_in_xorb = {"start": spans[a][0], "end": spans[b][1] - 1}
            fetch.setdefault(xorb, []).append(
                {"range": wanted, "url": url, "url_range": place_in_xorb}
            )
        found = {"offset_into_first_range": low - (first or 0), "terms": terms, "fetch_info": fetch}
        return web.json_response(found)


def chunks(xorb: bytes) -> Iterator[Chunk]:
    """Each chunk: a header of 8 bytes (version u8, packed u24, scheme u8, plain u24), then data."""
    at = 0
    while at < len(xorb) and xorb[at : at + 7] != b"XETBLOB":  # an optional footer
        header = int.from_bytes(xorb[at : at + 8], "little")
        packed, scheme, plain = header >> 8 & 0xFFFFFF, header >> 32 & 0xFF, header >> 40
        end = at + 8 + packed
        if scheme > 2 or end > len(xorb):
            raise ValueError("header of a chunk")
        data = xorb[at + 8 : end]
        if scheme:
            data = pa.decompress(data, decompressed_size=plain, codec="lz4", asbytes=True)
        yield Chunk(at, end, _ungrouped(data) if scheme == 2 else data)
        at = end


def _ungrouped(data: bytes) -> bytes:
    """Undoes "byte grouping 4": the four planes of a chunk become one stream again."""
    out, at = bytearray(len(data)), 0
    for plane in range(4):
        n = (len(data) - plane + 3) // 4
        out[plane::4] = data[at : at + n]
        at += n
    return bytes(out)


def shard_files(shard: bytes) -> Iterator[tuple[str, list[Term]]]:
    """(file hash, its terms) of every file that a shard describes."""

    def name(raw: bytes) -> str:
        return "".join(f"{word:016x}" for word in struct.unpack("<4Q", raw))

    at = 48
    while shard[at : at + 32] != b"\xff" * 32:
        flags, n_terms = struct.unpack("<II", shard[at + 32 : at + 40])
        file, terms = name(shard[at : at + 32]), []
        at += 48
        for _ in range(n_terms):
            _, size, first, last = struct.unpack("<4I", shard[at + 32 : at + 48])
            terms.append(Term(name(shard[at : at + 32]), size, first, last))
            at += 48
        at += 48 * n_terms * (flags >> 31) + 48 * (flags >> 30 & 1)
        yield file, terms
