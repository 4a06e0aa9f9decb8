//! Our client's cases against our server, over TCP, TLS and a Unix socket.

use bywash_grpc::Server;
use bywash_interop::{
    cases::{CASES, CLIENT, Setting, named},
    certificates::TestCertificates,
    connect::{SERVER, Target, listen},
    flags::{Flags, Usage},
    pb::test_service,
    service::Tests,
};
use std::{sync::Arc, time::Duration};

fn flags(known: &'static [bywash_interop::flags::Flag], given: &[String]) -> Flags {
    Flags::parse(known, given.iter().cloned()).unwrap()
}

/// Runs all cases; `server` and `client` are further flags of either.
fn all_pass(server: &[String], client: &[String]) {
    let mut given = vec!["--port=0".to_owned(), "--bind_address=127.0.0.1".to_owned()];
    given.extend_from_slice(server);
    let service = test_service::serve(Arc::new(Tests::new("bywash")));
    let builder = listen(Server::builder().service(service), &flags(SERVER, &given)).unwrap();
    let running = builder.start().unwrap();

    let port = running.addrs().first().map_or(0, |address| address.port());
    let mut given = vec![
        "--server_host=127.0.0.1".to_owned(),
        format!("--server_port={port}"),
        "--concurrent_large_unary_calls=50".to_owned(),
        "--soak_iterations=6".to_owned(),
        "--soak_num_threads=3".to_owned(),
        // The machine may have other things to do.
        "--soak_per_iteration_max_acceptable_latency_ms=60000".to_owned(),
        "--soak_overall_timeout_seconds=60".to_owned(),
    ];
    given.extend_from_slice(client);
    let flags = flags(CLIENT, &given);
    let setting = Setting::new(Target::of(&flags).unwrap(), &flags).unwrap();
    for (name, case) in CASES {
        if let Err(failure) = case(&setting) {
            panic!("{name}: {failure}");
        }
    }
    running.shutdown(Duration::from_secs(1));
}

#[test]
fn all_cases_pass_in_cleartext() {
    all_pass(&[], &[]);
}

#[test]
fn all_cases_pass_with_tls() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("testdata");
    TestCertificates::new().unwrap().write(&folder).unwrap();
    let file = |flag: &str, name: &str| format!("--{flag}={}", folder.join(name).display());
    all_pass(
        &[
            "--use_tls".to_owned(),
            file("tls_cert_file", "server1.pem"),
            file("tls_key_file", "server1.key"),
        ],
        &[
            "--use_tls=true".to_owned(),
            file("ca_file", "ca.pem"),
            "--server_host_override=foo.test.google.fr".to_owned(),
        ],
    );
}

#[test]
fn all_cases_pass_over_a_unix_socket() {
    // Not in the target folder: the path of a socket has few octets.
    let path = std::env::temp_dir().join(format!("bywash-{}.sock", std::process::id()));
    // One that is left of an earlier run.
    let _ = std::fs::remove_file(&path);
    let at = format!("unix:{}", path.display());
    all_pass(
        &[format!("--bind_address={at}")],
        &[format!("--server_host={at}"), "--server_port=0".to_owned()],
    );
}

#[test]
fn cases_are_named_one_by_one_or_in_a_list() {
    assert_eq!(named("large_unary").unwrap().len(), 1);
    assert_eq!(named("ping_pong,rpc_soak").unwrap().len(), 2);
    for list in [
        "",
        "large",
        "large_unary,",
        "jwt_token_creds",
        "channel_soak",
    ] {
        assert!(matches!(named(list), Err(Usage(_))), "{list}");
    }
}
