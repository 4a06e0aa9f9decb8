//! The client: calls over shared connections, and what becomes of them when servers misbehave.

mod common;

use bytes::Bytes;
use bywash_mio::client::{Call, CallError, Client, ClientOptions, Request, Talk};
use bywash_mio::error::ConnectFault;
use bywash_mio::proto::config::Config;
use bywash_mio::proto::error::{EndedBy, Retry};
use bywash_mio::proto::event::{Event, Step};
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::server;
use bywash_mio::proto::vocabulary::{ErrorCode, Instant as Point, StreamRef};
use bywash_mio::server::{Exchange, Reply, Request as Asked, Server};
use bywash_mio::{Listen, Target};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Sends a body back as it comes, with a trailer.
#[derive(Default)]
struct Echo {
    held: Vec<Bytes>,
    ended: bool,
    tunnel: bool,
}

impl Exchange for Echo {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.held.push(Bytes::copy_from_slice(data));
        self.ended = end;
        self.on_writable(reply);
        0
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        while let Some(piece) = self.held.first_mut() {
            let octets = piece.len();
            if !reply.write(piece).unwrap() {
                return;
            }
            reply.release(octets);
            self.held.remove(0);
        }
        match (self.ended, self.tunnel) {
            (true, false) => reply.trailers(&[("x-sum", "7")]).unwrap(),
            // A tunnel has no trailers.
            (true, true) => reply.finish().unwrap(),
            (false, _) => {}
        }
    }

    fn reads_on(&self) -> bool {
        true
    }
}

fn service(request: &mut Asked, reply: &mut Reply<'_>) {
    match request.path() {
        b"/echo" => {
            reply.start(200, &[("a", "b")]).unwrap();
            reply.go_on(Echo {
                tunnel: request.is_tunnel(),
                ..Echo::default()
            });
        }
        b"/early" => {
            reply.inform(103, &[("link", "</style.css>")]).unwrap();
            reply.send(413, &[("a", "b")], "too long").unwrap();
        }
        b"/never" => reply.go_on(Never),
        path => {
            let text = [request.method(), b" ", path].concat();
            reply.send(200, &[("x-kind", "text")], text).unwrap();
        }
    }
}

struct Never;
impl Exchange for Never {}

fn serve() -> (Server, String) {
    let mut config = Config::default();
    config.settings.enable_connect_protocol = true;
    let listen = Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config);
    let server = Server::builder().listen(listen).serve(|_| service).unwrap();
    let url = format!("http://{}", server.addresses()[0]);
    (server, url)
}

fn client() -> Client {
    Client::new(quick()).unwrap()
}

fn quick() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.backoff = Duration::from_millis(20);
    options.timeout = Some(Duration::from_secs(15));
    options
}

fn get(url: &str, path: &str) -> Request {
    Request::get(&format!("{url}{path}")).unwrap()
}

#[test]
fn many_threads_share_one_connection() {
    let (server, url) = serve();
    let client = client();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (client, url) = (client.clone(), &url);
            scope.spawn(move || {
                for n in 0..50 {
                    let path = format!("/{thread}/{n}");
                    let mut response = client.send(get(url, &path)).unwrap();
                    assert_eq!(response.status(), 200);
                    assert_eq!(response.field("x-kind"), Some(&b"text"[..]));
                    let text = response.body().unwrap();
                    assert_eq!(text, format!("GET {path}").into_bytes());
                }
            });
        }
    });
    assert_eq!(server.connections(), [1]);
    client.shutdown(Duration::from_secs(5));
    assert!(matches!(
        client.send(get(&url, "/")).unwrap_err(),
        CallError::Closed
    ));
}

#[test]
fn bodies_stream_both_ways_with_back_pressure() {
    let (_server, url) = serve();
    let client = client();
    let request = Request::new("POST", &format!("{url}/echo"))
        .unwrap()
        .streamed();
    let (mut upload, pending) = client.start(request).unwrap();
    let body: Vec<u8> = (0..5_000_000_u32).map(|n| (n % 247) as u8).collect();
    let sent = body.clone();
    let writer = std::thread::spawn(move || {
        upload.write_all(&sent).unwrap();
        upload.finish().unwrap();
    });
    let mut response = pending.wait().unwrap();
    let mut got = Vec::new();
    let mut buffer = [0; 3_333];
    loop {
        match response.read(&mut buffer).unwrap() {
            0 => break,
            n => got.extend_from_slice(&buffer[..n]),
        }
    }
    writer.join().unwrap();
    assert!(got == body, "{} octets came back", got.len());
    assert_eq!(response.trailers().unwrap().get("x-sum").unwrap(), b"7");
}

#[test]
fn an_early_response_ends_the_call() {
    let (_server, url) = serve();
    let client = client();
    let body = vec![1; 1_000_000];
    let request = Request::post(&format!("{url}/early"), body).unwrap();
    let mut response = client.send(request).unwrap();
    assert_eq!(response.status(), 413);
    assert_eq!(response.informed()[0].status(), Some(103));
    assert_eq!(response.body().unwrap(), b"too long");
    // The connection is as good as before.
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
}

