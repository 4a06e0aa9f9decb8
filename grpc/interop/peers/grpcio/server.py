"""grpc.testing.TestService on grpcio."""

import sys
import time
from concurrent import futures

import grpc
from common import ECHO_INITIAL, ECHO_TRAILING, flags, payload
from grpc_testing_pb import empty_pb2, test_pb2_grpc
from grpc_testing_pb import messages_pb2 as pb

CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo(context):
    for key, value in context.invocation_metadata():
        if key == ECHO_INITIAL:
            context.send_initial_metadata(((key, value),))
        elif key == ECHO_TRAILING:
            context.set_trailing_metadata(((key, value),))


def end_as_wanted(request, context):
    if request.HasField("response_status") and request.response_status.code:
        status = request.response_status
        context.abort(CODES.get(status.code, grpc.StatusCode.UNKNOWN), status.message)


class Tests(test_pb2_grpc.TestServiceServicer):
    def EmptyCall(self, request, context):
        echo(context)
        return empty_pb2.Empty()

    def UnaryCall(self, request, context):
        if request.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        echo(context)
        end_as_wanted(request, context)
        return pb.SimpleResponse(payload=payload(request.response_size))

    def StreamingOutputCall(self, request, context):
        if any(wish.compressed.value for wish in request.response_parameters):
            context.set_compression(grpc.Compression.Gzip)
        echo(context)
        yield from self.respond(request, context)
        end_as_wanted(request, context)

    def respond(self, request, context):
        for wish in request.response_parameters:
            time.sleep(wish.interval_us / 1e6)
            if wish.HasField("compressed") and not wish.compressed.value:
                context.disable_next_message_compression()
            yield pb.StreamingOutputCallResponse(payload=payload(wish.size))

    def StreamingInputCall(self, requests, context):
        size = sum(len(request.payload.body) for request in requests)
        return pb.StreamingInputCallResponse(aggregated_payload_size=size)

    def FullDuplexCall(self, requests, context):
        echo(context)
        for request in requests:
            end_as_wanted(request, context)
            yield from self.respond(request, context)

    def HalfDuplexCall(self, requests, context):
        return self.FullDuplexCall(iter(list(requests)), context)


def main():
    options = flags(
        {
            "port": 10000,
            "bind_address": "0.0.0.0",
            "use_tls": False,
            "tls_cert_file": "",
            "tls_key_file": "",
        }
    )
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32))
    test_pb2_grpc.add_TestServiceServicer_to_server(Tests(), server)
    unix = options.bind_address.startswith("unix:")
    address = options.bind_address if unix else f"{options.bind_address}:{options.port}"
    if options.use_tls:
        with open(options.tls_key_file, "rb") as key, open(options.tls_cert_file, "rb") as chain:
            credentials = grpc.ssl_server_credentials(((key.read(), chain.read()),))
        port = server.add_secure_port(address, credentials)
    else:
        port = server.add_insecure_port(address)
    server.start()
    at = address if unix else f"{options.bind_address}:{port}"
    print(f"listening on {at}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    sys.exit(main())
