//! TLS: what works, and what each failure is called.

mod common;

use bytes::Bytes;
use bywash_mio::error::{CertificateFault, TlsFault};
use bywash_mio::server::{Exchange, Reply, Request, Server};
use bywash_mio::tls::{Certificates, ClientAuth, ClientTls, ServerTls};
use bywash_mio::{Connect, Listen, LoopOptions, Target};
use common::asker::Asker;
use common::authority::{Authority, certificates};
use common::secure::{connect, serve};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn both_sides_know_what_was_agreed_on() {
    let authority = Authority::new();
    let running = serve(
        ServerTls::builder(&certificates(&authority.sign(|_| {})))
            .build()
            .unwrap(),
    );
    let asker = Asker::ask(connect(running.at, authority.roots()));
    assert_eq!(asker.got, b"h2 \"localhost\" 0", "{:?}", asker.failed);
    assert_eq!(asker.closed.unwrap(), "finished");
    let tls = asker.tls.unwrap();
    assert_eq!(tls.alpn.as_deref(), Some(&b"h2"[..]));
    assert_eq!((tls.version, tls.peer_certificates.len()), ("TLSv1.3", 1));
}

#[test]
fn each_wrong_certificate_of_a_server_has_its_name() {
    let authority = Authority::new();
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, CertificateFault); 4] = [
        (
            |p| p.not_after = rcgen::date_time_ymd(2001, 1, 1),
            CertificateFault::Expired,
        ),
        (
            |p| p.not_before = rcgen::date_time_ymd(2999, 1, 1),
            CertificateFault::NotYetValid,
        ),
        (
            |p| *p = CertificateParams::new(vec!["elsewhere".into()]).unwrap(),
            CertificateFault::WrongName,
        ),
        (
            |p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
            CertificateFault::WrongPurpose,
        ),
    ];
    for (change, expected) in cases {
        let signed = certificates(&authority.sign(change));
        let running = serve(ServerTls::builder(&signed).build().unwrap());
        let asker = Asker::ask(connect(running.at, authority.roots()));
        assert_eq!(asker.fault(), &TlsFault::Certificate(expected));
        // The server hears of it by an alert.
        assert!(matches!(running.fault(), TlsFault::Alert(..)));
        assert!(!asker.opened);
    }
    let other = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    let asker = Asker::ask(connect(running.at, other.roots()));
    let unknown = TlsFault::Certificate(CertificateFault::UnknownIssuer);
    assert_eq!(asker.fault(), &unknown);
    let text = asker.failed.unwrap().to_string();
    assert_eq!(
        text,
        format!(
            "{}: the certificate is not signed by a trusted authority",
            running.at
        )
    );
    // Two authorities of one name: the signature tells them apart.
    let (one, impostor) = (Authority::named("same"), Authority::named("same"));
    let forged = serve(
        ServerTls::builder(&certificates(&impostor.sign(|_| {})))
            .build()
            .unwrap(),
    );
    let forgery = TlsFault::Certificate(CertificateFault::BadSignature);
    assert_eq!(
        Asker::ask(connect(forged.at, one.roots())).fault(),
        &forgery
    );
    // Who does not look sees nothing.
    let tls = ClientTls::insecure().build().unwrap();
    let target = Target::Addresses(vec![running.at]);
    let asker = Asker::ask(Connect::new(target).tls(Arc::new(tls), "anybody"));
    assert_eq!(asker.status, Some(200));
}

#[test]
fn clients_show_certificates() {
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let (chain, key) = authority.sign(|_| {});
    let stranger = Authority::new().sign(|_| {});
    for required in [true, false] {
        let auth = match required {
            true => ClientAuth::Required(authority.roots()),
            false => ClientAuth::Optional(authority.roots()),
        };
        let running = serve(
            ServerTls::builder(&signed)
                .client_auth(auth)
                .build()
                .unwrap(),
        );
        let with = |chain: &str, key: &str| {
            let tls = ClientTls::builder(authority.roots())
                .identity(chain.as_bytes(), key.as_bytes())
                .build()
                .unwrap();
            let target = Target::Addresses(vec![running.at]);
            Asker::ask(Connect::new(target).tls(Arc::new(tls), "localhost"))
        };
        assert_eq!(with(&chain, &key).got, b"h2 \"localhost\" 1");
        let none = Asker::ask(connect(running.at, authority.roots()));
        if required {
            assert_eq!(running.fault(), TlsFault::NoCertificate);
            // In TLS 1.3 the client thinks that it is in when the alert comes.
            assert!(none.closed.unwrap().contains("CertificateRequired"));
        } else {
            assert_eq!(none.got, b"h2 \"localhost\" 0");
        }
        let wrong = with(&stranger.0, &stranger.1);
        assert_eq!(wrong.status, None);
        let unknown = TlsFault::Certificate(CertificateFault::UnknownIssuer);
        assert_eq!(running.fault(), unknown);
    }
}

