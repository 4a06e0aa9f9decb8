//! Every rule, at every level, with and without knowledge of the names' indices.

use super::{GET, at, collect, get_and};
use crate::error::Violation::{self, *};
use crate::headers::collect::{Collector, FieldIn};
use crate::headers::{HeadKind, Level, Rules, names};
use alloc::vec::Vec;

type Verdicts = [Option<Violation>; 3];

const OK: Verdicts = [None, None, None];

/// Refused by all but `off`.
fn must(violation: Violation) -> Verdicts {
    [Some(violation), Some(violation), None]
}

/// Refused when strict.
fn should(violation: Violation) -> Verdicts {
    [Some(violation), None, None]
}

/// Refused by all.
fn always(violation: Violation) -> Verdicts {
    [Some(violation); 3]
}

const LEVELS: [Level; 3] = [Level::Strict, Level::Compatible, Level::Off];

fn check_with(kind: HeadKind, fields: &[(&str, &str)], verdicts: Verdicts, rules: Rules) {
    for (level, expected) in LEVELS.into_iter().zip(verdicts) {
        let rules = Rules { level, ..rules };
        let plain = collect(fields, kind, &rules);
        assert_eq!(
            plain.as_ref().err().copied(),
            expected,
            "{kind:?} {level:?} {fields:?}"
        );
        // The same fields with the index that HPACK would know.
        let mut collector = Collector::new();
        collector.start(kind, &rules);
        for &(name, value) in fields {
            let known = (1..=61)
                .find(|&index| names::name(index) == name.as_bytes())
                .unwrap_or(0);
            let field = FieldIn::new(name.as_bytes(), value.as_bytes());
            assert!(collector.field(FieldIn { known, ..field }).is_continue());
        }
        assert_eq!(
            collector.finish(None),
            plain,
            "{kind:?} {level:?} {fields:?}"
        );
    }
}

fn check(kind: HeadKind, fields: &[(&str, &str)], verdicts: Verdicts) {
    check_with(kind, fields, verdicts, Rules::default());
}

/// In a request, a response and both kinds of trailers, after what they need.
fn everywhere(name: &str, value: &str, verdicts: Verdicts) {
    check(HeadKind::Request, &get_and(&[(name, value)]), verdicts);
    let response = [(":status", "200"), (name, value)];
    check(HeadKind::Response, &response, verdicts);
    check(HeadKind::RequestTrailers, &[(name, value)], verdicts);
    check(HeadKind::ResponseTrailers, &[(name, value)], verdicts);
    check(HeadKind::PushRequest, &get_and(&[(name, value)]), verdicts);
}

#[test]
fn every_octet_of_a_name() {
    for octet in 0..=127_u8 {
        let name = alloc::format!("a{}b", char::from(octet));
        let verdicts = match octet {
            0 | b'\r' | b'\n' => always(FieldNameInvalid),
            0..=0x20 | 0x7f | b':' | b'A'..=b'Z' => must(FieldNameInvalid),
            b'"' | b'(' | b')' | b',' | b'/' | b';' | b'<' | b'=' | b'>' | b'?' | b'@' | b'['
            | b'\\' | b']' | b'{' | b'}' => should(FieldNameInvalid),
            _ => OK,
        };
        everywhere(&name, "v", verdicts);
    }
    everywhere("a\u{80}", "v", must(FieldNameInvalid));
    everywhere("\u{ff}", "v", must(FieldNameInvalid));
    everywhere("", "v", should(FieldNameInvalid));
    everywhere("Content-Length", "1", must(FieldNameInvalid));
    everywhere("Connection", "close", must(FieldNameInvalid));
    everywhere("a:", "v", must(FieldNameInvalid));
    everywhere("::", "v", must(FieldNameInvalid));
}

#[test]
fn every_octet_of_a_value() {
    for octet in 0..=127_u8 {
        let verdicts = match octet {
            0 | b'\r' | b'\n' => always(FieldValueInvalid),
            b'\t' => OK,
            0..=0x1f | 0x7f => should(FieldValueInvalid),
            _ => OK,
        };
        let value = alloc::format!("a{}b", char::from(octet));
        everywhere("x-name", &value, verdicts);
        everywhere("server", &value, verdicts);
    }
    everywhere("x-name", "\u{80}\u{ff}", OK);
    everywhere("x-name", "", OK);
}

