//! A server that speaks TLS, and a way to it.

use bywash_mio::error::{Notice, TlsFault};
use bywash_mio::server::{Reply, Request, Server, Service};
use bywash_mio::tls::{ClientTls, Roots, ServerTls};
use bywash_mio::{Connect, Listen, Target};
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Answers with what it knows of the client; tells a test what would be logged.
struct Teller(mpsc::Sender<TlsFault>);

impl Service for Teller {
    fn call(&mut self, _: &mut Request, reply: &mut Reply<'_>) {
        let tls = reply.tls().unwrap();
        let text = format!(
            "{} {:?} {}",
            String::from_utf8_lossy(tls.alpn.as_deref().unwrap()),
            tls.server_name.as_deref().unwrap_or_default(),
            tls.peer_certificates.len()
        );
        let _ = reply.send(200, &[("a", "b")], text);
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Notice::HandshakeFailed { fault, .. } = notice {
            // The test may be over.
            let _ = self.0.send(fault.clone());
        }
    }
}

pub struct Running {
    _server: Server,
    pub at: SocketAddr,
    log: mpsc::Receiver<TlsFault>,
}

impl Running {
    /// Why a handshake failed, next.
    pub fn fault(&self) -> TlsFault {
        self.log.recv_timeout(Duration::from_secs(5)).unwrap()
    }
}

pub fn serve(tls: ServerTls) -> Running {
    let (tell, log) = mpsc::channel();
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap())
        .tls(Arc::new(tls))
        .handshake_deadline(Duration::from_millis(300));
    let server = Server::builder()
        .listen(listen)
        .serve(move |_| Teller(tell.clone()))
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    Running {
        _server: server,
        at,
        log,
    }
}

pub fn connect(at: SocketAddr, roots: Roots) -> Connect {
    let tls = ClientTls::builder(roots).build().unwrap();
    Connect::new(Target::Addresses(vec![at])).tls(Arc::new(tls), "localhost")
}
