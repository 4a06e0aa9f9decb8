//! Code of the program's that panics on a loop's thread ends what it was doing, and nothing else.

mod common;

use bywash_mio::client::{self, CallError, Client, ClientOptions, Talk};
use bywash_mio::error::End;
use bywash_mio::proto::headers::Head;
use bywash_mio::proto::vocabulary::ErrorCode;
use bywash_mio::server::{Ended, Exchange, Reply, Request, Server, Service};
use bywash_mio::{ConnId, Cx, Listen};
use common::{GET, POST, Peer, Seen};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Panics where the path says.
#[derive(Clone, Default)]
struct Clumsy {
    /// Connections that were opened.
    opened: Arc<AtomicUsize>,
    /// The first so many of them panic.
    bad: usize,
}

struct Stumbles(&'static str);

impl Stumbles {
    fn at(&self, place: &str) {
        assert_ne!(self.0, place, "as asked");
    }
}

impl Exchange for Stumbles {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        self.at("data");
        if end {
            reply.finish().unwrap();
        }
        data.len()
    }

    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        self.at("writable");
        if self.0 != "late" {
            reply.start(200, &[("a", "b")]).unwrap();
        }
    }

    fn on_end(&mut self, _: &Ended) {
        self.at("end");
    }
}

impl Drop for Stumbles {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.at("drop");
        }
    }
}

impl Service for Clumsy {
    fn call(&mut self, request: &mut Request, reply: &mut Reply<'_>) {
        match request.path() {
            b"/" => reply.send(200, &[("a", "b")], "well").unwrap(),
            b"/call" => panic!("as asked"),
            b"/headed" => {
                reply.start(200, &[("a", "b")]).unwrap();
                panic!("as asked");
            }
            b"/answered" => {
                reply.send(200, &[("a", "b")], "well").unwrap();
                panic!("as asked");
            }
            b"/data" => reply.go_on(Stumbles("data")),
            b"/writable" => reply.go_on(Stumbles("writable")),
            b"/end" => reply.go_on(Stumbles("end")),
            b"/drop" => reply.go_on(Stumbles("drop")),
            other => panic!("{}", other.escape_ascii()),
        }
    }

    fn on_open(&mut self, _: &mut Cx<'_>, _: ConnId) {
        assert!(
            self.opened.fetch_add(1, Ordering::Relaxed) >= self.bad,
            "as asked"
        );
    }

    fn on_close(&mut self, _: ConnId, _: &End) {
        panic!("as always");
    }
}

fn serve(bad: usize) -> (Server, SocketAddr) {
    let clumsy = Clumsy {
        bad,
        ..Clumsy::default()
    };
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .serve(move |_| clumsy.clone())
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

/// How a request ends: its status, and the code of a reset.
fn ask(peer: &mut Peer, path: &str) -> (u16, Option<ErrorCode>) {
    let mut head = POST;
    head[3].1 = path;
    let stream = peer.request(&head, false);
    peer.send(stream, b"body", true);
    let mut status = 0;
    loop {
        match peer.next_of_stream() {
            Seen::Response(of, head, end) => {
                assert_eq!(of, stream);
                status = head.status().unwrap();
                if end {
                    return (status, None);
                }
            }
            Seen::Data(_, _, end) => {
                if end {
                    return (status, None);
                }
            }
            Seen::Ended(of, end) => {
                assert_eq!(of, stream);
                return (status, Some(end.code));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_panic_ends_its_request_and_no_other() {
    let (server, at) = serve(0);
    let mut bystander = Peer::connect(at);
    // It is under way meanwhile, on the same connection and on another.
    let mut peer = Peer::connect(at);
    let waits = peer.request(
        &{
            let mut h = POST;
            h[3].1 = "/end";
            h
        },
        false,
    );
    assert!(matches!(peer.next_of_stream(), Seen::Response(..)));
    for (path, status, code) in [
        ("/call", 500, None),
        ("/headed", 200, Some(ErrorCode::INTERNAL_ERROR)),
        ("/answered", 200, None),
        ("/writable", 500, None),
        ("/data", 200, Some(ErrorCode::INTERNAL_ERROR)),
        ("/drop", 200, None),
        ("/", 200, None),
    ] {
        assert_eq!(ask(&mut peer, path), (status, code), "{path}");
        bystander.request(&GET, true);
        assert_eq!(bystander.response().0, 200, "after {path}");
    }
    // The last call panics, too; the peer does not notice.
    peer.conn.send(waits).reset(ErrorCode::CANCEL);
    peer.flush();
    assert_eq!(ask(&mut peer, "/").0, 200);
    drop(peer);
    bystander.request(&GET, true);
    assert_eq!(bystander.response().0, 200);
    // The thread has not ended by a panic.
    drop(bystander);
    server.shutdown(std::time::Duration::ZERO);
    server.join().unwrap();
}

#[test]
fn a_connection_whose_beginning_panics_is_closed() {
    let (_server, at) = serve(1);
    let mut peer = Peer::connect(at);
    peer.flush();
    loop {
        match peer.next() {
            Seen::Settings => {}
            Seen::GoAway(code) => assert_eq!(code, ErrorCode::INTERNAL_ERROR),
            Seen::Closed(_) => break,
            other => panic!("{other:?}"),
        }
    }
    let mut peer = Peer::connect(at);
    assert_eq!(ask(&mut peer, "/").0, 200);
}

/// A call that panics at its response, or when it is asked for its body again.
struct Nervous(&'static str, mpsc::Sender<&'static str>);

impl client::Call for Nervous {
    fn on_response(&mut self, _: &mut Talk<'_>, _: Head, _: bool) {
        assert_ne!(self.0, "response", "as asked");
    }

    fn on_end(&mut self, outcome: Result<(), CallError>) {
        self.1
            .send(match outcome {
                Ok(()) => "well",
                Err(CallError::Panicked) => "panicked",
                Err(_) => "failed",
            })
            .unwrap();
        assert_ne!(self.0, "end", "as asked");
    }
}

#[test]
fn a_call_that_panics_ends_alone() {
    let (_server, at) = serve(0);
    let client = Client::new(ClientOptions::default()).unwrap();
    let (tell, hear) = mpsc::channel();
    for (place, outcome) in [("response", "panicked"), ("end", "well"), ("", "well")] {
        let request = client::Request::get(&format!("http://{at}/")).unwrap();
        client.begin(request, Nervous(place, tell.clone())).unwrap();
        assert_eq!(hear.recv().unwrap(), outcome, "{place}");
    }
    let request = client::Request::get(&format!("http://{at}/")).unwrap();
    assert_eq!(client.send(request).unwrap().status(), 200);
}
