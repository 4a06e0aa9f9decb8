"""The servers that are compared: each serves grpc.testing.BenchmarkService/UnaryCall on one thread."""

import os
import pathlib
import re
import shutil
import subprocess

import sockets  # noqa: F401  the socket benches' modules, from here on
from servers import Server, said

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
TONIC = pathlib.Path(os.environ.get("TONIC_TARGET_DIR", TARGET / "rivals/tonic"))

OURS = TARGET / "release/benchmark_server"
CLIENT = TARGET / "release/grpc_client"
FLOOR = TARGET / "release/grpc_floor"


def command(path, *flags):
    return lambda port, _threads, _size, _scratch: [path, *(str(flag).format(port=port) for flag in flags)]


def locked(name):
    lock = (HERE / "tonic" / "Cargo.lock").read_text()
    return re.search(rf'name = "{name}"\nversion = "([^"]+)"', lock)[1]


def go_version():
    path = pathlib.Path("/usr/share/gocode/src/google.golang.org/grpc/version.go")
    found = re.search(r'Version = "([^"]+)"', path.read_text()) if path.exists() else None
    return f"{found[1] if found else '?'}, {said('go', 'version')}"


def all_servers():
    """What is installed here; what is not is named."""
    revision = lambda: said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")
    ours = ("--port={port}", "--bind_address=127.0.0.1")
    candidates = [
        ("inline", OURS, lambda: Server("inline", command(OURS, *ours, "--inline"), revision())),
        ("pool", OURS, lambda: Server("pool", command(OURS, *ours), revision())),
        ("tonic", TONIC / "release/tonic-peer", lambda: Server(
            "tonic", command(TONIC / "release/tonic-peer", "{port}"),
            f"{locked('tonic')}, hyper {locked('hyper')}, h2 {locked('h2')}, tokio {locked('tokio')}")),
        ("grpc-go", TARGET / "rivals/grpc-go-server", lambda: Server(
            "grpc-go", command(TARGET / "rivals/grpc-go-server", "{port}"), go_version())),
    ]
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else None
    found = []
    for name, path, make in candidates:
        if shutil.which(str(path)) is None:
            print(f"{name} is not installed or not built: it does not take part")
        elif only is None or name in only:
            found.append(make())
    return found


def check(running, body, path):
    """The status of one call must be OK: h2load looks at HTTP's alone, which is 200 for all."""
    run = subprocess.run(
        ["nghttp", "-v", "-d", str(body), "-H", "content-type: application/grpc", "-H", "te: trailers",
         f"http://127.0.0.1:{running.port}{path}"],
        capture_output=True, text=True, timeout=30, errors="replace")
    if not re.search(r"grpc-status: 0$", run.stdout, re.M):
        raise SystemExit(f"{running.server.name} does not answer with OK: {run.stdout[-2000:]}{run.stderr}")
