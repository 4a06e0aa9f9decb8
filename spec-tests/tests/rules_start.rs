//! How a connection begins (RFC 9113 3.4), and what is said to peers that speak something else.

use std::time::Duration;

use bywash_proto::config::Config;
use bywash_proto::error::{CloseReason, OtherProtocol, TimeoutKind, Violation as V};
use bywash_spec_tests::pair::{Against, Feed, Seen, every_split};
use bywash_spec_tests::raw::wire::{PREFACE, code};
use bywash_spec_tests::raw::{BlockWriter, RawFrame, RawPeer, Received, Role};

fn secure() -> Config {
    let mut config = Config::default();
    config.secure = true;
    config
}

/// A server that was sent these octets first.
fn greeted(feed: Feed, config: Config, octets: &[u8]) -> Against {
    let mut net = Against::new(feed, config, RawPeer::new(Role::Client)).deaf();
    net.peer.send_bytes(octets);
    net.pump();
    net
}

#[test]
fn prior_knowledge() {
    for config in [Config::default(), secure()] {
        every_split(|feed| {
            let mut net = Against::new(feed, config.clone(), RawPeer::client(&[]));
            net.ask(1, "/", true);
            net.pump();
            net.peer.expect_settings()?;
            net.peer.skip_window_updates();
            net.peer.expect_settings_ack()?;
            assert!(matches!(
                net.events()[..],
                [Seen::Settings, Seen::Request { .. }]
            ));
            Ok(net)
        });
    }
}

#[test]
fn a_secure_server_speaks_first_and_one_in_cleartext_waits() {
    every_split(|feed| {
        let mut net = Against::new(feed, secure(), RawPeer::new(Role::Client));
        net.pump();
        net.peer.expect_settings()?;
        Ok(net)
    });
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::new(Role::Client));
        net.pump();
        net.peer.expect_nothing()?;
        net.peer.send_bytes(&PREFACE[..23]);
        net.pump();
        net.peer.expect_nothing()?;
        net.peer.send_bytes(&PREFACE[23..]);
        net.pump();
        net.peer.expect_settings()?;
        Ok(net)
    });
}

#[test]
fn an_http1_request_is_answered_in_its_own_words() {
    let requests: [&[u8]; 9] = [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        b"PUT / HTTP/1.1\r\n\r\n............",
        b"PATCH / HTTP/1.1\r\n\r\n..........",
        b"HEAD / HTTP/1.0\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\n\r\n",
        b"DELETE /x HTTP/1.1\r\n\r\n",
        b"CONNECT a:443 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/1.1\r\n\r\n.....",
    ];
    for request in requests {
        every_split(|feed| {
            let mut net = greeted(feed, Config::default(), request);
            let reason = CloseReason::NotHttp2(OtherProtocol::Http1);
            assert_eq!(net.events(), [Seen::Closed(reason)]);
            let answer = String::from_utf8_lossy(net.output()).into_owned();
            assert!(answer.starts_with("HTTP/1.1 505 "), "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
            let length = format!("content-length: {}", body.len());
            assert!(
                head.contains(&length) && head.contains("connection: close"),
                "{answer}"
            );
            assert!(body.contains("HTTP/2"), "{body}");
            Ok(net)
        });
    }
}

#[test]
fn a_tls_hello_is_answered_by_an_alert() {
    let mut hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec();
    hello.extend_from_slice(&[7; 200]);
    every_split(|feed| {
        let mut net = greeted(feed, Config::default(), &hello);
        let reason = CloseReason::NotHttp2(OtherProtocol::Tls);
        assert_eq!(net.events(), [Seen::Closed(reason)]);
        // Alert, fatal, protocol_version (RFC 8446 6).
        let output = net.output();
        assert_eq!((output[0], output[1], output.len()), (0x15, 3, 7));
        assert_eq!(output[3..], [0, 2, 2, 70]);
        Ok(net)
    });
}

#[test]
fn anything_else_is_answered_by_goaway() {
    let mut cut = PREFACE.to_vec();
    cut[20] = b'X';
    let openings: [&[u8]; 9] = [
        b"SSH-2.0-OpenSSH_9.2\r\n.......",
        b"GARBAGE GARBAGE GARBAGE GARBAGE",
        b"PUX / HTTP/1.1\r\n\r\n...............",
        b"POSTER / HTTP/1.1\r\n\r\n............",
        b"\x16\x99\x01\x02\x00\x01\x00\x01\xfc\x03\x03.............",
        b"\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0.........",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
        &cut,
    ];
    for octets in openings {
        every_split(|feed| {
            let mut net = greeted(feed, Config::default(), octets);
            let reason = CloseReason::Violation(V::PrefaceInvalid);
            assert_eq!(
                net.events(),
                [Seen::Closed(reason)],
                "{}",
                octets.escape_ascii()
            );
            let mut reader = RawPeer::client(&[]);
            reader.receive(net.output());
            reader.expect_settings()?;
            reader.skip_window_updates();
            let goaway = reader.expect_goaway(code::PROTOCOL_ERROR)?;
            assert_eq!(goaway.last_stream, 0);
            Ok(net)
        });
    }
}

#[test]
fn on_a_secure_transport_there_is_only_goaway() {
    for octets in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"\x16\x03\x01.....................",
        b"hello hello hello hello ",
    ] {
        every_split(|feed| {
            let net = greeted(feed, secure(), octets);
            let mut reader = RawPeer::client(&[]);
            reader.receive(net.output());
            reader.expect_settings()?;
            reader.skip_window_updates();
            reader.expect_goaway(code::PROTOCOL_ERROR)?;
            Ok(net)
        });
    }
}

