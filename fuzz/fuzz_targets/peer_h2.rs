//! See `bywash_fuzz::peer_h2`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::peer_h2(data));
