//! A peer that ends its side of the transport (RFC 9113 5.1, 6.8, 9.1): a server answers what it was asked, as far as
//! the windows reach; a client has nothing more to hope for.

use std::time::Duration;

use bywash_proto::config::{Config, Keepalive};
use bywash_proto::connection::Close;
use bywash_proto::error::{CloseReason, EndedBy, Retry, StreamEnd, TimeoutKind};
use bywash_proto::vocabulary::ErrorCode;
use bywash_spec_tests::pair::{Against, Feed, Seen, every_split};
use bywash_spec_tests::raw::wire::code;
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

const OK: [(&str, &str); 1] = [(":status", "200")];
/// The window of a stream, and of the connection, that nobody has changed.
const WINDOW: usize = 65_535;

fn config(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = Config::default();
    change(&mut config);
    config
}

/// A server that was asked for so many things: the streams 1, 3, 5, each request complete.
fn asked(feed: Feed, config: Config, requests: u32) -> Against {
    let mut net = Against::server(feed, config);
    for n in 0..requests {
        net.ask(2 * n + 1, "/", true);
    }
    net.pump();
    net.events();
    net.peer.drain();
    net
}

fn cut(stream: u32, code: ErrorCode) -> Seen {
    let end = StreamEnd {
        code,
        by: EndedBy::Connection,
        retry: Retry::MayHaveBeenProcessed,
    };
    Seen::Ended { stream, end }
}

fn closed(reason: CloseReason) -> Seen {
    Seen::Closed(reason)
}

fn body(octets: usize) -> Vec<u8> {
    (0..octets).map(|n| n as u8).collect()
}

fn ends_stream(item: &Received) -> bool {
    match item {
        Received::Data { end_stream, .. } => *end_stream,
        Received::Headers(head) => head.end_stream,
        _ => false,
    }
}

/// Nothing is read any more, what is written drains, then the transport goes.
#[track_caller]
fn is_over(net: &Against) {
    let interest = net.core.interest();
    assert_eq!((interest.read, interest.write), (false, false));
    assert_eq!(interest.close, Close::AfterFlush);
    assert_eq!(net.core.poll_timeout(), None);
}

#[test]
fn a_complete_request_is_answered() {
    every_split(|feed| {
        let mut net = asked(feed, Config::default(), 2);
        net.eof();
        net.eof();
        // The peer learns at once what will be answered; a socket that is gone answers with a reset.
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, 3);
        net.peer.expect_nothing()?;
        assert_eq!(net.events(), []);
        let interest = net.core.interest();
        assert_eq!((interest.read, interest.close), (false, Close::No));
        net.respond(3, &OK, false);
        net.send(3, body(1000), true);
        net.pump();
        net.peer.expect_status(3, "200")?;
        assert!(net.peer.expect_body(3, &body(1000))?);
        assert_eq!(net.events(), []);
        net.respond(1, &OK, true);
        net.pump();
        assert!(net.peer.expect_status(1, "200")?.end_stream);
        net.peer.expect_nothing()?;
        assert_eq!(net.events(), [closed(CloseReason::Finished)]);
        is_over(&net);
        Ok(net)
    });
}

#[test]
fn a_request_that_can_never_complete_ends() {
    every_split(|feed| {
        let mut net = asked(feed, Config::default(), 1);
        net.ask(3, "/upload", false);
        net.peer.send(&RawFrame::data(3, "some"));
        net.pump();
        net.events();
        net.peer.drain();
        net.eof();
        net.peer.expect_rst(3, code::CANCEL)?;
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, 3);
        assert_eq!(net.events(), [cut(3, ErrorCode::CANCEL)]);
        net.respond(1, &OK, true);
        net.pump();
        assert!(net.peer.expect_status(1, "200")?.end_stream);
        assert_eq!(net.events(), [closed(CloseReason::Eof)]);
        is_over(&net);
        Ok(net)
    });
}

#[test]
fn when_no_request_is_complete_the_connection_ends() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", false);
        net.ask(3, "/", false);
        net.pump();
        net.events();
        net.eof();
        net.peer.expect_rst(1, code::CANCEL)?;
        net.peer.expect_rst(3, code::CANCEL)?;
        net.peer.expect_goaway(code::NO_ERROR)?;
        let cancel = ErrorCode::CANCEL;
        let told = [cut(1, cancel), cut(3, cancel), closed(CloseReason::Eof)];
        assert_eq!(net.events(), told);
        is_over(&net);
        Ok(net)
    });
}

