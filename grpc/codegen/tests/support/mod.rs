//! Folders and inputs that the tests share.

#![allow(dead_code, unreachable_pub)]

use std::{fs, path::PathBuf};

use bywash_build::manual::{Rpc, Service};

/// The folder of the `.proto` files.
pub fn protos() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/protos")
}

/// An empty folder of this test's own.
pub fn fresh_folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if path.exists() {
        fs::remove_dir_all(&path).unwrap();
    }
    fs::create_dir_all(&path).unwrap();
    path
}

/// A service without protobuf, with all that can be said of one.
pub fn manual_service() -> Service {
    Service::new("shop.v1", "Store", "crate::plain::Text")
        .doc("Sells things.\n\nAnd buys none.")
        .rpc(
            Rpc::unary("Buy", "crate::plain::Order", "crate::plain::Receipt")
                .doc("One thing.")
                .idempotent(),
        )
        .rpc(Rpc::server_streaming(
            "Watch",
            "String",
            "crate::plain::Order",
        ))
        .rpc(
            Rpc::client_streaming("Fill", "Vec<u8>", "crate::plain::Receipt")
                .codec("crate::plain::Mixed"),
        )
        .rpc(Rpc::bidi("Haggle", "String", "String").deprecated())
}
