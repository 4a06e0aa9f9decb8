"""Makes the recorded heads of ../data from raw connections.

usage: decode.py RAW OUT [CLIENT=LIMIT ...]

Reads RAW/NAME-NNN.c2s and .s2c, decodes each direction's field blocks with Python's hpack
and writes OUT/requests.txt, OUT/responses.txt: one list per connection, see ../data/README.md.
A CLIENT=LIMIT keeps at most LIMIT requests of that client. Requests without a complete
response are left out on both sides, so that the two files stay parallel; so are heads that
would not fit one frame.
"""

import glob
import os
import sys

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, CONTINUATION = 0, 1, 9
END_STREAM, END_HEADERS, PADDED, PRIORITY = 1, 4, 8, 32


def frames(data):
    at = 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at : at + 3], "big")
        kind, flags = data[at + 3], data[at + 4]
        stream = int.from_bytes(data[at + 5 : at + 9], "big") & 0x7FFFFFFF
        if at + 9 + length > len(data):
            return
        yield kind, flags, stream, data[at + 9 : at + 9 + length]
        at += 9 + length


def unpadded(flags, payload, skip):
    if flags & PADDED:
        payload = payload[1 : len(payload) - payload[0]]
    return payload[skip:]


def streams(data):
    """Yields stream -> [heads, body length, ended], in the order streams appear."""
    decoder = hpack.Decoder(max_header_list_size=1 << 24)
    decoder.max_allowed_table_size = 1 << 24
    found, block, open_block = {}, b"", None
    for kind, flags, stream, payload in frames(data):
        if kind == DATA:
            entry = found.setdefault(stream, [[], 0, False])
            entry[1] += len(unpadded(flags, payload, 0))
            entry[2] |= bool(flags & END_STREAM)
        elif kind == HEADERS:
            block = unpadded(flags, payload, 5 if flags & PRIORITY else 0)
            open_block = flags
        elif kind == CONTINUATION:
            block += payload
        if kind in (HEADERS, CONTINUATION) and flags & END_HEADERS:
            fields = [(bytes(n), bytes(v)) for n, v in decoder.decode(block, raw=True)]
            entry = found.setdefault(stream, [[], 0, False])
            entry[0].append(fields)
            entry[2] |= bool(open_block & END_STREAM)
    return found


def exchanges(stem):
    """Yields (request heads, request body, response heads, response body) of whole streams."""
    with open(stem + ".c2s", "rb") as file:
        sent = file.read()
    with open(stem + ".s2c", "rb") as file:
        answered = streams(file.read())
    if not sent.startswith(PREFACE):
        return
    for stream, (heads, body, ended) in streams(sent[len(PREFACE) :]).items():
        reply = answered.get(stream)
        whole = heads and ended and reply and reply[0] and reply[2]
        if whole and sum(len(n) + len(v) for fields in heads for n, v in fields) < 8192:
            yield heads, body, reply[0], reply[1]


def write(file, title, messages):
    file.write(f"@ {title}\n")
    for heads, body in messages:
        for number, fields in enumerate(heads):
            if number > 0:
                file.write("+\n")
            for name, value in fields:
                assert b"\t" not in name and not any(c < 32 for c in value), (name, value)
                file.write(f"{name.decode('ascii')}\t{value.decode('ascii')}\n")
        file.write(f"= {body}\n")


def main():
    raw, out, *limits = sys.argv[1:]
    limits = dict(limit.split("=") for limit in limits)
    left = {name: int(value) for name, value in limits.items()}
    total = 0
    with open(f"{out}/requests.txt", "w", encoding="ascii", newline="\n") as requests, open(
        f"{out}/responses.txt", "w", encoding="ascii", newline="\n"
    ) as responses:
        for path in sorted(glob.glob(f"{raw}/*.c2s")):
            stem = path[: -len(".c2s")]
            title = os.path.basename(stem)
            client = title.split("-")[0]
            found = list(exchanges(stem))[: left.get(client)]
            if client in left:
                left[client] -= len(found)
            if found:
                total += len(found)
                print(f"{title}: {len(found)}")
                write(requests, title, [(heads, body) for heads, body, _, _ in found])
                write(responses, title, [(heads, body) for _, _, heads, body in found])
    print(f"{total} exchanges")


main()
