"""gRPC's interoperability tests by grpcio."""

import queue
import sys

import grpc
from common import ECHO_INITIAL, ECHO_TRAILING, flags, payload
from grpc_testing_pb import empty_pb2, test_pb2_grpc
from grpc_testing_pb import messages_pb2 as pb

REQUESTS = (27182, 8, 1828, 45904)
RESPONSES = (31415, 9, 2653, 58979)
LARGE = (271828, 314159)
LONGEST = 60
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"


class Lacks(Exception):
    """The library has no way to do it."""


def ensure(holds, text):
    if not holds:
        raise AssertionError(text)


def large(**more):
    return pb.SimpleRequest(response_size=LARGE[1], payload=payload(LARGE[0]), **more)


def check_large(reply):
    ensure(reply.payload.body == bytes(LARGE[1]), f"{len(reply.payload.body)} octets")


def turn(request, response):
    return pb.StreamingOutputCallRequest(
        response_parameters=[pb.ResponseParameters(size=response)], payload=payload(request)
    )


def ended_with(code, run, message=None):
    try:
        value = run()
    except grpc.RpcError as error:
        ensure(error.code() == code, f"{error.code()} ({error.details()}), not {code}")
        if message is not None:
            ensure(error.details() == message, f"the message is {error.details()!r}")
        return
    raise AssertionError(f"{value!r}, not {code}")


class Requests:
    """An iterator of requests that another thread fills."""

    def __init__(self):
        self.queue = queue.Queue()

    def __iter__(self):
        return iter(self.queue.get, None)

    def send(self, request):
        self.queue.put(request)

    def close(self):
        self.queue.put(None)


