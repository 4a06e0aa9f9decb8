"""The peers, and how each is started."""

import contextlib
import getpass
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

NGINX = """
daemon off; master_process off; pid {scratch}/nginx-{port}.pid; error_log {scratch}/nginx.log;
events {{ worker_connections 1000; }}
http {{
    access_log off; default_type text/plain; keepalive_requests 100000;
    client_body_temp_path {scratch}/b; proxy_temp_path {scratch}/p; fastcgi_temp_path {scratch}/f;
    uwsgi_temp_path {scratch}/u; scgi_temp_path {scratch}/s;
    server {{
        listen 127.0.0.1:{port} {ssl} http2; root {scratch}/files;
        ssl_certificate {scratch}/cert.pem; ssl_certificate_key {scratch}/key.pem;
        location /upload {{ proxy_pass http://127.0.0.1:{behind}; }}
    }}
    server {{ listen 127.0.0.1:{behind}; location / {{ return 200 "{content}"; }} }}
}}
"""

H2O = """
listen: {{ host: 127.0.0.1, port: {port}{ssl} }}
user: {user}
num-threads: 1
hosts:
  default:
    paths:
      /: {{ file.dir: {scratch}/files }}
      /upload:
        mruby.handler: |
          Proc.new do |env|
            env["rack.input"].read if env["rack.input"]
            [200, {{"content-type" => "text/plain"}}, ["{content}"]]
          end
pid-file: {scratch}/h2o-{port}.pid
error-log: {scratch}/h2o.log
"""

CONTENT = "." * 64


class Server:
    """A server. `command` gives its command line from a scratch folder, a port, and whether it speaks TLS."""

    role = "server"

    def __init__(self, key, title, command, upload, transports=(False, True), ours=False):
        self.key, self.title, self.command = key, title, command
        self.upload, self.transports, self.ours = upload, transports, ours

    @contextlib.contextmanager
    def started(self, scratch, secure):
        """Runs the server; gives the arguments of the tester."""
        port = free_port()
        with open(scratch / f"{self.key}.log", "ab") as log:
            command = list(map(str, self.command(scratch, port, secure)))
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for(port, process, self.title)
            tls = ["--tls"] if secure else []
            yield ["server", f"127.0.0.1:{port}", "--upload", self.upload, *tls]
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Client:
    """A client. `command` gives its command line, with {url} where the URL belongs, from a scratch folder."""

    role = "client"

    def __init__(self, key, title, command, transports=(False, True), ours=False):
        self.key, self.title, self.command = key, title, command
        self.transports, self.ours = transports, ours

    @contextlib.contextmanager
    def started(self, scratch, secure):
        """Gives the arguments of the tester, which runs the client for each case."""
        tls = ["--tls", "--cert", scratch / "cert.pem", "--key", scratch / "key.pem"] if secure else []
        command = " ".join(map(str, self.command(scratch)))
        yield ["client", "--exec", command, *tls]


class Obedient:
    """The example that does what the cases wish, in either role."""

    ours, transports = True, (False, True)

    def __init__(self, key, title, role):
        self.key, self.title, self.role = key, title, role

    @contextlib.contextmanager
    def started(self, scratch, secure):
        """Runs it; gives the arguments of the tester."""
        pair = [scratch / "cert.pem", scratch / "key.pem"]
        address = f"127.0.0.1:{free_port()}"
        command = list(map(str, [TARGET / "release/examples/obey", address, *pair]))
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        identity = ["--cert", pair[0], "--key", pair[1]] if self.role == "client" else []
        try:
            wait_for(int(address.rsplit(":")[1]), process, self.title)
            yield [self.role, "--obey", address, *(["--tls", *identity] if secure else [])]
        finally:
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process, name):
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
        if process.poll() is not None:
            break
    raise SystemExit(f"{name} does not start")


def prepare(scratch):
    """Files to be served, a body to be sent, a certificate."""
    files = scratch / "files"
    files.mkdir()
    (files / "index.html").write_text(CONTENT)
    (scratch / "body").write_text("." * 100)
    for path in (scratch, files, *files.iterdir()):
        path.chmod(0o755)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", scratch / "key.pem", "-out", scratch / "cert.pem"],
        check=True, capture_output=True,
    )


def configured(kind, text, scratch, **values):
    path = scratch / f"{kind}-{values['port']}.conf"
    path.write_text(text.format(scratch=scratch, content=CONTENT, **values))
    return path


def nginx(scratch, port, secure):
    path = configured("nginx", NGINX, scratch, port=port, behind=free_port(), ssl="ssl" if secure else "")
    return ["nginx", "-c", path, "-e", scratch / "nginx.log"]


def h2o(scratch, port, secure):
    ssl = f", ssl: {{ certificate-file: {scratch}/cert.pem, key-file: {scratch}/key.pem }}" if secure else ""
    return ["h2o", "-m", "worker", "-c", configured("h2o", H2O, scratch, port=port, ssl=ssl, user=getpass.getuser())]


def nghttpd(scratch, port, secure):
    pair = [scratch / "key.pem", scratch / "cert.pem"] if secure else ["--no-tls"]
    return ["nghttpd", "-a", "127.0.0.1", "--echo-upload", "-d", scratch / "files", port, *pair]


