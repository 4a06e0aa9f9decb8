//! See `bywash_fuzz::hpack_decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::hpack_decode(data));
