//! What goes wrong with connections is said with its address and its step.

use super::*;

use crate::{
    backoff::Backoff,
    status::{ConnError, ConnFault, Origin},
};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::Arc,
};

/// The connection error that a call ends with.
fn fault_of(channel: &Channel) -> Arc<ConnError> {
    let call = channel.call(ECHO, Some(&NONE));
    let status = call.timeout(Duration::from_secs(30)).call().unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status}");
    match status.origin() {
        Origin::Transport(error) => Arc::clone(error),
        other => panic!("{other:?}: {status}"),
    }
}

/// A listener that does this to whoever connects.
fn peer(act: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            act(socket);
        }
    });
    at
}

fn plain(target: &str) -> Channel {
    let builder = Channel::builder(target).plaintext();
    builder.build().unwrap()
}

/// rustls without ALPN, as it is unless somebody says otherwise.
fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[test]
fn h2_is_agreed_on_or_nothing_is_said() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());

    // Our server does not speak with a client that offers no protocol, or another.
    let certificates = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let tls = ServerTls::builder(&certificates).build().unwrap();
    let (running, target) = start(Server::builder().listen_tls("127.0.0.1:0", tls).unwrap());
    let mut trusted = rustls::RootCertStore::empty();
    trusted.add(made.cert.der().clone()).unwrap();
    for offer in [&[][..], &[b"http/1.1".to_vec()]] {
        let builder = rustls::ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let mut config = builder
            .with_root_certificates(trusted.clone())
            .with_no_client_auth();
        config.alpn_protocols = offer.to_vec();
        let name = ServerName::try_from("localhost").unwrap();
        let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(&target).unwrap();
        let mut stream = rustls::StreamOwned::new(session, socket);
        // It may be cut off while it writes; what counts is that nothing is answered.
        let _ = stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer, b"", "{offer:?}");
    }
    running.shutdown(Duration::ZERO);

    // Our client says so of a server that agrees on nothing.
    let builder = rustls::ServerConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let secret = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = builder
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], secret);
    let config = Arc::new(config.unwrap());
    let at = peer(move |mut socket| {
        let mut session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        let _ = session.complete_io(&mut socket);
    });
    let client = ClientTls::builder(Roots::from_pem(chain.as_bytes()).unwrap());
    let port = at.rsplit_once(':').unwrap().1;
    let channel = Channel::builder(&format!("localhost:{port}")).tls(client.build().unwrap());
    let error = fault_of(&channel.build().unwrap());
    assert!(matches!(error.fault, ConnFault::Alpn), "{error}");
    assert!(error.address.ends_with(port), "{error}");
}

fn encrypting() -> (ClientTls, ServerTls) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificates = Certificates::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
    let server = ServerTls::builder(&certificates).build().unwrap();
    let roots = Roots::from_pem(chain.as_bytes()).unwrap();
    (ClientTls::builder(roots).build().unwrap(), server)
}

#[test]
fn each_step_has_its_fault() {
    let refused = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let error = fault_of(&plain(&refused));
    assert!(matches!(error.fault, ConnFault::Refused), "{error}");
    assert_eq!(error.address, refused);

    // What answers in HTTP/1 breaks HTTP/2.
    let at = peer(|mut socket| {
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
        // Not dropped with something unread: that would reset it.
        let _ = socket.shutdown(Shutdown::Write);
        let _ = io::copy(&mut socket, &mut io::sink());
    });
    let error = fault_of(&plain(&at));
    assert!(matches!(error.fault, ConnFault::Protocol), "{error}");
    assert_eq!(error.address, at);

    let at = peer(drop);
    let error = fault_of(&plain(&at));
    assert!(matches!(error.fault, ConnFault::Closed), "{error}");

    // Nobody says SETTINGS.
    let at = peer(|socket| {
        thread::spawn(move || {
            thread::sleep(Duration::from_secs(20));
            drop(socket);
        });
    });
    let quick = Backoff::new(
        Duration::from_millis(10),
        1.0,
        0.0,
        Duration::from_millis(10),
    );
    let channel = Channel::builder(&at)
        .plaintext()
        .connect_timeout(Duration::from_millis(100))
        .backoff(quick.unwrap())
        .build()
        .unwrap();
    let error = fault_of(&channel);
    assert!(matches!(error.fault, ConnFault::Timeout), "{error}");
    assert_eq!(error.address, at);
}

#[test]
fn tls_says_what_failed() {
    // A server in cleartext is no TLS.
    let (running, target) = start(Server::builder().listen("127.0.0.1:0").unwrap());
    let (client, _) = encrypting();
    let channel = Channel::builder(&target).tls(client).build().unwrap();
    let error = fault_of(&channel);
    assert!(matches!(error.fault, ConnFault::Tls(_)), "{error}");
    running.shutdown(Duration::ZERO);

    // Nobody vouches for another server.
    let (_, server) = encrypting();
    let (client, _) = encrypting();
    let builder = Server::builder().listen_tls("127.0.0.1:0", server).unwrap();
    let (running, target) = start(builder);
    let port = target.rsplit_once(':').unwrap().1;
    let channel = Channel::builder(&format!("localhost:{port}")).tls(client);
    let error = fault_of(&channel.build().unwrap());
    assert!(matches!(error.fault, ConnFault::Tls(_)), "{error}");
    assert!(error.address.ends_with(port), "{error}");
    running.shutdown(Duration::ZERO);
}
