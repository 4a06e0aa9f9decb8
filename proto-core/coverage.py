"""Lines and branches of the core that its tests walk, by module: reads what `coverage.sh` has written."""

import collections
import re
import sys


def load(path):
    """Counts by file: {line: hits} and {branch: hits}, summed over all test binaries."""
    files, current = {}, None
    for line in open(path):
        kind, _, rest = line.strip().partition(":")
        if kind == "SF":
            current = files.setdefault(rest, ({}, {}))
        elif kind == "DA":
            number, hits = map(int, rest.split(",")[:2])
            current[0][number] = max(current[0].get(number, 0), hits)
        elif kind == "BRDA":
            number, block, branch, hits = rest.split(",")
            key = (int(number), block, branch)
            hits = 0 if hits == "-" else int(hits)
            current[1][key] = max(current[1].get(key, 0), hits)
    return files


def main():
    modules = collections.OrderedDict()
    files = load(sys.argv[1])
    for path in sorted(files):
        found = re.search(r"proto-core/src/(.*)", path)
        if not found or "tests" in found[1]:
            continue
        source = open(path).read().split("\n")
        # Unit tests stand at the end of a file.
        end = next((n for n, text in enumerate(source, 1) if text.strip() == "#[cfg(test)]"), 10**9)
        lines = {n: hits for n, hits in files[path][0].items() if n < end}
        branches = {key: hits for key, hits in files[path][1].items() if key[0] < end}
        sums = modules.setdefault(found[1].split("/")[0], [0, 0, 0, 0])
        for at, value in enumerate((len(lines), sum(map(bool, lines.values())), len(branches), sum(map(bool, branches.values())))):
            sums[at] += value
        missed = sorted(n for n, hits in lines.items() if not hits)
        for n in missed:
            print(f"line   {found[1]}:{n}: {source[n - 1].strip()}")
        for n in sorted({key[0] for key, hits in branches.items() if not hits} - set(missed)):
            print(f"branch {found[1]}:{n}: {source[n - 1].strip()}")
    modules["all"] = [sum(column) for column in zip(*modules.values())]
    print("\n| module | lines | walked | branches | walked |\n|---|--:|--:|--:|--:|")
    for name, (lines, walked, branches, taken) in modules.items():
        share = lambda part, whole: f"{part} ({100 * part / whole:.1f} %)" if whole else "0"
        print(f"| `{name}` | {lines} | {share(walked, lines)} | {branches} | {share(taken, branches)} |")


main()
