"""Starts each peer, points the tester at it, keeps the outcomes: see run.sh."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import programs
import tables

OUT = programs.TARGET / "peers"
TESTER = programs.TARGET / "release/bywash-spec-tests"
# How long the tester waits for what must come, in milliseconds; and the second time.
WAIT, PATIENCE = 500, 2000
# Runs at a time: the cases wait more than they compute.
AT_ONCE = 4


def tester(arguments, outcomes):
    """Runs the tester; what it found, by case."""
    command = [TESTER, *arguments, "--json", outcomes]
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if said.returncode not in (0, 1) or not outcomes.exists():
        raise SystemExit(f"{' '.join(map(str, command))}\n{said.stdout}{said.stderr}")
    return {one["id"]: one for one in json.loads(outcomes.read_text())}


def run(peer, secure, scratch, sections, wait):
    """One run of a peer over one transport."""
    name = f"{peer.key}-{'tls' if secure else 'plain'}"
    outcomes = scratch / f"{name}-{wait}.json"
    chosen = [argument for case in sections for argument in ("--section", case)]
    with peer.started(scratch, secure) as arguments:
        found = tester([*arguments, "--timeout", wait, *chosen], outcomes)
    outcomes.unlink()
    return found


def all_runs(peers, scratch):
    """Every peer over every transport that it speaks."""
    found = {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {
            pool.submit(run, peer, secure, scratch, (), WAIT): (peer, secure)
            for peer in peers
            for secure in peer.transports
        }
        for done in concurrent.futures.as_completed(runs):
            peer, secure = runs[done]
            found.setdefault(peer.key, {})[secure] = done.result()
            print(f"{peer.title}, {'TLS' if secure else 'cleartext'}: done", flush=True)
    return found


def doubtful(transports):
    """Cases to be tried again with more patience: what is a violation, or differs from one transport to the other."""
    cases = {}
    for outcomes in transports.values():
        for case, outcome in outcomes.items():
            cases.setdefault(case, set()).add(outcome["verdict"])
    return [case for case, verdicts in cases.items() if "violation" in verdicts or len(verdicts) > 1]


def once_more(peers, found, scratch):
    """A slow machine is no fault of a peer: the second outcome counts."""
    def again(peer, secure):
        cases = doubtful(found[peer.key])
        return run(peer, secure, scratch, cases, PATIENCE) if cases else {}

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        both = [(peer, secure) for peer in peers for secure in peer.transports]
        for (peer, secure), outcomes in zip(both, list(pool.map(lambda one: again(*one), both))):
            found[peer.key][secure].update(outcomes)


def merged(found, peers, missing, order):
    """The outcomes of this run, and of earlier ones those of peers that did not take part in this."""
    path = OUT / "outcomes.json"
    before = json.loads(path.read_text())["peers"] if path.exists() and os.environ.get("ONLY") else []
    now = [
        {
            "key": peer.key, "role": peer.role, "title": peer.title, "ours": peer.ours,
            "plain": found[peer.key].get(False), "tls": found[peer.key].get(True),
        }
        for peer in peers
    ]
    kept = {one["key"]: one for one in [*before, *now]}
    sorted_by_key = [kept[key] for key in order if key in kept]
    path.write_text(json.dumps({"missing": [key for key in missing if key not in kept], "peers": sorted_by_key}))


def main():
    only = os.environ.get("ONLY")
    OUT.mkdir(parents=True, exist_ok=True)
    if "--tables" not in sys.argv[1:]:
        peers, missing, order = programs.all_peers(only.split(",") if only else None)
        with tempfile.TemporaryDirectory() as folder:
            scratch = pathlib.Path(folder)
            programs.prepare(scratch)
            found = all_runs(peers, scratch)
            once_more(peers, found, scratch)
        merged(found, peers, missing, order)
    sys.exit(tables.write(json.loads((OUT / "outcomes.json").read_text())))


main()