#[test]
fn the_first_frame_must_be_settings() {
    let firsts = [
        RawFrame::ping([0; 8]),
        RawFrame::settings_ack(),
        RawFrame::window_update(0, 1),
        RawFrame::headers(1, BlockWriter::request("GET", "/").build()).end_stream(),
        RawFrame::new(0xfa, 0, 0, vec![]),
        RawFrame::goaway(0, 0, b""),
    ];
    for frame in firsts {
        for role in [Role::Server, Role::Client] {
            every_split(|feed| {
                let mut peer = match role {
                    Role::Server => RawPeer::new(Role::Client),
                    Role::Client => RawPeer::new(Role::Server),
                };
                if role == Role::Server {
                    peer.send_bytes(PREFACE);
                }
                peer.send(&frame);
                let mut net = Against::new(feed, Config::default(), peer);
                net.pump();
                let reason = CloseReason::Violation(V::PrefaceNoSettings);
                assert_eq!(net.events(), [Seen::Closed(reason)]);
                net.peer.expect_settings()?;
                net.peer.skip_window_updates();
                net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
                Ok(net)
            });
        }
    }
}

#[test]
fn an_http1_answer_at_a_client_ends_the_connection() {
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::new(Role::Server));
        net.open("/", true);
        net.peer.send_bytes(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        net.pump();
        assert!(net.guard().is_closed());
        let seen = net.events();
        assert!(
            matches!(seen[..], [Seen::Ended { stream: 1, .. }, Seen::Closed(_)]),
            "{seen:?}"
        );
        Ok(net)
    });
}

#[test]
fn a_slow_start_has_a_deadline() {
    for role in [Role::Server, Role::Client] {
        every_split(|feed| {
            let peer = match role {
                Role::Server => RawPeer::new(Role::Client),
                Role::Client => RawPeer::new(Role::Server),
            };
            let mut net = Against::new(feed, Config::default(), peer);
            if role == Role::Server {
                net.peer.send_bytes(&PREFACE[..10]);
            }
            net.advance(Duration::from_millis(9_999));
            assert_eq!(net.events(), []);
            net.advance(Duration::from_millis(1));
            let reason = CloseReason::Timeout(TimeoutKind::Preface);
            assert_eq!(net.events(), [Seen::Closed(reason)]);
            net.peer.expect_settings()?;
            net.peer.skip_window_updates();
            net.peer.expect_goaway(code::PROTOCOL_ERROR)?;
            Ok(net)
        });
    }
}

#[test]
fn a_preface_without_settings_has_the_same_deadline() {
    every_split(|feed| {
        let mut peer = RawPeer::new(Role::Client);
        peer.send_bytes(PREFACE);
        let mut net = Against::new(feed, Config::default(), peer);
        net.advance(Duration::from_secs(10));
        let reason = CloseReason::Timeout(TimeoutKind::Preface);
        assert_eq!(net.events(), [Seen::Closed(reason)]);
        Ok(net)
    });
}

#[test]
fn a_client_may_send_before_it_hears() {
    every_split(|feed| {
        let mut net = Against::new(feed, Config::default(), RawPeer::new(Role::Server));
        assert_eq!(net.open("/", true), 1);
        net.pump();
        net.peer.expect_settings()?;
        net.peer.skip_window_updates();
        net.peer.expect_headers(1)?;
        net.peer.send(&RawFrame::settings(&[]));
        net.answer(1, "204", true);
        net.pump();
        assert!(matches!(
            net.events()[..],
            [Seen::Settings, Seen::Response { .. }]
        ));
        let ack = net.peer.find(|item| *item == Received::SettingsAck);
        assert!(ack.is_some());
        Ok(net)
    });
}

#[test]
fn an_end_before_anything_came() {
    for role in [Role::Server, Role::Client] {
        every_split(|feed| {
            let peer = match role {
                Role::Server => RawPeer::new(Role::Client),
                Role::Client => RawPeer::new(Role::Server),
            };
            let mut net = Against::new(feed, Config::default(), peer);
            net.pump();
            net.eof();
            let seen = net.events();
            assert!(matches!(seen[..], [Seen::Closed(_)]), "{seen:?}");
            Ok(net)
        });
    }
}
