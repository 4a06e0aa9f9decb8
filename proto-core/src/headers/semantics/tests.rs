//! The short way for usual fields is taken, and only for them.

use super::*;

fn request() -> Semantics {
    let policy = AuthorityPolicy::Required;
    Semantics::new(
        HeadKind::Request,
        Level::Strict,
        policy,
        true,
        Direction::In,
    )
}

fn response() -> Semantics {
    let policy = AuthorityPolicy::Required;
    Semantics::new(
        HeadKind::Response,
        Level::Strict,
        policy,
        true,
        Direction::In,
    )
}

#[test]
fn usual_fields_go_the_short_way() {
    let mut head = request();
    for (id, value) in [
        (names::METHOD, &b"GET"[..]),
        (names::SCHEME, b"https"),
        (names::PATH, b"/"),
        (names::AUTHORITY, b"a.example"),
        (names::LITERAL, b"x"),
    ] {
        assert!(head.usual(id, value, OctetClasses::NONE), "{id}");
    }
    assert!(head.finish(false).is_ok());
    let mut head = response();
    assert!(head.usual(names::STATUS, b"200", OctetClasses::NONE));
    assert!(head.finish(false).is_ok());
    assert_eq!(head.status, 200);
}

#[test]
fn what_is_not_usual_changes_nothing() {
    let space = OctetClasses::SPACE;
    let mut head = request();
    for (id, value, classes) in [
        (names::METHOD, &b"PUT"[..], OctetClasses::NONE),
        (names::SCHEME, b"ftp", OctetClasses::NONE),
        (names::PATH, b"*", OctetClasses::NONE),
        (names::PATH, b"/ ", space),
        (names::AUTHORITY, b"", OctetClasses::NONE),
        (names::AUTHORITY, b"a@b", OctetClasses::AT),
        (names::STATUS, b"200", OctetClasses::NONE),
        (names::HOST, b"a", OctetClasses::NONE),
    ] {
        assert!(!head.usual(id, value, classes), "{id}");
    }
    assert_eq!((head.seen, head.open), (0, defined(HeadKind::Request)));
    let mut head = response();
    for value in [&b"101"[..], b"2xx", b"99"] {
        assert!(!head.usual(names::STATUS, value, OctetClasses::NONE));
    }
    // Each comes once.
    assert!(head.usual(names::STATUS, b"200", OctetClasses::NONE));
    assert!(!head.usual(names::STATUS, b"200", OctetClasses::NONE));
}
