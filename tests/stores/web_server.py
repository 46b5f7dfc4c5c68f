"""A web server on loopback that holds files and goes wrong as told: one fault a request.

    with serving(https=folder) as web: web.files["x"] = b"..."; web.faults += [{"cut": 10}]

A fault may say "status": answered instead; "cut": n bytes are sent, then the line is cut;
"no_range": the whole file, 200; "shift": the range begins so many bytes off; "etag": of another
version; "slow": seconds before the answer; "to": where it redirects.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import ipaddress
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


class Web(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.faults: deque[dict[str, Any]] = deque()
        self.asked: list[tuple[str, str]] = []  # (path with query, Range)
        self.password = ""  # "user:word": asked of everybody
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        fault = self.server.faults.popleft() if self.server.faults else {}
        time.sleep(fault.get("slow", 0))
        data = self.server.files.get(unquote(self.path.partition("?")[0].lstrip("/")))
        word = "Basic " + base64.b64encode(self.server.password.encode()).decode()
        if self.server.password and self.headers.get("Authorization") != word:
            self._answer(401)
        elif "to" in fault:
            self._answer(302, {"Location": fault["to"]})
        elif "status" in fault or data is None:
            self._answer(fault.get("status", 404))
        else:
            self._file(data, fault)

    def _file(self, data: bytes, fault: dict[str, Any]) -> None:
        etag = fault.get("etag", f'"{hashlib.md5(data).hexdigest()}"')
        headers = {"ETag": etag} if etag else {}
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(asked[1]) + fault.get("shift", 0) if asked else 0
        if asked is None or "no_range" in fault:
            self._answer(200, headers, data, fault)
        elif start >= len(data):
            self._answer(416, {**headers, "Content-Range": f"bytes */{len(data)}"})
        else:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            self._answer(206, headers, data[start:], fault)

    def _answer(
        self, status: int, headers: dict[str, str] | None = None, body: bytes = b"",
        fault: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if not (fault or {}).get("no_length"):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = (fault or {}).get("cut")
        self.wfile.write(body[:cut])
        self.close_connection = cut is not None or bool(fault)

    def log_message(self, *_: Any) -> None:
        """Nothing: tests read what was asked from `asked`."""


@contextmanager
def serving(https: Path | None = None) -> Generator[Web]:
    """A running server; `https`: a folder for its certificate, `ca.pem`."""
    with Web() as web:
        if https is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate(https))
            web.socket = context.wrap_socket(web.socket, server_side=True)
            web.scheme = "https"
        threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
        yield web
        web.shutdown()


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    today = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=2))
        .not_valid_after(today + datetime.timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "ca.pem"
    path.write_bytes(made.public_bytes(pem) + key.private_bytes(pem, *plain))
    return path
