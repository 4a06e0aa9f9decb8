#!/usr/bin/env bash
# The file server against peers that this project did not write: curl, nghttp, h2load, Chromium.
set -u -o pipefail

. .ci/programs.sh
need curl nghttp h2load

cargo build --release -p bywash-mio --example serve || exit 1
serve="${CARGO_TARGET_DIR:-target}/release/examples/serve"

# Starts a server with these flags. Sets `server`, its process, and `urls`, where it listens. Its log
# of requests goes to the file `access`.
start() {
    access=$(mktemp "$scratch/access.XXXX")
    "$serve" "$@" >"$access" 2>"$scratch/complaints" &
    server=$!
    running+=("$server")
    local attempt
    for attempt in $(seq 100); do
        mapfile -t urls < <(sed -n 's,^curl .*\(https*://[^ ]*\)/$,\1,p' "$access")
        [ "${#urls[@]}" -gt 0 ] && return 0
        sleep 0.05
    done
    echo "the server did not start: $*"
    cat "$scratch/complaints"
    exit 1
}
stop() {
    kill -TERM "$server" && wait "$server"
}

# What curl trusts, and what the server shows: set below.
trust=()
identity=()
fetch() { timeout 60 curl -sS --fail --http2-prior-knowledge "${trust[@]}" "$@"; }
code() { fetch --no-fail -o /dev/null -w '%{http_code}' "$@"; }
is() {
    local want=$1
    shift
    local got
    got=$("$@") || true
    [ "$got" = "$want" ] || { echo "got '$got', not '$want'"; return 1; }
}
# All succeed: h2load itself ends with 0 whatever happens.
load() {
    timeout 60 h2load "$@" >"$scratch/h2load" 2>&1
    grep " 0 failed, 0 errored, 0 timeout" "$scratch/h2load" || { cat "$scratch/h2load"; return 1; }
}

# --- what is served -------------------------------------------------------------------------------

root="$scratch/root"
mkdir -p "$root/sub/images"
head -c 65536 /dev/urandom >"$root/64k"
head -c 3000000 /dev/urandom >"$root/3m"
truncate -s 256M "$root/256m"
echo '<title>sub</title>' >"$root/sub/index.html"
echo secret >"$scratch/secret"
ln -s ../secret "$root/link"
ln -s "$scratch" "$root/up"
ln -s ../64k "$root/sub/inside"
base64 -d >"$scratch/dot.png" <<PNG
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
PNG
{
    echo '<!doctype html><title>pending</title><body>'
    for n in $(seq 100); do
        cp "$scratch/dot.png" "$root/sub/images/$n.png"
        echo "<img src=\"images/$n.png\">"
    done
    cat <<'PAGE'
<script>
onload = () => {
    const loaded = [...document.images].filter((image) => image.naturalWidth === 1).length;
    document.title = `${loaded} images loaded`;
};
</script>
PAGE
} >"$root/sub/page.html"

make_identity() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
        -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>"$scratch/said"
}

# --- plain, TLS and a Unix socket -------------------------------------------------------------------

