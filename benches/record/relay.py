"""Relays connections from recorded clients to recorded servers and keeps the bytes.

usage: relay.py OUT CERT KEY NAME:LISTEN:SERVER[:tls] ...

Each pair listens on 127.0.0.1:LISTEN and connects to 127.0.0.1:SERVER (always plain
HTTP/2 with prior knowledge). With `tls` the relay ends TLS towards the client, with
ALPN h2, so that what it keeps is plain in both cases. Every connection leaves two files
in OUT: NAME-NNN.c2s (client to server) and NAME-NNN.s2c (the reverse).
"""

import itertools
import os
import socket
import ssl
import sys
import threading


def pump(source, sink, path):
    """Copies one direction until it ends, keeping every byte."""
    with open(path, "wb") as kept:
        try:
            while chunk := source.recv(65536):
                kept.write(chunk)
                kept.flush()
                sink.sendall(chunk)
        except OSError:
            pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(client, server_port, context, stem):
    try:
        if context is not None:
            client = context.wrap_socket(client, server_side=True)
            if client.selected_alpn_protocol() != "h2":
                client.close()
                return
        server = socket.create_connection(("127.0.0.1", server_port))
    except OSError:
        client.close()
        return
    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=pump, args=(server, client, stem + ".s2c"), daemon=True).start()
    pump(client, server, stem + ".c2s")


def listen(out, name, port, server_port, context):
    listener = socket.create_server(("127.0.0.1", port))
    for number in itertools.count(1):
        client, _ = listener.accept()
        stem = os.path.join(out, f"{name}-{number:03}")
        threading.Thread(
            target=relay, args=(client, server_port, context, stem), daemon=True
        ).start()


def main():
    out, cert, key, *pairs = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.set_alpn_protocols(["h2"])
    threads = []
    for pair in pairs:
        name, port, server_port, *tls = pair.split(":")
        args = (out, name, int(port), int(server_port), context if tls else None)
        threads.append(threading.Thread(target=listen, args=args))
    for thread in threads:
        thread.start()


main()