/// An early answer stands: its request is let go without a complaint (RFC 9113 8.1).
#[test]
fn a_complete_answer_stands() {
    every_split(|feed| {
        let mut net = Against::server(feed, Config::default());
        net.ask(1, "/", false);
        net.pump();
        net.events();
        net.respond(1, &OK, true);
        net.pump();
        net.peer.expect_status(1, "200")?;
        net.eof();
        net.peer.expect_rst(1, code::NO_ERROR)?;
        net.peer.expect_goaway(code::NO_ERROR)?;
        let told = [cut(1, ErrorCode::NO_ERROR), closed(CloseReason::Eof)];
        assert_eq!(net.events(), told);
        Ok(net)
    });
}

/// What a stream's window takes is sent, then it ends: no credit can come.
#[test]
fn an_answer_beyond_its_window_is_sent_as_far_as_that_reaches() {
    for before in [0, 1000, WINDOW, WINDOW + 1000] {
        every_split(|feed| {
            let mut net = asked(feed, config(|c| c.send.stream_mark = 1 << 20), 1);
            let whole = body(WINDOW + 1000);
            net.respond(1, &OK, false);
            net.send(1, whole[..before].to_vec(), false);
            net.pump();
            net.eof();
            if before <= WINDOW {
                net.send(1, whole[before..].to_vec(), true);
                net.pump();
            }
            let goaway = net
                .peer
                .find(|item| matches!(item, Received::GoAway { .. }));
            assert!(goaway.is_some());
            net.peer.expect_status(1, "200")?;
            assert!(!net.peer.expect_body(1, &whole[..WINDOW])?);
            net.peer.expect_rst(1, code::CANCEL)?;
            net.peer.expect_nothing()?;
            let told = [cut(1, ErrorCode::CANCEL), closed(CloseReason::Eof)];
            assert_eq!(net.events(), told);
            is_over(&net);
            Ok(net)
        });
    }
}

#[test]
fn an_answer_that_fits_its_window_exactly_is_whole() {
    type End = fn(&mut Against);
    let ends: [End; 3] = [
        |net| net.send(1, body(WINDOW), true),
        |net| {
            net.send(1, body(WINDOW), false);
            net.pump();
            net.send(1, "", true);
        },
        |net| {
            net.send(1, body(WINDOW), false);
            let stream = net.stream(1);
            net.core.send(stream).trailers(&[("sum", "7")]).unwrap();
        },
    ];
    for end in ends {
        every_split(|feed| {
            let mut net = asked(feed, Config::default(), 1);
            net.eof();
            net.peer.expect_goaway(code::NO_ERROR)?;
            net.respond(1, &OK, false);
            end(&mut net);
            net.pump();
            net.peer.expect_status(1, "200")?;
            if !net.peer.expect_body(1, &body(WINDOW))? {
                let last = net.peer.next_received().expect("an end of the message");
                assert!(ends_stream(&last), "{}", last.summary());
            }
            net.peer.expect_nothing()?;
            assert_eq!(net.events(), [closed(CloseReason::Finished)]);
            is_over(&net);
            Ok(net)
        });
    }
}

/// The connection's window is shared: those whose turn comes after its end are cut, whatever their own windows say.
#[test]
fn the_window_of_the_connection_bounds_all_answers_together() {
    for early in [true, false] {
        every_split(|feed| {
            let mut net = asked(feed, Config::default(), 3);
            let answer = |net: &mut Against| {
                for id in [1, 3, 5] {
                    net.respond(id, &OK, false);
                    net.send(id, body(40_000), true);
                }
                net.pump();
            };
            if early {
                answer(&mut net);
                assert_eq!(net.peer.may_receive(0), 0);
                assert_eq!(net.events(), []);
                net.eof();
            } else {
                net.eof();
                answer(&mut net);
            }
            let cancel = ErrorCode::CANCEL;
            let told = [cut(3, cancel), cut(5, cancel), closed(CloseReason::Eof)];
            assert_eq!(net.events(), told);
            let octets = |item: &Received| match item {
                Received::Data { data, .. } => data.len(),
                _ => 0,
            };
            let items = net.peer.drain();
            assert_eq!(items.iter().map(octets).sum::<usize>(), WINDOW);
            let resets = (items.iter()).filter(|item| matches!(item, Received::Rst { .. }));
            assert_eq!(resets.count(), 2);
            is_over(&net);
            Ok(net)
        });
    }
}