#[test]
fn calls_have_deadlines_and_are_cancelled_by_dropping() {
    let (server, url) = serve();
    let client = client();
    let begun = Instant::now();
    let request = get(&url, "/never").timeout(Duration::from_millis(50));
    assert!(matches!(
        client.send(request).unwrap_err(),
        CallError::Deadline
    ));
    assert!(begun.elapsed() >= Duration::from_millis(50));
    let (_upload, pending) = client.start(get(&url, "/never")).unwrap();
    drop(pending);
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
    assert_eq!(server.connections(), [1]);
}

#[test]
fn a_tunnel_is_opened_once_the_server_allows_it() {
    let (_server, url) = serve();
    let client = client();
    let request = Request::tunnel(&format!("{url}/echo"), "chat").unwrap();
    let (mut upload, pending) = client.start(request).unwrap();
    let mut response = pending.wait().unwrap();
    for word in [&b"one"[..], b"two"] {
        upload.write_all(word).unwrap();
        assert_eq!(response.next_piece().unwrap().unwrap(), word);
    }
    upload.finish().unwrap();
    assert_eq!(response.next_piece().unwrap(), None);
}

#[test]
fn callbacks_on_the_loop() {
    struct Tell(mpsc::Sender<String>, Vec<u8>);
    impl Call for Tell {
        fn on_response(&mut self, _: &mut Talk<'_>, head: Head, _: bool) {
            self.0.send(format!("{:?}", head.status())).unwrap();
        }

        fn on_data(&mut self, _: &mut Talk<'_>, data: &[u8], _: bool) -> usize {
            self.1.extend_from_slice(data);
            data.len()
        }

        fn on_end(&mut self, outcome: Result<(), CallError>) {
            let body = String::from_utf8_lossy(&self.1);
            let ok = outcome.is_ok();
            self.0.send(format!("{body} {ok}")).unwrap();
        }
    }
    let (_server, url) = serve();
    let client = client();
    let (tell, hear) = mpsc::channel();
    client
        .begin(get(&url, "/x"), Tell(tell.clone(), Vec::new()))
        .unwrap();
    assert_eq!(hear.recv().unwrap(), "Some(200)");
    assert_eq!(hear.recv().unwrap(), "GET /x true");
    let id = client
        .begin(get(&url, "/never"), Tell(tell, Vec::new()))
        .unwrap();
    client.cancel(id);
    assert_eq!(hear.recv().unwrap(), " false");
}

#[test]
fn what_cannot_be_reached_says_why() {
    let client = client();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    match client.send(get(&format!("http://{at}"), "/")).unwrap_err() {
        CallError::Connect(error) => {
            assert!(matches!(error.fault, ConnectFault::Refused));
            assert_eq!(error.to_string(), format!("{at}: connection refused"));
        }
        other => panic!("{other}"),
    }
    match client
        .send(get("http://nowhere.invalid:1", "/"))
        .unwrap_err()
    {
        CallError::Connect(error) => {
            assert!(matches!(error.fault, ConnectFault::Resolve(_)), "{error}");
        }
        other => panic!("{other}"),
    }
    assert!(matches!(
        client.send(get("https://localhost", "/")).unwrap_err(),
        CallError::NoTls
    ));
    let bad = get("http://localhost", "/").field("Upper", "case");
    let (_server, url) = serve();
    let bad = bad.to(Target::Addresses(vec![url[7..].parse().unwrap()]));
    assert!(matches!(client.send(bad).unwrap_err(), CallError::Open(_)));
}

/// A server of the core alone that does what a script says: one connection per script.
fn script(scripts: Vec<fn(&mut Scripted)>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    std::thread::spawn(move || {
        for script in scripts {
            let (socket, _) = listener.accept().unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            script(&mut Scripted::new(socket));
        }
    });
    (format!("http://{at}"), accepted)
}

struct Scripted {
    socket: TcpStream,
    conn: server::Connection,
}

impl Scripted {
    fn new(socket: TcpStream) -> Self {
        let conn = server::Connection::new(Config::default(), Point::ZERO).unwrap();
        Self { socket, conn }
    }

    fn flush(&mut self) {
        loop {
            let out = self.conn.transmit(Point::ZERO);
            let Some(chunk) = out.chunks().next() else {
                return;
            };
            let n = self.socket.write(chunk).unwrap_or(chunk.len());
            out.advance(n);
        }
    }

