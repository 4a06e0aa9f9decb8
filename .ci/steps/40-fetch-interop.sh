#!/usr/bin/env bash
# The driver's client, proxy and guest loop against peers that this project did not write.
set -u -o pipefail

. .ci/programs.sh
need curl h2load nghttpd openssl

cargo build --release -p bywash-mio --example fetch --example proxy --example guest_loop || exit 1
bin="${CARGO_TARGET_DIR:-target}/release/examples"

# Runs a server in the background; its process is `last` then.
start() {
    "$@" >>"$scratch/servers.log" 2>&1 &
    last=$!
    running+=("$last")
}
stop() {
    kill -TERM "$1" && wait "$1"
}

root="$scratch/root"
mkdir "$root"
head -c 65536 /dev/urandom >"$root/64k"
head -c 8000000 /dev/urandom >"$root/8m"
truncate -s 1G "$root/1g"
# Root's workers run as another user, who must be able to read.
chmod 755 "$scratch" "$root"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -keyout "$scratch/key.pem" -out "$scratch/cert.pem" -subj /CN=bywash-test \
    -addext "subjectAltName=DNS:localhost" -addext "basicConstraints=critical,CA:FALSE" \
    2>"$scratch/openssl.log" || { cat "$scratch/openssl.log"; exit 1; }

# --- servers that are not ours: name, plain port, TLS port --------------------------------------------

servers=()
plain=$(free_port) && secure=$(free_port) || exit 1
start nghttpd --no-tls --echo-upload -d "$root" "$plain"
nghttpd_plain=$plain
start nghttpd --echo-upload -d "$root" "$secure" "$scratch/key.pem" "$scratch/cert.pem"
nghttpd_tls=$secure
wait_for "$plain" && wait_for "$secure" || exit 1
servers+=("nghttpd $plain $secure")

if command -v nginx >/dev/null; then
    plain=$(free_port) && secure=$(free_port) || exit 1
    cat >"$scratch/nginx.conf" <<CONF
daemon off; pid $scratch/nginx.pid; error_log $scratch/nginx.log; worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path $scratch/b; proxy_temp_path $scratch/p; fastcgi_temp_path $scratch/f;
    uwsgi_temp_path $scratch/u; scgi_temp_path $scratch/s;
    ssl_certificate $scratch/cert.pem; ssl_certificate_key $scratch/key.pem;
    server {
        listen 127.0.0.1:$plain http2; listen unix:$scratch/socket http2;
        listen 127.0.0.1:$secure ssl http2; root $root;
    }
}
CONF
    start nginx -c "$scratch/nginx.conf" -e "$scratch/nginx.log"
    wait_for "$plain" && wait_for "$secure" || exit 1
    servers+=("nginx $plain $secure")
fi

if command -v h2o >/dev/null; then
    plain=$(free_port) && secure=$(free_port) || exit 1
    cat >"$scratch/h2o.conf" <<CONF
num-threads: 1
error-log: $scratch/h2o.log
hosts:
  default:
    paths: { "/": { file.dir: $root } }
listen: { host: 127.0.0.1, port: $plain }
listen:
  host: 127.0.0.1
  port: $secure
  ssl: { certificate-file: $scratch/cert.pem, key-file: $scratch/key.pem }
CONF
    start h2o -c "$scratch/h2o.conf"
    wait_for "$plain" && wait_for "$secure" || exit 1
    servers+=("h2o $plain $secure")
fi

node=
if command -v node >/dev/null; then
    plain=$(free_port) && secure=$(free_port) || exit 1
    cat >"$scratch/server.js" <<'JS'
// Files, and what no file server does: trailers, 103, resets, bodies that nobody reads.
const [root, plain, secure, key, cert] = process.argv.slice(2);
const fs = require('fs'), http2 = require('http2');
let cancelled = 0;
const answer = (stream, headers) => {
  const path = headers[':path'].split('?')[0];
  stream.on('error', () => {});
  stream.on('close', () => { if (stream.rstCode === 8) cancelled += 1; });
  if (path === '/echo') {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  } else if (path === '/trailers') {
    stream.additionalHeaders({ ':status': 103, link: '</64k>; rel=preload' });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ checksum: 'abc123' }));
    stream.end('body');
  } else if (path === '/reset') {
    stream.respond({ ':status': 200 });
    stream.write('some', () => stream.destroy(new Error('on purpose')));
  } else if (path === '/unread') {
    stream.pause();
  } else if (path === '/cancelled') {
    stream.respond({ ':status': 200 });
    stream.end(String(cancelled));
  } else {
    stream.respondWithFile(root + path, {}, {
      onError: () => { stream.respond({ ':status': 404 }); stream.end(); },
    });
  }
};
const servers = [
  http2.createServer().on('stream', answer).listen(plain, '127.0.0.1'),
  http2.createSecureServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) })
    .on('stream', answer).listen(secure, '127.0.0.1'),
];
for (const server of servers) server.on('sessionError', () => {});
JS
    start node "$scratch/server.js" "$root" "$plain" "$secure" "$scratch/key.pem" "$scratch/cert.pem"
    wait_for "$plain" && wait_for "$secure" || exit 1
    servers+=("node $plain $secure")
    node=$plain
