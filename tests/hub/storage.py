"""The Hub double's large files (LFS, signed addresses) and downloads."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web
from store import Entry, Refused, Repo

LIFE_S = 3600  # of a signed address
PART = 20_000  # bytes; small, so that the small files of tests go up whole and in parts


class Storage:
    """Mixed into the server, which has `store`, `repo`, `base`, `cut` and so on."""

    # -- LFS

    def signed(self, path: str) -> str:
        ends = int(time.time()) + LIFE_S
        return f"{path}?e={ends}&s={self._signature(path, str(ends))}"

    def check_signed(self: Any, q: web.Request) -> None:
        ends = q.query.get("e", "0")
        if q.query.get("s") != self._signature(q.path, ends) or int(ends) < time.time():
            raise Refused(403, "Request has expired")

    def _signature(self, path: str, ends: str) -> str:
        return hashlib.sha256(f"{path}{ends}{self.store.root}".encode()).hexdigest()[:16]

    async def lfs_batch(self: Any, q: web.Request) -> web.Response:
        asked = await q.json()
        up = asked["operation"] == "upload"
        self.repo(q, write=up, content=not up)
        objects = [self._lfs_object(self.base(q), o["oid"], o["size"]) for o in asked["objects"]]
        kind = "multipart" if "multipart" in asked.get("transfers", []) else "basic"
        return web.json_response(
            {"transfer": kind, "objects": objects}, content_type="application/vnd.git-lfs+json"
        )

    def _lfs_object(self, base: str, oid: str, size: int) -> dict[str, Any]:
        found: dict[str, Any] = {"oid": oid, "size": size}
        if self.store.has(oid):
            return found  # already there: no action
        verify = {"href": f"{base}/_lfs/{oid}/verify", "header": {}}
        if size <= PART:
            upload: dict[str, Any] = {"href": base + self.signed(f"/_lfs/{oid}")}
        else:
            numbers = range(1, -(-size // PART) + 1)
            parts = {f"{i:05d}": base + self.signed(f"/_lfs/{oid}/{i}") for i in numbers}
            header = {"chunk_size": str(PART), **parts}
            upload = {"href": f"{base}/_lfs/{oid}/complete", "header": header}
        return {**found, "actions": {"upload": upload, "verify": verify}}

    async def lfs_put(self: Any, q: web.Request) -> web.Response:
        self.check_signed(q)
        oid, part = q["match"]["oid"], q["match"]["part"]
        data = await q.read()
        found = hashlib.sha256(data).hexdigest()
        if part:
            self.store.put("tmp", f"{oid}.{part}", data)
        elif found != oid:
            raise Refused(400, f"sha256 mismatch: got {found}")
        else:
            self.store.put("blobs", oid, data)
        return web.Response(headers={"ETag": f'"{found}"'})

    async def lfs_done(self: Any, q: web.Request) -> web.Response:
        oid, asked = q["match"]["oid"], json.loads(await q.read() or b"{}")
        if q["match"]["what"] == "complete" and not self.store.has(oid):
            numbers = sorted(part["partNumber"] for part in asked["parts"])
            data = b"".join((self.store.root / "tmp" / f"{oid}.{n}").read_bytes() for n in numbers)
            if hashlib.sha256(data).hexdigest() != oid:
                raise Refused(400, "sha256 mismatch after multipart")
            self.store.put("blobs", oid, data)
        if not self.store.has(oid):
            raise Refused(404, "object not found")
        return web.json_response({})

    # -- downloads

    def _found(self: Any, q: web.Request) -> tuple[Repo, str, Entry, dict[str, str]]:
        repo = self.repo(q, content=True)
        sha = self.store.revision(repo, q["match"]["rev"])
        entry = self.store.commits[sha].files.get(q["match"]["path"])
        if entry is None:
            raise Refused(404, "Entry not found", "EntryNotFound")
        etag = f'"{entry.sha256 if entry.lfs else entry.blob}"'
        headers = {
            "X-Repo-Commit": sha, "Accept-Ranges": "bytes", "X-Linked-Size": str(entry.size),
            "X-Linked-Etag": etag, "ETag": etag,
        }  # fmt: skip
        return repo, sha, entry, headers

    async def resolve(self: Any, q: web.Request) -> web.Response:
        repo, sha, entry, headers = self._found(q)
        if not entry.lfs:
            path = quote(q["match"]["path"])
            headers["Location"] = f"/api/resolve-cache/{repo.kind}s/{repo.id}/{sha}/{path}"
            return web.Response(status=307, headers=headers)
        headers["Location"] = self.storage + self.signed(f"/_cdn/{entry.sha256}")
        if found := self.store.xet_hash(entry.sha256):
            auth = f"{self.base(q)}/api/{repo.kind}s/{repo.id}/xet-read-token/{sha}"
            headers |= {"X-Xet-Hash": found, "Link": f'<{auth}>; rel="xet-auth"'}
        return web.Response(status=302, headers=headers)

    async def resolve_cache(self: Any, q: web.Request) -> web.StreamResponse:
        _, _, entry, headers = self._found(q)
        return await self.send(q, self.store.root / "blobs" / entry.sha256, headers)

    async def cdn(self: Any, q: web.Request) -> web.StreamResponse:
        self.check_signed(q)
        headers = {"ETag": f'"{q["match"]["oid"]}"', "Accept-Ranges": "bytes"}
        return await self.send(q, self.store.root / "blobs" / q["match"]["oid"], headers)

    async def send(
        self: Any, q: web.Request, path: Path, headers: dict[str, str]
    ) -> web.StreamResponse:
        if not path.exists():
            raise Refused(404, "NoSuchKey")
        data, rule = path.read_bytes(), q["rule"]
        size, status = len(data), 200
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", q.headers.get("Range", ""))
        if asked and any(asked.groups()):
            first = int(asked[1]) if asked[1] else max(0, size - int(asked[2]))
            last = min(int(asked[2]) + 1, size) if asked[1] and asked[2] else size
            if first >= last:
                return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
            headers = {**headers, "Content-Range": f"bytes {first}-{last - 1}/{size}"}
            data, status = data[first:last], 206
        answer = web.StreamResponse(status=status, headers=headers)
        answer.content_type, answer.content_length = "application/octet-stream", len(data)
        await answer.prepare(q)
        if q.method == "HEAD":
            return answer
        if rule.get("corrupt"):
            data = bytes([data[0] ^ 255]) + data[1:]
        await answer.write(data[: rule.get("truncate", len(data))])
        if rule.get("truncate", len(data)) < len(data):
            await asyncio.sleep(0.05)
            return self.cut(q)
        return answer
