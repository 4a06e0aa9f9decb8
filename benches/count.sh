#!/bin/bash
# Prints the tables of README.md: instructions of one operation, counted by callgrind over two
# values of N, or with `times` medians of CPU nanoseconds, implementations interleaved.
#
# usage: count.sh [instructions|times|hpack|hpack-times|heap] [IMPL ...]
# IMPL is bywash, nghttp2 or h2 (for hpack also loona-hpack, httlib-hpack); all by default.
# Needs valgrind, gcc and libnghttp2-dev. Builds into target/ (or CARGO_TARGET_DIR) by itself.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
target=${CARGO_TARGET_DIR:-$root/target}
out=$target/rivals
what=${1:-instructions}
[ $# -eq 0 ] || shift
impls=("$@")

(cd "$root" && cargo build --quiet --release -p bywash-benches --features rivals)
"$here/rivals/nghttp2/build.sh" "$out"

# callgrind counts `rep movsb` byte by byte: without this, copies look dear.
export GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000

# The command that runs IMPL, then its arguments.
run() {
  local impl=$1; shift
  if [[ $impl/$1 == nghttp2/huffman* ]]; then set -- "$@" "$out/strings"; fi
  case $impl in
    nghttp2) "${tool[@]}" "$out/$program-nghttp2" "$@" ;;
    h2) if [ "$program" = hpack ]; then "${tool[@]}" "$out/hpack-h2" "$@"
        else "${tool[@]}" "$target/release/machine" --impl h2 "$@"; fi ;;
    *) if [ "$program" = hpack ]; then "${tool[@]}" "$target/release/hpack_bench" --impl "$impl" "$@"
       else "${tool[@]}" "$target/release/machine" --impl "$impl" "$@"; fi ;;
  esac
}

# Instructions of a whole run, 0 when it fails.
collected() {
  tool=(valgrind --tool=callgrind --callgrind-out-file=/dev/null)
  { run "$@" 2>&1 >/dev/null || true; } | sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# cost IMPL N1 N2 UNITS BEFORE AFTER: instructions of one unit; BEFORE N AFTER are the arguments.
cost() {
  local impl=$1 low=$2 high=$3 units=$4 less more
  # shellcheck disable=SC2086
  { less=$(collected "$impl" $5 "$low" $6); more=$(collected "$impl" $5 "$high" $6); }
  if [ -z "$less" ] || [ -z "$more" ] || [ "$more" -le "$less" ]; then echo -; return; fi
  echo $(((more - less + (high - low) * units / 2) / ((high - low) * units)))
}

# field KEY: a value of the JSON line on standard input.
field() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }

# Median of five runs for each implementation, taken in turn.
times() {
  local key=$1; shift
  tool=()
  local impl round
  declare -A seen=()
  for round in 1 2 3 4 5; do
    for impl in "${impls[@]}"; do
      seen[$impl]+="$({ run "$impl" "$@" 2>/dev/null || true; } | field "$key") "
    done
  done
  for impl in "${impls[@]}"; do
    local sorted
    sorted=$(tr ' ' '\n' <<<"${seen[$impl]}" | grep . | sort -n | sed -n 3p)
    printf ' %s |' "${sorted:--}"
  done
}

header() {
  printf '| %s |' "$1"; printf ' %s |' "${impls[@]}"; echo
  printf '|---|'; printf -- '---|%.0s' "${impls[@]}"; echo
}

rows=(
  "srv, 100 in a batch, 12-byte body|srv|100 12|1000|3000"
  "srv, 1 at a time|srv|1 12|1000|3000"
  "srv, 1 KiB body|srv|100 1024|1000|3000"
  "srv, 64 KiB body|srv|100 65536|1000|3000"
  "xchg, 12-byte body|xchg|100 12|1000|3000"
  "a DATA frame of 16 KiB received|data|100 16384|1000|3000"
  "a DATA frame of 100 bytes received|data|100 100|1000|3000"
  "a WINDOW_UPDATE received|ctl|100 0|1000|3000"
  "a connection with one GET|conn|1 12|500|1500"
  "real, 100 in a batch|real|100 0|1769|3538"
  "real, 1 at a time|real|1 0|1769|3538"
)

case $what in
  instructions | times)
    program=machine
    [ ${#impls[@]} -gt 0 ] || impls=(bywash nghttp2 h2)
    header "case, $([ "$what" = times ] && echo ns || echo instructions)"
    for row in "${rows[@]}"; do
      IFS='|' read -r title mode rest low high <<<"$row"
      printf '| %s |' "$title"
      if [ "$what" = times ]; then
        # shellcheck disable=SC2086
        times ns_per_op "$mode" $((low * 20)) $rest
      else
        for impl in "${impls[@]}"; do printf ' %s |' "$(cost "$impl" "$low" "$high" 1 "$mode" "$rest")"; done
      fi
      echo
    done ;;
  hpack | hpack-times)
    program=hpack
    "$here/rivals/h2-hpack/build.sh" "$out"
    "$target/release/hpack_bench" strings "$out/strings" >/dev/null
    [ ${#impls[@]} -gt 0 ] || impls=(bywash nghttp2 h2 loona-hpack httlib-hpack)
    header "$([ "$what" = hpack ] && echo instructions || echo ns)"
    for mode in decode encode huffman-decode huffman-encode; do
      printf '| %s |' "$mode"
      if [ "$what" = hpack-times ]; then
        times ns_per_unit "$mode" 20
      else
        tool=()
        units=$(run bywash "$mode" 1 | field units)
        for impl in "${impls[@]}"; do printf ' %s |' "$(cost "$impl" 1 3 "$units" "$mode" "")"; done
      fi
      echo
    done
    printf '| encoded bytes of the set |'
    tool=()
    for impl in "${impls[@]}"; do printf ' %s |' "$(run "$impl" encode 1 | field bytes)"; done
    echo ;;
  heap)
    [ ${#impls[@]} -gt 0 ] || impls=(bywash nghttp2 h2)
    header "figure"
    # The name of a figure is the same everywhere.
    declare -A value=()
    names=()
    for impl in "${impls[@]}"; do
      if [ "$impl" = nghttp2 ]; then lines=$("$out/heap-nghttp2")
      else lines=$("$target/release/heap" --impl "$impl"); fi
      while read -r line; do
        name=$(sed 's/.*"figure":"\([^"]*\)".*/\1/' <<<"$line")
        [ -n "${value[$name]+x}" ] || { value[$name]=; names+=("$name"); }
        value["$name/$impl"]=$(field value <<<"$line")
      done <<<"$lines"
    done
    for name in "${names[@]}"; do
      printf '| %s |' "$name"
      for impl in "${impls[@]}"; do printf ' %s |' "${value["$name/$impl"]:--}"; done
      echo
    done ;;
  *)
    echo "usage: count.sh [instructions|times|hpack|hpack-times|heap] [IMPL ...]" >&2
    exit 2 ;;
esac
