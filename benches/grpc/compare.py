"""Compares the servers and the client and puts the tables into ../GRPC.md; run.sh builds and starts it."""

import os
import pathlib
import platform
import signal
import statistics
import sys
import tempfile
import time

import calls
import clients
from rivals import CLIENT, HERE, all_servers, check
import loads
from servers import said
from tables import shown, table, tell

ROUNDS = int(os.environ.get("ROUNDS", 9))
CASES = calls.cases([title for title in os.environ.get("CASES", "").split(";") if title])
DOCUMENT = HERE.parent / "GRPC.md"


def by_case(servers, figures, digits):
    """One row per case, and what tonic's figure is of our inline one's."""
    rows = []
    for case in CASES:
        row = [figures.get((server.name, case.title)) for server in servers]
        ours, theirs = (figures.get((name, case.title)) for name in ("inline", "tonic"))
        ratio = f"{ours / theirs:.2f}" if ours and theirs else "-"
        if any(figure is not None for figure in row):
            rows.append([case.title] + [shown(figure, digits) for figure in row] + [ratio])
    return table(["case"] + [server.name for server in servers] + ["inline / tonic"], rows)


def running(servers, case, scratch):
    """All servers, running, checked and warmed up."""
    all_running = [server.start(scratch) for server in servers]
    for one in all_running:
        check(one, case.body(scratch), calls.PATH)
        loads.load(case, one, scratch, max(case.requests // 10, case.clients * case.streams))
    return all_running


def compare_instructions(servers, scratch):
    # Go's own stacks are not for valgrind.
    counted = [server for server in servers if server.name != "grpc-go"]
    figures = {}
    for case in CASES:
        print(f"instructions: {case.title}", flush=True)
        for server in counted:
            figures[server.name, case.title] = loads.instructions(case, server, scratch)
    return {"instructions": by_case(counted, figures, 0)}


def compare_cpu(servers, scratch):
    """CPU, calls per second and system calls: the servers take turns in every round."""
    times, rates, counts = {}, {}, {}
    for case in CASES:
        print(f"cpu: {case.title}", flush=True)
        all_running = running(servers, case, scratch)
        for turn in range(ROUNDS):
            for one in all_running[turn % len(all_running):] + all_running[:turn % len(all_running)]:
                key = (one.server.name, case.title)
                begun = time.monotonic()
                times.setdefault(key, []).append(loads.cpu(case, one, scratch) / 1000)
                rates.setdefault(key, []).append(case.requests / (time.monotonic() - begun))
                if turn % 4 == 0:
                    counts.setdefault(key, []).append(loads.syscalls(case, one, scratch))
        for one in all_running:
            one.stop()
    middle = {key: statistics.median(values) for key, values in times.items()}
    rate = {key: statistics.median(values) for key, values in rates.items()}
    counted = {key: statistics.median(values) for key, values in counts.items() if None not in values}
    return {
        "cpu": by_case(servers, middle, 2),
        "rate": by_case(servers, rate, 0),
        "syscalls": by_case(servers, counted, 3),
    }


def compare_latency(servers, scratch):
    """One call at a time by our blocking client: where the handler runs, and who else serves."""
    rows = clients.latency(servers, scratch, ROUNDS)
    head = ["server", "p50, us", "p90, us", "p50 beside inline, us"]
    return {"latency": table(head, rows)}


def compare_client(servers, scratch):
    """Our blocking client beside a raw exchange of the same octets."""
    rows, counts = clients.raw(servers, scratch, ROUNDS)
    return {
        "client": table(["client", "server", "p50, us", "p90, us", "p50 of the raw exchange's"], rows),
        "client-syscalls": table(["side", "read", "write", "epoll_wait", "futex", "others"], counts),
    }


def compare_threads(servers, scratch):
    rows = clients.threads([one for one in servers if one.name == "inline"], scratch, ROUNDS)
    return {"threads": table(["threads on one channel", "calls per second", "beside 8 threads"], rows)}


def versions(servers):
    rows = [[server.name, server.version] for server in servers]
    rows.append(["h2load", said("h2load", "--version")])
    rows.append(["machine", f"Linux {platform.release()}, {os.cpu_count()} CPUs, {said('rustc', '--version')}"])
    return table(["what", "version"], rows)


def commands():
    return table(["case", "command"], [[case.title, f"`{case.shown()}`"] for case in CASES])


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    parts = {
        "instructions": compare_instructions,
        "cpu": compare_cpu,
        "latency": compare_latency,
        "client": compare_client,
        "threads": compare_threads,
    }
    wanted = sys.argv[1:] or list(parts)
    if not CLIENT.exists():
        wanted = [part for part in wanted if part in ("instructions", "cpu")]
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        servers = all_servers()
        tell({"versions": versions(servers), "commands": commands()}, DOCUMENT)
        for part in wanted:
            tell(parts[part](servers, scratch), DOCUMENT)


main()
