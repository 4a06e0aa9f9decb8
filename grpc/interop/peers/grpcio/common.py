"""What the client and the server on grpcio share."""

import argparse

from grpc_testing_pb import messages_pb2 as pb

ECHO_INITIAL = "x-grpc-test-echo-initial"
ECHO_TRAILING = "x-grpc-test-echo-trailing-bin"


def truth(text):
    return text.lower() in ("1", "t", "true")


def flags(known):
    """Reads --name=value; a switch may stand alone."""
    parser = argparse.ArgumentParser()
    for name, default in known.items():
        if isinstance(default, bool):
            parser.add_argument("--" + name, type=truth, nargs="?", const=True, default=default)
        else:
            parser.add_argument("--" + name, type=type(default), default=default)
    return parser.parse_args()


def payload(size):
    return pb.Payload(type=pb.COMPRESSABLE, body=bytes(size))
