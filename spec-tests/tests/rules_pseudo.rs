//! Pseudo-headers (RFC 9113 8.3 to 8.5, RFC 8441 4): RST_STREAM PROTOCOL_ERROR, and the connection lives on.

use bywash_proto::config::{AuthorityPolicy, Config, Level};
use bywash_proto::error::Violation as V;
use bywash_spec_tests::pair::heads::{
    GET, Pairs, bad_request, bad_request_with, bad_response, get, good_request, good_request_with,
    response,
};
use bywash_spec_tests::pair::{Seen, every_split};
use bywash_spec_tests::raw::BlockWriter;

fn block(fields: Pairs<'_>) -> BlockWriter {
    BlockWriter::fields(fields)
}

#[test]
fn pseudo_headers_of_requests() {
    let with = |more: Pairs<'_>| get(more);
    bad_request(
        "unknown",
        block(&[
            (":method", "GET"),
            (":scheme", "https"),
            (":path", "/"),
            (":x", "y"),
        ])
        .build(),
        V::PseudoUnknown,
    );
    bad_request(
        "a lone colon",
        block(&[(":", "y")]).build(),
        V::PseudoUnknown,
    );
    bad_request(
        "of a response",
        block(&[(":status", "200"), (":method", "GET")]).build(),
        V::PseudoUnknown,
    );
    for (name, value) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/"),
        (":authority", "example.com"),
    ] {
        bad_request("twice", with(&[(name, value)]), V::PseudoDuplicate);
        // Missing, or empty where it must not be.
        let without: Vec<_> = GET.iter().copied().filter(|f| f.0 != name).collect();
        let (missing, empty) = (block(&without).build(), {
            let all: Vec<_> = GET
                .iter()
                .map(|f| if f.0 == name { (f.0, "") } else { *f })
                .collect();
            block(&all).build()
        });
        let late = without
            .iter()
            .fold(BlockWriter::new(), |b, f| b.field(f.0, f.1))
            .field("x", "y")
            .field(name, value)
            .build();
        bad_request("late", late, V::PseudoLate);
        match name {
            ":authority" => bad_request("missing", missing, V::AuthorityMissing),
            ":path" => {
                bad_request("missing", missing, V::PseudoMissing);
                bad_request("empty", empty, V::PathInvalid);
            }
            _ => {
                bad_request("missing", missing, V::PseudoMissing);
                bad_request("empty", empty, V::PseudoMissing);
            }
        }
    }
    bad_request("none at all", BlockWriter::new().build(), V::PseudoMissing);
    bad_request(
        "after a late one",
        with(&[("x", "y"), (":method", "GET")]),
        V::PseudoDuplicate,
    );
}

#[test]
fn connect() {
    let connect = |more: Pairs<'_>| {
        more.iter()
            .fold(block(&[(":method", "CONNECT")]), |b, f| b.field(f.0, f.1))
            .build()
    };
    good_request("connect", connect(&[(":authority", "a:443")]));
    let bad = [
        connect(&[]),
        connect(&[(":authority", "")]),
        connect(&[(":authority", "a:1"), (":scheme", "https")]),
        connect(&[(":authority", "a:1"), (":path", "/")]),
        connect(&[(":authority", "a:1"), (":path", "/"), (":scheme", "https")]),
    ];
    for block in bad {
        bad_request("connect", block, V::ConnectPseudo);
    }
}

#[test]
fn extended_connect() {
    let enabled = |c: &mut Config| c.settings.enable_connect_protocol = true;
    let all = [
        (":method", "CONNECT"),
        (":scheme", "https"),
        (":authority", "a"),
        (":path", "/chat"),
        (":protocol", "websocket"),
    ];
    let without = |name: &str| {
        let left: Vec<_> = all.iter().copied().filter(|f| f.0 != name).collect();
        block(&left).build()
    };
    good_request_with("all", block(&all).build(), enabled);
    bad_request(
        "not enabled",
        block(&all).build(),
        V::ExtendedConnectInvalid,
    );
    bad_request_with(
        "scheme",
        without(":scheme"),
        V::ExtendedConnectInvalid,
        enabled,
    );
    bad_request_with("path", without(":path"), V::ExtendedConnectInvalid, enabled);
    let get = block(&all).build();
    let get = {
        let mut fields = all;
        fields[0].1 = "GET";
        assert_ne!(get, block(&fields).build());
        block(&fields).build()
    };
    bad_request_with("GET", get, V::ExtendedConnectInvalid, enabled);
    let mut path = all;
    path[3].1 = "chat";
    bad_request_with("path", block(&path).build(), V::PathInvalid, enabled);
    path[3].1 = "*";
    bad_request_with("asterisk", block(&path).build(), V::PathInvalid, enabled);
    let twice = block(&all).field(":protocol", "x").build();
    bad_request_with("twice", twice, V::PseudoDuplicate, enabled);
}

