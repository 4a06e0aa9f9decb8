#!/bin/bash
# Records clients against servers: run.sh WORK, WORK being a scratch folder. Leaves WORK/raw.
# Needs nginx, nghttpd, nghttp, h2load, curl, chromium, node with @grpc/grpc-js under WORK/js,
# and a Python with grpcio (PYTHON). `decode.py` then makes the files of ../data from WORK/raw.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
python=${PYTHON:-python3}
cd "$work"
rm -rf raw profile; mkdir -p raw site tmp profile js; rm -f jar.txt
started=()
finish() { for id in "${started[@]}"; do kill "$id" 2>/dev/null || true; done; }
trap finish EXIT
start() { "$@" >>servers.log 2>&1 & started+=($!); }

[ -f cert.pem ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
  -keyout key.pem -out cert.pem -days 30 -subj /CN=example.com \
  -addext 'subjectAltName=DNS:example.com,DNS:*.example.com' 2>/dev/null
python3 "$here/site.py" site
cp "$here/nginx.conf" . ; cp "$here/grpc_peer.js" js/
start nginx -p "$work" -c nginx.conf
start node "$here/api.js" 9002
start nghttpd --no-tls -d site -a 127.0.0.1 9003
start "$python" "$here/grpc_peer.py" server 9004
start node js/grpc_peer.js server 9005
start python3 "$here/relay.py" raw cert.pem key.pem \
  curlplain-nginx:8101:9001 curlplain-nghttpd:8103:9003 \
  curl-nginx:8105:9001:tls curl-node:8106:9002:tls curl-nghttpd:8107:9003:tls \
  nghttp-nginx:8111:9001 nghttp-nghttpd:8113:9003 \
  h2load-nginx:8121:9001 h2load-nghttpd:8123:9003 \
  chromium-nginx:8131:9001:tls chromium-node:8132:9002:tls chromium-nghttpd:8133:9003:tls \
  grpcio-grpcio:8144:9004 grpcio-grpcjs:8145:9005 grpcjs-grpcio:8154:9004 grpcjs-grpcjs:8155:9005
sleep 2

plain() { # PORT ARGS...: curl over cleartext, with neutral names
  local port=$1; shift
  curl -s -o /dev/null --http2-prior-knowledge --connect-to "::127.0.0.1:$port" "$@" || true
}
secure() { # PORT ARGS...: curl over TLS (curl 7.88 cannot reuse a cleartext connection)
  local port=$1; shift
  curl -s -k --remote-name-all --output-dir out --connect-to "::127.0.0.1:$port" "$@" || true
}
mkdir -p out
mapfile -t names < site/list.txt

# curl: single fetches, one connection with many, parallel ones, one with cookies and bodies.
plain 8101 http://www.example.com/page-0.html
plain 8101 --head http://www.example.com/page-1.html
plain 8101 --data-binary "$(printf 'x%.0s' {1..3000})" http://www.example.com/upload
plain 8101 -H 'range: bytes=0-99' http://www.example.com/page-2.html
plain 8103 http://static.example.com/nothing-here
secure 8105 "${names[@]/#/https://www.example.com}"
secure 8107 -Z --parallel-max 8 "${names[@]/#/https://static.example.com}"
config=curl.cfg; : >$config
for number in $(seq 1 100); do
  [ "$number" = 1 ] || echo next >>$config
  {
    echo 'silent'; echo 'insecure'; echo 'output = "/dev/null"'
    echo 'connect-to = "::127.0.0.1:8106"'; echo 'cookie-jar = "jar.txt"'; echo 'cookie = "jar.txt"'
    case $((number % 5)) in
      0) echo "data = \"{\\\"item\\\": $number, \\\"count\\\": 2}\""
         echo 'header = "content-type: application/json"' ; echo 'url = "https://api.example.com/v1/cart"' ;;
      1) echo "url = \"https://api.example.com/v1/items/$((number * 7919))?fields=name\""; echo 'compressed' ;;
      2) echo "url = \"https://api.example.com/v1/search?q=term%20$number&sort=price\""
         echo 'user = "reader:secret"' ;;
      3) echo "url = \"https://api.example.com/v1/items/$number\""; echo "header = \"if-none-match: W/\\\"$number\\\"\"" ;;
      4) echo "url = \"https://api.example.com/v1/cart/$number\""; echo 'request = "DELETE"'
         echo "header = \"x-request-id: $number-$((number * 31337))\"" ;;
    esac
  } >>$config
done
curl -K $config || true

# nghttp: a page with its assets, one fetch, one upload with trailers.
nghttp -na -H ':authority: www.example.com' http://127.0.0.1:8111/page-0.html
nghttp -n -H ':authority: www.example.com' http://127.0.0.1:8111/page-1.html
nghttp -na -H ':authority: static.example.com' http://127.0.0.1:8113/page-2.html
printf 'y%.0s' {1..2000} >body.txt
nghttp -n --trailer 'x-checksum: 5f3a' -d body.txt -H ':authority: www.example.com' http://127.0.0.1:8113/done
nghttp -n -p 200 -w 20 -W 20 --hexdump -H ':authority: www.example.com' http://127.0.0.1:8111/page-4.html >/dev/null 2>&1
nghttp -n -y -m 5 -H ':authority: www.example.com' http://127.0.0.1:8111/page-5.html
nghttp -n --continuation -H ':authority: www.example.com' http://127.0.0.1:8111/page-3.html

# h2load: many streams at once.
sed 's#^#http://127.0.0.1:8121#' site/list.txt >uris.txt
h2load -n 120 -c 1 -m 20 -H ':authority: www.example.com' -i uris.txt >/dev/null
h2load -n 40 -c 1 -m 100 -H ':authority: www.example.com' http://127.0.0.1:8123/done >/dev/null
h2load -n 8 -c 1 -m 4 -d body.txt -H ':authority: www.example.com' http://127.0.0.1:8123/done >/dev/null

# gRPC.
"$python" "$here/grpc_peer.py" client 8144 160
"$python" "$here/grpc_peer.py" client 8144 1
"$python" "$here/grpc_peer.py" client 8145 120
node js/grpc_peer.js client 8154 120
node js/grpc_peer.js client 8155 120
node js/grpc_peer.js client 8155 1

# Chromium walks the pages twice by itself: the second time it revalidates.
rules='MAP www.example.com:443 127.0.0.1:8131, MAP api.example.com:443 127.0.0.1:8132, MAP static.example.com:443 127.0.0.1:8133'
for pass in 1 2; do
  HOME="$work/profile" timeout 60 chromium --headless=new --no-sandbox --disable-gpu --disable-extensions \
    --disable-quic --disable-background-networking --disable-component-update --no-first-run \
    --ignore-certificate-errors --user-data-dir="$work/profile/data" --remote-debugging-port=0 \
    --host-resolver-rules="$rules" https://www.example.com/ >>chromium.log 2>&1 &
  chromium=$!
  sleep "${BROWSE_SECONDS:-20}"
  kill "$chromium" 2>/dev/null || true
  wait "$chromium" 2>/dev/null || true
done
sleep 1
ls -l raw
