"""What connections and streams cost a server that holds them, and what stays when they are gone."""

import socket
import ssl
import subprocess
import time

from servers import TARGET, Server, ours_over_tls

IDLE = 10_000
STREAMS = (100, 100)
OVER_TLS = 2_000
# Time for a server to give back what it can.
REST = 3.0


class Held:
    """A client that holds what it was told to, until it is let go. `None` where limits forbid."""

    def __init__(self, running, *mode):
        command = [str(TARGET / "release/holding"), f"127.0.0.1:{running.port}", *map(str, mode)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.stands = self.process.stdout.readline().strip() == "ready"

    def let_go(self):
        self.process.stdin.close()
        return self.process.wait(60)


def measured(running, *mode):
    """Octets of memory while it is held, descriptors and octets that stay after it."""
    before, open_before = running.resident(), running.descriptors()
    held = Held(running, *mode)
    time.sleep(REST)
    grown = running.resident() - before
    code = held.let_go()
    if not held.stands:
        return None, code, None
    time.sleep(REST)
    return grown, running.descriptors() - open_before, running.resident() - before


def memory(server, scratch):
    """Octets per idle connection, per open stream; octets that stay after many connections."""
    figures = {}
    running = server.start(scratch)
    measured(running, "churn", 100)
    grown, fds, stays = measured(running, "idle", IDLE)
    figures["idle"] = grown and grown / IDLE
    figures["after idle"] = (stays, fds)
    running.stop()
    running = server.start(scratch)
    connections, streams = STREAMS
    measured(running, "churn", 100)
    grown, fds, stays = measured(running, "streams", connections, streams)
    figures["stream"] = grown and grown / (connections * streams)
    figures["after streams"] = (stays, fds)
    running.stop()
    return figures


# Preface, SETTINGS, GET / as HPACK without the dynamic table, acknowledgement.
GET = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" b"\0\0\0\4\0\0\0\0\0"
    b"\0\0\x0e\1\5\0\0\0\1\x82\x87\x84\1\x09localhost" b"\0\0\0\4\1\0\0\0\0"
)


def idle_over_tls(scratch):
    """Octets per idle connection over TLS 1.3, a GET over each."""
    running = Server("serve-tls", ours_over_tls, "").start(scratch)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])

    def connect():
        secure = context.wrap_socket(socket.create_connection(("127.0.0.1", running.port), 10))
        secure.sendall(GET)
        got = b""
        while b"Hello world" not in got:
            got += secure.recv(65536)
        return secure

    for _ in range(100):
        connect().close()
    time.sleep(REST)
    before = running.resident()
    held = [connect() for _ in range(OVER_TLS)]
    time.sleep(REST)
    grown = running.resident() - before
    for secure in held:
        secure.close()
    running.stop()
    return grown / OVER_TLS
