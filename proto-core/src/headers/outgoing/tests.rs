use super::*;
use crate::error::HeadError::{self, *};
use crate::headers::Head;
use alloc::vec::Vec;

const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "https"),
    (":path", "/"),
    (":authority", "a.example"),
];

type Verdicts = [Option<HeadError>; 3];

fn check(kind: HeadKind, fields: &[(&str, &str)], verdicts: Verdicts) {
    for (level, expected) in [Level::Strict, Level::Compatible, Level::Off]
        .into_iter()
        .zip(verdicts)
    {
        let error = OutgoingCheck::check(fields, kind, level).err();
        assert_eq!(error, expected, "{kind:?} {level:?} {fields:?}");
    }
}

fn get_and<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&GET[..], more].concat()
}

fn must(error: HeadError) -> Verdicts {
    [Some(error), Some(error), None]
}

fn should(error: HeadError) -> Verdicts {
    [Some(error), None, None]
}

const OK: Verdicts = [None; 3];

#[test]
fn names_and_values() {
    for (name, value, verdicts) in [
        ("x-y", "z", OK),
        ("x", "", OK),
        ("x", "a\tb \u{e9}", OK),
        ("X", "z", must(FieldNameUpperCase)),
        ("Content-Type", "z", must(FieldNameUpperCase)),
        ("a b", "z", must(FieldNameInvalid)),
        ("\u{e9}", "z", must(FieldNameInvalid)),
        ("a:b", "z", must(FieldNameInvalid)),
        ("", "z", should(FieldNameInvalid)),
        ("a/b", "z", should(FieldNameInvalid)),
        ("a\n", "z", [Some(FieldNameInvalid); 3]),
        ("x", "a\r\nb: c", [Some(FieldValueInvalid); 3]),
        ("x", "\0", [Some(FieldValueInvalid); 3]),
        ("x", "a\x01b", should(FieldValueInvalid)),
        ("x", "\x7f", should(FieldValueInvalid)),
        // Nothing is trimmed on the way out: the peer would refuse it.
        ("x", " a", must(FieldValueEdgeSpace)),
        ("server", "a\t", must(FieldValueEdgeSpace)),
        ("connection", "close", must(ConnectionSpecificField)),
        (
            "transfer-encoding",
            "chunked",
            must(ConnectionSpecificField),
        ),
        ("keep-alive", "1", must(ConnectionSpecificField)),
        ("upgrade", "h2c", must(ConnectionSpecificField)),
        ("proxy-connection", "close", must(ConnectionSpecificField)),
    ] {
        check(HeadKind::Request, &get_and(&[(name, value)]), verdicts);
        check(
            HeadKind::Response,
            &[(":status", "200"), (name, value)],
            verdicts,
        );
        check(HeadKind::RequestTrailers, &[(name, value)], verdicts);
        check(HeadKind::ResponseTrailers, &[(name, value)], verdicts);
    }
}

/// A name that is looked at closely and passes ends the pseudo-headers like any other.
#[test]
fn odd_names_are_regular_fields() {
    let late = |name| {
        let fields = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", "a.example"),
            (name, "v"),
            (":path", "/"),
        ];
        OutgoingCheck::check(&fields, HeadKind::Request, Level::Compatible).err()
    };
    assert_eq!(late("a\"b"), Some(PseudoLate));
    assert_eq!(late("ab"), Some(PseudoLate));
}

