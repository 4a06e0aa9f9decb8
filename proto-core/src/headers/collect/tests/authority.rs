//! :authority and Host, under every policy and level.

use super::{GET, collect, lines};
use crate::error::Violation::{self, *};
use crate::headers::{AuthorityPolicy, HeadKind, Level, Rules};
use alloc::vec::Vec;

const LEVELS: [Level; 3] = [Level::Strict, Level::Compatible, Level::Off];

/// Checks a request with these authorities at every level; gives the strict one.
fn check(
    policy: AuthorityPolicy,
    request: &[(&str, &str)],
    verdicts: [Option<Violation>; 3],
) -> Option<Vec<alloc::string::String>> {
    let mut strict = None;
    for (level, expected) in LEVELS.into_iter().zip(verdicts) {
        for kind in [HeadKind::Request, HeadKind::PushRequest] {
            let rules = Rules {
                level,
                authority: policy,
                ..Rules::default()
            };
            let got = collect(request, kind, &rules);
            assert_eq!(
                got.as_ref().err().copied(),
                expected,
                "{policy:?} {level:?} {request:?}"
            );
            if level == Level::Strict {
                strict = got.ok().map(|collected| lines(&collected));
            }
        }
    }
    strict
}

fn request<'a>(scheme: &'a str, authorities: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = GET[..3].to_vec();
    fields[1].1 = scheme;
    fields.extend(authorities);
    fields
}

#[test]
fn required() {
    let required = AuthorityPolicy::Required;
    for (scheme, authorities, verdict) in [
        ("https", &[(":authority", "a")][..], None),
        ("https", &[("host", "a")], None),
        ("https", &[(":authority", "a"), ("host", "a")], None),
        ("https", &[(":authority", "a"), ("host", "A")], None),
        ("https", &[(":authority", "a"), ("host", "a:443")], None),
        ("http", &[(":authority", "a:80"), ("host", "a")], None),
        ("HTTP", &[(":authority", "a:80"), ("host", "a:")], None),
        (
            "http",
            &[(":authority", "a:443"), ("host", "a")],
            Some(HostDiffers),
        ),
        (
            "https",
            &[(":authority", "a"), ("host", "b")],
            Some(HostDiffers),
        ),
        (
            "https",
            &[(":authority", "a"), ("host", "")],
            Some(HostDiffers),
        ),
        (
            "https",
            &[(":authority", ""), ("host", "a")],
            Some(HostDiffers),
        ),
        (
            "urn",
            &[(":authority", "a"), ("host", "b")],
            Some(HostDiffers),
        ),
        (
            "https",
            &[("host", "a"), ("host", "a")],
            Some(HostDuplicate),
        ),
        (
            "https",
            &[(":authority", "a"), ("host", "a"), ("host", "a")],
            Some(HostDuplicate),
        ),
        ("https", &[], Some(AuthorityMissing)),
        ("http", &[(":authority", "")], Some(AuthorityMissing)),
        ("http", &[("host", "")], Some(AuthorityMissing)),
        ("https", &[(":authority", "a b")], Some(FieldValueInvalid)),
        ("https", &[("host", "a b")], Some(FieldValueInvalid)),
        (
            "https",
            &[(":authority", "a"), ("host", "a\tb")],
            Some(FieldValueInvalid),
        ),
        ("urn", &[], None),
    ] {
        check(
            required,
            &request(scheme, authorities),
            [verdict, None, None],
        );
    }
}

#[test]
fn userinfo() {
    for authorities in [
        &[(":authority", "u@a")][..],
        &[(":authority", "u:p@a:1")],
        &[(":authority", "@")],
        &[("host", "u@a")],
    ] {
        for policy in [
            AuthorityPolicy::Required,
            AuthorityPolicy::Optional,
            AuthorityPolicy::Grpc,
        ] {
            let refused = Some(AuthorityUserinfo);
            check(
                policy,
                &request("https", authorities),
                [refused, refused, None],
            );
            check(policy, &request("ftp", authorities), [None; 3]);
        }
    }
}

