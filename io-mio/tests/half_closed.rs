//! Clients that end their writing side and read on: plain ones by a FIN, those of TLS by close_notify. The requests
//! that are complete are answered as far as the windows reach; then the connection is gone.

mod common;

use bytes::Bytes;
use bywash_mio::Listen;
use bywash_mio::error::End;
use bywash_mio::proto::client::Connection;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{CloseReason, EndedBy, TimeoutKind};
use bywash_mio::proto::event::{Event, Step};
use bywash_mio::proto::vocabulary::{ErrorCode, Instant, StreamRef};
use bywash_mio::server::{Ended, Exchange, Reply, Request, Server, Service, Waker};
use bywash_mio::tls::ServerTls;
use bywash_mio::{ConnId, LoopOptions};
use common::authority::{Authority, certificates};
use rustls::pki_types::ServerName;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// Octets that a client lets a stream carry.
const WINDOW: usize = 100_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server tells a test.
#[derive(Debug)]
enum Told {
    Later(Waker),
    Ended(Ended),
    Closed(CloseReason),
}

struct Files(mpsc::Sender<Told>);

/// Answers when it is woken.
struct Later(mpsc::Sender<Told>);

/// Reads what never ends.
struct Upload(mpsc::Sender<Told>);

/// Writes without end.
struct Flood;

impl Service for Files {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        match request.path() {
            b"/later" => return reply.go_on(Later(self.0.clone())),
            b"/upload" => return reply.go_on(Upload(self.0.clone())),
            b"/flood" => {
                reply.start(200, &[("a", "b")]).unwrap();
                return reply.go_on(Flood);
            }
            _ => {}
        }
        let octets: usize = std::str::from_utf8(&request.path()[1..])
            .unwrap()
            .parse()
            .unwrap();
        reply.send(200, &[("a", "b")], vec![b'x'; octets]).unwrap();
    }

    fn on_close(&mut self, _: ConnId, end: &End) {
        let _ = self.0.send(Told::Closed(end.reason));
    }
}

impl Exchange for Later {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        let _ = self.0.send(Told::Later(reply.waker()));
    }

    fn on_wake(&mut self, reply: &mut Reply<'_>) {
        let _ = reply.send(200, &[("a", "b")], vec![b'x'; 5]);
    }

    fn on_end(&mut self, end: &Ended) {
        let _ = self.0.send(Told::Ended(*end));
    }
}

impl Exchange for Upload {
    fn on_end(&mut self, end: &Ended) {
        let _ = self.0.send(Told::Ended(*end));
    }
}

impl Exchange for Flood {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        let mut piece = Bytes::from_static(&[b'x'; 16_384]);
        while reply.write(&mut piece).unwrap_or(false) {
            piece = Bytes::from_static(&[b'x'; 16_384]);
        }
    }
}

struct Running {
    server: Server,
    at: SocketAddr,
    hear: mpsc::Receiver<Told>,
}

impl Running {
    fn new(listen: impl FnOnce(Listen) -> Listen) -> Self {
        let (tell, hear) = mpsc::channel();
        let mut options = LoopOptions::default();
        options.linger = Duration::from_millis(300);
        let mut config = Config::default();
        config.timers.progress = Some(Duration::from_millis(300));
        config.send.stream_mark = 1 << 20;
        let server = Server::builder()
            .loop_options(options)
            .listen(listen(
                Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config),
            ))
            .serve(move |_| Files(tell.clone()))
            .unwrap();
        let at = server.addresses()[0].tcp().unwrap();
        Self { server, at, hear }
    }

    fn told(&self) -> Told {
        self.hear.recv_timeout(PATIENCE).unwrap()
    }

    #[track_caller]
    fn closed(&self) -> CloseReason {
        let Told::Closed(reason) = self.told() else {
            panic!("not the end of the connection")
        };
        let begun = std::time::Instant::now();
        while self.server.connections() != [0] {
            assert!(begun.elapsed() < PATIENCE, "it is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        reason
    }

    #[track_caller]
    fn waker(&self) -> Waker {
        match self.told() {
            Told::Later(waker) => waker,
            other => panic!("{other:?}"),
        }
    }
}

/// A transport that can be ended on one side.
trait Way: Read + Write {
    fn end(&mut self);
}

impl Way for TcpStream {
    fn end(&mut self) {
        self.shutdown(Shutdown::Write).unwrap();
    }
}

impl Way for rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
    /// The socket stays open on both sides: the farewell of TLS alone says it.
    fn end(&mut self) {
        self.conn.send_close_notify();
        while self.conn.wants_write() {
            self.conn.write_tls(&mut self.sock).unwrap();
        }
    }
}