#[test]
fn requests() {
    for (more, verdicts) in [
        (&[("te", "trailers")][..], OK),
        (&[("te", "gzip")], must(TeInvalid)),
        (&[("content-length", "42")], OK),
        (&[("content-length", "-1")], must(ContentLengthInvalid)),
        // Nothing is folded on the way out.
        (&[("content-length", "42, 42")], must(ContentLengthInvalid)),
        (
            &[("content-length", "42"), ("content-length", "42")],
            must(ContentLengthInvalid),
        ),
        (&[("host", "A.example:443")], OK),
        (&[("host", "b.example")], should(HostDiffers)),
        (&[("host", "a example")], should(FieldValueInvalid)),
        (
            &[("host", "a.example"), ("host", "a.example")],
            should(HostDuplicate),
        ),
        (&[(":path", "/")], must(PseudoDuplicate)),
        (&[("a", "b"), (":path", "/")], must(PseudoLate)),
        (&[(":status", "200")], must(PseudoUnknown)),
        (&[(":foo", "200")], must(PseudoUnknown)),
        (&[(":protocol", "x")], must(ExtendedConnectInvalid)),
    ] {
        check(HeadKind::Request, &get_and(more), verdicts);
    }
    for at in 0..3 {
        let mut fields = GET.to_vec();
        fields.remove(at);
        check(HeadKind::Request, &fields, must(PseudoMissing));
    }
    check(HeadKind::Request, &GET[..3], should(AuthorityMissing));
    for (at, value, verdicts) in [
        (0, "", must(PseudoMissing)),
        (0, "G T", should(FieldValueInvalid)),
        (1, "", must(PseudoMissing)),
        (2, "", must(PathInvalid)),
        (2, "*", must(PathInvalid)),
        (2, "a", must(PathInvalid)),
        (2, "/a b", should(PathInvalid)),
        (3, "u@a", must(AuthorityUserinfo)),
        (3, "a b", should(FieldValueInvalid)),
    ] {
        let mut fields = GET;
        fields[at].1 = value;
        check(HeadKind::Request, &fields, verdicts);
        check(HeadKind::PushRequest, &fields, verdicts);
    }
    let connect = [(":method", "CONNECT"), (":authority", "a:1")];
    check(HeadKind::Request, &connect, OK);
    let path = [connect[0], connect[1], (":path", "/")];
    check(HeadKind::Request, &path, must(ConnectPseudo));
}

#[test]
fn responses() {
    for (status, verdicts) in [
        ("100", OK),
        ("999", OK),
        ("101", must(StatusInvalid)),
        ("99", [Some(StatusInvalid); 3]),
        ("1000", [Some(StatusInvalid); 3]),
        ("abc", [Some(StatusInvalid); 3]),
        ("", [Some(StatusInvalid); 3]),
    ] {
        check(HeadKind::Response, &[(":status", status)], verdicts);
    }
    check(HeadKind::Response, &[], [Some(StatusInvalid); 3]);
    for (status, verdicts) in [
        ("103", should(ContentLengthForbidden)),
        ("204", should(ContentLengthForbidden)),
        ("200", OK),
        ("205", OK),
        ("304", OK),
    ] {
        let fields = [(":status", status), ("content-length", "0")];
        check(HeadKind::Response, &fields, verdicts);
    }
    let te = [(":status", "200"), ("te", "trailers")];
    check(HeadKind::Response, &te, must(TeInvalid));
    let method = [(":status", "200"), (":method", "GET")];
    check(HeadKind::Response, &method, must(PseudoUnknown));
    let late = [("a", "b"), (":status", "200")];
    let verdicts = [Some(PseudoLate), Some(PseudoLate), Some(StatusInvalid)];
    check(HeadKind::Response, &late, verdicts);
}

#[test]
fn trailers() {
    for kind in [HeadKind::RequestTrailers, HeadKind::ResponseTrailers] {
        check(kind, &[], OK);
        check(kind, &[("grpc-status", "0")], OK);
        check(kind, &[(":status", "200")], must(PseudoInTrailers));
        check(kind, &[(":x", "200")], must(PseudoInTrailers));
    }
}

#[test]
fn policies() {
    for policy in [AuthorityPolicy::Optional, AuthorityPolicy::Grpc] {
        let with = |fields: &[(&'static str, &'static str)]| {
            let mut check = OutgoingCheck::with_authority(HeadKind::Request, Level::Strict, policy);
            for (name, value) in fields {
                check.field(name.as_bytes(), value.as_bytes())?;
            }
            check.finish()
        };
        assert!(with(&GET[..3]).is_ok());
        assert_eq!(with(&get_and(&[("host", "b")])), Err(HostDiffers));
    }
}

