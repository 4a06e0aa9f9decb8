"""Outcomes to tables: every one that is not exact gets the line of peers.toml that fits it."""

import collections
import datetime
import pathlib
import re
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
UNEXPLAINED = "UNEXPLAINED"
VERDICTS = ("exact", "permitted", "violation", "skipped")
# The cases of a section that are named one by one; of more the first and the last are.
NAMED = 6


class Lines:
    """The explanations: the first whose expressions are all found counts."""

    def __init__(self, data):
        self.lines = data["line"]
        self.used = set()

    def explain(self, role, key, outcome):
        for at, line in enumerate(self.lines):
            if line.get("role", role) != role or not re.search(line.get("peer", ""), key):
                continue
            if line.get("verdict", outcome["verdict"]) != outcome["verdict"]:
                continue
            if not re.search(line.get("case", ""), outcome["id"]):
                continue
            came = re.search(line.get("came", ""), outcome["came"])
            if came:
                self.used.add(at)
                return line["does"].format(*came.groups())
        return f"{UNEXPLAINED}: expected {outcome['expected']}; came {outcome['came']}"


def shortened(cases):
    """Names of cases by section."""
    sections = collections.OrderedDict()
    for case in cases:
        rfc, section, name = case.split("/", 2)
        sections.setdefault(section if rfc == "rfc9113" else f"{rfc}/{section}", []).append(name)
    parts = []
    for section, names in sections.items():
        if len(names) > NAMED:
            parts.append(f"{section}: {len(names)} cases (`{names[0]}` to `{names[-1]}`)")
        else:
            parts.append(f"{section}: " + ", ".join(f"`{name}`" for name in names))
    return "; ".join(parts)


def runs(peer):
    return [(word, peer[key]) for key, word in (("plain", "cleartext"), ("tls", "TLS")) if peer[key]]


def peer_table(peer, lines):
    """One peer's section; empty if all is exact. What both transports show is told once."""
    groups, skipped = collections.OrderedDict(), collections.Counter()
    both = len(runs(peer)) > 1
    for verdict in ("violation", "permitted", "skipped"):
        seen = collections.OrderedDict()
        for word, outcomes in runs(peer):
            for case, outcome in outcomes.items():
                if outcome["verdict"] == verdict:
                    text = lines.explain(peer["role"], peer["key"], outcome)
                    seen.setdefault((case, text), []).append(word)
        for (case, text), words in seen.items():
            where = f" ({words[0]} alone)" if both and len(words) == 1 else ""
            if verdict == "skipped":
                skipped[text + where] += 1
            else:
                groups.setdefault((verdict, text + where), []).append(case)
    out = []
    if groups:
        out += ["| verdict | cases | what it does |", "|---|---|---|"]
        for (verdict, text), cases in groups.items():
            text = text.replace("|", "\\|")
            out.append(f"| {verdict} ({len(cases)}) | {shortened(cases)} | {text} |")
        out.append("")
    if skipped:
        out.append("Skipped: " + "; ".join(f"{text} ({n})" for text, n in skipped.most_common()) + ".")
        out.append("")
    return out


def overview(peers, role):
    out = [f"| {role} | transport | exact | permitted | violation | skipped |", "|---|---|--:|--:|--:|--:|"]
    for peer in peers:
        for word, outcomes in runs(peer) if peer["role"] == role else []:
            count = collections.Counter(outcome["verdict"] for outcome in outcomes.values())
            cells = " | ".join(str(count[verdict]) for verdict in VERDICTS)
            out.append(f"| {peer['title']} | {word} | {cells} |")
    return [*out, ""]


def known_faults(peers, known):
    """Faults that were found by other means: which cases find them, and which do not although they should."""
    by_key = {peer["key"]: peer for peer in peers}
    out = ["| peer | fault | verdict | found by |", "|---|---|---|---|"]
    lost = []
    for fault in known:
        peer = by_key.get(fault["peer"])
        if "not_found" in fault:
            out.append(f"| {fault['who']} | {fault['fault']} | - | {fault['not_found']} |")
            continue
        if peer is None:
            lost.append(f"{fault['who']}: {fault['fault']}: it does not take part")
            continue
        wanted = fault.get("verdict", "violation")
        found = [
            case
            for case in fault["cases"]
            if any(outcomes[case]["verdict"] == wanted for _, outcomes in runs(peer))
        ]
        if len(found) < len(fault["cases"]):
            lost.append(f"{fault['who']}: {fault['fault']}: not found by {sorted(set(fault['cases']) - set(found))}")
        out.append(f"| {fault['who']} | {fault['fault']} | {wanted} | {peer['role']}: {shortened(found)} |")
    return [*out, ""], lost


def document(record, data, lines):
    peers = record["peers"]
    month = datetime.date.today().strftime("%B %Y")
    out = [data["head"].format(month=month).strip(), ""]
    out += overview(peers, "server") + overview(peers, "client")
    out += [data["programs"].strip(), "", data["known_head"].strip(), ""]
    table, lost = known_faults(peers, data["known"])
    out += table
    for peer in peers:
        section = peer_table(peer, lines)
        if section:
            out += [f"## {peer['role'].capitalize()}: {peer['title']}", "", *section]
    return "\n".join(out).rstrip() + "\n", lost


def write(record):
    """Writes PEERS.md if all peers took part, or prints it. The exit code."""
    data = tomllib.loads((HERE / "peers.toml").read_text())
    lines = Lines(data)
    text, lost = document(record, data, lines)
    open_ends = [line for line in text.splitlines() if UNEXPLAINED in line]
    if record["missing"]:
        print(text)
        print("PEERS.md stays as it is without", ", ".join(record["missing"]))
        lost = [line for line in lost if "does not take part" not in line]
    else:
        (HERE.parent / "PEERS.md").write_text(text)
        for at, line in enumerate(lines.lines):
            if at not in lines.used:
                lost.append(f"no outcome fits this line any more: {line}")
    for line in open_ends + lost:
        print(line)
    return 1 if open_ends or lost else 0