fi
[ "${#servers[@]}" -ge 3 ] || echo "only ${#servers[@]} servers are installed here"

# --- fetch ----------------------------------------------------------------------------------------------

trusted=(--cacert "$scratch/cert.pem")
fetch() { timeout 60 "$bin/fetch" "$@"; }
# Three bodies over one connection, in the order of the URLs.
files() {
    local at=$1
    shift
    fetch "$@" -v "$at/64k" "$at/8m" "$at/64k?again" 2>"$scratch/frames" |
        cmp - <(cat "$root/64k" "$root/8m" "$root/64k") &&
        [ "$(grep -c '^connected to' "$scratch/frames")" -eq 1 ] &&
        grep -q '> HEADERS stream=5' "$scratch/frames" &&
        grep -q '< HEADERS stream=5' "$scratch/frames" &&
        grep -q '0 of 3 URLs failed; 8131072 octets' "$scratch/frames"
}
# A failed URL: status 1, and a line that says why.
fails() {
    local why=$1 status=0
    shift
    fetch "$@" >"$scratch/out" 2>"$scratch/err" || status=$?
    cat "$scratch/err"
    [ "$status" -eq 1 ] && grep -q "failed: .*$why" "$scratch/err"
}
# What a person does wrong: one line, status 2.
wrong() {
    "$@" >"$scratch/out" 2>"$scratch/err"
    [ $? -eq 2 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ]
}
echoed() {
    local at=$1
    shift
    fetch "$@" --data "$root/8m" "$at/echo" "$at/echo" | cmp - <(cat "$root/8m" "$root/8m")
}
for server in "${servers[@]}"; do
    read -r name plain secure <<<"$server"
    check "fetch: $name, plain" files "http://127.0.0.1:$plain"
    check "fetch: $name, TLS" files "https://localhost:$secure" "${trusted[@]}"
    check "fetch: $name, 404" fails "status 404" "http://127.0.0.1:$plain/none" "http://127.0.0.1:$plain/64k"
    check "fetch: $name, nobody vouches for it" fails certificate "https://localhost:$secure/64k"
    check "fetch: $name, another name" fails "another name" "${trusted[@]}" "https://127.0.0.1:$secure/64k"
    check "fetch: $name, --insecure" files "https://127.0.0.1:$secure" --insecure
done
check "fetch: uploads, plain" echoed "http://127.0.0.1:$nghttpd_plain"
check "fetch: uploads, TLS" echoed "https://localhost:$nghttpd_tls" "${trusted[@]}"
[ -z "$node" ] || check "fetch: uploads, streamed back" echoed "http://127.0.0.1:$node"
[ ! -S "$scratch/socket" ] || check "fetch: a Unix socket" files "http://localhost" --unix "$scratch/socket"
check "fetch: TLS to a plain port" fails "does not speak TLS" --insecure "https://127.0.0.1:$nghttpd_plain/"
check "fetch: plain to a TLS port" fails "" "http://127.0.0.1:$nghttpd_tls/"
check "fetch: nobody listens" fails "connection refused" "http://127.0.0.1:1/"
check "fetch: no such name" fails "does not resolve" "http://name.invalid/"
check "fetch: an unknown flag" wrong fetch --nonsense
check "fetch: no URL" wrong fetch -v
check "fetch: a field that cannot be sent" wrong fetch -H "a b: c" http://127.0.0.1/

# --- proxy ----------------------------------------------------------------------------------------------

# Starts a proxy before a port: `proxy` is its process, `front` where it listens.
start_proxy() {
    front=$(free_port) || exit 1
    start "$bin/proxy" --listen "127.0.0.1:$front" --to "127.0.0.1:$1"
    proxy=$last
    wait_for "$front" || exit 1
    front="http://127.0.0.1:$front"
}
curl_h2() { timeout 60 curl -sS --http2-prior-knowledge "$@"; }
status_of() { curl_h2 -o /dev/null -w '%{http_code}' "$@"; }
download() { curl_h2 "$front/8m" | cmp - "$root/8m"; }
upload() { curl_h2 --data-binary "@$root/8m" "$front/echo" | cmp - "$root/8m"; }
# Eight at once, up and down.
many() {
    local n pids=() bad=0
    for n in 1 2 3 4; do
        download & pids+=("$!")
        upload & pids+=("$!")
    done
    for n in "${pids[@]}"; do wait "$n" || bad=1; done
    return "$bad"
}
# All succeed: h2load itself ends with 0 whatever happens.
load() {
    timeout 60 h2load "$@" >"$scratch/h2load"
    grep " 0 failed, 0 errored, 0 timeout" "$scratch/h2load" || { cat "$scratch/h2load"; return 1; }
}
# What a process has held at most, in KiB.
peak() { awk '/VmHWM/ { print $2 }' "/proc/$1/status"; }
# A command that moves a lot while one side is slow must not grow the proxy: by at most 4 MiB.
does_not_grow() {
    local before after
    before=$(peak "$proxy")
    timeout 3 "$@" >/dev/null
    after=$(peak "$proxy")
    echo "peak: $before KiB before, $after KiB after"
    [ $((after - before)) -le 4096 ]
}
slow_download() { does_not_grow curl -sS --http2-prior-knowledge --limit-rate 100k "$front/1g"; }
slow_upload() { does_not_grow curl -sS --http2-prior-knowledge -T "$root/1g" "$front/unread"; }