class Cases:
    def __init__(self, channel):
        self.test = test_pb2_grpc.TestServiceStub(channel)
        self.other = test_pb2_grpc.UnimplementedServiceStub(channel)

    def duplex(self, timeout=LONGEST, **more):
        requests = Requests()
        return requests, self.test.FullDuplexCall(iter(requests), timeout=timeout, **more)

    def empty_unary(self):
        self.test.EmptyCall(empty_pb2.Empty(), timeout=LONGEST)

    def large_unary(self):
        check_large(self.test.UnaryCall(large(), timeout=LONGEST))

    def uploads(self, sizes):
        return (pb.StreamingInputCallRequest(payload=payload(size)) for size in sizes)

    def client_streaming(self):
        reply = self.test.StreamingInputCall(self.uploads(REQUESTS), timeout=LONGEST)
        ensure(reply.aggregated_payload_size == 74922, reply)

    def server_streaming(self):
        wishes = [pb.ResponseParameters(size=size) for size in RESPONSES]
        request = pb.StreamingOutputCallRequest(response_parameters=wishes)
        replies = self.test.StreamingOutputCall(request, timeout=LONGEST)
        sizes = tuple(len(reply.payload.body) for reply in replies)
        ensure(sizes == RESPONSES, sizes)

    def ping_pong(self):
        requests, replies = self.duplex()
        for request, response in zip(REQUESTS, RESPONSES):
            requests.send(turn(request, response))
            got = len(next(replies).payload.body)
            ensure(got == response, got)
        requests.close()
        ensure(next(replies, None) is None, "a response too many")

    def empty_stream(self):
        requests, replies = self.duplex()
        requests.close()
        ensure(list(replies) == [], "a response to no request")

    def custom_metadata(self):
        trailing = b"\xab\xab\xab"
        metadata = ((ECHO_INITIAL, "test_initial_metadata_value"), (ECHO_TRAILING, trailing))

        def check(call):
            initial = dict(call.initial_metadata()).get(ECHO_INITIAL)
            ensure(initial == "test_initial_metadata_value", f"initial: {initial!r}")
            last = dict(call.trailing_metadata()).get(ECHO_TRAILING)
            ensure(last == trailing, f"trailing: {last!r}")

        reply, call = self.test.UnaryCall.with_call(large(), timeout=LONGEST, metadata=metadata)
        check_large(reply)
        check(call)
        requests, replies = self.duplex(metadata=metadata)
        requests.send(turn(*LARGE))
        ensure(len(next(replies).payload.body) == LARGE[1], "the response's size")
        requests.close()
        ensure(next(replies, None) is None, "a response too many")
        check(replies)

    def status_code_and_message(self):
        text = "test status message"
        status = pb.EchoStatus(code=2, message=text)
        request = pb.SimpleRequest(response_status=status)
        unknown = grpc.StatusCode.UNKNOWN
        ended_with(unknown, lambda: self.test.UnaryCall(request, timeout=LONGEST), text)
        requests, replies = self.duplex()
        requests.send(pb.StreamingOutputCallRequest(response_status=status))
        requests.close()
        ended_with(unknown, lambda: next(replies), text)

    def special_status_message(self):
        request = pb.SimpleRequest(response_status=pb.EchoStatus(code=2, message=SPECIAL))
        call = self.test.UnaryCall
        ended_with(grpc.StatusCode.UNKNOWN, lambda: call(request, timeout=10), SPECIAL)

    def unimplemented(self, stub):
        call = stub.UnimplementedCall
        code = grpc.StatusCode.UNIMPLEMENTED
        ended_with(code, lambda: call(empty_pb2.Empty(), timeout=LONGEST))

    def unimplemented_method(self):
        self.unimplemented(self.test)

    def unimplemented_service(self):
        self.unimplemented(self.other)

    def cancel_after_begin(self):
        requests = Requests()
        future = self.test.StreamingInputCall.future(iter(requests), timeout=LONGEST)
        future.cancel()
        requests.close()
        ensure(future.cancelled(), "not cancelled")
        ensure(future.code() == grpc.StatusCode.CANCELLED, future.code())

    def cancel_after_first_response(self):
        requests, replies = self.duplex()
        requests.send(turn(27182, 31415))
        ensure(len(next(replies).payload.body) == 31415, "the response's size")
        replies.cancel()
        requests.close()
        ended_with(grpc.StatusCode.CANCELLED, lambda: next(replies))

    def timeout_on_sleeping_server(self):
        self.empty_unary()
        requests, replies = self.duplex(timeout=0.001)
        requests.send(pb.StreamingOutputCallRequest(payload=payload(27182)))
        ended_with(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: next(replies))
        requests.close()

    def client_compressed_unary(self):
        def call(said, compression):
            request = large(expect_compressed=pb.BoolValue(value=said))
            return self.test.UnaryCall(request, timeout=LONGEST, compression=compression)

        none = grpc.Compression.NoCompression
        ended_with(grpc.StatusCode.INVALID_ARGUMENT, lambda: call(True, none))
        check_large(call(True, grpc.Compression.Gzip))
        check_large(call(False, none))

    def server_compressed_unary(self):
        raise Lacks("a client cannot see whether a message came compressed")

    def client_compressed_streaming(self):
        raise Lacks("a client compresses all messages of a call or none")

    def server_compressed_streaming(self):
        raise Lacks("a client cannot see whether a message came compressed")

    def concurrent_large_unary(self):
        futures = [self.test.UnaryCall.future(large(), timeout=LONGEST) for _ in range(100)]
        for future in futures:
            check_large(future.result())

    def rpc_soak(self):
        for _ in range(10):
            self.large_unary()


def main():
    options = flags(
        {
            "server_host": "localhost",
            "server_port": 10000,
            "server_host_override": "",
            "test_case": "large_unary",
            "use_tls": False,
            "use_test_ca": False,
            "ca_file": "",
        }
    )
    target = options.server_host
    if options.server_port != 0:
        target = f"{target}:{options.server_port}"
    if options.use_tls:
        with open(options.ca_file, "rb") as roots:
            credentials = grpc.ssl_channel_credentials(roots.read())
        name = options.server_host_override
        more = (("grpc.ssl_target_name_override", name),) if name else ()
        channel = grpc.secure_channel(target, credentials, more)
    else:
        channel = grpc.insecure_channel(target)
    failed = False
    with channel:
        cases = Cases(channel)
        for name in options.test_case.split(","):
            try:
                getattr(cases, name)()
                print(f"PASS {name}", flush=True)
            except Lacks as lack:
                print(f"LACK {name}: {lack}", flush=True)
            except Exception as error:  # whatever it is, the next case is run
                print(f"FAIL {name}: {' '.join(str(error).split()) or repr(error)}", flush=True)
                failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
