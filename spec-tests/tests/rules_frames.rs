//! Frames whose length, stream or padding is wrong (RFC 9113 4, 6): exact code, exact scope, both roles.

use bywash_proto::error::Violation as V;
use bywash_spec_tests::pair::{Case, Verdict, World, judge};
use bywash_spec_tests::raw::build::PriorityFields;
use bywash_spec_tests::raw::wire::{code, flag, kind};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, Role};

fn both(name: &str, frames: impl Into<Vec<RawFrame>>, verdict: Verdict) {
    for case in Case::both(name, frames, verdict) {
        judge(&case);
    }
}

fn connection(name: &str, frame: RawFrame, violation: V) {
    both(name, [frame], Verdict::Connection(violation));
}

/// A frame of this type with so many octets of payload.
fn sized(kind: u8, stream: u32, length: usize) -> RawFrame {
    RawFrame::new(kind, 0, stream, vec![1; length])
}

const OPEN: u32 = World::OPEN;

#[test]
fn fixed_lengths() {
    for length in [0, 3, 5, 8] {
        let name = format!("length {length}");
        connection(&name, sized(kind::RST_STREAM, OPEN, length), V::ResetLength);
        connection(
            &name,
            sized(kind::WINDOW_UPDATE, OPEN, length),
            V::WindowUpdateLength,
        );
        connection(
            &name,
            sized(kind::WINDOW_UPDATE, 0, length),
            V::WindowUpdateLength,
        );
    }
    for length in [0, 7, 9] {
        let name = format!("length {length}");
        connection(&name, sized(kind::PING, 0, length), V::PingLength);
        let ack = sized(kind::PING, 0, length).flag(flag::ACK);
        connection(&name, ack, V::PingLength);
    }
    for length in [0, 4, 7] {
        connection("GOAWAY", sized(kind::GOAWAY, 0, length), V::GoAwayLength);
    }
    for length in [1, 5, 7, 13] {
        connection(
            "SETTINGS",
            sized(kind::SETTINGS, 0, length),
            V::SettingsLength,
        );
    }
    for length in [1, 6] {
        let ack = sized(kind::SETTINGS, 0, length).flag(flag::ACK);
        connection("SETTINGS ACK", ack, V::SettingsAckLength);
    }
}

#[test]
fn priority_of_another_length() {
    for length in [0, 4, 6, 9] {
        let name = format!("PRIORITY of {length}");
        let on = |stream| [sized(kind::PRIORITY, stream, length)];
        both(&name, on(OPEN), Verdict::Stream(OPEN, V::PriorityLength));
        both(
            &name,
            on(World::HALF),
            Verdict::Stream(World::HALF, V::PriorityLength),
        );
        both(
            &name,
            on(World::IDLE),
            Verdict::Connection(V::PriorityLengthIdle),
        );
        both(&name, on(World::CLOSED), Verdict::Ignored);
        both(&name, on(World::RESET), Verdict::Ignored);
        both(&name, on(0), Verdict::Connection(V::PriorityOnConnection));
    }
}

#[test]
fn frames_over_the_limit() {
    for kind in [
        kind::DATA,
        kind::HEADERS,
        kind::PRIORITY,
        kind::RST_STREAM,
        kind::SETTINGS,
        kind::PUSH_PROMISE,
        kind::PING,
        kind::GOAWAY,
        kind::WINDOW_UPDATE,
        kind::CONTINUATION,
        kind::ALTSVC,
        kind::PRIORITY_UPDATE,
        0xfa,
    ] {
        let stream = match kind {
            kind::SETTINGS | kind::PING | kind::GOAWAY | kind::PRIORITY_UPDATE => 0,
            _ => OPEN,
        };
        let frame = sized(kind, stream, 16_385);
        connection(&format!("type {kind:#x}"), frame, V::FrameTooLarge);
    }
    // Exactly at the limit is fine.
    let most = RawFrame::new(0xfa, 0xff, OPEN, vec![0; 16_384]);
    both("16 384 octets", [most], Verdict::Ignored);
}