#[test]
fn white_space_at_the_edges() {
    for value in [" a", "a ", "\ta", "a\t", " ", "\t \t"] {
        everywhere("x-name", value, should(FieldValueEdgeSpace));
    }
    let trimmed = collect(
        &get_and(&[("x", " \ta b\t ")]),
        HeadKind::Request,
        &at(Level::Compatible),
    );
    assert_eq!(trimmed.unwrap().head.get("x"), Some(&b"a b"[..]));
    let kept = collect(&get_and(&[("x", " a")]), HeadKind::Request, &at(Level::Off));
    assert_eq!(kept.unwrap().head.get("x"), Some(&b" a"[..]));
    // What is trimmed is then judged.
    let path = [
        (":method", "GET"),
        (":scheme", "http"),
        (":path", " /"),
        (":authority", "a"),
    ];
    check(HeadKind::Request, &path, should(FieldValueEdgeSpace));
}

#[test]
fn connection_specific_fields() {
    for name in [
        "connection",
        "proxy-connection",
        "keep-alive",
        "transfer-encoding",
        "upgrade",
    ] {
        for value in ["", "chunked", "close", "trailers"] {
            everywhere(name, value, must(ConnectionSpecificField));
        }
    }
    everywhere("connectiom", "close", OK);
    everywhere("x-upgrade", "h2c", OK);
}

#[test]
fn te() {
    for (value, verdicts) in [
        ("trailers", OK),
        ("Trailers", OK),
        ("TRAILERS", OK),
        ("", must(TeInvalid)),
        ("gzip", must(TeInvalid)),
        ("trailers, gzip", must(TeInvalid)),
        ("trailers;q=1", must(TeInvalid)),
        ("trailer", must(TeInvalid)),
    ] {
        check(HeadKind::Request, &get_and(&[("te", value)]), verdicts);
        check(HeadKind::RequestTrailers, &[("te", value)], verdicts);
        let response = [(":status", "200"), ("te", value)];
        check(HeadKind::Response, &response, must(TeInvalid));
        check(
            HeadKind::ResponseTrailers,
            &[("te", value)],
            must(TeInvalid),
        );
    }
}

#[test]
fn pseudo_headers_unknown_or_of_the_other_direction() {
    for name in [":", ":foo", ":status", ":metho", ":path2"] {
        check(
            HeadKind::Request,
            &get_and(&[(name, "200")]),
            must(PseudoUnknown),
        );
    }
    check(
        HeadKind::Request,
        &get_and(&[(":Path", "/")]),
        must(FieldNameInvalid),
    );
    for name in [
        ":method",
        ":scheme",
        ":authority",
        ":path",
        ":protocol",
        ":x",
    ] {
        let response = [(":status", "200"), (name, "x")];
        check(HeadKind::Response, &response, must(PseudoUnknown));
    }
    check(
        HeadKind::PushRequest,
        &get_and(&[(":protocol", "x")]),
        must(PseudoUnknown),
    );
    for name in [
        ":method",
        ":scheme",
        ":authority",
        ":path",
        ":protocol",
        ":status",
        ":x",
    ] {
        check(
            HeadKind::RequestTrailers,
            &[(name, "200")],
            must(PseudoInTrailers),
        );
        check(
            HeadKind::ResponseTrailers,
            &[(name, "200")],
            must(PseudoInTrailers),
        );
        let late = [("a", "b"), (name, "200")];
        check(HeadKind::ResponseTrailers, &late, must(PseudoInTrailers));
    }
}

#[test]
fn pseudo_headers_late_or_twice() {
    for (at, field) in GET.into_iter().enumerate() {
        let twice = get_and(&[field]);
        check(HeadKind::Request, &twice, must(PseudoDuplicate));
        check(HeadKind::PushRequest, &twice, must(PseudoDuplicate));
        let mut late = GET.to_vec();
        let moved = late.remove(at);
        late.extend([("accept", "*/*"), moved]);
        check(HeadKind::Request, &late, must(PseudoLate));
        late[3] = ("te", "trailers");
        check(HeadKind::Request, &late, must(PseudoLate));
    }
    let twice = [(":status", "200"), (":status", "200")];
    check(HeadKind::Response, &twice, must(PseudoDuplicate));
    // Without rules there is no status but the first, and none after a regular field.
    let late = [("server", "x"), (":status", "200")];
    check(
        HeadKind::Response,
        &late,
        [Some(PseudoLate), Some(PseudoLate), Some(StatusInvalid)],
    );
}

