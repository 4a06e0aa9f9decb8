//! See `bywash_fuzz::server`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::server(data));
