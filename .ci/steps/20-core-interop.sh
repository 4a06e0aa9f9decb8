#!/usr/bin/env bash
# The core's example programs against peers that this project did not write.
set -u -o pipefail

. .ci/programs.sh
need curl nghttp h2load nghttpd

cargo build --release -p bywash-proto --examples || exit 1
bin="${CARGO_TARGET_DIR:-target}/release/examples"

mkdir "$scratch/root"
head -c 65536 /dev/urandom >"$scratch/root/64k"
head -c 3000000 /dev/urandom >"$scratch/root/3m"
echo secret >"$scratch/secret"

port=$(free_port) || exit 1
"$bin/custom_loop_server" --listen "127.0.0.1:$port" --root "$scratch/root" 2>"$scratch/server.log" &
running+=($!)
wait_for "$port" || exit 1
url="http://127.0.0.1:$port"

same() { cmp - "$1"; }
fetch() { timeout 30 curl -sS --fail --http2-prior-knowledge "$@"; }
download() { fetch "$url/3m" | same "$scratch/root/3m"; }
echo_back() { fetch --data-binary "@$scratch/root/3m" "$url/echo" | same "$scratch/root/3m"; }
old_http() { [ "$(timeout 30 curl -sS -o /dev/null -w '%{http_code}' --http1.1 "$url/")" = 505 ]; }
outside() { [ "$(timeout 30 curl -sS -o /dev/null -w '%{http_code}' --path-as-is --http2-prior-knowledge "$url/../secret")" = 404 ]; }
nghttp_many() {
    local urls=() n
    for n in $(seq 20); do urls+=("$url/64k?$n"); done
    [ "$(timeout 30 nghttp "${urls[@]}" | wc -c)" -eq 1310720 ]
}
# All succeed: h2load itself ends with 0 whatever happens.
load() {
    timeout 60 h2load "$@" >"$scratch/h2load" && grep " 0 failed, 0 errored, 0 timeout" "$scratch/h2load"
}

check "curl: GET /" fetch "$url/"
check "curl: HEAD" fetch --head "$url/64k"
check "curl: 3 MB down" download
check "curl: 3 MB echoed" echo_back
check "curl: HTTP/1.1 is answered 505" old_http
check "curl: nothing outside of the root" outside
check "nghttp: 20 files over one connection" nghttp_many
check "h2load: 100 streams on one connection" load -n 50000 -c 1 -m 100 "$url/"
check "h2load: 64 KiB bodies" load -n 2000 -c 4 -m 100 "$url/64k"
check "h2load: uploads" load -n 2000 -c 1 -m 100 -d "$scratch/root/64k" "$url/echo"

# The client, from two servers.
peer=$(free_port) || exit 1
nghttpd --no-tls -d "$scratch/root" "$peer" >"$scratch/nghttpd.log" 2>&1 &
running+=($!)
wait_for "$peer" || exit 1
client() { timeout 30 "$bin/custom_loop_client" "$@" >"$scratch/client" || { cat "$scratch/client"; return 1; }; }
from_peer() {
    client -v "http://127.0.0.1:$1/64k" "http://127.0.0.1:$1/3m" "http://127.0.0.1:$1/64k" &&
        grep -q "^/3m: 200 with 3000000 octets" "$scratch/client" && grep -q "< HEADERS" "$scratch/client"
}
not_found() { ! client "http://127.0.0.1:$peer/nothing"; }
check "client: from nghttpd" from_peer "$peer"
check "client: a 404 is a failure" not_found

if command -v nginx >/dev/null; then
    peer=$(free_port) || exit 1
    cat >"$scratch/nginx.conf" <<CONF
daemon off; pid $scratch/nginx.pid; error_log $scratch/nginx.log; worker_processes 1;
events {}
http {
    access_log off;
    client_body_temp_path $scratch/b; proxy_temp_path $scratch/p; fastcgi_temp_path $scratch/f;
    uwsgi_temp_path $scratch/u; scgi_temp_path $scratch/s;
    server { listen 127.0.0.1:$peer http2; root $scratch/root; }
}
CONF
    # Root's workers run as another user, who must be able to read.
    chmod 755 "$scratch" "$scratch/root"
    nginx -c "$scratch/nginx.conf" -e "$scratch/nginx.log" &
    running+=($!)
    wait_for "$peer" || exit 1
    check "client: from nginx" from_peer "$peer"
else
    echo "nginx is not installed: one server less"
fi

# What a person does wrong: one line, status 2.
wrong() {
    "$@" >"$scratch/out" 2>"$scratch/err"
    [ $? -eq 2 ] && [ "$(wc -l <"$scratch/err")" -eq 1 ]
}
check "server: an unknown flag" wrong "$bin/custom_loop_server" --nonsense
check "server: a port in use" wrong "$bin/custom_loop_server" --listen "127.0.0.1:$port" --root "$scratch/root"
check "client: no URL" wrong "$bin/custom_loop_client"
check "client: nobody listens" wrong "$bin/custom_loop_client" http://127.0.0.1:1/

exit "$failed"