#[test]
fn summaries() {
    let fields = get_and(&[
        ("content-length", "7"),
        ("expect", "100-continue"),
        ("abc", "de"),
    ]);
    let summary = OutgoingCheck::check(&fields, HeadKind::Request, Level::Strict).unwrap();
    let expected = OutgoingSummary {
        method: MethodKind::Get,
        status: 0,
        content_length: Some(7),
        list_size: Head::from_fields(&fields).list_size(),
        fields: 7,
        expect_continue: true,
    };
    assert_eq!(summary, expected);
    let extended = [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":path", "/"),
        (":authority", "a"),
    ];
    let summary = OutgoingCheck::check(&extended, HeadKind::Request, Level::Strict).unwrap();
    assert_eq!(summary.method, MethodKind::ExtendedConnect);
    let response = [(":status", "304")];
    let summary = OutgoingCheck::check(&response, HeadKind::Response, Level::Strict).unwrap();
    assert_eq!((summary.status, summary.content_length), (304, None));
}

/// The lowest index of a name in HPACK's static table (RFC 7541 A), or 0.
fn known(name: &[u8]) -> u8 {
    match name {
        b":authority" => 1,
        b":method" => 2,
        b":path" => 4,
        b":scheme" => 6,
        b":status" => 8,
        b"content-length" => 28,
        b"cookie" => 32,
        b"host" => 38,
        b"server" => 54,
        _ => 0,
    }
}

/// A field that passed once is checked by a shorter way when the encoder meets it again; the verdict is the same, for
/// the same reason, on that field or at the head's end.
#[test]
fn fields_met_again_are_judged_as_before() {
    let judge = |kind, level, fields: &[(&str, &str)], again: bool| {
        let mut check = OutgoingCheck::new(kind, level);
        for (at, (name, value)) in fields.iter().enumerate() {
            let (name, value) = (name.as_bytes(), value.as_bytes());
            let verdict = match again {
                true => check.repeated(known(name), name, value),
                false => check.field(name, value),
            };
            verdict.map_err(|error| (at, error))?;
        }
        check.finish().map_err(|error| (fields.len(), error))
    };
    // Nothing here has an octet out of order: what breaks a rule breaks it beside other fields.
    let some = [
        (":method", "GET"),
        (":method", "CONNECT"),
        (":method", "OPTIONS"),
        (":scheme", "https"),
        (":path", "/"),
        (":path", "*"),
        (":authority", "a.example"),
        (":authority", "u@a.example"),
        (":protocol", "websocket"),
        (":status", "200"),
        (":status", "103"),
        ("host", "a.example"),
        ("host", "b.example"),
        ("te", "trailers"),
        ("content-length", "3"),
        ("content-length", "4"),
        ("cookie", "a=b"),
        ("server", "x"),
        ("x-own", "y"),
    ];
    let kinds = [
        HeadKind::Request,
        HeadKind::Response,
        HeadKind::RequestTrailers,
    ];
    let mut random = 1u32;
    for round in 0..if cfg!(miri) { 300 } else { 30_000 } {
        let mut fields = Vec::new();
        if round % 2 == 0 {
            fields.extend(GET);
        }
        for _ in 0..round % 5 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            fields.push(some[(random >> 16) as usize % some.len()]);
        }
        for level in [Level::Strict, Level::Compatible, Level::Off] {
            let kind = kinds[round % 3];
            let (first, again) = (
                judge(kind, level, &fields, false),
                judge(kind, level, &fields, true),
            );
            assert_eq!(first, again, "{kind:?} {level:?} {fields:?}");
        }
    }
}

#[test]
fn errors_speak_of_their_rule() {
    assert!(HeadError::ALL.is_sorted_by_key(|error| alloc::format!("{error:?}")));
    for &error in HeadError::ALL {
        assert!(!error.explain().is_empty());
        assert_eq!(alloc::format!("{error}"), error.explain());
        assert_eq!(error.violation().scope(), crate::error::Scope::Stream);
    }
}