/// What says that it has data must be asked for it, or a loop that waits for "something to write" waits for ever.
#[test]
fn an_answer_behind_an_empty_window_of_the_connection_is_something_to_write() {
    every_split(|feed| {
        let mut net = asked(feed, Config::default(), 2);
        net.respond(1, &OK, false);
        net.send(1, body(WINDOW), true);
        net.pump();
        net.eof();
        net.respond(3, &OK, false);
        net.pump();
        assert_eq!(net.events(), []);
        net.send(3, "one octet too many", true);
        assert!(net.core.interest().write);
        net.pump();
        net.peer.find(|item| matches!(item, Received::Rst { .. }));
        let told = [cut(3, ErrorCode::CANCEL), closed(CloseReason::Eof)];
        assert_eq!(net.events(), told);
        Ok(net)
    });
}

#[test]
fn a_frame_that_was_cut_concerns_only_its_stream() {
    let upload = RawFrame::data(3, "an upload").encode();
    let head = RawFrame::headers(5, BlockWriter::request("GET", "/").build()).end_stream();
    let ping = RawFrame::ping([0; 8]).encode();
    for (piece, cut_short) in [
        (&upload[..5], false),
        (&upload[..12], true),
        (&head.encode()[..15], false),
        (&ping[..12], false),
    ] {
        let mut net = asked(Feed::Whole, Config::default(), 1);
        net.ask(3, "/upload", false);
        net.pump();
        net.events();
        net.receive(piece);
        let events = net.events();
        assert_eq!(!events.is_empty(), cut_short, "{events:?}");
        net.eof();
        assert_eq!(net.events(), [cut(3, ErrorCode::CANCEL)]);
        net.respond(1, &OK, true);
        net.pump();
        assert_eq!(net.events(), [closed(CloseReason::Eof)]);
        let ended = net.peer.find(ends_stream);
        assert!(ended.is_some());
    }
}

#[test]
fn what_comes_after_the_end_means_nothing() {
    let mut net = asked(Feed::Whole, Config::default(), 1);
    net.eof();
    net.peer.drain();
    net.ask(3, "/", true);
    net.peer.send(&RawFrame::window_update(0, 0));
    net.peer.send(&RawFrame::ping(*b"anybody?"));
    net.pump();
    assert_eq!(net.events(), []);
    net.peer.expect_nothing().unwrap();
    net.respond(1, &OK, true);
    net.pump();
    assert_eq!(net.events(), [closed(CloseReason::Finished)]);
}

/// Neither silence nor what the peer owes is held against it: it cannot speak.
#[test]
fn a_slow_answer_is_waited_for() {
    let settings = config(|c| {
        c.timers.keepalive = Some(Keepalive {
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            while_idle: true,
        });
        c.timers.idle = Some(Duration::from_secs(20));
        c.timers.max_age = Some(Duration::from_secs(40));
    });
    // It never acknowledges our SETTINGS.
    let mut net = Against::new(Feed::Whole, settings, RawPeer::client(&[]));
    net.ask(1, "/", true);
    net.pump();
    net.events();
    net.peer.drain();
    net.eof();
    net.peer.expect_goaway(code::NO_ERROR).unwrap();
    net.advance(Duration::from_secs(3600));
    net.peer.expect_nothing().unwrap();
    assert_eq!(net.events(), []);
    net.respond(1, &OK, true);
    net.pump();
    assert_eq!(net.events(), [closed(CloseReason::Finished)]);
    assert!(net.peer.expect_status(1, "200").unwrap().end_stream);
}

#[test]
fn draining_has_its_deadline() {
    let settings = config(|c| c.timers.drain = Some(Duration::from_secs(30)));
    let mut net = asked(Feed::Whole, settings, 1);
    net.eof();
    net.advance(Duration::from_millis(29_999));
    assert_eq!(net.events(), []);
    net.advance(Duration::from_millis(1));
    let reason = CloseReason::Timeout(TimeoutKind::Shutdown);
    assert_eq!(net.events().last(), Some(&closed(reason)));
    is_over(&net);
}

