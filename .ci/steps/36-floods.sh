#!/usr/bin/env bash
# Floods over sockets, in cleartext and TLS, against `serve` on one thread and against a client, with an honest peer beside
# each: ended by the limit that they run into, the honest peer served, no memory kept. `spec-tests/FLOODS.md` has the
# figures of one such run: with BYWASH_BLESS set, of this one.
set -u -o pipefail

command -v openssl >/dev/null || { echo "SKIPPED: openssl is not installed"; exit 77; }

cargo build --release -p bywash-spec-tests --features tls --example flood || exit 1
cargo build --release -p bywash-mio --example serve || exit 1
bin="${CARGO_TARGET_DIR:-target}/release/examples"
scratch=$(mktemp -d) || exit 1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
    -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>"$scratch/said" || { cat "$scratch/said"; exit 1; }
"$bin/serve" --bench --threads 1 --listen 127.0.0.1:0 --listen-tls 127.0.0.1:0 >"$scratch/log" &
server=$!
trap 'kill "$server"; rm -rf "$scratch"' EXIT
at() {
    sed -n "s,^curl .*$1://\(.*\)/\$,\1,p" "$scratch/log"
}
for attempt in $(seq 100); do
    [ -n "$(at http)" ] && [ -n "$(at https)" ] && break
    sleep 0.05
done
[ -n "$(at http)" ] && [ -n "$(at https)" ] || { echo "the server did not start"; exit 1; }
note="$(date -u +%F), $(rustc --version | cut -d' ' -f1-2), Linux $(uname -r | cut -d. -f1-2), $(nproc) cores"
timeout 120 "$bin/flood" "$(at http)" "$(at https)" "$server" "$scratch/cert.pem" "$scratch/key.pem" \
    spec-tests/FLOODS.md "$note"
