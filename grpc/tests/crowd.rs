//! As many calls at once on one connection as a server says it takes.

use bytes::Bytes;
use bywash_grpc::{
    Server, Status,
    client::Channel,
    codec::Raw,
    driver::ServerBuilder,
    method::{Method, Unary},
    server::{Responder, Service},
};
use std::{
    sync::{Mutex, mpsc},
    time::Duration,
};

enum Crowd {}

const JOIN: Method<Crowd, Unary, Bytes, Bytes> = Method::new("/test.Crowd/Join", &Raw, &Raw);

/// Answers nobody before all are there.
fn service(calls: usize) -> Service<Crowd> {
    let waiting: Mutex<Vec<Responder<Bytes>>> = Mutex::default();
    Service::new("test.Crowd").respond(JOIN, move |_, _, responder| {
        let mut waiting = waiting.lock().unwrap();
        waiting.push(responder);
        if waiting.len() == calls {
            for responder in waiting.drain(..) {
                responder.ok(&Bytes::new());
            }
        }
    })
}

fn all_are_taken(builder: ServerBuilder, calls: usize) {
    let builder = builder.service(service(calls));
    let running = builder.listen("127.0.0.1:0").unwrap().start().unwrap();
    let target = running.addrs()[0].to_string();
    let channel = Channel::builder(&target).plaintext().build().unwrap();
    let (tell, told) = mpsc::channel();
    let request = Bytes::new();
    for number in 0..calls {
        let tell = tell.clone();
        // What tracing and authorization usually add.
        let call = channel
            .call(JOIN, Some(&request))
            .timeout(Duration::from_secs(60))
            .meta("x-request-id", &format!("{number:032}"))
            .meta("authorization", &"t".repeat(200));
        call.start(move |reply| tell.send(reply.map(drop)).unwrap());
    }
    drop(tell);
    let failed: Vec<Status> = told.iter().filter_map(Result::err).collect();
    assert!(failed.is_empty(), "{} failed: {}", failed.len(), failed[0]);
    running.shutdown(Duration::from_secs(1));
}

#[test]
fn a_server_takes_the_calls_that_it_invites() {
    // The default of `max_concurrent_streams`.
    all_are_taken(Server::builder(), 1000);
}

#[test]
fn a_server_that_invites_more_takes_more() {
    all_are_taken(Server::builder().max_concurrent_streams(3000), 3000);
}