#[test]
fn the_head_alone_decides_about_the_length() {
    // Not one octet of the payload comes.
    let claim = RawFrame::new(kind::DATA, 0, OPEN, vec![]).with_length(0x00ff_ffff);
    for case in Case::both("claim", [claim], Verdict::Connection(V::FrameTooLarge)) {
        judge(&case);
    }
}

#[test]
fn stream_zero_where_a_stream_is_needed() {
    let block = BlockWriter::request("GET", "/").build();
    connection("DATA", RawFrame::data(0, "x"), V::DataOnConnection);
    connection("DATA", RawFrame::data(0, ""), V::DataOnConnection);
    connection(
        "HEADERS",
        RawFrame::headers(0, block.clone()),
        V::HeadersOnConnection,
    );
    connection(
        "RST_STREAM",
        RawFrame::rst_stream(0, code::CANCEL),
        V::ResetOnConnection,
    );
    connection(
        "CONTINUATION",
        RawFrame::continuation(0, block),
        V::ContinuationUnexpected,
    );
    connection(
        "PRIORITY",
        RawFrame::priority(
            0,
            PriorityFields {
                exclusive: false,
                dependency: 1,
                weight: 1,
            },
        ),
        V::PriorityOnConnection,
    );
}

#[test]
fn a_stream_where_the_connection_is_meant() {
    for stream in [OPEN, World::CLOSED, World::IDLE, 2] {
        connection(
            "SETTINGS",
            RawFrame::settings(&[]).on(stream),
            V::SettingsOnStream,
        );
        connection(
            "SETTINGS ACK",
            RawFrame::settings_ack().on(stream),
            V::SettingsOnStream,
        );
        connection("PING", RawFrame::ping([0; 8]).on(stream), V::PingOnStream);
        connection(
            "GOAWAY",
            RawFrame::goaway(0, 0, b"").on(stream),
            V::GoAwayOnStream,
        );
    }
}

#[test]
fn padding_not_below_the_payload() {
    let block = BlockWriter::fields(&[("x", "y")]).build();
    // The pad length itself is there, but as much padding is not.
    let data = |claim, left| RawFrame::data(OPEN, vec![0; left]).padded_with(claim, &[]);
    for (claim, left) in [(1, 0), (5, 4), (255, 254), (255, 0)] {
        connection("DATA", data(claim, left), V::PaddingTooLong);
    }
    let trailers = RawFrame::headers(OPEN, block.clone()).end_stream();
    let claim = block.len() as u8 + 1;
    connection(
        "HEADERS",
        trailers.padded_with(claim, &[]),
        V::PaddingTooLong,
    );
    // No room for the pad length at all.
    let bare = |kind| RawFrame::new(kind, flag::PADDED | flag::END_HEADERS, OPEN, vec![]);
    connection("DATA", bare(kind::DATA), V::TruncatedFrame);
    connection("HEADERS", bare(kind::HEADERS), V::TruncatedFrame);
}

#[test]
fn all_padding_and_the_most_of_it_are_legal() {
    let data = [
        RawFrame::data(OPEN, "").padded(0),
        RawFrame::data(OPEN, "").padded(255),
        // Padding that is not zero may be treated as an error; it is not worth a connection.
        RawFrame::data(OPEN, "").padded_with(3, &[1, 2, 3]),
    ];
    both("padding alone", data, Verdict::Ignored);
}

#[test]
fn priority_fields_that_are_cut() {
    for length in 0..5 {
        let frame = RawFrame::new(
            kind::HEADERS,
            flag::END_HEADERS | flag::END_STREAM | flag::PRIORITY,
            OPEN,
            vec![0; length],
        );
        connection("HEADERS", frame, V::TruncatedFrame);
    }
}

