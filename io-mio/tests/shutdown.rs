//! The end of a loop: it comes, whatever the peers are about.

mod common;

use bywash_mio::proto::event::Event;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Reply, Request, Server};
use bywash_mio::tls::ServerTls;
use bywash_mio::{ConnId, Cx, EventLoop, Handler, Listen, LoopOptions};
use common::authority::{Authority, certificates};
use common::{GET, Peer, Seen};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

/// A client's TLS that shakes hands as far as its test lets it.
struct Slow {
    socket: TcpStream,
    session: ClientConnection,
}

impl Slow {
    /// The server has answered the greeting; the last word of the handshake is ours, and not sent.
    fn begin(at: std::net::SocketAddr, authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        let der = CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap();
        roots.add(der).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut socket = TcpStream::connect(at).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        while session.wants_write() {
            session.write_tls(&mut socket).unwrap();
        }
        while session.is_handshaking() {
            session.read_tls(&mut socket).unwrap();
            session.process_new_packets().unwrap();
        }
        Self { socket, session }
    }

    /// The rest of the handshake, a client's first words, then whatever the server says until it
    /// hangs up.
    fn finish(&mut self) {
        const WORDS: &[u8] =
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0";
        self.session.writer().write_all(WORDS).unwrap();
        while self.session.wants_write() {
            if self.session.write_tls(&mut self.socket).is_err() {
                return;
            }
        }
        let mut heard = [0; 4096];
        loop {
            match self.socket.read(&mut heard) {
                Ok(0) => return,
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::ConnectionReset => return,
                Err(e) => panic!("the server does not hang up: {e}"),
            }
        }
    }
}

/// What becomes of a client whose handshake ends after the server was told to end.
fn handshake_over_an_end(grace: Duration) {
    let authority = Authority::new();
    let tls = ServerTls::builder(&certificates(&authority.sign(|_| {})))
        .build()
        .unwrap();
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).tls(Arc::new(tls)))
        .serve(|_| |_: &mut Request, reply: &mut Reply<'_>| reply.reset(ErrorCode::CANCEL))
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    let mut slow = Slow::begin(at, &authority);
    server.shutdown(grace);
    // Less than the time that is left to a handshake then: the loop has heard of the end, and waits.
    std::thread::sleep(Duration::from_millis(100));
    slow.finish();
    server.join().unwrap();
}

#[test]
fn a_handshake_that_ends_after_the_grace_does_not_keep_a_server_alive() {
    handshake_over_an_end(Duration::ZERO);
}

#[test]
fn a_handshake_that_ends_within_the_grace_is_told_to_go() {
    handshake_over_an_end(Duration::from_secs(3600));
}

#[test]
fn the_last_and_shortest_of_many_graces_counts() {
    let mut event_loop = EventLoop::<()>::new(LoopOptions::default()).unwrap();
    let listening = event_loop
        .cx()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()));
    let at = event_loop.cx().listening_at(listening.unwrap()).unwrap();
    let stop = event_loop.shutdown_handle();
    let mut peer = Peer::connect(at.tcp().unwrap());
    peer.request(&GET, true);
    let mut nobody = Nobody(0);
    while nobody.0 == 0 {
        event_loop.turn(&mut nobody, None).unwrap();
    }
    // More than a loop that is behind takes of anything.
    for _ in 0..10_000 {
        stop(Duration::from_secs(3600));
    }
    stop(Duration::ZERO);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        event_loop.run(&mut nobody).unwrap();
        tell.send(()).unwrap();
    });
    while !matches!(peer.next(), Seen::Closed(_)) {}
    drop(peer);
    told.recv_timeout(Duration::from_secs(10)).unwrap();
}

/// Counts requests and answers none.
struct Nobody(u32);

impl Handler for Nobody {
    type Message = ();

    fn on_event(&mut self, _: &mut Cx<'_>, _: ConnId, event: Event<'_>) {
        self.0 += u32::from(matches!(event, Event::Request { .. }));
    }
}