    /// Waits for the next requests that come together.
    fn requests(&mut self) -> Vec<StreamRef> {
        let mut streams = Vec::new();
        while streams.is_empty() {
            let mut buffer = [0; 4096];
            let n = self.socket.read(&mut buffer).unwrap_or(0);
            if n == 0 {
                return streams;
            }
            let mut input = &buffer[..n];
            loop {
                match self.conn.next_event(Point::ZERO, &mut input) {
                    Step::Event(Event::Request { stream, .. }) => streams.push(stream),
                    Step::Event(_) => {}
                    Step::NeedInput => break,
                    Step::NeedWrite => self.flush(),
                }
            }
            self.flush();
        }
        streams
    }

    fn answer(&mut self, stream: StreamRef) {
        self.conn
            .response(stream, &[(":status", "200")], true)
            .unwrap();
        self.flush();
    }

    /// Answers until the client has left.
    fn serve(&mut self) {
        loop {
            let streams = self.requests();
            if streams.is_empty() {
                return;
            }
            for stream in streams {
                self.answer(stream);
            }
        }
    }

    fn send_raw(&mut self, octets: &[u8]) {
        self.flush();
        self.socket.write_all(octets).unwrap();
    }
}

/// GOAWAY, NO_ERROR, with this last stream.
fn goaway(last: u32) -> Vec<u8> {
    let mut frame = vec![0, 0, 8, 7, 0, 0, 0, 0, 0];
    frame.extend_from_slice(&last.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame
}

#[test]
fn a_refused_request_is_sent_again() {
    let (url, accepted) = script(vec![|server| {
        let stream = server.requests()[0];
        server.conn.send(stream).reset(ErrorCode::REFUSED_STREAM);
        server.flush();
        server.serve();
    }]);
    let client = client();
    let request = Request::post(&url, "a body").unwrap();
    assert_eq!(client.send(request).unwrap().status(), 200);
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[test]
fn a_request_beyond_goaway_moves_to_a_new_connection() {
    let (url, accepted) = script(vec![
        |server| {
            server.requests();
            server.send_raw(&goaway(0));
            // It stays open: nothing but the GOAWAY says that the request was not processed.
            server.requests();
        },
        Scripted::serve,
    ]);
    let client = client();
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
    assert_eq!(accepted.load(Ordering::SeqCst), 2);
}

#[test]
fn a_request_covered_by_goaway_finishes_and_the_next_goes_elsewhere() {
    let (url, accepted) = script(vec![
        |server| {
            let stream = server.requests()[0];
            server.send_raw(&goaway(1));
            server.answer(stream);
            server.requests();
        },
        Scripted::serve,
    ]);
    let client = client();
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
    assert_eq!(accepted.load(Ordering::SeqCst), 2);
}

#[test]
fn a_request_that_may_have_been_processed_is_not_sent_again() {
    let (url, accepted) = script(vec![
        |server| {
            server.requests();
        },
        Scripted::serve,
    ]);
    let client = client();
    match client.send(get(&url, "/")).unwrap_err() {
        CallError::Stream(end) => {
            assert_eq!(end.by, EndedBy::Connection);
            assert_eq!(end.retry, Retry::MayHaveBeenProcessed);
        }
        other => panic!("{other}"),
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
    // The next one gets a connection of its own.
    assert_eq!(client.send(get(&url, "/")).unwrap().status(), 200);
}

#[test]
fn endless_refusals_end() {
    let (url, _) = script(vec![|server| {
        loop {
            let streams = server.requests();
            if streams.is_empty() {
                return;
            }
            for stream in streams {
                server.conn.send(stream).reset(ErrorCode::REFUSED_STREAM);
            }
            server.flush();
        }
    }]);
    match client().send(get(&url, "/")).unwrap_err() {
        CallError::Stream(end) => assert_eq!(end.code, ErrorCode::REFUSED_STREAM),
        other => panic!("{other}"),
    }
}

#[test]
fn a_server_that_comes_late_is_waited_for_with_back_off() {
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let at: SocketAddr = reserved.local_addr().unwrap();
    drop(reserved);
    let mut options = quick();
    options.connect_attempts = 100;
    let client = Client::new(options).unwrap();
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        Server::builder()
            .listen(Listen::tcp(at))
            .serve(|_| service)
            .unwrap()
    });
    let response = client.send(get(&format!("http://{at}"), "/"));
    assert_eq!(response.unwrap().status(), 200);
    drop(late.join().unwrap());
}

#[test]
fn more_calls_than_streams_wait_for_their_turn() {
    let mut config = Config::default();
    config.settings.max_concurrent_streams = 2;
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()).config(config))
        .serve(|_| service)
        .unwrap();
    let url = format!("http://{}", server.addresses()[0]);
    let client = client();
    let mut pending: Vec<_> = (0..50)
        .map(|n| client.start(get(&url, &format!("/{n}"))).unwrap().1)
        .collect();
    for (n, pending) in pending.drain(..).enumerate() {
        let text = pending.wait().unwrap().body().unwrap();
        assert_eq!(text, format!("GET /{n}").into_bytes());
    }
    assert_eq!(server.connections(), [1]);
}
