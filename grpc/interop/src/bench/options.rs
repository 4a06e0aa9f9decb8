//! The flags: a server's are those of [`connect`](crate::connect), a client's are those of gRPC-Go's
//! `benchmark/client`, and some more.

use crate::flags::{Flag, switch, value};

/// The flags of the server.
pub const SERVER: &[Flag] = &[
    value("port", "50051"),
    value("bind_address", "0.0.0.0"),
    // Loops; connections are spread over them.
    value("threads", "1"),
    // Handlers on the loop's thread, or on a pool's.
    switch("inline"),
    value("test_name", ""),
    switch("use_tls"),
    value("tls_cert_file", "testdata/server1.pem"),
    value("tls_key_file", "testdata/server1.key"),
];

/// The flags of the client.
pub const CLIENT: &[Flag] = &[
    value("server_host", "localhost"),
    value("port", "50051"),
    value("server_host_override", ""),
    // Connections.
    value("r", "1"),
    // Calls at once on each.
    value("c", "1"),
    // Seconds before and while it is measured.
    value("w", "10"),
    value("d", "60"),
    // Octets of payload.
    value("req", "1"),
    value("resp", "1"),
    value("rpc_type", "unary"),
    // A thread for each call at once, where there would be callbacks.
    switch("blocking"),
    value("test_name", ""),
    switch("use_tls"),
    switch("use_test_ca"),
    value("ca_file", ""),
];