def with_pair(path, *before):
    """A program that takes ADDR:PORT [CERT KEY]."""
    def command(scratch, port, secure):
        pair = [scratch / "cert.pem", scratch / "key.pem"] if secure else []
        return [path, *before, f"127.0.0.1:{port}", *pair]
    return command


def serve(_scratch, port, secure):
    path = TARGET / "release/examples/serve"
    return [path, "--bench", "--threads", 1, "--listen-tls" if secure else "--listen", f"127.0.0.1:{port}"]


def looped(scratch, port, _secure):
    path = TARGET / "release/examples/custom_loop_server"
    return [path, "--listen", f"127.0.0.1:{port}", "--root", scratch / "files"]


def said(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return (run.stdout + run.stderr).strip().splitlines()[0]


def version(*command):
    """The number in what a program says of itself."""
    return re.search(r"\d+\.\d+[.\d]*", said(*command))[0]


def all_peers(only):
    """What takes part, the keys of what does not, and all keys in order."""
    rivals = TARGET / "rivals"
    examples = TARGET / "release/examples"
    fetch, obey = examples / "fetch", examples / "obey"
    loop_server, loop_client = examples / "custom_loop_server", examples / "custom_loop_client"
    new, old = rivals / "h2-peers/release/h2-peer", rivals / "h2-peers/release/h2-peer-0418"
    go_server, go_client = rivals / "go-peer-server", rivals / "go-peer-client"
    three = ["{url}", "{url}a", "{url}b"]
    lock = (HERE / "h2/Cargo.lock").read_text()

    def h2_new():
        return "hyperium/h2 " + re.search(r'name = "h2"\nversion = "([^"]+)"', lock)[1]

    def go():
        return f"Go {version('go', 'version')} net/http"

    candidates = [
        ("serve", TARGET / "release/examples/serve", lambda key: Server(key, "bywash-mio, example `serve`", serve, "/sink", ours=True)),
        ("obey-server", obey, lambda key: Obedient(key, "bywash-mio, example `obey`", "server")),
        ("loop", loop_server, lambda key: Server(key, "bywash-proto, example `custom_loop_server`", looped, "/echo", (False,), ours=True)),
        ("nghttpd", "nghttpd", lambda key: Server(key, f"nghttpd, nghttp2 {version('nghttpd', '--version')}", nghttpd, "/")),
        ("h2", new, lambda key: Server(key, h2_new(), with_pair(new, "server"), "/")),
        ("h2-0.4.18", old, lambda key: Server(key, "hyperium/h2 0.4.18", with_pair(old, "server"), "/")),
        ("go", go_server, lambda key: Server(key, go(), with_pair(go_server), "/")),
        ("nginx", "nginx", lambda key: Server(key, f"nginx {version('nginx', '-v')}", nginx, "/upload")),
        ("h2o", "h2o", lambda key: Server(key, f"h2o {version('h2o', '--version')}", h2o, "/upload")),
        ("fetch", fetch, lambda key: Client(key, "bywash-mio, example `fetch`, GET", lambda _: [fetch, "-k", "-n", *three], ours=True)),
        ("fetch-post", fetch, lambda key: Client(key, "bywash-mio, example `fetch`, POST", lambda scratch: [fetch, "-k", "-n", "-d", scratch / "body", *three], ours=True)),
        ("obey-client", obey, lambda key: Obedient(key, "bywash-mio, example `obey`", "client")),
        ("loop-client", loop_client, lambda key: Client(key, "bywash-proto, example `custom_loop_client`, GET", lambda _: [loop_client, *three], (False,), ours=True)),
        ("nghttp", "nghttp", lambda key: Client(key, f"nghttp, nghttp2 {version('nghttp', '--version')}, GET", lambda _: ["nghttp", "-n", *three])),
        ("nghttp-post", "nghttp", lambda key: Client(key, f"nghttp, nghttp2 {version('nghttp', '--version')}, POST", lambda scratch: ["nghttp", "-n", "-d", scratch / "body", *three])),
        ("h2-get", new, lambda key: Client(key, f"{h2_new()}, GET", lambda _: [new, "client", "{url}"])),
        ("h2-post", new, lambda key: Client(key, f"{h2_new()}, POST whose body stays open", lambda _: [new, "client", "{url}", "post"])),
        ("h2-0.4.18-post", old, lambda key: Client(key, "hyperium/h2 0.4.18, POST whose body stays open", lambda _: [old, "client", "{url}", "post"])),
        ("go-get", go_client, lambda key: Client(key, f"{go()}, GET", lambda _: [go_client, "{url}"])),
        ("go-post", go_client, lambda key: Client(key, f"{go()}, POST", lambda _: [go_client, "{url}", "post"])),
    ]
    found, missing = [], []
    for key, path, make in candidates:
        if shutil.which(str(path)) is None:
            print(f"{pathlib.Path(path).name} is not installed or not built: {key} does not take part")
            missing.append(key)
        elif only is None or key in only:
            found.append(make(key))
        else:
            missing.append(key)
    return found, missing, [key for key, _, _ in candidates]
