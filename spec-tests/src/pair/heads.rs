//! Heads, good and bad, each in a [`World`] of its own.

use std::cell::RefCell;

use bywash_proto::config::Config;
use bywash_proto::error::{EndedBy, Violation};

use super::against::{Against, every_split};
use super::feed::Feed;
use super::seen::Seen;
use super::world::{Case, Verdict, World, judge};
use crate::raw::{BlockWriter, Field, RawFrame, Role};

const IDLE: u32 = World::IDLE;

/// Names and values.
pub type Pairs<'a> = &'a [(&'a str, &'a str)];

/// A plain request.
pub const GET: Pairs<'static> = &[
    (":method", "GET"),
    (":scheme", "https"),
    (":authority", "example.com"),
    (":path", "/"),
];

/// GET with more fields.
pub fn get(more: Pairs<'_>) -> Vec<u8> {
    more.iter()
        .fold(BlockWriter::fields(GET), |b, (name, value)| {
            b.field(name, value)
        })
        .build()
}

/// HEADERS on a new stream, and its end.
pub fn request(block: Vec<u8>) -> RawFrame {
    RawFrame::headers(IDLE, block).end_stream()
}

/// A request that must be answered by RST_STREAM, whether its block comes in one frame or in several.
///
/// # Panics
/// If anything else comes of it.
pub fn bad_request_with(name: &str, block: Vec<u8>, violation: Violation, change: fn(&mut Config)) {
    let frame = request(block);
    let verdict = Verdict::Stream(IDLE, violation);
    let whole = Case::new(name, Role::Server, [frame.clone()], verdict).with(change);
    judge(&whole);
    judge(&Case::new(name, Role::Server, frame.split(&[1, 0, 7]), verdict).with(change));
}

/// The same under the default configuration.
///
/// # Panics
/// As [`bad_request_with`].
pub fn bad_request(name: &str, block: Vec<u8>, violation: Violation) {
    bad_request_with(name, block, violation, |_| {});
}

/// A request that the program must get; its fields.
///
/// # Panics
/// If it does not.
pub fn good_request_with(name: &str, octets: Vec<u8>, change: fn(&mut Config)) -> Vec<Field> {
    let mut got = Vec::new();
    let cell = RefCell::new(&mut got);
    every_split(|feed| {
        let mut config = Config::default();
        change(&mut config);
        let mut net = World::new(Role::Server, feed, config).net;
        net.peer.send(&request(octets.clone()));
        net.pump();
        let seen = net.events();
        let [
            Seen::Request {
                stream: IDLE,
                fields,
                overlong: false,
                ..
            },
        ] = &seen[..]
        else {
            panic!("{name}: {seen:?}");
        };
        **cell.borrow_mut() = fields.clone();
        net.peer.expect_nothing()?;
        Ok(net)
    });
    got
}

/// The same under the default configuration.
///
/// # Panics
/// As [`good_request_with`].
pub fn good_request(name: &str, octets: Vec<u8>) -> Vec<Field> {
    good_request_with(name, octets, |_| {})
}

/// What comes of a response head on a request that waits for it. `method` is that of the request.
///
/// # Panics
/// If the core does not take the request.
pub fn response(method: &str, octets: &[u8], end: bool, feed: Feed) -> Against {
    let mut net = World::new(Role::Client, feed, Config::default()).net;
    let head = [
        (":method", method),
        (":scheme", "https"),
        (":authority", "example.com"),
        (":path", "/"),
    ];
    let skip = if method == "CONNECT" {
        &[head[0], head[2]][..]
    } else {
        &head[..]
    };
    assert_eq!(net.request(skip, false), IDLE);
    net.pump();
    net.peer.drain();
    let mut frame = RawFrame::headers(IDLE, octets.to_vec());
    if end {
        frame = frame.end_stream();
    }
    net.peer.send(&frame);
    net.pump();
    net
}

/// A response head that must be answered by RST_STREAM.
///
/// # Panics
/// If anything else comes of it.
pub fn bad_response(name: &str, octets: Vec<u8>, end: bool, violation: Violation) {
    every_split(|feed| {
        let mut net = response("GET", &octets, end, feed);
        net.peer.expect_rst(IDLE, violation.code().0)?;
        net.peer
            .send(&RawFrame::data(World::SIBLING, "lives").end_stream());
        net.pump();
        net.peer.expect_nothing()?;
        let seen = net.events();
        let [Seen::Ended { stream: IDLE, end }, sibling] = &seen[..] else {
            panic!("{name}: {seen:?}");
        };
        assert_eq!(end.by, EndedBy::Violation(violation), "{name}");
        assert_eq!(*sibling, Seen::data(World::SIBLING, "lives", true));
        Ok(net)
    });
}
