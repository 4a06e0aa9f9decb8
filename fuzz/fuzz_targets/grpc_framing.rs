//! See `bywash_fuzz::grpc_framing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::grpc_framing(data));
