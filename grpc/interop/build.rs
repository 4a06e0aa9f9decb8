//! Messages, keys, traits and clients of `grpc.testing`, as users make theirs.

fn main() -> Result<(), bywash_build::Error> {
    let known = "../codegen/tests/protos";
    bywash_build::Builder::new()
        .bytes([".grpc.testing.Payload.body"])
        .compile(
            &[
                "../codegen/tests/protos/grpc/testing/test.proto",
                "protos/grpc/testing/benchmark_service.proto",
            ],
            &[known, "protos"],
        )?;
    Ok(())
}