/// A peer that ends its side and does not read is held to the deadline for progress.
#[test]
fn a_peer_that_reads_nothing_has_its_deadline() {
    let mut net = asked(Feed::Whole, config(|c| c.send.commit_ahead = 1024), 1);
    net.respond(1, &OK, false);
    net.send(1, body(50_000), true);
    net.core.handle_eof(net.now());
    let mut looks = 0;
    while let Some(at) = net.core.poll_timeout() {
        assert!(!net.core.transmit(at).is_empty());
        net.core.handle_timeout(at);
        looks += 1;
    }
    assert!(looks <= 2, "each look comes a minute after the one before");
    net.pump();
    let reason = CloseReason::Timeout(TimeoutKind::Progress);
    assert_eq!(net.events().last(), Some(&closed(reason)));
}

#[test]
fn the_transport_may_fail_after_the_peers_end() {
    let mut net = asked(Feed::Whole, Config::default(), 1);
    net.eof();
    net.core.handle_transport_error(net.now());
    net.pump();
    let told = [cut(1, ErrorCode::NO_ERROR), closed(CloseReason::Transport)];
    assert_eq!(net.events(), told);
    assert_eq!(net.core.interest().close, Close::Now);
}

#[test]
fn a_shutdown_that_has_begun_goes_on() {
    every_split(|feed| {
        let mut net = asked(feed, Config::default(), 1);
        net.core.shutdown(net.now());
        net.eof();
        let first = net.peer.expect_goaway(code::NO_ERROR)?;
        assert_eq!(first.last_stream, 0x7fff_ffff);
        net.peer.expect_ping()?;
        let second = net.peer.expect_goaway(code::NO_ERROR)?;
        assert_eq!(second.last_stream, 1);
        net.core.shutdown(net.now());
        net.respond(1, &OK, true);
        net.pump();
        assert!(net.peer.expect_status(1, "200")?.end_stream);
        net.peer.expect_nothing()?;
        assert_eq!(net.events(), [closed(CloseReason::Finished)]);
        Ok(net)
    });
}

/// A client says farewell and ends its side: that is good order, if it says that nothing is broken.
#[test]
fn after_a_farewell_the_answers_are_still_sent() {
    every_split(|feed| {
        let mut net = asked(feed, Config::default(), 1);
        net.peer.send(&RawFrame::goaway(0, code::NO_ERROR, b""));
        net.pump();
        net.events();
        net.eof();
        assert_eq!(net.peer.expect_goaway(code::NO_ERROR)?.last_stream, 1);
        net.respond(1, &OK, true);
        net.pump();
        assert!(net.peer.expect_status(1, "200")?.end_stream);
        assert_eq!(net.events(), [closed(CloseReason::Finished)]);
        Ok(net)
    });
}

#[test]
fn a_client_that_says_that_something_is_broken_waits_for_nothing() {
    let mut net = asked(Feed::Whole, Config::default(), 1);
    net.peer
        .send(&RawFrame::goaway(0, code::PROTOCOL_ERROR, b""));
    net.pump();
    net.events();
    net.eof();
    let told = [cut(1, ErrorCode::NO_ERROR), closed(CloseReason::Eof)];
    assert_eq!(net.events(), told);
}

#[test]
fn a_server_may_rather_end_everything() {
    let mut net = asked(Feed::Whole, config(|c| c.eof_ends_streams = true), 1);
    net.eof();
    let told = [cut(1, ErrorCode::NO_ERROR), closed(CloseReason::Eof)];
    assert_eq!(net.events(), told);
    is_over(&net);
}

/// No answer can come any more; what is complete is complete.
#[test]
fn a_client_loses_what_is_open_and_nothing_else() {
    every_split(|feed| {
        let mut net = Against::client(feed, Config::default());
        assert_eq!((net.open("/", true), net.open("/", true)), (1, 3));
        net.pump();
        net.answer(1, "200", false);
        net.peer.send(&RawFrame::data(1, "whole").end_stream());
        net.answer(3, "200", false);
        net.peer.send(&RawFrame::data(3, "par"));
        net.pump();
        let before = net.events();
        assert_eq!(before[1], Seen::data(1, "whole", true));
        net.eof();
        let told = [cut(3, ErrorCode::NO_ERROR), closed(CloseReason::Eof)];
        assert_eq!(net.events(), told);
        assert_eq!(net.core.interest().close, Close::Now);
        assert_eq!(net.peer.role(), Role::Server);
        Ok(net)
    });
}