#[test]
fn a_certificate_is_replaced_without_a_restart() {
    let (first, second) = (Authority::new(), Authority::new());
    let signed = certificates(&first.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    assert!(Asker::ask(connect(running.at, first.roots())).opened);
    let (chain, key) = second.sign(|_| {});
    assert!(signed.replace(chain.as_bytes(), b"no key").is_err());
    assert!(Asker::ask(connect(running.at, first.roots())).opened);
    signed.replace(chain.as_bytes(), key.as_bytes()).unwrap();
    assert!(Asker::ask(connect(running.at, second.roots())).opened);
    let unknown = TlsFault::Certificate(CertificateFault::UnknownIssuer);
    assert_eq!(
        Asker::ask(connect(running.at, first.roots())).fault(),
        &unknown
    );
    let both = first.roots().and(second.roots());
    assert!(Asker::ask(connect(running.at, both)).opened);
}

#[test]
fn a_key_must_fit_its_certificate() {
    let authority = Authority::new();
    let ((chain, _), (_, key)) = (authority.sign(|_| {}), authority.sign(|_| {}));
    for (chain, key) in [
        (&chain[..], &key[..]),
        ("", &key[..]),
        (&chain[..], "-----BEGIN"),
    ] {
        let error = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(matches!(error, TlsFault::Local(_)), "{error}");
    }
    let error = Certificates::from_files("/nowhere/chain", "/nowhere/key").unwrap_err();
    assert!(error.to_string().contains("/nowhere/chain"));
}

/// A listener that says what it is told to, once, after the client has spoken.
fn say(words: &'static [u8]) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = socket.read(&mut [0; 4096]);
        let _ = socket.write_all(words);
    });
    at
}

#[test]
fn servers_that_do_not_speak_tls() {
    let roots = Authority::new().roots();
    let http1 = say(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let asker = Asker::ask(connect(http1, roots.clone()));
    assert_eq!(asker.fault(), &TlsFault::NotTls);
    let silent = say(b"");
    let asker = Asker::ask(connect(silent, roots.clone()));
    assert_eq!(asker.fault(), &TlsFault::Eof);
    // A plain HTTP/2 server answers with an alert.
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(|_| |_: &mut Request, _: &mut Reply<'_>| {})
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let asker = Asker::ask(connect(at, roots.clone()));
    let alert = TlsFault::Alert(70, "ProtocolVersion".into());
    assert_eq!(asker.fault(), &alert);
    // One that never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let quiet = connect(listener.local_addr().unwrap(), roots).timeout(Duration::from_millis(100));
    assert_eq!(Asker::ask(quiet).fault(), &TlsFault::Timeout);
}

#[test]
fn clients_that_do_not_speak_tls_or_not_in_time() {
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    let mut socket = std::net::TcpStream::connect(running.at).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(running.fault(), TlsFault::NotTls);
    // It is told so by an alert, and the connection ends.
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert_eq!(answer[0], 21);
    // Prior knowledge on a TLS port.
    let mut socket = std::net::TcpStream::connect(running.at).unwrap();
    socket
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .unwrap();
    assert_eq!(running.fault(), TlsFault::NotTls);
    // Half a hello, then nothing.
    let mut socket = std::net::TcpStream::connect(running.at).unwrap();
    socket.write_all(&[22, 3, 1, 0]).unwrap();
    assert_eq!(running.fault(), TlsFault::Timeout);
    assert_eq!(socket.read(&mut [0; 10]).unwrap(), 0);
    // Nothing at all.
    let socket = std::net::TcpStream::connect(running.at).unwrap();
    drop(socket);
    assert_eq!(running.fault(), TlsFault::Eof);
}

#[test]
fn h2_must_be_agreed_on() {
    use rustls::pki_types::ServerName;
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let running = serve(ServerTls::builder(&signed).build().unwrap());
    for (offer, expected) in [(Some("http/1.1"), "NoApplicationProtocol"), (None, "")] {
        let mut config = client_config(&authority);
        config.alpn_protocols = offer.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = std::net::TcpStream::connect(running.at).unwrap();
        let outcome = session.complete_io(&mut socket);
        assert_eq!(running.fault(), TlsFault::Alpn);
        let text = outcome.map_or_else(|e| e.to_string(), |_| String::new());
        assert!(text.contains(expected), "{text}");
    }
    // A server that chooses nothing.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let (chain, key) = authority.sign(|_| {});
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let config = server_config(&chain, &key);
        let mut session = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let _ = session.complete_io(&mut socket);
    });
    let asker = Asker::ask(connect(at, authority.roots()));
    assert_eq!(asker.fault(), &TlsFault::Alpn);
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn client_config(authority: &Authority) -> rustls::ClientConfig {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let mut roots = rustls::RootCertStore::empty();
    let der = CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap();
    roots.add(der).unwrap();
    rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn server_config(chain: &str, key: &str) -> rustls::ServerConfig {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap()
}

/// Sends a body back as it comes.
struct Echo(Vec<Bytes>, bool);

impl Echo {
    fn push(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.0.first_mut() {
            let octets = piece.len();
            if !reply.write(piece).unwrap() {
                return;
            }
            reply.release(octets);
            self.0.remove(0);
        }
        if self.1 {
            reply.finish().unwrap();
        }
    }
}

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.0.push(Bytes::copy_from_slice(data));
        self.1 = end;
        self.push(reply);
        0
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.push(reply);
    }
}

#[test]
fn a_large_body_comes_back() {
    let authority = Authority::new();
    let tls = ServerTls::builder(&certificates(&authority.sign(|_| {})))
        .build()
        .unwrap();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).tls(Arc::new(tls));
    let server = Server::builder()
        .listen(listen)
        .serve(|_| {
            |_: &mut Request, reply: &mut Reply<'_>| {
                reply.start(200, &[("a", "b")]).unwrap();
                reply.go_on(Echo(Vec::new(), false));
            }
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 249) as u8).collect();
    let connect = connect(at, authority.roots());
    let asker = Asker::ask_with(connect, body.clone().into(), LoopOptions::default());
    assert!(asker.got == body, "{} octets came back", asker.got.len());
}
