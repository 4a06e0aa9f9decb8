//! See `bywash_fuzz::grpc_status`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| bywash_fuzz::grpc_status(data));
