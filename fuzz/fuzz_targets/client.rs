//! See `bywash_fuzz::client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::client(data));