same() { cmp - "$1"; }
whole() { fetch "$@" "$url/3m" | same "$root/3m"; }
part() { fetch -r "$1" "$url/3m" | cmp - <(tail -c +"$2" "$root/3m" | head -c "$3"); }
header() { fetch --head "$url$1" | tr -d '\r' | grep -i -x "$2"; }
tag() { fetch --head "$url/3m" | tr -d '\r' | sed -n 's/^etag: //p'; }
unchanged() { is 304 code -H "if-none-match: $(tag)" "$url/3m"; }
if_range() {
    is 206 code -r 0-9 -H "if-range: $(tag)" "$url/3m" && is 200 code -r 0-9 -H 'if-range: "old"' "$url/3m"
}
unix_socket() { fetch --unix-socket "$scratch/socket" http://localhost/3m | same "$root/3m"; }
# The answer comes before the upload is over: curl shows it, and ends well.
early() {
    local status=0
    fetch --no-fail -o "$scratch/early" -w '%{http_code}' --data-binary "@$root/3m" -H 'expect:' "$2" \
        >"$scratch/early_code" || status=$?
    [ "$status" -eq 0 ] && is "$1" cat "$scratch/early_code"
}
nghttp_many() {
    local many=() n
    for n in $(seq 50); do many+=("$url/64k?$n"); done
    [ "$(timeout 60 nghttp "${many[@]}" 2>"$scratch/said" | wc -c)" -eq $((50 * 65536)) ]
}
nothing_outside() {
    local path
    for path in /../secret /%2e%2e/secret /sub/../../secret /sub/%2e%2e%2f%2e%2e%2fsecret /link \
        /up/secret /up/ //etc/passwd /../../../../../../etc/passwd /64k/ /nothing; do
        is 404 code --path-as-is "$url$path" || { echo "$path"; return 1; }
    done
    for path in /64k%00 /%00 /%zz /%; do
        is 400 code --path-as-is "$url$path" || { echo "$path"; return 1; }
    done
}
# A client that asks for files, ends its side, and reads on: what it got of each, and how that ended.
cat >"$scratch/half_close.py" <<'PY'
import socket, ssl, sys
from urllib.parse import urlsplit
url, window, paths = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
def frame(kind, flags, stream, payload):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"\0\4" + window.to_bytes(4, "big"))
out += frame(8, 0, 0, (1 << 24).to_bytes(4, "big"))
text = lambda s: bytes([len(s)]) + s.encode()
for n, path in enumerate(paths):
    secure = url.scheme == "https"
    head = bytes([0x82, 0x86 + secure, 0x01]) + text(url.netloc) + b"\4" + text(path)
    out += frame(1, 5, 2 * n + 1, head)