#[test]
fn continuation_out_of_place() {
    let block = BlockWriter::fields(&[("x", "y")]).build();
    let begun = |stream| {
        RawFrame::headers(stream, block.clone())
            .unfinished()
            .end_stream()
    };
    let more = |stream| RawFrame::continuation(stream, block.clone());
    for stream in [OPEN, World::CLOSED, World::IDLE] {
        connection("stray", more(stream), V::ContinuationUnexpected);
    }
    let cases = [
        ("another stream", vec![begun(OPEN), more(World::SIBLING)]),
        ("stream 0", vec![begun(OPEN), more(0)]),
        ("DATA", vec![begun(OPEN), RawFrame::data(OPEN, "x")]),
        ("HEADERS", vec![begun(OPEN), begun(OPEN)]),
        ("PING", vec![begun(OPEN), RawFrame::ping([0; 8])]),
        ("SETTINGS", vec![begun(OPEN), RawFrame::settings(&[])]),
        (
            "WINDOW_UPDATE",
            vec![begun(OPEN), RawFrame::window_update(0, 1)],
        ),
        (
            "RST_STREAM",
            vec![begun(OPEN), RawFrame::rst_stream(OPEN, 8)],
        ),
        (
            "an unknown type",
            vec![begun(OPEN), RawFrame::new(0xfa, 0, OPEN, vec![])],
        ),
        (
            "after two",
            vec![begun(OPEN), more(OPEN).unfinished(), RawFrame::ping([0; 8])],
        ),
    ];
    for (name, frames) in cases {
        both(name, frames, Verdict::Connection(V::BlockInterrupted));
    }
    both(
        "after the end",
        [begun(OPEN), more(OPEN), more(OPEN)],
        Verdict::Connection(V::ContinuationUnexpected),
    );
}

#[test]
fn push_promise_at_a_server() {
    let block = BlockWriter::request("GET", "/").build();
    for frame in [
        RawFrame::push_promise(OPEN, 2, &block),
        RawFrame::push_promise(0, 2, &block),
        RawFrame::new(kind::PUSH_PROMISE, 0, OPEN, vec![]),
    ] {
        judge(&Case::new(
            "PUSH_PROMISE",
            Role::Server,
            [frame],
            Verdict::Connection(V::PushAtServer),
        ));
    }
}

#[test]
fn what_must_be_ignored_is_ignored() {
    let frames = [
        // Reserved bits (4.1, 6.9), unknown flags, unknown types (5.5), a PING answer that nobody asked for.
        RawFrame::window_update(OPEN, 0x8000_0001).with_reserved(),
        RawFrame::window_update(0, 1).flag(0xff),
        RawFrame::data(OPEN, "").flag(0xf6),
        RawFrame::new(0xfa, 0xff, OPEN, vec![1, 2, 3]),
        RawFrame::new(0x0b, 0xff, 0, vec![]),
        RawFrame::new(0xff, 0, World::IDLE, vec![0; 100]),
        RawFrame::ping_ack(*b"unasked!"),
    ];
    both("ignored", frames, Verdict::Ignored);
}

#[test]
fn a_dependency_on_itself_is_no_error_any_more() {
    let own = |stream| PriorityFields {
        exclusive: true,
        dependency: stream,
        weight: 255,
    };
    let frames = [OPEN, World::HALF, World::CLOSED, World::RESET, World::IDLE]
        .map(|stream| RawFrame::priority(stream, own(stream)));
    both("PRIORITY", frames, Verdict::Ignored);
    let head = RawFrame::headers(OPEN, BlockWriter::new().build()).end_stream();
    // As part of HEADERS too: here the trailers are what ends the stream's half.
    let frame = head.with_priority(own(OPEN));
    for role in [Role::Server, Role::Client] {
        bywash_spec_tests::pair::every_split(|feed| {
            let mut world = World::new(role, feed, Default::default());
            world.net.peer.send(&frame);
            world.net.pump();
            let seen = world.net.events();
            assert!(
                matches!(
                    seen[..],
                    [bywash_spec_tests::pair::Seen::Trailers { stream: OPEN, .. }]
                ),
                "{seen:?}"
            );
            world.net.peer.expect_nothing()?;
            Ok(world.net)
        });
    }
}
