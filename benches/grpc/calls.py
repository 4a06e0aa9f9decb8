"""What h2load calls: unary calls of grpc.testing.BenchmarkService, with 8 octets of payload each way."""

import pathlib

PATH = "/grpc.testing.BenchmarkService/UnaryCall"
GRPC = ("-H", "content-type: application/grpc", "-H", "te: trailers")
# A head as clients of gRPC send it, with one custom header and a deadline.
FULL = (*GRPC, "-H", "user-agent: grpc-rust/1.0", "-H", "grpc-accept-encoding: gzip, deflate",
        "-H", "x-request-id: 7f9c2ba4e88f827d", "-H", "grpc-timeout: 10S")

# Title, calls, clients, streams each, octets of payload, head.
CASES = [
    ("1 x 100", 60_000, 1, 100, 8, GRPC),
    ("10 x 10", 40_000, 10, 10, 8, GRPC),
    ("1 x 100, a custom header and a deadline", 60_000, 1, 100, 8, FULL),
    ("10 x 10, a custom header and a deadline", 40_000, 10, 10, 8, FULL),
    ("10 x 10, 1 KiB", 30_000, 10, 10, 1024, GRPC),
    ("1 x 1", 4_000, 1, 1, 8, GRPC),
]


def varint(number):
    octets = bytearray()
    while number > 0x7F:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def request(size):
    """SimpleRequest { response_size: size, payload: { body: size zeros } }, framed."""
    payload = b"\x12" + varint(size) + bytes(size)
    message = b"\x10" + varint(size) + b"\x1a" + varint(len(payload)) + payload
    return b"\0" + len(message).to_bytes(4, "big") + message


class Case:
    """A case, as the socket benches' modules use theirs."""

    threads = 1

    def __init__(self, title, requests, clients, streams, size, head):
        self.title = title
        self.requests = requests
        self.clients = clients
        self.streams = streams
        self.size = size
        self.head = head

    def body(self, scratch):
        path = scratch / f"request-{self.size}"
        path.write_bytes(request(self.size))
        return path

    def command(self, port, scratch, requests=None):
        return [
            "h2load", "-n", str(requests or self.requests), "-c", str(self.clients), "-m", str(self.streams),
            "-d", str(self.body(scratch)), *self.head, f"http://127.0.0.1:{port}{PATH}",
        ]

    def shown(self):
        scratch = pathlib.Path("/tmp")
        words = self.command(8080, scratch)
        return " ".join(f"'{word}'" if " " in word else word for word in words).replace("/tmp/", "")


def cases(wanted):
    return [case for case in (Case(*case) for case in CASES) if not wanted or case.title in wanted]