start_proxy "$nghttpd_plain"
nghttpd_proxy=$proxy nghttpd_front=$front
check "proxy: 8 MB down" download
check "proxy: 8 MB up and back" upload
check "proxy: eight at once" many
check "proxy: HEAD" curl_h2 --fail --head "$front/64k"
check "proxy: 404" [ "$(status_of "$front/none")" = 404 ]
check "proxy: fetch through it" files "$front"
check "proxy: h2load, 400 streams" load -n 20000 -c 4 -m 100 "$front/64k"
check "proxy: h2load, uploads" load -n 4000 -c 4 -m 25 -d "$root/64k" "$front/echo"
check "proxy: a client that reads slowly" slow_download

if [ -n "$node" ]; then
    start_proxy "$node"
    trailers() {
        fetch -v "$front/trailers" >"$scratch/out" 2>"$scratch/frames"
        cat "$scratch/frames"
        [ "$(cat "$scratch/out")" = body ] && grep -q ":status: 103" "$scratch/frames" &&
            grep -q "link: </64k>; rel=preload" "$scratch/frames" &&
            grep -q "checksum: abc123" "$scratch/frames"
    }
    # A client that goes away in the middle: the server hears of it.
    cancels() {
        local before
        before=$(curl_h2 "$front/cancelled")
        timeout 0.5 curl -sS --http2-prior-knowledge --limit-rate 100k "$front/1g" >/dev/null
        sleep 0.2
        [ "$(curl_h2 "$front/cancelled")" -eq $((before + 1)) ]
    }
    check "proxy: 103 and trailers" trailers
    check "proxy: a reset by the server" fails INTERNAL_ERROR "$front/reset"
    check "proxy: a client that goes away" cancels
    check "proxy: streamed back as it comes" upload
    check "proxy: a server that does not read" slow_upload
fi

# The server behind it is not there; then it is.
late=$(free_port) || exit 1
start_proxy "$late"
check "proxy: no server" [ "$(status_of "$front/64k")" = 502 ]
check "proxy: no server, and an upload" [ "$(status_of --data-binary "@$root/8m" "$front/64k")" = 502 ]
start nghttpd --no-tls --echo-upload -d "$root" "$late"
wait_for "$late" || exit 1
check "proxy: the server is there" download
kill "$last" && wait "$last"
start nghttpd --no-tls --echo-upload -d "$root" "$late"
wait_for "$late" || exit 1
check "proxy: another server is there" download
check "proxy: SIGTERM" stop "$proxy"
check "proxy: SIGTERM while peers are connected" stop "$nghttpd_proxy"
check "proxy: no flags" wrong "$bin/proxy"
check "proxy: a port in use" wrong "$bin/proxy" --listen "127.0.0.1:$late" --to "127.0.0.1:$late"

# --- guest_loop -------------------------------------------------------------------------------------------

lines=$(free_port) && front=$(free_port) || exit 1
start "$bin/guest_loop" --lines "127.0.0.1:$lines" --listen "127.0.0.1:$front"
guest=$last
wait_for "$lines" && wait_for "$front" || exit 1
front="http://127.0.0.1:$front"
# What is said in one protocol is heard in the other.
both_protocols() {
    local heard=()
    curl_h2 -N "$front/follow" >"$scratch/followed" &
    local follower=$!
    exec 3<>"/dev/tcp/127.0.0.1/$lines" || return 1
    sleep 0.5
    echo "by a line" >&3
    read -r -t 5 heard[0] <&3
    curl_h2 -d "by a request" "$front/"
    read -r -t 5 heard[1] <&3
    exec 3<&-
    printf '%s\n' "${heard[@]}" | diff - <(printf '%s\n' "by a line" "by a request") &&
        curl_h2 "$front/" | diff - <(printf '%s\n' "by a line" "by a request") &&
        stop "$guest" && wait "$follower" &&
        diff "$scratch/followed" <(printf '%s\n' "by a line" "by a request")
}
check "guest_loop: too much said at once" [ "$(status_of --data-binary "@$root/8m" "$front/")" = 413 ]
check "guest_loop: many requests" load -n 10000 -c 10 -m 10 "$front/"
check "guest_loop: two protocols, one poll" both_protocols

exit "$failed"
