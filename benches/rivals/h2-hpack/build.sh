#!/bin/bash
# h2 keeps its HPACK to itself. This copies the h2 that Cargo.lock names to OUT/h2-open, makes the
# module public there and builds `hpack-h2`: build.sh OUT.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
manifest=$(cd "$root" && cargo metadata --format-version 1 --features bywash-benches/rivals |
  grep -o '"manifest_path":"[^"]*/h2-[0-9.]*/Cargo.toml"' | head -1 | cut -d'"' -f4)
rm -rf "$out/h2-open"; cp -r "$(dirname "$manifest")" "$out/h2-open"
chmod -R u+w "$out/h2-open"
sed -i 's/^mod hpack;/#[allow(missing_docs)] pub mod hpack;/' "$out/h2-open/src/lib.rs"
sed -i 's/^pub(crate) mod huffman;/pub mod huffman;/' "$out/h2-open/src/hpack/mod.rs"
mkdir -p "$out/h2-hpack/src"
cp "$here/main.rs" "$out/h2-hpack/src/main.rs"
cp "$root/Cargo.lock" "$out/h2-hpack/Cargo.lock"
cat >"$out/h2-hpack/Cargo.toml" <<MANIFEST
[package]
name = "hpack-h2"
version = "0.0.0"
edition = "2024"
[dependencies]
bywash-benches = { path = "$root/benches" }
h2 = { path = "$out/h2-open" }
bytes = "1"
http = "1"
[profile.release]
debug = "line-tables-only"
[workspace]
MANIFEST
cargo build --quiet --release --manifest-path "$out/h2-hpack/Cargo.toml" --target-dir "$out/h2-target"
cp "$out/h2-target/release/hpack-h2" "$out/"
