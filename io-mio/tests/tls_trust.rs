//! TLS: whom a client trusts, and the log of keys. What is read from the environment is read in a
//! process of its own.

mod common;

use bywash_mio::error::{CertificateFault, TlsFault};
use bywash_mio::tls::{ClientTls, Roots, ServerTls};
use bywash_mio::{Connect, Target};
use common::asker::Asker;
use common::authority::{Authority, certificates};
use common::secure::{connect, serve};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Names the folder of a test to the process that it starts.
const FOLDER: &str = "BYWASH_TLS_TEST_FOLDER";

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bywash-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The folder, in a process that a test has started.
fn folder() -> PathBuf {
    std::env::var_os(FOLDER).expect("started by a test").into()
}

/// Runs an ignored test of this file in a process of its own.
fn run(test: &str, folder: &Path, variable: &str, value: &Path) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--test-threads=1"])
        .env(FOLDER, folder)
        .env_remove("SSL_CERT_DIR")
        .env(variable, value)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn unknown() -> TlsFault {
    TlsFault::Certificate(CertificateFault::UnknownIssuer)
}

#[test]
fn the_roots_of_mozilla() {
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    let asker = Asker::ask(connect(running.at, Roots::webpki()));
    assert_eq!(asker.fault(), &unknown());
    let both = Roots::webpki().and(authority.roots());
    assert_eq!(Asker::ask(connect(running.at, both)).status, Some(200));
}

#[test]
fn roots_that_are_given() {
    let error = Roots::from_pem(b"").unwrap_err();
    assert!(matches!(error, TlsFault::Local(_)), "{error}");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = Roots::from_pem(broken.as_bytes()).unwrap_err();
    assert!(matches!(error, TlsFault::Local(_)), "{error}");
    // Several in one text: all are trusted.
    let (one, other) = (Authority::new(), Authority::new());
    let both = format!("{}{}", one.pem, other.pem);
    for authority in [&one, &other] {
        let signed = certificates(&authority.sign(|_| {}));
        let running = serve(ServerTls::builder(&signed).build().unwrap());
        let roots = Roots::from_pem(both.as_bytes()).unwrap();
        assert_eq!(Asker::ask(connect(running.at, roots)).status, Some(200));
    }
}

#[test]
fn the_roots_of_the_system() {
    let folder = Folder::new("roots");
    let authority = Authority::new();
    std::fs::write(folder.file("roots.pem"), &authority.pem).unwrap();
    let (chain, key) = authority.sign(|_| {});
    std::fs::write(folder.file("chain.pem"), chain).unwrap();
    std::fs::write(folder.file("key.pem"), key).unwrap();
    let roots = folder.file("roots.pem");
    run("trusts_the_system", &folder.0, "SSL_CERT_FILE", &roots);
    let empty = folder.file("empty.pem");
    std::fs::write(&empty, "").unwrap();
    run("finds_no_roots", &folder.0, "SSL_CERT_FILE", &empty);
}

/// The system's roots are those that SSL_CERT_FILE names, and no others.
#[test]
#[ignore = "a process that the_roots_of_the_system starts"]
fn trusts_the_system() {
    let read = |name: &str| std::fs::read_to_string(folder().join(name)).unwrap();
    let signed = certificates(&(read("chain.pem"), read("key.pem")));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    let asker = Asker::ask(connect(running.at, Roots::native().unwrap()));
    assert_eq!(asker.status, Some(200), "{:?}", asker.failed);
    let stranger = certificates(&Authority::new().sign(|_| {}));
    let running = serve(ServerTls::builder(&stranger).build().unwrap());
    let asker = Asker::ask(connect(running.at, Roots::native().unwrap()));
    assert_eq!(asker.fault(), &unknown());
}

#[test]
#[ignore = "a process that the_roots_of_the_system starts"]
fn finds_no_roots() {
    let error = Roots::native().unwrap_err();
    assert!(
        error.to_string().contains("no trusted certificates"),
        "{error}"
    );
}

/// Lines of a log, sorted: a label, the client's random, a secret.
fn lines(log: &str) -> Vec<[&str; 3]> {
    let split = |line| -> [&str; 3] {
        let words: Vec<_> = str::split(line, ' ').collect();
        words.try_into().expect("three words a line")
    };
    let mut lines: Vec<_> = log.lines().map(split).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn keys_are_logged_on_request_alone() {
    let folder = Folder::new("keys");
    let log = folder.file("keys");
    run("logs_no_keys", &folder.0, "SSLKEYLOGFILE", &log);
    assert!(!log.exists(), "nobody has asked for it");
    let mut logs = Vec::new();
    for side in ["logs_keys_at_the_client", "logs_keys_at_the_server"] {
        let log = folder.file(side);
        run(side, &folder.0, "SSLKEYLOGFILE", &log);
        logs.push(std::fs::read_to_string(log).unwrap());
    }
    for log in &logs {
        let lines = lines(log);
        let labels: Vec<&str> = lines.iter().map(|[label, ..]| *label).collect();
        assert_eq!(
            labels,
            [
                "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                "CLIENT_TRAFFIC_SECRET_0",
                "EXPORTER_SECRET",
                "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                "SERVER_TRAFFIC_SECRET_0",
            ]
        );
        let is_hex = |text: &str, octets: &[usize]| {
            octets.contains(&(text.len() / 2)) && text.bytes().all(|c| c.is_ascii_hexdigit())
        };
        for [_, random, secret] in lines {
            assert!(is_hex(random, &[32]), "{random}");
            assert!(is_hex(secret, &[32, 48]), "{secret}");
        }
    }
    // Both sides of one connection say the same.
    let both = folder.file("both");
    run("logs_keys_at_both", &folder.0, "SSLKEYLOGFILE", &both);
    let log = std::fs::read_to_string(both).unwrap();
    let lines = lines(&log);
    assert_eq!(lines.len(), 10);
    for pair in lines.chunks(2) {
        assert_eq!(pair[0], pair[1]);
    }
}

fn log_keys(client: bool, server: bool) {
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).key_log(server).build().unwrap());
    let tls = ClientTls::builder(authority.roots()).key_log(client);
    let target = Target::Addresses(vec![running.at]);
    let connect = Connect::new(target).tls(Arc::new(tls.build().unwrap()), "localhost");
    assert_eq!(Asker::ask(connect).status, Some(200));
}

#[test]
#[ignore = "a process that keys_are_logged_on_request_alone starts"]
fn logs_no_keys() {
    log_keys(false, false);
}

#[test]
#[ignore = "a process that keys_are_logged_on_request_alone starts"]
fn logs_keys_at_the_client() {
    log_keys(true, false);
}

#[test]
#[ignore = "a process that keys_are_logged_on_request_alone starts"]
fn logs_keys_at_the_server() {
    log_keys(false, true);
}

#[test]
#[ignore = "a process that keys_are_logged_on_request_alone starts"]
fn logs_keys_at_both() {
    log_keys(true, true);
}
