//! What is known of a head in the end.

use super::{GET, at, collect, get_and};
use crate::headers::{HeadKind, Level, MethodKind, Rules, Summary};
use crate::vocabulary::Priority;

fn summary(fields: &[(&str, &str)], kind: HeadKind, level: Level) -> Summary {
    collect(fields, kind, &at(level)).unwrap().summary
}

fn request(more: &[(&str, &str)], level: Level) -> Summary {
    summary(&get_and(more), HeadKind::Request, level)
}

fn response(more: &[(&str, &str)], level: Level) -> Summary {
    let fields = [&[(":status", "200")][..], more].concat();
    summary(&fields, HeadKind::Response, level)
}

#[test]
fn methods() {
    for (method, kind) in [
        ("GET", MethodKind::Get),
        ("HEAD", MethodKind::Head),
        ("OPTIONS", MethodKind::Options),
        ("POST", MethodKind::Other),
        ("get", MethodKind::Other),
        ("PUT", MethodKind::Other),
    ] {
        let mut fields = GET;
        fields[0].1 = method;
        let summary = summary(&fields, HeadKind::Request, Level::Strict);
        assert_eq!(summary.method, kind, "{method}");
        assert_eq!(summary.status, 0);
    }
    let connect = [(":method", "CONNECT"), (":authority", "a:1")];
    let tunnel = summary(&connect, HeadKind::Request, Level::Strict);
    assert_eq!(tunnel.method, MethodKind::Connect);
    let mut fields = get_and(&[(":protocol", "x")]);
    fields[0].1 = "CONNECT";
    let rules = Rules {
        extended_connect: true,
        ..Rules::default()
    };
    let extended = collect(&fields, HeadKind::Request, &rules).unwrap().summary;
    assert_eq!(extended.method, MethodKind::ExtendedConnect);
    // With rules off :protocol without CONNECT means nothing.
    fields[0].1 = "GET";
    let get = summary(&fields, HeadKind::Request, Level::Off);
    assert_eq!(get.method, MethodKind::Get);
}

#[test]
fn without_rules_the_first_pseudo_header_counts_and_none_after_a_field() {
    let twice = [(":method", "HEAD"), (":method", "GET")];
    let first = summary(&twice, HeadKind::Request, Level::Off);
    assert_eq!(first.method, MethodKind::Head);
    let late = [("a", "b"), (":method", "HEAD")];
    let none = summary(&late, HeadKind::Request, Level::Off);
    assert_eq!(none.method, MethodKind::Other);
    // An unknown pseudo-header is no regular field.
    let unknown = [(":x", "y"), (":method", "HEAD")];
    let collected = collect(&unknown, HeadKind::Request, &at(Level::Off)).unwrap();
    assert_eq!(collected.summary.method, MethodKind::Head);
    assert_eq!(collected.head.method(), Some(&b"HEAD"[..]));
}

#[test]
fn statuses() {
    let interim = summary(&[(":status", "103")], HeadKind::Response, Level::Strict);
    assert_eq!((interim.status, interim.method), (103, MethodKind::Other));
    let upgrade = summary(&[(":status", "101")], HeadKind::Response, Level::Off);
    assert_eq!(upgrade.status, 101);
    let trailers = [(":status", "200")];
    let none = summary(&trailers, HeadKind::ResponseTrailers, Level::Off);
    assert_eq!(none.status, 0);
}

#[test]
fn content_lengths() {
    let length = |values: &[&'static str], level| {
        let fields: alloc::vec::Vec<_> = values.iter().map(|&v| ("content-length", v)).collect();
        let length = request(&fields, level).content_length;
        assert_eq!(length, response(&fields, level).content_length);
        length
    };
    for level in [Level::Strict, Level::Compatible, Level::Off] {
        assert_eq!(length(&[], level), None);
        assert_eq!(length(&["0"], level), Some(0));
        assert_eq!(length(&["18446744073709551615"], level), Some(u64::MAX));
    }
    for level in [Level::Compatible, Level::Off] {
        assert_eq!(length(&["42, 42"], level), Some(42));
        assert_eq!(length(&["42", "42"], level), Some(42));
    }
    assert_eq!(length(&["x"], Level::Off), None);
    assert_eq!(length(&["42", "43"], Level::Off), None);
    assert_eq!(length(&["42", "43", "42"], Level::Off), None);
    assert_eq!(length(&["x", "42"], Level::Off), None);
    assert_eq!(length(&["42", "x", "42"], Level::Off), None);
    let trailers = [("content-length", "7")];
    let none = summary(&trailers, HeadKind::ResponseTrailers, Level::Strict);
    assert_eq!(none.content_length, None);
}

