//! Programs and servers that go to extremes: nothing hangs, and nothing grows.

use bywash_mio::client::{CallError, Client, ClientOptions, Request};
use bywash_mio::proto::error::SendError;
use bywash_mio::server::{Exchange, Pool, Reply, Request as Asked, Server};
use bywash_mio::{Listen, LoopOptions};
use std::time::Duration;

fn listen() -> Listen {
    Listen::tcp("127.0.0.1:0".parse().unwrap())
}

fn url(server: &Server) -> String {
    format!("http://{}/", server.addresses()[0])
}

fn options() -> ClientOptions {
    let mut options = ClientOptions::default();
    options.timeout = Some(Duration::from_secs(8));
    options
}

fn service(request: &mut Asked, reply: &mut Reply<'_>) {
    for n in 0..request.field("x-inform").map_or(0, <[u8]>::len) {
        reply.inform(103, &[("x-number", n.to_string())]).unwrap();
    }
    if request.field("x-silent").is_some() {
        return reply.go_on(Silent);
    }
    reply.send(200, &[("a", "b")], "well").unwrap();
}

/// Never answers.
struct Silent;

impl Exchange for Silent {}

#[test]
fn a_caller_keeps_the_first_informational_heads_of_many() {
    let server = Server::builder()
        .listen(listen())
        .serve(|_| service)
        .unwrap();
    let client = Client::new(options()).unwrap();
    let request = Request::get(&url(&server)).unwrap();
    let mut response = client.send(request.field("x-inform", [b'x'; 100])).unwrap();
    assert_eq!(response.body().unwrap(), b"well");
    let numbers = response.informed().iter().map(|head| head.get("x-number"));
    let first: Vec<String> = (0..32).map(|n: u32| n.to_string()).collect();
    assert!(numbers.eq(first.iter().map(|n| Some(n.as_bytes()))));
}

#[test]
fn sizes_of_nothing_are_read_as_one() {
    let mut nothing = LoopOptions::default();
    nothing.read_buffer = 0;
    nothing.events_per_turn = 0;
    nothing.bytes_per_turn = 0;
    nothing.linger_bytes = 0;
    nothing.warm_connections = 0;
    nothing.mailbox = 0;
    nothing.poll_events = 0;
    nothing.accepts_per_turn = 0;
    let server = Server::builder()
        .listen(listen())
        .loop_options(nothing.clone())
        .serve(|_| service)
        .unwrap();
    // A client's caller is told of a full mailbox; the server's loop needs none here.
    nothing.mailbox = 64;
    let client = Client::with_loop(options(), nothing).unwrap();
    for _ in 0..3 {
        let request = Request::get(&url(&server)).unwrap();
        assert_eq!(client.send(request).unwrap().body().unwrap(), b"well");
    }
}

#[test]
fn a_body_that_has_not_the_announced_length_fails_at_once() {
    let server = Server::builder()
        .listen(listen())
        .serve(|_| service)
        .unwrap();
    let client = Client::new(options()).unwrap();
    for length in ["3", "5"] {
        let request = Request::post(&url(&server), "four").unwrap();
        match client.send(request.field("content-length", length)) {
            Err(CallError::Send(SendError::Length)) => {}
            other => panic!("{other:?}"),
        }
    }
    // In pieces, and with trailers that nobody may send.
    let streamed = || Request::new("PUT", &url(&server)).unwrap().streamed();
    let silent = streamed().field("x-silent", "1");
    let longer = silent.clone().field("content-length", "3");
    let (mut upload, pending) = client.start(longer).unwrap();
    // It may be told here already.
    let _ = upload.write_bytes("four");
    match pending.wait() {
        Err(CallError::Send(SendError::Length)) => {}
        other => panic!("{other:?}"),
    }
    let (upload, pending) = client.start(silent).unwrap();
    let _ = upload.trailers(&[(":path", "/")]);
    match pending.wait() {
        Err(CallError::Send(SendError::Head(_))) => {}
        other => panic!("{other:?}"),
    }
    // The connection and the client go on.
    let request = Request::post(&url(&server), "four").unwrap();
    let request = request.field("content-length", "4");
    assert_eq!(client.send(request).unwrap().status(), 200);
}

#[test]
fn a_full_pool_turns_away_without_a_word_to_its_own_loop() {
    let pool = Pool::new(1, 0, drop).unwrap();
    let mut narrow = LoopOptions::default();
    // If the loop wrote itself notes, it would wait for room in its own mailbox.
    narrow.mailbox = 1;
    let server = Server::builder()
        .listen(listen())
        .loop_options(narrow)
        .serve(move |_| pool.clone())
        .unwrap();
    let client = Client::new(options()).unwrap();
    let calls: Vec<_> = (0..40)
        .map(|_| client.start(Request::get(&url(&server)).unwrap()).unwrap())
        .collect();
    for (_upload, pending) in calls {
        assert_eq!(pending.wait().unwrap().status(), 503);
    }
}