#[test]
fn pseudo_headers_missing_or_empty() {
    for at in 0..3 {
        let mut fields = GET.to_vec();
        fields.remove(at);
        check(HeadKind::Request, &fields, must(PseudoMissing));
        check(HeadKind::PushRequest, &fields, must(PseudoMissing));
    }
    check(HeadKind::Request, &[], must(PseudoMissing));
    let with = |at: usize, value| {
        let mut fields = GET.to_vec();
        fields[at].1 = value;
        fields
    };
    check(HeadKind::Request, &with(0, ""), must(PseudoMissing));
    check(HeadKind::Request, &with(1, ""), must(PseudoMissing));
    check(HeadKind::Request, &with(2, ""), must(PathInvalid));
    check(
        HeadKind::Request,
        &with(0, "G T"),
        should(FieldValueInvalid),
    );
    check(
        HeadKind::Request,
        &with(0, ":GET"),
        should(FieldValueInvalid),
    );
    check(HeadKind::Request, &with(0, "get!"), OK);
    check(HeadKind::Request, &with(1, "1a"), should(FieldValueInvalid));
    check(
        HeadKind::Request,
        &with(1, "a/b"),
        should(FieldValueInvalid),
    );
    check(HeadKind::Request, &with(1, "coap+tcp"), OK);
}

#[test]
fn paths() {
    let request = |method, scheme, path| -> Vec<(&'static str, &'static str)> {
        Vec::from([
            (":method", method),
            (":scheme", scheme),
            (":path", path),
            (":authority", "a"),
        ])
    };
    for scheme in ["http", "https", "HTTP", "hTTps"] {
        for (method, path, verdicts) in [
            ("GET", "/", OK),
            ("GET", "/a?b=c", OK),
            ("GET", "//", OK),
            ("GET", "/\u{e9}", OK),
            ("GET", "a", must(PathInvalid)),
            ("GET", "*", must(PathInvalid)),
            ("OPTIONS", "*", OK),
            ("OPTIONS", "/", OK),
            ("OPTIONS", "**", must(PathInvalid)),
            ("OPTIONS", "", must(PathInvalid)),
            ("options", "*", must(PathInvalid)),
            ("POST", "svc/Method", must(PathInvalid)),
            ("GET", "https://a/", must(PathInvalid)),
            ("GET", "/a b", should(PathInvalid)),
            ("GET", "/a\tb", should(PathInvalid)),
            ("GET", "/a\x01", should(FieldValueInvalid)),
        ] {
            check(HeadKind::Request, &request(method, scheme, path), verdicts);
        }
    }
    for path in ["", "*", "a", "/"] {
        check(HeadKind::Request, &request("GET", "urn", path), OK);
    }
}

#[test]
fn connect() {
    let authority = (":authority", "a.example:443");
    let connect = (":method", "CONNECT");
    for (more, verdicts) in [
        (&[authority][..], OK),
        (&[authority, ("user-agent", "x")], OK),
        (&[authority, (":path", "/")], must(ConnectPseudo)),
        (&[authority, (":scheme", "https")], must(ConnectPseudo)),
        (
            &[authority, (":path", "/"), (":scheme", "https")],
            must(ConnectPseudo),
        ),
        (&[(":authority", "")], must(ConnectPseudo)),
        (&[], must(ConnectPseudo)),
        (&[("host", "a.example:443")], must(ConnectPseudo)),
        (
            &[(":authority", "u@a.example:443")],
            must(AuthorityUserinfo),
        ),
    ] {
        let fields = [&[connect][..], more].concat();
        check(HeadKind::Request, &fields, verdicts);
    }
}

#[test]
fn extended_connect() {
    let whole = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/chat"),
        (":authority", "a"),
    ];
    let enabled = Rules {
        extended_connect: true,
        ..Rules::default()
    };
    check(HeadKind::Request, &whole, must(ExtendedConnectInvalid));
    check_with(HeadKind::Request, &whole, OK, enabled);
    let without = |name| -> Vec<_> { whole.into_iter().filter(|f| f.0 != name).collect() };
    let with = |name, value| -> Vec<_> {
        let change = |f: (&'static str, &'static str)| if f.0 == name { (f.0, value) } else { f };
        whole.into_iter().map(change).collect()
    };
    for (fields, verdicts) in [
        (without(":scheme"), must(ExtendedConnectInvalid)),
        (without(":path"), must(ExtendedConnectInvalid)),
        (without(":method"), must(PseudoMissing)),
        (without(":authority"), should(AuthorityMissing)),
        (with(":method", "GET"), must(ExtendedConnectInvalid)),
        (with(":protocol", ""), must(ExtendedConnectInvalid)),
        (with(":scheme", ""), must(ExtendedConnectInvalid)),
        (with(":path", "chat"), must(PathInvalid)),
        (with(":path", "*"), must(PathInvalid)),
        (with(":path", ""), must(PathInvalid)),
        (with(":authority", "u@a"), must(AuthorityUserinfo)),
    ] {
        check_with(HeadKind::Request, &fields, verdicts, enabled);
    }
}