#[test]
fn paths() {
    let path = |method, scheme, path| {
        block(&[
            (":method", method),
            (":scheme", scheme),
            (":authority", "a"),
            (":path", path),
        ])
        .build()
    };
    for scheme in ["http", "https", "HTTP", "Https"] {
        for bad in ["", "x", "http://a/", "*a", "?q", " /"] {
            let violation = if bad == " /" {
                V::FieldValueEdgeSpace
            } else {
                V::PathInvalid
            };
            bad_request(bad, path("GET", scheme, bad), violation);
        }
        bad_request("asterisk", path("GET", scheme, "*"), V::PathInvalid);
        good_request("asterisk", path("OPTIONS", scheme, "*"));
        good_request("slash", path("GET", scheme, "/a?b"));
    }
    bad_request("space inside", path("GET", "https", "/a b"), V::PathInvalid);
    good_request("another scheme", path("GET", "urn", "x:y"));
}

#[test]
fn authorities() {
    let with = |authority: &str, host: &[&str]| {
        let base = block(&[(":method", "GET"), (":scheme", "https"), (":path", "/")]);
        let base = if authority.is_empty() {
            base
        } else {
            base.field(":authority", authority)
        };
        host.iter()
            .fold(base, |b, host| b.field("host", host))
            .build()
    };
    bad_request("differs", with("a", &["b"]), V::HostDiffers);
    bad_request("port", with("a:444", &["a:443"]), V::HostDiffers);
    bad_request("twice", with("a", &["a", "a"]), V::HostDuplicate);
    bad_request("userinfo", with("user@a", &[]), V::AuthorityUserinfo);
    bad_request("userinfo", with("user:pw@a", &[]), V::AuthorityUserinfo);
    bad_request("none", with("", &[]), V::AuthorityMissing);
    good_request("same", with("a", &["a"]));
    good_request("case", with("Example.COM", &["example.com"]));
    good_request("default port", with("a:443", &["a"]));
    good_request("Host alone", with("", &["a"]));
    let asterisk = block(&[(":method", "OPTIONS"), (":scheme", "https"), (":path", "*")]);
    good_request("OPTIONS *", asterisk.build());
    for (octets, name) in [(with("a", &["b"]), "differs"), (with("", &[]), "none")] {
        good_request_with(name, octets, |c| c.level = Level::Compatible);
    }
    let optional = |c: &mut Config| c.authority = AuthorityPolicy::Optional;
    good_request_with("optional", with("", &[]), optional);
    let grpc = |c: &mut Config| c.authority = AuthorityPolicy::Grpc;
    let fields = good_request_with("dropped", with("a", &["b"]), grpc);
    assert!(fields.iter().all(|f| f.name != b"host"), "{fields:?}");
    let fields = good_request_with("promoted", with("", &["b"]), grpc);
    assert!(fields.iter().any(|f| f.is(":authority", "b")), "{fields:?}");
    good_request_with("absent", with("", &[]), grpc);
    bad_request_with("twice", with("", &["a", "b"]), V::HostDuplicate, grpc);
}

#[test]
fn statuses() {
    for status in [
        "", "20", "2000", "99", "0", "abc", "2 0", "+20", "099", "000", "101",
    ] {
        bad_response(
            status,
            BlockWriter::response(status).build(),
            true,
            V::StatusInvalid,
        );
    }
    let bad = [
        (block(&[]).build(), V::StatusInvalid),
        (block(&[("x", "y")]).build(), V::StatusInvalid),
        (
            block(&[(":status", "200"), (":status", "200")]).build(),
            V::PseudoDuplicate,
        ),
        (
            block(&[("x", "y"), (":status", "200")]).build(),
            V::PseudoLate,
        ),
        (
            block(&[(":status", "200"), (":path", "/")]).build(),
            V::PseudoUnknown,
        ),
        (
            block(&[(":method", "GET"), (":status", "200")]).build(),
            V::PseudoUnknown,
        ),
        (
            block(&[(":status", "200"), (":protocol", "x")]).build(),
            V::PseudoUnknown,
        ),
    ];
    for (octets, violation) in bad {
        bad_response("response", octets.clone(), true, violation);
        bad_response("response", octets, false, violation);
    }
    for status in ["200", "299", "404", "599", "999", "600"] {
        every_split(|feed| {
            let mut net = response("GET", &BlockWriter::response(status).build(), true, feed);
            let seen = net.events();
            assert!(
                matches!(seen[..], [Seen::Response { end: true, .. }]),
                "{seen:?}"
            );
            net.peer.expect_nothing()?;
            Ok(net)
        });
    }
}

#[test]
fn informational_heads_that_end_the_stream() {
    for status in ["100", "103", "199"] {
        bad_response(
            status,
            BlockWriter::response(status).build(),
            true,
            V::InformationalEndStream,
        );
    }
}
