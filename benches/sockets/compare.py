"""Compares the servers and puts the tables into ../SOCKETS.md; run.sh builds and starts it."""

import os
import pathlib
import platform
import resource
import signal
import statistics
import sys
import tempfile

import loads
import memory
from servers import HERE, all_servers, make_files, said
from tables import shown, table, tell

ROUNDS = int(os.environ.get("ROUNDS", 9))
CASES = loads.cases([title for title in os.environ.get("CASES", "").split(",") if title])
DOCUMENT = HERE.parent / "SOCKETS.md"


def by_case(servers, figures, digits):
    """One row per case that anybody has a figure for."""
    rows = []
    for case in CASES:
        row = [figures.get((server.name, case.title)) for server in servers]
        if any(figure is not None for figure in row):
            rows.append([case.title] + [shown(figure, digits) for figure in row])
    return table(["case"] + [server.name for server in servers], rows)


def keeps_still(servers, case, scratch):
    """All servers that suit a case, running, warmed up."""
    running = [
        server.start(scratch, case.threads, case.size)
        for server in servers
        if case.suits(server) and (case.threads == 1 or server.name != "floor")
    ]
    for one in running:
        loads.load(case, one, scratch, max(case.requests // 20, case.clients))
    return running


def compare_cpu(servers, scratch):
    """CPU and syscalls: the servers take turns in every round."""
    times, calls = {}, {}
    for case in CASES:
        print(f"cpu: {case.title}", flush=True)
        running = keeps_still(servers, case, scratch)
        for turn in range(ROUNDS):
            for one in running[turn % len(running):] + running[:turn % len(running)]:
                key = (one.server.name, case.title)
                times.setdefault(key, []).append(loads.cpu(case, one, scratch) / 1000)
                if turn % 4 == 0:
                    calls.setdefault(key, []).append(loads.syscalls(case, one, scratch))
        for one in running:
            one.stop()
    middle = {key: statistics.median(values) for key, values in times.items()}
    spread = {key: (min(values), max(values)) for key, values in times.items()}
    counted = {key: statistics.median(values) for key, values in calls.items() if None not in values}
    return {
        "cpu": by_case(servers, middle, 2),
        "spread": by_case_spread(servers, spread),
        "syscalls": by_case(servers, counted, 3),
    }


def by_case_spread(servers, spread):
    rows = []
    for case in CASES:
        row = [spread.get((server.name, case.title)) for server in servers]
        if any(row):
            rows.append([case.title] + [f"{one[0]:.2f} to {one[1]:.2f}" if one else "-" for one in row])
    return table(["case"] + [server.name for server in servers], rows)


def compare_instructions(servers, scratch):
    # Go's own stacks and nginx's forks are not for valgrind; without them it is quicker too.
    counted = [server for server in servers if server.name not in ("go", "nginx")]
    figures = {}
    for case in CASES:
        # More requests are not more connections: that case cannot be counted so.
        if case.threads > 1 or case.clients == case.requests:
            continue
        print(f"instructions: {case.title}", flush=True)
        for server in counted:
            if case.suits(server):
                figures[server.name, case.title] = loads.instructions(case, server, scratch)
    return {"instructions": by_case(counted, figures, 0)}


def compare_memory(servers, scratch):
    rows = []
    for server in servers:
        if server.name == "floor":
            continue
        print(f"memory: {server.name}", flush=True)
        try:
            figures = memory.memory(server, scratch)
        except (OSError, SystemExit, ValueError) as fault:
            print(f"{server.name}: {fault}")
            continue
        rows.append([
            server.name,
            shown(figures["idle"], 0),
            shown(figures["stream"], 0),
            *(f"{(stays or 0) / 1048576:.1f} MiB, {fds}" for stays, fds in (figures["after idle"], figures["after streams"])),
        ])
    secure = memory.idle_over_tls(scratch)
    rows.append(["serve over TLS", shown(secure, 0), "-", "-", "-"])
    head = ["server", "octets per idle connection", "octets per open stream",
            "stays after the connections: memory, descriptors", "stays after the streams"]
    return {"memory": table(head, rows)}


def versions(servers):
    rows = [[server.name, server.version, "files" if server.files else "memory"] for server in servers if server.version]
    rows.append(["h2load", said("h2load", "--version"), ""])
    rows.append(["machine", f"Linux {platform.release()}, {os.cpu_count()} CPUs", ""])
    return table(["what", "version", "answers from"], rows)


def commands():
    return table(["case", "command"], [[case.title, f"`{case.shown()}`"] for case in CASES])


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # Servers that hold ten thousand connections inherit it.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    parts = {"cpu": compare_cpu, "instructions": compare_instructions, "memory": compare_memory}
    wanted = sys.argv[1:] or list(parts)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        make_files(scratch)
        servers = all_servers()
        tell({"versions": versions(servers), "commands": commands()}, DOCUMENT)
        for part in wanted:
            tell(parts[part](servers, scratch), DOCUMENT)


main()
