//! See `bywash_fuzz::hpack_differential`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::hpack_differential(data));
