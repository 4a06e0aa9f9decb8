//! Early data (RFC 8446 2.3).

mod common;

use bywash_mio::Listen;
use bywash_mio::server::{Reply, Request, Server};
use bywash_mio::tls::ServerTls;
use common::authority::Authority;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// Preface, SETTINGS, and a GET of the static table's fields.
const WORDS: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x0e\x01\x05\0\0\0\x01\x82\x87\x84\x41\x09localhost";

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn client_config(authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let der = CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap();
    roots.add(der).unwrap();
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.enable_early_data = true;
    config
}

fn connect(at: SocketAddr, config: &Arc<ClientConfig>) -> (ClientConnection, TcpStream) {
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::clone(config), name).unwrap();
    let socket = TcpStream::connect(at).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    (session, socket)
}

/// Reads until a frame of HEADERS has come: the response.
fn hears_a_response(session: &mut ClientConnection, socket: &mut TcpStream) -> bool {
    let mut heard = Vec::new();
    while !heard.windows(3).any(|w| w == [1, 4, 0] || w == [1, 5, 0]) {
        if session.wants_write() {
            session.write_tls(socket).unwrap();
            continue;
        }
        if !matches!(session.read_tls(socket), Ok(1..)) {
            return false;
        }
        session.process_new_packets().unwrap();
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = session.reader().read(&mut piece) {
            heard.extend_from_slice(&piece[..n]);
        }
    }
    true
}

#[test]
fn early_data_is_not_taken_and_so_not_lost() {
    let authority = Authority::new();
    let (chain, key) = authority.sign(|_| {});
    let chain = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    config.max_early_data_size = 16_384;
    let tls = Arc::new(ServerTls::from_config(config));
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).tls(tls))
        .serve(|_| {
            |_: &mut Request, reply: &mut Reply<'_>| reply.send(200, &[("a", "b")], "").unwrap()
        })
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let config = Arc::new(client_config(&authority));
    for round in 0..2 {
        let (mut session, mut socket) = connect(at, &config);
        match session.early_data() {
            // The second time, if the server's tickets allowed it.
            Some(mut early) => assert_eq!(early.write(WORDS).unwrap(), WORDS.len()),
            None => session.writer().write_all(WORDS).unwrap(),
        }
        assert!(
            hears_a_response(&mut session, &mut socket),
            "the request of round {round} is lost"
        );
    }
}
