//! What h2's connections hold on the heap, measured as for bywash.

use super::h2_machine::{Reply, Server};
use super::pipe::End;
use crate::counting::{calls, live};
use crate::heap::Figure;
use crate::script;

/// Measures everything. The global allocator must be [`Counting`](crate::counting::Counting).
#[must_use]
pub fn figures() -> Vec<Figure> {
    vec![
        ("idle connection, bytes", idle(0)),
        ("idle connection after 1000 requests, bytes", idle(1000)),
        ("open stream, bytes", open_stream(false)),
        (
            "open stream with an unfinished body, bytes",
            open_stream(true),
        ),
        ("allocations per request, 100 in a batch", allocations(100)),
        ("allocations per request, 1 at a time", allocations(1)),
        ("held by the bomb, bytes", bomb()),
    ]
}

/// Offers the bytes of `input` (and nothing of the harness stays on the heap).
fn offer(server: &Server, input: &[u8]) {
    server.feed(|bytes| {
        *bytes = input.to_vec();
        bytes.len()
    });
}

fn forget_input(server: &Server) {
    server.feed(|bytes| {
        *bytes = Vec::new();
        0
    });
}

fn settled(reply: &Reply) -> Server {
    let end = End::default();
    end.incoming.borrow_mut().refill(|bytes| {
        script::opening(bytes);
        bytes.len()
    });
    let mut server = Server::open(end, 2000);
    server.answer(reply);
    let mut ack = Vec::new();
    script::settings_ack(&mut ack);
    offer(&server, &ack);
    server.answer(reply);
    forget_input(&server);
    server
}

fn gets(first: u32, count: usize) -> Vec<u8> {
    let mut input = Vec::new();
    for stream in (first..).step_by(2).take(count) {
        if stream == 1 {
            script::first_get(&mut input, stream);
        } else {
            script::get(&mut input, stream);
        }
    }
    input
}

fn idle(requests: u32) -> f64 {
    let reply = Reply::plain(12);
    let before = live();
    let mut server = settled(&reply);
    for first in (1..requests * 2).step_by(200) {
        offer(&server, &gets(first, 100));
        server.answer(&reply);
    }
    forget_input(&server);
    (live() - before) as f64
}

fn open_stream(with_body: bool) -> f64 {
    let reply = Reply::plain(12);
    let mut server = settled(&reply);
    offer(&server, &gets(1, 1));
    server.answer(&reply);
    let mut input = Vec::new();
    for stream in (5..).step_by(2).take(1000) {
        if with_body {
            script::post(&mut input, stream);
        } else {
            script::get(&mut input, stream);
        }
    }
    forget_input(&server);
    // What holds the handles is the harness's: it has its room before.
    let mut held = Vec::with_capacity(1000);
    let before = live();
    offer(&server, &input);
    while let Some((request, respond)) = server.accept() {
        held.push((request.into_body(), respond));
    }
    assert_eq!(held.len(), 1000);
    forget_input(&server);
    (live() - before) as f64 / 1000.0
}

fn allocations(batch: usize) -> f64 {
    let reply = Reply::plain(12);
    let mut server = settled(&reply);
    let (mut first, mut counted) = (1, 0);
    for round in 0..300 {
        let input = gets(first, batch);
        first += 2 * batch as u32;
        offer(&server, &input);
        let before = calls();
        server.answer(&reply);
        if round >= 200 {
            counted += calls() - before;
        }
    }
    counted as f64 / 100.0 / batch as f64
}

fn bomb() -> f64 {
    let input = script::bomb(300_000);
    let before = live();
    let mut server = Server::with_defaults();
    let (mut peak, mut held) = (0, Vec::new());
    for read in input.chunks(16_384) {
        offer(&server, read);
        while let Some(accepted) = server.try_accept() {
            held.push(accepted);
        }
        forget_input(&server);
        peak = peak.max(live());
    }
    (peak - before) as f64
}
