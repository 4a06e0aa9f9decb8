"""What h2load asks for, and what it costs a server."""

import os
import pathlib
import re
import shutil
import subprocess

# Title, requests, clients, streams each, path, octets of the answer, flags, threads of the server.
CASES = [
    ("small 1 x 100", 60_000, 1, 100, "/", 12, (), 1),
    ("small 10 x 10", 40_000, 10, 10, "/", 12, (), 1),
    ("small 100 x 1", 10_000, 100, 1, "/", 12, (), 1),
    ("small 1 x 1", 1_500, 1, 1, "/", 12, (), 1),
    ("1 KiB 10 x 10", 40_000, 10, 10, "/1k", 1 << 10, (), 1),
    ("64 KiB 10 x 10", 2_000, 10, 10, "/64k", 64 << 10, (), 1),
    ("1 MiB down 4 x 4", 160, 4, 4, "/1m", 1 << 20, (), 1),
    ("64 KiB up 4 x 4", 1_000, 4, 4, "/sink", 12, ("-d", "64k"), 1),
    ("1 MiB up 4 x 4", 80, 4, 4, "/sink", 12, ("-d", "1m"), 1),
    ("a connection for each request", 500, 500, 1, "/", 12, (), 1),
    ("two threads, small 10 x 10", 40_000, 10, 10, "/", 12, (), 2),
]


class Case:
    def __init__(self, title, requests, clients, streams, path, size, flags, threads):
        self.title = title
        self.requests = requests
        self.clients = clients
        self.streams = streams
        self.path = path
        self.size = size
        self.flags = flags
        self.threads = threads

    def suits(self, server):
        return server.uploads or not self.flags

    def command(self, port, scratch, requests=None):
        flags = [str(scratch / "files" / flag) if flag in ("64k", "1m") else flag for flag in self.flags]
        return [
            "h2load", "-n", str(requests or self.requests), "-c", str(self.clients), "-m", str(self.streams),
            *flags, f"http://127.0.0.1:{port}{self.path}",
        ]

    def shown(self):
        return " ".join(self.command(8080, pathlib.Path("."))).replace("files/", "")


def cases(wanted):
    return [case for case in (Case(*case) for case in CASES) if not wanted or case.title in wanted]


def load(case, running, scratch, requests=None):
    """Runs h2load; every request must succeed."""
    command = case.command(running.port, scratch, requests)
    run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    done = re.search(r"(\d+) succeeded, 0 failed, 0 errored, 0 timeout", run.stdout)
    if not done or int(done[1]) != (requests or case.requests):
        raise SystemExit(f"{running.server.name}, {case.title}: {run.stdout}{run.stderr}")


def cpu(case, running, scratch):
    """Nanoseconds of the server's per request."""
    before = running.cpu()
    load(case, running, scratch)
    return (running.cpu() - before) / case.requests


def syscalls(case, running, scratch):
    """System calls of the server's per request; a quarter of the requests will do."""
    requests = max(case.requests // 4, case.clients)
    pids = ",".join(map(str, running.pids()))
    if shutil.which("perf") and perf_counts():
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", pids]
        return watched(command, r"^(\d+),", case, running, scratch, requests)
    if shutil.which("strace"):
        attach = [flag for pid in pids.split(",") for flag in ("-p", pid)]
        command = ["strace", "-f", "-c", "-U", "calls", *attach]
        return watched(command, r"^\s*(\d+)\s+total", case, running, scratch, requests)
    return None


def perf_counts():
    command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "true"]
    run = subprocess.run(command, capture_output=True, text=True)
    return bool(re.search(r"^\d+,", run.stderr, re.M))


def watched(command, pattern, case, running, scratch, requests):
    watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    # It says nothing when it has attached: a first load tells.
    subprocess.run(["sleep", "0.3"])
    load(case, running, scratch, requests)
    watcher.send_signal(2)
    text = watcher.communicate(timeout=20)[1]
    counts = re.findall(pattern, text, re.M)
    return sum(map(int, counts)) / requests if counts else None


def instructions(case, server, scratch):
    """User instructions per request, by callgrind over two numbers of requests."""
    # Enough that the start, which is not the same each time, does not show.
    low = max(case.requests // 100, 2 * case.clients * case.streams, 500)
    high = 3 * low
    less = collected(case, server, scratch, low)
    more = collected(case, server, scratch, high)
    if less is None or more is None:
        return None
    return (more - less) / (high - low)


def collected(case, server, scratch, requests):
    """Instructions of a whole run of a server; `None` if valgrind tells none three times."""
    out = scratch / f"{server.name}.callgrind"
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={out}"]
    # callgrind counts `rep movsb` byte by byte: without this, copies look dear.
    tunables = "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000"
    env = {**os.environ, "GLIBC_TUNABLES": tunables}
    for _ in range(3):
        running = server.start(scratch, case.threads, case.size, tool, env)
        try:
            load(case, running, scratch, requests)
        finally:
            running.stop()
        counts = re.findall(r"Collected : (\d+)", out.read_text())
        if counts:
            return max(map(int, counts))
    print(f"{server.name}, {case.title}: no count: {out.read_text()[-300:]}")
    return None
