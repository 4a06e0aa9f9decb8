//! See `bywash_fuzz::heads`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::heads(data));
