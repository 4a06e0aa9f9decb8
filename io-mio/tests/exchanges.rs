//! What is left of an exchange after its response: it reads on, it is replaced, it falls apart.

mod common;

use bywash_mio::Listen;
use bywash_mio::server::{Ended, Exchange, Reply, Request, ServeOptions, Server};
use common::{GET, POST, Peer, Seen};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

fn serve<S: FnMut(&mut Request, &mut Reply<'_>) + Clone + Send + 'static>(
    options: ServeOptions,
    service: S,
) -> (Server, SocketAddr) {
    let server = Server::builder()
        .listen(Listen::tcp("127.0.0.1:0".parse().unwrap()))
        .options(options)
        .serve(move |_| service.clone())
        .unwrap();
    let at = server.addresses()[0].tcp().unwrap();
    (server, at)
}

/// Reads on after the response, and tells what it heard.
struct Listener(mpsc::Sender<String>);

impl Exchange for Listener {
    fn on_data(&mut self, _: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
        let text = format!("{} {end}", data.escape_ascii());
        self.0.send(text).unwrap();
        data.len()
    }

    fn on_end(&mut self, end: &Ended) {
        self.0.send(end.to_string()).unwrap();
    }

    fn reads_on(&self) -> bool {
        true
    }
}

#[test]
fn a_deadline_that_was_met_does_not_cut_what_is_read_afterwards() {
    let (tell, told) = mpsc::channel();
    let mut options = ServeOptions::default();
    options.deadline = Some(Duration::from_millis(100));
    let (_server, at) = serve(options, move |_, reply| {
        reply.start(200, &[("a", "b")]).unwrap();
        reply.finish().unwrap();
        reply.go_on(Listener(tell.clone()));
    });
    let mut peer = Peer::connect(at);
    let stream = peer.request(&POST, false);
    // The response is complete at once; a deadline set by the exchange later would pass it by, too.
    while !matches!(peer.next_of_stream(), Seen::Data(_, _, true)) {}
    std::thread::sleep(Duration::from_millis(300));
    peer.send(stream, b"late", true);
    let wait = Duration::from_secs(5);
    assert_eq!(told.recv_timeout(wait).unwrap(), "late true");
}

#[test]
fn a_deadline_set_before_the_response_was_complete_is_met_too() {
    /// Answers when it is asked to write, and reads on.
    struct Late(Listener);
    impl Exchange for Late {
        fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], end: bool) -> usize {
            if data == b"now" {
                reply.send(200, &[("a", "b")], "").unwrap();
            }
            self.0.on_data(reply, data, end)
        }
        fn on_end(&mut self, end: &Ended) {
            self.0.on_end(end);
        }
        fn reads_on(&self) -> bool {
            true
        }
    }
    let (tell, told) = mpsc::channel();
    let (_server, at) = serve(ServeOptions::default(), move |_, reply| {
        reply.set_deadline(Duration::from_millis(1500));
        reply.go_on(Late(Listener(tell.clone())));
    });
    let mut peer = Peer::connect(at);
    let stream = peer.request(&POST, false);
    peer.send(stream, b"now", false);
    assert!(matches!(peer.next_of_stream(), Seen::Response(_, _, true)));
    std::thread::sleep(Duration::from_millis(1700));
    peer.send(stream, b"late", true);
    let wait = Duration::from_secs(5);
    assert_eq!(told.recv_timeout(wait).unwrap(), "now false");
    assert_eq!(told.recv_timeout(wait).unwrap(), "late true");
}

/// Panics as it falls apart.
struct Brittle;

impl Exchange for Brittle {
    fn on_writable(&mut self, reply: &mut Reply<'_>) {
        reply.go_on(Sound);
    }
}

impl Drop for Brittle {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "as asked");
    }
}

/// Follows on it.
struct Sound;

impl Exchange for Sound {
    fn on_data(&mut self, reply: &mut Reply<'_>, data: &[u8], _: bool) -> usize {
        reply.send(200, &[("a", "b")], "sound").unwrap();
        data.len()
    }
}

#[test]
fn an_exchange_that_panics_as_it_goes_takes_nobody_with_it() {
    let (_server, at) = serve(ServeOptions::default(), |request, reply| {
        match request.path() {
            // It is replaced by another one.
            b"/replaced" => reply.go_on(Brittle),
            // It was not needed.
            b"/needless" => {
                reply.send(200, &[("a", "b")], "well").unwrap();
                reply.go_on(Brittle);
            }
            // It is left behind by a panic.
            b"/left" => {
                reply.go_on(Brittle);
                panic!("as asked");
            }
            _ => reply.send(200, &[("a", "b")], "well").unwrap(),
        }
    });
    let mut peer = Peer::connect(at);
    let mut ask = |path: &'static str, body: bool| {
        let mut head = if body { POST } else { GET };
        head[3].1 = path;
        let stream = peer.request(&head, !body);
        if body {
            peer.send(stream, b"body", true);
        }
        peer.response()
    };
    assert_eq!(ask("/replaced", true).1, b"sound");
    assert_eq!(ask("/needless", false).1, b"well");
    assert_eq!(ask("/left", false).0, 500);
    assert_eq!(ask("/left", true).0, 500);
    // The loop lives, and so does the connection.
    assert_eq!(ask("/", false).1, b"well");
}

#[test]
fn a_status_of_more_than_three_digits_is_refused() {
    let (_server, at) = serve(ServeOptions::default(), |_, reply| {
        // 1200 ends in the digits of success.
        if reply.send(1200, &[("a", "b")], "no").is_err() {
            reply.send(502, &[("a", "b")], "refused").unwrap();
        }
    });
    let mut peer = Peer::connect(at);
    peer.request(&GET, true);
    assert_eq!(peer.response().0, 502);
}
