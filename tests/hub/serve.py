"""A double of the Hugging Face Hub on this machine: what its clients call, and faults on demand.

    python tests/hub/serve.py --root DIR      prints {"url": ...} once it listens on a free port

Tokens: hf_owner (writes to ns/), hf_read (reads ns/), hf_other (another user). It refuses what the
Hub refuses: pointers to absent content, regular files over 10 MiB, broken YAML in README.md, a
stale parent commit (412), expired addresses, a wrong sha256.

`POST /_reset` forgets every repository (not the files: a client may remember sending them).
`POST /_fault` takes one rule or a list, `GET /_fault` tells what is left of them, `DELETE /_fault`
forgets rules and log, `GET /_log` tells every request.
    {"match": regex on "METHOD /path?query", "skip": 0, "times": 1, and any of
     "status": 500, "headers": {...}, "body": "..."   answered instead of the real answer
     "hold": true            the request waits until `POST /_go`
     "drop": n               n bytes of the request are read, then the connection is cut
     "truncate": n           a file's answer is cut after n bytes
     "lost": true            the request is carried out, its answer is not sent
     "corrupt": true}        the first byte of a file's answer is flipped
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import json
import re
import socket
import sys
from collections import deque
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml
from aiohttp import web
from cas import Xet
from storage import Storage
from store import LFS, MOST_REGULAR, Entry, Refused, Repo, Store, pointer

TOKENS = {
    "hf_owner": {"name": "ns", "role": "write"},
    "hf_read": {"name": "ns", "role": "read"},
    "hf_other": {"name": "other", "role": "write"},
}
REPO = r"(?P<ns>[\w.-]+)/(?P<name>[\w.-]+)"
REV = r"(?P<rev>refs/(?:convert|pr|heads|tags)/[^/]+|[^/]+)"
API = rf"/api/(?P<kind>models|datasets)/{REPO}"
PAGE = rf"/(?:(?P<kind>datasets)/)?{REPO}"


class Hub(Xet, Storage):
    def __init__(self, root: Path):
        self.store = Store(root)
        self.lock, self.rules, self.log = asyncio.Lock(), [], deque(maxlen=50_000)
        self.go = asyncio.Event()
        self.storage = ""  # address of the second port: clients follow no redirect to the first
        routes = [
            ("POST", "/api/validate-yaml", self.validate_yaml),
            ("POST", "/api/repos/create", self.repo_create),
            ("GET", API, self.repo_info),
            ("GET", f"{API}/revision/{REV}", self.repo_info),
            ("PUT", f"{API}/settings", self.settings),
            ("GET", rf"{API}/auth-check(?P<write>/write)?", self.auth_check),
            ("POST", f"{API}/user-access-request/grant", self.grant),
            ("GET", f"{API}/refs", self.refs),
            ("GET", f"{API}/commits/{REV}", self.commits),
            ("POST", f"{API}/preupload/{REV}", self.preupload),
            ("POST", f"{API}/commit/{REV}", self.commit),
            ("GET", f"{API}/tree/{REV}(?:/(?P<path>.*?))?", self.tree),
            ("POST", f"{API}/paths-info/{REV}", self.paths_info),
            ("POST", f"{API}/branch/{REV}", self.branch),
            ("DELETE", f"{API}/branch/{REV}", self.branch),
            ("POST", f"{API}/tag/{REV}", self.tag),
            ("DELETE", f"{API}/tag/{REV}", self.untag),
            ("POST", f"{API}/super-squash/{REV}", self.squash),
            ("GET", f"{API}/lfs-files", self.large_files),
            ("POST", f"{API}/lfs-files/batch", self.delete_large_files),
            ("GET", rf"/api/resolve-cache/(?P<kind>models|datasets)/{REPO}/{REV}/(?P<path>.+?)",
             self.resolve_cache),
            ("GET", rf"{PAGE}/(?:resolve|raw)/{REV}/(?P<path>.+?)", self.resolve),
            ("POST", rf"{PAGE}\.git/info/lfs/objects/batch", self.lfs_batch),
            ("PUT", r"/_lfs/(?P<oid>\w{64})(?:/(?P<part>\d+))?", self.lfs_put),
            ("POST", r"/_lfs/(?P<oid>\w{64})/(?P<what>complete|verify)", self.lfs_done),
            ("GET", r"/_cdn/(?P<oid>\w{64})", self.cdn),
            *self.xet_routes(API, REV),
        ]  # fmt: skip
        self.routes = [(method, re.compile(f"{path}/?$"), do) for method, path, do in routes]

    # -- every request passes here

    async def dispatch(self, q: web.Request) -> web.StreamResponse:
        path, line = q.rel_url.raw_path, f"{q.method} {q.rel_url.raw_path_qs}"
        if path == "/_log":
            return web.json_response(list(self.log))
        if path == "/_go":
            self.go.set()
            return web.json_response({})
        if path == "/_reset":
            self.store.repos.clear()
            return web.json_response({})
        if path == "/_fault":
            return await self._rules(q)
        rule = q["rule"] = self._rule_for(line)
        answer: web.StreamResponse | None = None
        try:
            answer = await self._answer(q, path, line, rule)
        except ConnectionError:
            return self.cut(q)  # the client has gone
        except Refused as error:
            code = {"X-Error-Code": error.code} if error.code else {}
            words = {"X-Error-Message": error.words.replace("\n", " ")[:500]}
            answer = web.json_response(
                {"error": error.words}, status=error.status,
                headers={**words, **code, **rule.get("headers", {})},
            )  # fmt: skip
        finally:
            status = answer.status if answer is not None else 0
            known = bool(q.headers.get("Authorization"))
            self.log.append({"line": line, "status": status, "auth": known, "fault": bool(rule)})
        return answer

    async def _answer(
        self, q: web.Request, path: str, line: str, rule: dict[str, Any]
    ) -> web.StreamResponse:
        if rule.get("hold"):
            await self.go.wait()
        if "drop" in rule:
            left = rule["drop"]
            while left > 0 and (part := await q.content.read(min(65536, left))):
                left -= len(part)
            return self.cut(q)
        if "status" in rule:
            raise Refused(rule["status"], rule.get("body", f"injected {rule['status']}"))
        method = "GET" if q.method == "HEAD" else q.method
        for wanted, pattern, do in self.routes:
            if wanted == method and (match := pattern.match(path)):
                q["match"] = {k: unquote(v) if v else v for k, v in match.groupdict().items()}
                answer = await do(q)
                return self.cut(q) if rule.get("lost") else answer
        raise Refused(404, f"Not Found: {line}")

    async def _rules(self, q: web.Request) -> web.Response:
        if q.method == "DELETE":
            self.rules.clear()
            self.log.clear()
            self.go.set()
            self.go = asyncio.Event()
        elif q.method == "POST":
            given = await q.json()
            more = given if isinstance(given, list) else [given]
            self.rules += [{"skip": 0, "times": 1, **rule} for rule in more]
        return web.json_response(self.rules)

    def _rule_for(self, line: str) -> dict[str, Any]:
        for rule in self.rules:
            if rule["times"] > 0 and re.search(rule["match"], line):
                if rule["skip"] > 0:
                    rule["skip"] -= 1
                    continue
                rule["times"] -= 1
                return rule
        return {}

    def cut(self, q: web.Request) -> web.Response:
        if q.transport:
            q.transport.abort()
        return web.Response(status=499)

    async def ok(self, q: web.Request) -> web.Response:
        return web.json_response({})

    # -- who may do what

    def base(self, q: web.Request) -> str:
        return f"http://{q.host}"

    def user(self, q: web.Request) -> dict[str, str] | None:
        token = q.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if token and token not in TOKENS:
            raise Refused(401, "Invalid credentials in Authorization header")
        return TOKENS[token] if token else None

    def repo(self, q: web.Request, *, write: bool = False, content: bool = False) -> Repo:
        match, user = q["match"], self.user(q)
        kind, repo_id = (match.get("kind") or "models")[:-1], f"{match['ns']}/{match['name']}"
        repo = self.store.repos.get((kind, repo_id))
        member = user is not None and user["name"] == match["ns"]
        if repo is None or (repo.private and not member):
            words = "Repository not found" if user else "Invalid username or password."
            raise Refused(404 if user else 401, words, "RepoNotFound")
        if write and user is None:
            raise Refused(401, "Invalid username or password.", "RepoNotFound")
        if write and not (member and user and user["role"] == "write"):
            raise Refused(403, f"Forbidden: no write access to {repo_id}")
        granted = member or (user is not None and user["name"] in repo.granted)
        if content and repo.gated and not granted:
            words = f"Access to {kind} {repo_id} is restricted."
            raise Refused(403 if user else 401, words, "GatedRepo")
        return repo

    async def auth_check(self, q: web.Request) -> web.Response:
        self.repo(q, write=bool(q["match"]["write"]), content=True)
        return web.json_response({})

    async def grant(self, q: web.Request) -> web.Response:
        self.repo(q, write=True).granted.add((await q.json())["user"])
        return web.json_response({})

    # -- repositories

    async def repo_create(self, q: web.Request) -> web.Response:
        user, asked = self.user(q), await q.json()
        kind = asked.get("type") or "model"
        owner = asked.get("organization") or (user or {}).get("name", "")
        if user is None:
            raise Refused(401, "Invalid username or password.")
        if user["role"] != "write" or user["name"] != owner:
            raise Refused(403, f"You don't have the rights to create a {kind} under {owner}")
        repo_id = f"{owner}/{asked['name']}"
        url = f"{self.base(q)}/{'' if kind == 'model' else kind + 's/'}{repo_id}"
        if (kind, repo_id) in self.store.repos:
            words = f"You already created this {kind} repo"
            return web.json_response({"error": words, "url": url}, status=409)
        private = asked.get("visibility") == "private" or bool(asked.get("private"))
        self.store.create(kind, repo_id, private)
        return web.json_response({"url": url, "name": repo_id})

    async def settings(self, q: web.Request) -> web.Response:
        repo, asked = self.repo(q, write=True), await q.json()
        if "visibility" in asked or "private" in asked:
            repo.private = asked.get("visibility") == "private" or bool(asked.get("private"))
        repo.gated = asked.get("gated", repo.gated)
        return web.json_response({"private": repo.private, "gated": repo.gated})

    async def repo_info(self, q: web.Request) -> web.Response:
        repo = self.repo(q)
        commit = self.store.commits[self.store.revision(repo, q["match"].get("rev"))]
        with_blobs = q.query.get("blobs", "").lower() in ("1", "true")
        siblings = [
            {"rfilename": name, **(self._blob(entry) if with_blobs else {})}
            for name, entry in sorted(commit.files.items())
        ]
        return web.json_response({
            "_id": repo.id, "id": repo.id, "author": repo.id.split("/")[0], "sha": commit.sha,
            "lastModified": commit.date, "createdAt": commit.date, "private": repo.private,
            "gated": repo.gated, "disabled": False, "downloads": 0, "likes": 0, "tags": [],
            "siblings": siblings, "xetEnabled": True,
        })  # fmt: skip

    def _blob(self, entry: Entry) -> dict[str, Any]:
        lfs = {
            "sha256": entry.sha256, "size": entry.size,
            "pointerSize": len(pointer(entry.sha256, entry.size)),
        }  # fmt: skip
        return {"size": entry.size, "blobId": entry.blob, **({"lfs": lfs} if entry.lfs else {})}

    async def validate_yaml(self, q: web.Request) -> web.Response:
        error = _bad_card((await q.json())["content"].encode())
        errors = [{"message": error}] if error else []
        body = {"errors": errors, "warnings": []}
        return web.json_response(body, status=400 if error else 200)

    # -- listing

    def _item(self, name: str, entry: Entry) -> dict[str, Any]:
        item: dict[str, Any] = {
            "type": "file", "oid": entry.blob, "size": entry.size, "path": name,
        }  # fmt: skip
        if entry.lfs:
            size = len(pointer(entry.sha256, entry.size))
            item["lfs"] = {"oid": entry.sha256, "size": entry.size, "pointerSize": size}
            if found := self.store.xet_hash(entry.sha256):
                item["xetHash"] = found
        return item

    def _items(self, files: dict[str, Entry]) -> dict[str, dict[str, Any]]:
        folders = {"/".join(n.split("/")[:i]) for n in files for i in range(1, n.count("/") + 1)}
        found = {
            f: {
                "type": "directory",
                "oid": hashlib.sha1(f.encode()).hexdigest(),
                "size": 0,
                "path": f,
            }
            for f in folders
        }
        return {**found, **{name: self._item(name, entry) for name, entry in files.items()}}

    async def tree(self, q: web.Request) -> web.Response:
        repo = self.repo(q)
        items = self._items(self.store.files(repo, q["match"]["rev"]))
        under = (q["match"]["path"] or "").strip("/")
        if under and under not in items:
            raise Refused(404, f"{under} does not exist", "EntryNotFound")
        start = f"{under}/" if under else ""
        deep = q.query.get("recursive", "").lower() in ("1", "true")
        return web.json_response([
            item for name, item in sorted(items.items())
            if name.startswith(start) and (deep or "/" not in name[len(start):])
        ])  # fmt: skip

    async def paths_info(self, q: web.Request) -> web.Response:
        repo = self.repo(q)
        items = self._items(self.store.files(repo, q["match"]["rev"]))
        body = await q.json() if "json" in q.content_type else await q.post()
        paths = body.get("paths") if isinstance(body, dict) else body.getall("paths", [])
        return web.json_response([items[p.strip("/")] for p in paths if p.strip("/") in items])

    async def commits(self, q: web.Request) -> web.Response:
        repo, found = self.repo(q), []
        sha: str | None = self.store.revision(repo, q["match"]["rev"])
        while sha:
            commit = self.store.commits[sha]
            found.append({
                "id": sha, "title": commit.title, "message": "", "date": commit.date,
                "authors": [{"user": "ns"}],
            })  # fmt: skip
            sha = commit.parent
        return web.json_response(found)

    async def refs(self, q: web.Request) -> web.Response:
        repo = self.repo(q)

        def under(start: str) -> list[dict[str, str]]:
            return [
                {"name": ref.removeprefix(start), "ref": ref, "targetCommit": sha}
                for ref, sha in repo.refs.items()
                if ref.startswith(start)
            ]

        found = {"branches": under("refs/heads/"), "tags": under("refs/tags/"), "converts": []}
        return web.json_response(found)

    async def branch(self, q: web.Request) -> web.Response:
        repo, ref = self.repo(q, write=True), f"refs/heads/{q['match']['rev']}"
        if q.method == "DELETE":
            if repo.refs.pop(ref, None) is None:
                raise Refused(404, "Branch not found", "RevisionNotFound")
            return web.json_response({})
        asked = json.loads(await q.read() or b"{}")
        return self._new_ref(repo, ref, asked.get("startingPoint"))

    async def tag(self, q: web.Request) -> web.Response:
        repo, asked = self.repo(q, write=True), await q.json()
        return self._new_ref(repo, f"refs/tags/{asked['tag']}", q["match"]["rev"])

    async def untag(self, q: web.Request) -> web.Response:
        repo = self.repo(q, write=True)
        if repo.refs.pop(f"refs/tags/{q['match']['rev']}", None) is None:
            raise Refused(404, "Tag not found", "RevisionNotFound")
        return web.json_response({})

    async def squash(self, q: web.Request) -> web.Response:
        """One commit without a parent. The old ones can still be named, as on the real Hub."""
        repo, ref = self.repo(q, write=True), f"refs/heads/{q['match']['rev']}"
        files = self.store.commits[repo.refs[ref]].files
        repo.refs[ref] = self.store.commit(repo, None, files, (await q.json())["message"])
        return web.json_response({})

    async def large_files(self, q: web.Request) -> web.Response:
        """Of every commit that was ever made."""
        repo = self.repo(q, write=True)
        found = {
            entry.sha256: {
                "fileOid": entry.sha256[:24], "filename": name, "oid": entry.sha256,
                "pushedAt": commit.date, "ref": None, "size": entry.size,
            }
            for commit in map(self.store.commits.get, repo.commits)
            for name, entry in commit.files.items()
            if entry.lfs and self.store.has(entry.sha256)
        }  # fmt: skip
        return web.json_response(list(found.values()))

    async def delete_large_files(self, q: web.Request) -> web.Response:
        self.repo(q, write=True)
        for start in (await q.json())["deletions"]["sha"]:
            for path in (self.store.root / "blobs").glob(f"{start}*"):
                path.unlink()
        return web.json_response({})

    def _new_ref(self, repo: Repo, ref: str, start: str | None) -> web.Response:
        if ref in repo.refs:
            raise Refused(409, f"Reference already exists: {ref}")
        repo.refs[ref] = self.store.revision(repo, start)
        return web.json_response({})

    # -- committing

    async def preupload(self, q: web.Request) -> web.Response:
        repo, asked = self.repo(q, write=True), await q.json()
        revision = self.store.revision(repo, q["match"]["rev"])
        files = self.store.commits[revision].files
        if len(asked["files"]) > 256:
            raise Refused(400, "Too many files")
        found = []
        for file in asked["files"]:
            name, old = file["path"], files.get(file["path"])
            large = file["size"] > MOST_REGULAR or name.rsplit(".", 1)[-1].lower() in LFS
            binary = b"\0" in base64.b64decode(file["sample"])
            known = {"oid": old.sha256 if old.lfs else old.blob} if old else {}
            mode = "lfs" if large or binary else "regular"
            found.append({"path": name, "uploadMode": mode, "shouldIgnore": False, **known})
        return web.json_response({"files": found, "commitOid": revision})

    async def commit(self, q: web.Request) -> web.Response:
        repo, body = self.repo(q, write=True), await q.read()
        async with self.lock:
            ref = f"refs/heads/{q['match']['rev']}"
            if ref not in repo.refs:
                raise Refused(404, f"Invalid rev id: {q['match']['rev']}", "RevisionNotFound")
            head = repo.refs[ref]
            files, header = dict(self.store.commits[head].files), {}
            for line in filter(bytes.strip, body.splitlines()):
                operation = json.loads(line)
                if operation["key"] == "header":
                    header = operation["value"]
                else:
                    self._apply(files, operation["key"], operation["value"])
            if header.get("parentCommit") and not head.startswith(header["parentCommit"]):
                raise Refused(412, "A commit has happened since. Please refresh and try again.")
            sha = self.store.commit(repo, head, files, header["summary"])
            repo.refs[ref] = sha
        url = f"{self.base(q)}/{repo.kind}s/{repo.id}/commit/{sha}"
        return web.json_response({"success": True, "commitOid": sha, "commitUrl": url})

    def _apply(self, files: dict[str, Entry], key: str, value: dict[str, Any]) -> None:
        name = value["path"]
        if name.startswith(("/", ".git/")) or ".." in name.split("/") or not name:
            raise Refused(400, f"Invalid path: {name}")
        if key == "deletedFile":
            if files.pop(name, None) is None:
                raise Refused(404, f"{name} does not exist", "EntryNotFound")
        elif key == "file":
            data = base64.b64decode(value["content"])
            if len(data) > MOST_REGULAR:
                raise Refused(400, f"files larger than 10 MiB: {name}")
            if name == "README.md" and (error := _bad_card(data)):
                raise Refused(400, f"Invalid metadata in README.md. {error}")
            files[name] = self.store.regular(data)
        elif key == "lfsFile":
            if not self.store.has(value["oid"]):
                raise Refused(400, f"LFS pointer pointed to a file that does not exist: {name}")
            files[name] = self.store.lfs(value["oid"])
        else:
            raise Refused(400, f"unknown operation {key}")


def _bad_card(raw: bytes) -> str:
    """Why the Hub would not take this README.md; "" where it would."""
    try:
        found = re.match(r"\s*---[ \t]*\r?\n(.*?)\r?\n---", raw.decode(), re.S)
        data = yaml.safe_load(found[1]) if found else {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    return "" if data is None or isinstance(data, dict) else "metadata should be a mapping"


def _listening() -> socket.socket:
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    return opened


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True)
    given = parser.parse_args()
    app = web.Application(client_max_size=2**31)
    sockets = [_listening(), _listening()]
    front, storage = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in sockets)

    async def start(app: web.Application) -> None:
        app["hub"] = Hub(given.root)
        app["hub"].storage = storage

    app.on_startup.append(start)
    app.router.add_route("*", "/{tail:.*}", lambda q: q.app["hub"].dispatch(q))

    def ready(*words: object) -> None:
        sys.stdout.write(json.dumps({"url": front}) + "\n")
        sys.stdout.flush()

    web.run_app(app, sock=sockets, print=ready, access_log=None)


if __name__ == "__main__":
    main()
