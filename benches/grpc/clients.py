"""What our blocking client measures: one call at a time, the same octets by a bare epoll, many threads on a channel."""

import json
import re
import signal
import statistics
import subprocess
import time

from rivals import CLIENT, FLOOR
from servers import Server

CALLS = 4_000
SECONDS = 2
THREADS = (1, 8, 64)
# Where both ends of an exchange run that is measured alone: on two processors an exchange takes one time or twice that,
# as the system happens to place them.
PINNED = ("taskset", "-c", "0")


def said(*command):
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
    if run.returncode or not run.stdout:
        raise SystemExit(f"{command}: {run.stderr}")
    return json.loads(run.stdout)


def turns(things, rounds):
    """All things in every round, each time beginning with the next one."""
    for turn in range(rounds):
        at = turn % len(things)
        yield from things[at:] + things[:at]


def medians(found):
    return {key: statistics.median(values) for key, values in found.items()}


def latency(servers, scratch, rounds):
    """p50 and p90 of each server, for our client."""
    print("latency", flush=True)
    running = [server.start(scratch) for server in servers]
    p50, p90 = {}, {}
    for one in turns(running, rounds):
        told = said(CLIENT, "blocking", f"127.0.0.1:{one.port}", CALLS)
        p50.setdefault(one.server.name, []).append(told["p50"] / 1000)
        p90.setdefault(one.server.name, []).append(told["p90"] / 1000)
    for one in running:
        one.stop()
    p50, p90 = medians(p50), medians(p90)
    inline = p50.get("inline")
    return [
        [name, f"{p50[name]:.1f}", f"{p90[name]:.1f}", f"{p50[name] - inline:+.1f}" if inline else "-"]
        for name in p50
    ]


def floor():
    return Server("floor", lambda port, _t, _s, _scratch: [FLOOR, f"127.0.0.1:{port}"], "")


def raw(servers, scratch, rounds):
    """Our client and a bare one, each with the bare server and with ours; and what our client asks of the system."""
    print("client", flush=True)
    inline = [server for server in servers if server.name == "inline"]
    running = [server.start(scratch, wrap=PINNED) for server in [floor(), *inline]]
    pairs = [(mode, one) for one in running for mode in ("raw", "blocking")]
    p50, p90 = {}, {}
    for mode, one in turns(pairs, rounds):
        told = said(*PINNED, CLIENT, mode, f"127.0.0.1:{one.port}", CALLS)
        p50.setdefault((mode, one.server.name), []).append(told["p50"] / 1000)
        p90.setdefault((mode, one.server.name), []).append(told["p90"] / 1000)
    p50, p90 = medians(p50), medians(p90)
    base = p50["raw", "floor"]
    rows = [
        [mode, name, f"{p50[mode, name]:.1f}", f"{p90[mode, name]:.1f}", f"{p50[mode, name] / base:.2f}"]
        for mode, name in p50
    ]
    counts = [
        counted(f"{mode} client", one, mode) for mode, one in pairs if one.server.name == "floor"
    ] + [
        counted("blocking client, a custom header and a deadline", one, "blocking", "full")
        for one in running if one.server.name == "inline"
    ] + [served(one) for one in running if one.server.name == "inline"]
    for one in running:
        one.stop()
    return rows, counts


def counted(title, one, mode, *flags):
    """System calls of a call: those of a long run less those of a short one."""
    return row(title, *(strace(one, mode, calls, flags) for calls in (2_000, 12_000)))


def served(one):
    """The same of our server, which is watched while our client calls it."""
    return row("inline server, a custom header and a deadline", *(watch(one, calls) for calls in (2_000, 12_000)))


def row(title, low, high):
    each = {name: (high[name] - low.get(name, 0)) / 10_000 for name in high}
    named = [each.pop("read", 0) + each.pop("recvfrom", 0), each.pop("write", 0) + each.pop("sendto", 0) +
             each.pop("writev", 0) + each.pop("sendmsg", 0), each.pop("epoll_wait", 0), each.pop("futex", 0)]
    return [title] + [f"{count:.4f}" for count in (*named, sum(each.values()))]


def strace(one, mode, calls, flags):
    command = ["strace", "-f", "-c", "-U", "calls,name", str(CLIENT), mode, f"127.0.0.1:{one.port}", str(calls), *flags]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return by_name(run.stderr)


def watch(one, calls):
    command = ["strace", "-f", "-c", "-U", "calls,name", "-p", str(one.process.pid)]
    watcher = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    # It says nothing when it has attached.
    time.sleep(0.5)
    said(CLIENT, "blocking", f"127.0.0.1:{one.port}", calls, "full")
    watcher.send_signal(signal.SIGINT)
    return by_name(watcher.communicate(timeout=20)[1])


def by_name(text):
    found = re.findall(r"^\s*(\d+)\s+(\w+)$", text, re.M)
    return {name: int(count) for count, name in found if name != "total"}


def threads(servers, scratch, rounds):
    """Calls per second of so many threads on one channel."""
    print("threads", flush=True)
    rates = {}
    for server in servers:
        one = server.start(scratch)
        for count in turns(list(THREADS), rounds):
            told = said(CLIENT, "threads", f"127.0.0.1:{one.port}", SECONDS, count)
            rates.setdefault(count, []).append(told["calls_per_second"])
        one.stop()
    rates = medians(rates)
    return [
        [str(count), f"{rate:,.0f}".replace(",", " "), f"{rate / rates[8]:.2f}"] for count, rate in sorted(rates.items())
    ]