sock = socket.create_connection((url.hostname, url.port), timeout=20)
if url.scheme == "https":
    context = ssl._create_unverified_context()
    context.set_alpn_protocols(["h2"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname=url.hostname)
    def pump(act):
        while True:
            try:
                result, again = act(), False
            except ssl.SSLWantReadError:
                again = True
            if octets := outgoing.read():
                sock.sendall(octets)
            if not again:
                return result
            octets = sock.recv(65536)
            incoming.write(octets) if octets else incoming.write_eof()
    pump(session.do_handshake)
    pump(lambda: session.write(out))
    try:
        session.unwrap()
    except ssl.SSLWantReadError:
        pass
    sock.sendall(outgoing.read())
    def read():
        try:
            return pump(lambda: session.read(65536))
        except ssl.SSLZeroReturnError:
            return b""
else:
    sock.sendall(out)
    read = lambda: sock.recv(65536)
sock.shutdown(socket.SHUT_WR)
data = b""
while piece := read():
    data += piece
got, goaway = {}, "no GOAWAY"
while data:
    size, kind, flags = int.from_bytes(data[:3], "big"), data[3], data[4]
    stream, payload, data = int.from_bytes(data[5:9], "big"), data[9 : 9 + size], data[9 + size :]
    one = got.setdefault(stream, [0, "open"])
    if kind == 0:
        one[0] += size
    if kind in (0, 1) and flags & 1:
        one[1] = "whole"
    if kind == 3:
        one[1] = "reset %d" % int.from_bytes(payload, "big")
    if kind == 7:
        goaway = "GOAWAY %d" % int.from_bytes(payload[4:8], "big")
for n, path in enumerate(paths):
    octets, end = got.get(2 * n + 1, [0, "nothing"])
    print(path, octets, end)
print(goaway)
PY
half_closed() {
    local dot
    dot=$(stat -c %s "$scratch/dot.png")
    timeout 60 python3 "$scratch/half_close.py" "$url" 100000 /sub/images/1.png /64k /3m /none >"$scratch/half"
    diff "$scratch/half" - <<WANTED
/sub/images/1.png $dot whole
/64k 65536 whole
/3m 100000 reset 8
/none $(code_length) whole
GOAWAY 0
WANTED
}
# The length of the page for what is not there.
code_length() { fetch --no-fail "$url/none" | wc -c; }
logged() { grep -E -q "^[-0-9T:Z]+ 127.0.0.1:[0-9]+ \"GET /3m\" 200 3000000 [0-9.]+ms$" "$access"; }

conversation() {
    local kind=$1 url=$2
    check "$kind: curl: a file" whole
    check "$kind: curl: HEAD tells the length" header /3m 'content-length: 3000000'
    check "$kind: curl: an index" is '<title>sub</title>' fetch "$url/sub/"
    check "$kind: curl: a folder without its slash" header /sub 'location: /sub/'
    check "$kind: curl: a link to the inside" is 200 code "$url/sub/inside"
    check "$kind: curl: the beginning" part 0-99999 1 100000
    check "$kind: curl: the middle" part 1000000-1999999 1000001 1000000
    check "$kind: curl: the end" part -5 2999996 5
    check "$kind: curl: beyond the end" is 416 code -r 3000000- "$url/3m"
    check "$kind: curl: a part, unless the file has changed" if_range
    check "$kind: curl: not modified" unchanged
    check "$kind: curl: POST to a file" is 405 code -d x "$url/64k"
    check "$kind: curl: a large upload to a file is told 405" early 405 "$url/64k"
    check "$kind: curl: nothing outside of the root" nothing_outside
    check "$kind: nghttp: 50 files over one connection" nghttp_many
    check "$kind: h2load: 64 KiB bodies" load -n 2000 -c 4 -m 50 "$url/64k"
    [ -z "$python" ] || check "$kind: a client that ends its side" half_closed
    check "$kind: the log" logged
}

python=$(command -v python3) || echo "SKIPPED: python3 is not installed: no client ended its side alone"
url_of_scheme() { printf '%s\n' "${urls[@]}" | grep "^$1://127"; }

if command -v openssl >/dev/null && make_identity; then
    trust=(--cacert "$scratch/cert.pem")
    identity=(--tls-cert "$scratch/cert.pem" --tls-key "$scratch/key.pem")
else
    echo "SKIPPED: openssl makes no certificate here: the server makes its own, and curl does not check it"
    trust=(--insecure)
fi
start --root "$root" --listen 127.0.0.1:0 --unix "$scratch/socket" --listen-tls 127.0.0.1:0 ${identity[@]+"${identity[@]}"}
conversation TLS "$(url_of_scheme https)"
conversation plain "$(url_of_scheme http)"
check "unix: curl: a file" unix_socket
check "SIGTERM: status 0" stop
check "SIGTERM: the Unix socket is gone" test ! -e "$scratch/socket"

# --- a browser --------------------------------------------------------------------------------------

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
# One connection (one port of the client's) brought the page and all its images.
one_connection() {
    [ "$(grep -c '"GET /sub/images/[0-9]*.png" 200 ' "$access")" -eq 100 ] &&
        [ "$(grep '"GET /sub/' "$access" | cut -d' ' -f2 | sort -u | wc -l)" -eq 1 ]
}
page() {
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
        --ignore-certificate-errors --user-data-dir="$scratch/profile" --virtual-time-budget=20000 \
        --dump-dom "$1/sub/page.html" >"$scratch/dom" 2>"$scratch/browser"
    grep '<title>100 images loaded</title>' "$scratch/dom" && one_connection && return
    tail -n 5 "$scratch/browser" "$access"
    return 1
}
if [ -n "$browser" ]; then
    for threads in 1 2 4; do
        start --root "$root" --listen-tls 127.0.0.1:0 --threads "$threads" ${identity[@]+"${identity[@]}"}
        check "chromium: a page with 100 images, $threads threads" page "${urls[0]}"
        stop
        rm -rf "$scratch/profile"
    done
else
    echo "SKIPPED: no Chromium is installed: a page with 100 images was not loaded by a browser"
fi

# --- load, and memory -------------------------------------------------------------------------------

memory() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$server/status"; }
# Runs a command; the server may meanwhile grow by 8 MiB.
within() {
    local before after
    before=$(memory VmRSS)
    "$@" || return 1
    after=$(memory VmHWM)
    echo "resident memory: $before kB before, at most $after kB since" | tee "$scratch/growth"
    [ "$((after - before))" -le 8192 ]
}
large_down() { fetch "$1/256m" | cmp -n 268435456 - /dev/zero; }
large_up() {
    is 268435456 fetch -X POST -T - -H 'expect:' "$1/sink" < <(head -c 268435456 /dev/zero)
}
echo_back() { fetch --data-binary "@$root/3m" "$1/echo" | same "$root/3m"; }
swallowed() { is "Hello world" fetch --data-binary "@$root/3m" "$1/"; }

listen_bench() {
    start --bench --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 ${identity[@]+"${identity[@]}"} "$@"
    secure=$(url_of_scheme https) plain=$(url_of_scheme http)
}
for threads in 1 2 4; do
    listen_bench --threads "$threads"
    check "h2load: plain, $threads threads" load -n 100000 -c 8 -m 100 -t 2 "$plain/"
    check "h2load: TLS, $threads threads" load -n 20000 -c 8 -m 100 -t 2 "$secure/1k"
    check "h2load: echo, $threads threads" load -n 500 -c 4 -m 20 -d "$root/64k" "$plain/echo"
    check "h2load: uploads over TLS, $threads threads" load -n 500 -c 4 -m 20 -d "$root/64k" "$secure/sink"
    check "h2load: 10 MiB, $threads threads" load -n 20 -c 2 -m 4 "$secure/10m"
    check "curl: 3 MB echoed, $threads threads" echo_back "$plain"
    check "curl: 3 MB swallowed, $threads threads" swallowed "$plain"
    check "SIGTERM after the load: status 0" stop
done

grown() {
    check "$1" within "$2" "$3"
    cat "$scratch/growth"
}
listen_bench
fetch "$plain/" "$secure/" >"$scratch/said"
grown "256 MiB up" large_up "$plain"
grown "256 MiB up over TLS" large_up "$secure"
stop
start --root "$root" --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 ${identity[@]+"${identity[@]}"}
secure=$(url_of_scheme https) plain=$(url_of_scheme http)
fetch "$plain/64k" "$secure/64k" >"$scratch/said"
grown "256 MiB down" large_down "$plain"
grown "256 MiB down over TLS" large_down "$secure"

# --- the end ----------------------------------------------------------------------------------------

# A download of about two seconds, during which the server is told to end.
drained() {
    fetch --limit-rate 1500k -o "$scratch/slow" "$plain/3m" &
    local download=$! attempt
    for attempt in $(seq 100); do
        [ -s "$scratch/slow" ] && break
        sleep 0.02
    done
    kill -TERM "$server"
    sleep 0.3
    fetch -o "$scratch/late" "$plain/64k" && echo "a new connection was served" && return 1
    wait "$download" || { echo "the download ended with status $?"; return 1; }
    cmp "$scratch/slow" "$root/3m" && wait "$server"
}
check "SIGTERM: what is open finishes, nothing new begins, status 0" drained

# What a person does wrong: one line, status 2.
wrong() {
    "$serve" "$@" >"$scratch/out" 2>"$scratch/err"
    [ $? -eq 2 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ]
}
start --root "$root" --listen 127.0.0.1:0
check "an unknown flag" wrong --nonsense
check "a port in use" wrong --listen "${urls[0]#http://}"
check "no such folder" wrong --root "$scratch/nothing"
check "no such certificate" wrong --listen-tls 127.0.0.1:0 --tls-cert "$scratch/none" --tls-key "$scratch/none"
check "a file where the Unix socket is to be" wrong --unix "$root/64k"
kill -INT "$server" && check "SIGINT: status 0" wait "$server"

exit "$failed"