#[test]
fn asterisk_needs_no_authority() {
    for scheme in ["http", "https"] {
        let options = [(":method", "OPTIONS"), (":scheme", scheme), (":path", "*")];
        check(AuthorityPolicy::Required, &options, [None; 3]);
        let slash = [(":method", "OPTIONS"), (":scheme", scheme), (":path", "/")];
        let missing = Some(AuthorityMissing);
        check(AuthorityPolicy::Required, &slash, [missing, None, None]);
    }
}

#[test]
fn optional() {
    let optional = AuthorityPolicy::Optional;
    check(optional, &request("https", &[]), [None; 3]);
    check(
        optional,
        &request("https", &[(":authority", "")]),
        [None; 3],
    );
    let differing = [(":authority", "a"), ("host", "b")];
    let refused = [Some(HostDiffers), None, None];
    check(optional, &request("https", &differing), refused);
}

#[test]
fn grpc_drops_host_beside_authority() {
    let fields = request(
        "http",
        &[(":authority", "a"), ("x", "1"), ("host", "b"), ("y", "2")],
    );
    let kept = check(AuthorityPolicy::Grpc, &fields, [None; 3]).unwrap();
    assert_eq!(
        kept,
        [
            ":method=GET",
            ":scheme=https",
            ":path=/",
            ":authority=a",
            "x=1",
            "y=2"
        ]
        .map(|line| line.replace("https", "http"))
    );
}

#[test]
fn grpc_promotes_host_alone() {
    for (authorities, expected) in [
        (&[("host", "b.example")][..], &[":authority=b.example"][..]),
        (&[("x", "1"), ("host", "b")], &[":authority=b", "x=1"]),
        (
            &[
                ("user-agent", "u"),
                ("x-long-name", "1"),
                ("host", ""),
                ("y", "2"),
            ],
            &[":authority=", "user-agent=u", "x-long-name=1", "y=2"],
        ),
    ] {
        let fields = request("https", authorities);
        let kept = check(AuthorityPolicy::Grpc, &fields, [None; 3]).unwrap();
        let before = [":method=GET", ":scheme=https", ":path=/"];
        assert_eq!(kept, [&before[..], expected].concat());
    }
    // What :authority may not be, Host may not become.
    let spaced = [Some(FieldValueInvalid), None, None];
    check(
        AuthorityPolicy::Grpc,
        &request("https", &[("host", "a b")]),
        spaced,
    );
}

#[test]
fn grpc_accepts_absence_and_refuses_two_hosts() {
    let grpc = AuthorityPolicy::Grpc;
    check(grpc, &request("https", &[]), [None; 3]);
    let twice = Some(HostDuplicate);
    let hosts = [("host", "a"), ("host", "a")];
    check(grpc, &request("https", &hosts), [twice, twice, None]);
    // Without rules only the first counts.
    let off = Rules {
        level: Level::Off,
        authority: grpc,
        ..Rules::default()
    };
    let got = collect(&request("https", &hosts), HeadKind::Request, &off).unwrap();
    assert_eq!(lines(&got)[3..], [":authority=a"]);
    let three = [(":authority", "a"), ("host", "a"), ("host", "a")];
    check(grpc, &request("https", &three), [twice, twice, None]);
}

#[test]
fn host_elsewhere_means_nothing() {
    for kind in [HeadKind::Response, HeadKind::RequestTrailers] {
        let fields = [(":status", "200"), ("host", "a"), ("host", "u@b")];
        let fields = &fields[usize::from(kind != HeadKind::Response)..];
        let rules = Rules {
            authority: AuthorityPolicy::Grpc,
            ..Rules::default()
        };
        let got = collect(fields, kind, &rules).unwrap();
        assert_eq!(got.head.get_all("host").count(), 2);
    }
}
