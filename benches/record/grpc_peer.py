"""A gRPC server or client over grpcio, for the recordings; messages are plain bytes.

usage: grpc_peer.py server PORT | grpc_peer.py client PORT [CALLS]
"""

import random
import sys
import uuid
from concurrent import futures

import grpc

METHODS = {
    "orders.v1.Orders": ["Get", "List", "Place", "Cancel", "Watch"],
    "inventory.v1.Stock": ["Reserve", "Release", "Levels"],
    "users.v2.Accounts": ["Login", "Profile", "Sessions"],
}
STREAMS = {"Watch", "Levels"}


def unary(request, context):
    context.send_initial_metadata([("x-served-by", f"shard-{random.randrange(16)}"), ("x-cache", "miss")])
    chance = random.randrange(8)
    if chance == 0:
        context.abort(grpc.StatusCode.NOT_FOUND, f"order {random.randrange(10**6)} is unknown")
    if chance == 1:
        context.set_trailing_metadata([("retry-pushback-ms", str(random.randrange(500)))])
    return request + b"." * random.randrange(200)


def stream(request, context):
    for number in range(random.randrange(1, 4)):
        yield request + bytes([number])
    context.set_trailing_metadata([("cursor-bin", random.randbytes(12))])


def serve(port):
    server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.http2.true_binary", 0)])
    for service, names in METHODS.items():
        handlers = {
            name: grpc.unary_stream_rpc_method_handler(stream)
            if name in STREAMS
            else grpc.unary_unary_rpc_method_handler(unary)
            for name in names
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, handlers),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()


def metadata(seeded, token):
    fields = [("authorization", f"Bearer {token}"), ("x-request-id", str(uuid.UUID(int=seeded.getrandbits(128))))]
    if seeded.random() < 0.7:
        fields.append(("traceparent", f"00-{seeded.getrandbits(128):032x}-{seeded.getrandbits(64):016x}-01"))
    if seeded.random() < 0.3:
        fields.append(("x-tenant", f"tenant-{seeded.randrange(5)}"))
    if seeded.random() < 0.2:
        fields.append(("baggage-bin", seeded.randbytes(20)))
    return fields


def call(port, calls):
    seeded = random.Random(7)
    token = f"{seeded.getrandbits(400):x}"
    options = [("grpc.default_authority", "orders.example.com"), ("grpc.http2.true_binary", 0)]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
        for _ in range(calls):
            service = seeded.choice(list(METHODS))
            name = seeded.choice(METHODS[service])
            kind = channel.unary_stream if name in STREAMS else channel.unary_unary
            method = kind(f"/{service}/{name}")
            arguments = {
                "metadata": metadata(seeded, token),
                "timeout": seeded.choice([None, 1, 5, seeded.random() * 20]),
            }
            if seeded.random() < 0.2:
                arguments["compression"] = grpc.Compression.Gzip
            body = seeded.randbytes(seeded.randrange(1, 120))
            try:
                answer = method(body, **arguments)
                if name in STREAMS:
                    list(answer)
            except grpc.RpcError:
                pass


if sys.argv[1] == "server":
    serve(int(sys.argv[2]))
else:
    call(int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 150)