#[test]
fn statuses() {
    for (status, verdicts) in [
        ("100", OK),
        ("199", OK),
        ("200", OK),
        ("599", OK),
        ("600", OK),
        ("999", OK),
        ("101", must(StatusInvalid)),
        ("", always(StatusInvalid)),
        ("0", always(StatusInvalid)),
        ("000", always(StatusInvalid)),
        ("099", always(StatusInvalid)),
        ("20", always(StatusInvalid)),
        ("2000", always(StatusInvalid)),
        ("99999", always(StatusInvalid)),
        ("2 0", always(StatusInvalid)),
        ("20x", always(StatusInvalid)),
        ("+20", always(StatusInvalid)),
        ("200 OK", always(StatusInvalid)),
        (
            " 200",
            [Some(FieldValueEdgeSpace), None, Some(StatusInvalid)],
        ),
    ] {
        check(HeadKind::Response, &[(":status", status)], verdicts);
    }
    check(HeadKind::Response, &[], always(StatusInvalid));
    check(
        HeadKind::Response,
        &[("server", "x")],
        always(StatusInvalid),
    );
}

#[test]
fn content_lengths() {
    let invalid = must(ContentLengthInvalid);
    let folded = should(ContentLengthInvalid);
    for (values, verdicts) in [
        (&["0"][..], OK),
        (&["18446744073709551615"], OK),
        (&["007"], OK),
        (&[""], invalid),
        (&["-1"], invalid),
        (&["+1"], invalid),
        (&["1a"], invalid),
        (&["0x10"], invalid),
        (&["18446744073709551616"], invalid),
        (&["1 2"], invalid),
        (&["42, 43"], invalid),
        (&["42,"], invalid),
        (&["42, 42"], folded),
        (&["42,42", "42"], folded),
        (&["42", "42"], folded),
        (&["42", "042"], folded),
        (&["42", "43"], invalid),
        (&["42", "x"], invalid),
        (&["42", "42", "43"], invalid),
    ] {
        let lengths: Vec<_> = values.iter().map(|&v| ("content-length", v)).collect();
        check(HeadKind::Request, &get_and(&lengths), verdicts);
        check(HeadKind::PushRequest, &get_and(&lengths), verdicts);
        let response = [&[(":status", "200")][..], &lengths].concat();
        check(HeadKind::Response, &response, verdicts);
        check(HeadKind::ResponseTrailers, &lengths, OK);
        check(HeadKind::RequestTrailers, &lengths, OK);
    }
}

#[test]
fn the_first_violation_counts() {
    for (fields, violation) in [
        (get_and(&[("te", "gzip"), ("Upper", "x")]), TeInvalid),
        (get_and(&[("Upper", "x"), ("te", "gzip")]), FieldNameInvalid),
        (get_and(&[("Upper", "\0")]), FieldNameInvalid),
        (get_and(&[("connection", "\0")]), FieldValueInvalid),
        (get_and(&[("connection", " x")]), FieldValueEdgeSpace),
        (get_and(&[("x", " \x01")]), FieldValueInvalid),
        (get_and(&[("a", "b"), (":status", "200")]), PseudoUnknown),
        (get_and(&[("a", "b"), (":path", "/")]), PseudoLate),
        (
            [(":path", "x"), ("upgrade", "h2c")].to_vec(),
            ConnectionSpecificField,
        ),
    ] {
        let violated = collect(&fields, HeadKind::Request, &Rules::default());
        assert_eq!(violated, Err(violation), "{fields:?}");
    }
    let mut collector = Collector::new();
    collector.start(HeadKind::ResponseTrailers, &Rules::default());
    assert_eq!(collector.violation(), None);
    let _ = collector.field(FieldIn::new(b"te", b""));
    assert_eq!(collector.violation(), Some(TeInvalid));
    let _ = collector.field(FieldIn::new(b"A", b""));
    assert_eq!(collector.violation(), Some(TeInvalid));
}
