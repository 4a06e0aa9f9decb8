"""The servers that are compared, and how each is started."""

import atexit
import getpass
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

H2O = """
listen: {{ host: 127.0.0.1, port: {port} }}
user: {user}
num-threads: {threads}
max-connections: 100000
http2-idle-timeout: 600
hosts:
  default:
    paths:
      /: {{ file.dir: {files} }}
pid-file: {scratch}/h2o.pid
error-log: {scratch}/h2o.log
file.mime.setdefaulttype: text/plain
"""

NGINX = """
daemon off; pid {scratch}/nginx.pid; error_log {scratch}/nginx.log; {workers}
worker_rlimit_nofile 20000;
events {{ worker_connections 19000; }}
http {{
    access_log off; sendfile off; tcp_nodelay on; default_type text/plain;
    open_file_cache max=100; keepalive_requests 100000000; keepalive_timeout 600;
    http2_max_requests 100000000; http2_idle_timeout 600;
    client_body_temp_path {scratch}/b; proxy_temp_path {scratch}/p; fastcgi_temp_path {scratch}/f;
    uwsgi_temp_path {scratch}/u; scgi_temp_path {scratch}/s;
    server {{ listen 127.0.0.1:{port} http2 backlog=4096; root {files}; }}
}}
"""


class Server:
    """One server. `uploads`: it takes bodies at /sink. `files`: it answers with files."""

    def __init__(self, name, command, version, uploads=True, files=False, forks=False):
        self.name = name
        self.command = command
        self.version = version
        self.uploads = uploads
        self.files = files
        self.forks = forks

    def start(self, scratch, threads=1, size=12, wrap=(), env=None):
        port = free_port()
        command = self.command(port, threads, size, scratch)
        log = open(scratch / f"{self.name}.log", "wb")
        command = [*wrap, *map(str, command)]
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(port, process, self.name)
        return Running(self, process, port)


class Running:
    """A server that runs; it does not outlive this program."""

    def __init__(self, server, process, port):
        atexit.register(process.kill)
        self.server = server
        self.process = process
        self.port = port

    def pids(self):
        """Its process and all that descend from it."""
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                queue.extend(int(child) for child in path.read_text().split())
        return found

    def cpu(self):
        """Nanoseconds on a CPU, by the scheduler's own count: user and kernel together."""
        total = 0
        for pid in self.pids():
            for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                total += int(path.read_text().split()[0])
        return total

    def resident(self):
        """Octets of memory of its own."""
        total = 0
        for pid in self.pids():
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M))
        return total * 1024

    def descriptors(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())

    def stop(self):
        for kind in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(kind)
            try:
                return self.process.wait(20)
            except subprocess.TimeoutExpired:
                pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, name):
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
        if process.poll() is not None:
            break
    raise SystemExit(f"{name} does not start")


def make_files(scratch):
    """What servers of files serve: the same octets as the others have in memory."""
    files = scratch / "files"
    files.mkdir(exist_ok=True)
    (files / "index.html").write_bytes(b"Hello world\n")
    for name, size in (("1k", 1 << 10), ("64k", 64 << 10), ("1m", 1 << 20), ("10m", 10 << 20)):
        (files / name).write_bytes(b"x" * size)
    (files / "sink").write_bytes(b"65536\n")
    for path in (scratch, files, *files.iterdir()):
        path.chmod(0o755)


def said(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip().splitlines()[0]


def configured(kind, text, scratch, **values):
    path = scratch / f"{kind}-{values['port']}.conf"
    path.write_text(text.format(scratch=scratch, files=scratch / "files", **values))
    return path


def h2o(port, threads, _size, scratch):
    return ["h2o", "-m", "worker", "-c", configured("h2o", H2O, scratch, port=port, threads=threads, user=getpass.getuser())]


def nginx(port, threads, _size, scratch):
    workers = f"worker_processes {threads};" if threads > 1 else "master_process off;"
    path = configured("nginx", NGINX, scratch, port=port, workers=workers)
    return ["nginx", "-c", path, "-e", scratch / "nginx.log"]


def nghttpd(port, threads, _size, scratch):
    return ["nghttpd", "--no-tls", "-a", "127.0.0.1", "-n", threads, "-d", scratch / "files", port]


def program(path, *between):
    return lambda port, threads, _size, _scratch: [path, *between, f"127.0.0.1:{port}", threads]


def ours(path):
    return lambda port, threads, _size, _scratch: [
        path, "--bench", "--listen", f"127.0.0.1:{port}", "--threads", threads
    ]


def ours_over_tls(port, threads, _size, _scratch):
    path = TARGET / "release/examples/serve"
    return [path, "--bench", "--listen-tls", f"127.0.0.1:{port}", "--threads", threads]


def locked(name):
    lock = (HERE / "hyper" / "Cargo.lock").read_text()
    return re.search(rf'name = "{name}"\nversion = "([^"]+)"', lock)[1]


def all_servers():
    """What is installed here; what is not is named."""
    serve = TARGET / "release/examples/serve"
    floor = TARGET / "release/floor"
    hyper = TARGET / "rivals/hyper/release/hyper-server"
    golang = TARGET / "rivals/go-server"
    candidates = [
        ("serve", serve, lambda: Server("serve", ours(serve), said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"))),
        ("hyper", hyper, lambda: Server("hyper", program(hyper), f"{locked('hyper')}, h2 {locked('h2')}, tokio {locked('tokio')}")),
        ("nghttpd", "nghttpd", lambda: Server("nghttpd", nghttpd, said("nghttpd", "--version"), files=True)),
        ("h2o", "h2o", lambda: Server("h2o", h2o, said("h2o", "--version"), uploads=False, files=True)),
        ("nginx", "nginx", lambda: Server("nginx", nginx, said("nginx", "-v"), uploads=False, files=True)),
        ("go", golang, lambda: Server("go", program(golang), said("go", "version"))),
        ("floor", floor, lambda: Server("floor", lambda port, _t, size, _s: [floor, f"127.0.0.1:{port}", size], "")),
    ]
    only = os.environ.get("ONLY", "").split(",") if os.environ.get("ONLY") else None
    found = []
    for name, path, make in candidates:
        if shutil.which(str(path)) is None:
            print(f"{name} is not installed or not built: it does not take part")
        elif only is None or name in only:
            found.append(make())
    return found