fn socket(at: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(at).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// What a client got on one stream.
#[derive(Debug, Default, PartialEq)]
struct Got {
    octets: usize,
    end: bool,
    reset: Option<ErrorCode>,
}

impl Got {
    fn whole(octets: usize) -> Self {
        Self {
            octets,
            end: true,
            reset: None,
        }
    }
}

struct Client<W> {
    way: W,
    conn: Connection,
    got: BTreeMap<u32, Got>,
    goaway: Option<(u32, ErrorCode)>,
}

impl<W: Way> Client<W> {
    fn new(way: W, window: u32) -> Self {
        let mut config = Config::default();
        config.settings.initial_window_size = window;
        config.settings.connection_window = window.max(1 << 20);
        Self {
            way,
            conn: Connection::new(config, Instant::ZERO).unwrap(),
            got: BTreeMap::new(),
            goaway: None,
        }
    }

    fn ask(&mut self, path: &str) -> StreamRef {
        let upload = path == "/upload";
        let head = [
            (":method", if upload { "POST" } else { "GET" }),
            (":scheme", "http"),
            (":authority", "localhost"),
            (":path", path),
        ];
        self.conn.request(&head, !upload).unwrap()
    }

    /// Writes what waits, and nothing from now on.
    fn end(&mut self) {
        loop {
            let out = self.conn.transmit(Instant::ZERO);
            let Some(chunk) = out.chunks().next() else {
                break;
            };
            let n = self.way.write(chunk).unwrap();
            out.advance(n);
        }
        self.way.flush().unwrap();
        self.way.end();
    }

    /// Reads once; false after the end, which must be one in good order.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 16_384];
        let n = self.way.read(&mut buffer).unwrap();
        let mut input = &buffer[..n];
        while let Step::Event(event) = self.conn.next_event(Instant::ZERO, &mut input) {
            match event {
                Event::Response { stream, end, .. } => {
                    self.got.entry(stream.id().get()).or_default().end = end;
                }
                Event::Data { stream, data, end } => {
                    let got = self.got.entry(stream.id().get()).or_default();
                    got.octets += data.len();
                    got.end = end;
                }
                Event::Ended { stream, end } => {
                    let got = self.got.entry(stream.id().get()).or_default();
                    assert_eq!(end.by, EndedBy::Peer, "the answer on {stream:?} is lost");
                    got.reset = Some(end.code);
                }
                Event::GoAway { last, code, .. } => self.goaway = Some((last.get(), code)),
                _ => {}
            }
        }
        n > 0
    }
}

/// Small, within the window, later than the end, beyond the window, and an upload that never completes.
fn everything<W: Way>(running: &Running, way: W) {
    let mut client = Client::new(way, WINDOW as u32);
    for path in ["/12", "/65536", "/later", "/300000", "/upload"] {
        client.ask(path);
    }
    client.end();
    while client.goaway.is_none() {
        assert!(client.read());
    }
    let waker = running.waker();
    let Told::Ended(Ended::Stream(end)) = running.told() else {
        panic!("the upload goes on")
    };
    assert_eq!((end.by, end.code), (EndedBy::Connection, ErrorCode::CANCEL));
    assert!(waker.wake());
    while client.read() {}
    assert_eq!(client.goaway, Some((9, ErrorCode::NO_ERROR)));
    let reset = Some(ErrorCode::CANCEL);
    let (end, octets) = (false, WINDOW);
    let expected = [
        (1, Got::whole(12)),
        (3, Got::whole(65_536)),
        (5, Got::whole(5)),
        (7, Got { octets, end, reset }),
        (
            9,
            Got {
                octets: 0,
                end,
                reset,
            },
        ),
    ];
    assert_eq!(client.got, BTreeMap::from(expected));
    assert_eq!(running.closed(), CloseReason::Eof);
}

/// All that was asked for fits: nothing is wrong.
fn good_order<W: Way>(running: &Running, way: W) {
    let mut client = Client::new(way, WINDOW as u32);
    for path in ["/12", "/100000", "/0"] {
        client.ask(path);
    }
    client.end();
    while client.read() {}
    let expected = [
        (1, Got::whole(12)),
        (3, Got::whole(100_000)),
        (5, Got::whole(0)),
    ];
    assert_eq!(client.got, BTreeMap::from(expected));
    assert_eq!(running.closed(), CloseReason::Finished);
}

#[test]
fn a_fin_ends_one_side_only() {
    let running = Running::new(|listen| listen);
    everything(&running, socket(running.at));
    good_order(&running, socket(running.at));
}

#[test]
fn a_close_notify_ends_one_side_only() {
    let authority = Authority::new();
    let signed = certificates(&authority.sign(|_| {}));
    let tls = Arc::new(ServerTls::builder(&signed).build().unwrap());
    let running = Running::new(|listen| listen.tls(tls));
    let mut roots = rustls::RootCertStore::empty();
    use rustls::pki_types::pem::PemObject;
    let der = rustls::pki_types::CertificateDer::from_pem_slice(authority.pem.as_bytes());
    roots.add(der.unwrap()).unwrap();
    let connect = |version: &'static rustls::SupportedProtocolVersion| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots.clone())
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = ServerName::try_from("localhost").unwrap();
        let session = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        rustls::StreamOwned::new(session, socket(running.at))
    };
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        everything(&running, connect(version));
        good_order(&running, connect(version));
    }
}

#[test]
fn who_half_closes_and_then_goes_is_found_out() {
    let running = Running::new(|listen| listen);
    // Gone on both sides: the socket answers our GOAWAY with a reset, long before there is an answer.
    let mut client = Client::new(socket(running.at), WINDOW as u32);
    client.ask("/later");
    client.end();
    let waker = running.waker();
    drop(client);
    let Told::Ended(Ended::Stream(end)) = running.told() else {
        panic!("it was answered")
    };
    assert_eq!(end.by, EndedBy::Connection);
    assert_eq!(running.closed(), CloseReason::Transport);
    assert!(waker.wake());
    // Gone after it has read all that came: only the next write can tell.
    let mut client = Client::new(socket(running.at), WINDOW as u32);
    client.ask("/later");
    client.ask("/later");
    client.end();
    let wakers = [running.waker(), running.waker()];
    while client.goaway.is_none() {
        assert!(client.read());
    }
    drop(client);
    assert!(wakers[0].wake());
    assert!(matches!(running.told(), Told::Ended(_)));
    assert_eq!(running.closed(), CloseReason::Transport);
    assert!(wakers[1].wake());
}

#[test]
fn who_half_closes_and_does_not_read_has_a_deadline() {
    let running = Running::new(|listen| listen);
    let mut client = Client::new(socket(running.at), 0x7fff_ffff);
    client.ask("/flood");
    client.end();
    let reason = running.closed();
    assert_eq!(reason, CloseReason::Timeout(TimeoutKind::Progress));
    drop(client);
}
