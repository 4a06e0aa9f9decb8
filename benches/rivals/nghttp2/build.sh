#!/bin/bash
# Builds the nghttp2 harness: build.sh OUT. Needs gcc and libnghttp2-dev (the static library).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out"
library=$(gcc -print-file-name=libnghttp2.a)
flags=(-O2 -g -std=gnu11 -Wall -Wextra -DDATA="\"$(cd "$here/../../data" && pwd)\"")
gcc "${flags[@]}" -o "$out/hpack-nghttp2" "$here/hpack.c" "$here/recorded.c" "$library"
gcc "${flags[@]}" -o "$out/machine-nghttp2" "$here/machine.c" "$here/script.c" "$here/recorded.c" "$library"
gcc "${flags[@]}" -o "$out/heap-nghttp2" "$here/heap.c" "$here/script.c" "$library"