#[test]
fn folded_content_lengths_are_one_field() {
    for (fields, dropped) in [
        (&[("content-length", "42 , 042")][..], 0),
        (
            &[
                ("content-length", "42"),
                ("x", "y"),
                ("content-length", "42"),
            ],
            1,
        ),
    ] {
        let fields = get_and(fields);
        let got = collect(&fields, HeadKind::Request, &at(Level::Compatible)).unwrap();
        let mut lengths = got.head.get_all("content-length");
        assert_eq!(lengths.next(), Some(&b"42"[..]));
        assert_eq!(lengths.next(), None);
        assert_eq!(got.head.len() + dropped, fields.len());
        assert_eq!(got.summary.fields as usize, fields.len(), "as received");
    }
}

#[test]
fn priorities() {
    for (values, priority) in [
        (&[][..], None),
        (&["u=1"], Some(Priority::new(1, false))),
        (&["u=1, i"], Some(Priority::new(1, true))),
        (&["u=1", "i"], Some(Priority::new(1, true))),
        (&["u=1", "u=5", "i"], Some(Priority::new(5, true))),
        (&["u="], None),
        (&["u=1", "u="], None),
        (&[""], Some(Priority::DEFAULT)),
        (&["", "u=2"], Some(Priority::new(2, false))),
    ] {
        let fields: alloc::vec::Vec<_> = values.iter().map(|&v| ("priority", v)).collect();
        assert_eq!(
            request(&fields, Level::Strict).priority,
            priority,
            "{values:?}"
        );
        assert_eq!(
            response(&fields, Level::Strict).priority,
            priority,
            "{values:?}"
        );
        let trailers = summary(&fields, HeadKind::RequestTrailers, Level::Strict);
        assert_eq!(trailers.priority, None);
    }
}

#[test]
fn expectations_and_crumbs() {
    for (value, expected) in [
        ("100-continue", true),
        ("100-Continue", true),
        ("100-continue, x", false),
        ("", false),
    ] {
        let fields = [("expect", value)];
        assert_eq!(request(&fields, Level::Strict).expect_continue, expected);
        assert!(!response(&fields, Level::Strict).expect_continue);
        let trailers = summary(&fields, HeadKind::RequestTrailers, Level::Strict);
        assert!(!trailers.expect_continue);
    }
    let crumbs = [("cookie", "a=b"), ("cookie", "c=d"), ("cookiE", "e")];
    assert_eq!(request(&crumbs[..2], Level::Strict).crumbs, 2);
    assert_eq!(request(&crumbs, Level::Off).crumbs, 2);
    let trailers = summary(&crumbs[..1], HeadKind::RequestTrailers, Level::Strict);
    assert_eq!(trailers.crumbs, 1);
}

#[test]
fn sizes_are_those_received() {
    let fields = [("x", "  y  ")];
    let got = collect(&fields, HeadKind::RequestTrailers, &at(Level::Compatible)).unwrap();
    assert_eq!(got.summary.list_size, 32 + 6);
    assert_eq!(got.head.list_size(), 32 + 2);
    assert!(!got.summary.overlong);
}

/// Only who sends is held to RFC 9110 8.6: what comes may say its length where there is no body.
#[test]
fn a_length_without_a_body_may_come() {
    for status in ["103", "204", "304"] {
        let fields = [(":status", status), ("content-length", "0")];
        let collected = collect(&fields, HeadKind::Response, &Rules::default()).unwrap();
        assert_eq!(collected.summary.content_length, Some(0), "{status}");
    }
}
