"""OpenStack Swift with its S3 API on this machine: a production object store in one process.

    python tests/stores/swift_server.py --root DIR     prints {"url": ...} once it answers

One proxy (s3api, tempauth) and one account, container and object server on free loopback ports,
one copy of everything on DIR, which needs user xattrs. No root, no /etc/swift, no memcached.
Access key `test:tester`, secret `testing`; `test:reader`, `reading` may do nothing yet.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import eventlet
import eventlet.hubs
from eventlet import wsgi
from swift.common import utils

KINDS = ("account", "container", "object")
ACCESS, SECRET, REGION = "test:tester", "testing", "us-east-1"

PROXY = """[DEFAULT]
swift_dir = {root}
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck listing_formats s3api tempauth {rest} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
sorting_method = shuffle
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
user_test_reader = reading
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:bulk]
use = egg:swift#bulk
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""

STORAGE = """[DEFAULT]
swift_dir = {root}
devices = {root}/devices
mount_check = false
fallocate_reserve = 0
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root.resolve()
    (root / "devices" / "d1").mkdir(parents=True, exist_ok=True)
    (root / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = loopback\n", "utf8")
    utils.SWIFT_CONF_FILE = str(root / "swift.conf")
    utils.validate_hash_conf()
    utils.eventlet_monkey_patch()
    sockets = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in (*KINDS, "proxy")}
    for kind in KINDS:
        _ring(root, kind, sockets[kind].getsockname()[1])
    for kind, socket in sockets.items():
        text = PROXY if kind == "proxy" else STORAGE
        conf = root / f"{kind}-server.conf"
        conf.write_text(text.format(root=root, kind=kind, rest="bulk copy slo dlo"), "utf8")
        eventlet.spawn(_serve, socket, _app(conf))
    port = sockets["proxy"].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    # Whoever started this holds the other end: without it the server would outlive a test run.
    eventlet.hubs.trampoline(sys.stdin.fileno(), read=True)


def _ring(root: Path, kind: str, port: int) -> None:
    """Where every object of this kind lies: on the one device there is."""
    from swift.common.ring import RingBuilder

    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=0)
    builder.add_dev({
        "id": 0, "region": 1, "zone": 1, "weight": 1.0, "device": "d1", "meta": "",
        "ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port,
    })  # fmt: skip
    builder.rebalance()
    builder.get_ring().save(str(root / f"{kind}.ring.gz"))


def _app(conf: Path) -> Any:
    from swift.common.wsgi import loadapp

    return loadapp(str(conf), global_conf={"log_name": conf.stem})


def _serve(socket: Any, app: Any) -> None:
    from swift.common.wsgi import SwiftHttpProtocol

    wsgi.server(
        socket, app, log_output=False, protocol=SwiftHttpProtocol, url_length_limit=65536,
        capitalize_response_headers=False, socket_timeout=60, debug=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
