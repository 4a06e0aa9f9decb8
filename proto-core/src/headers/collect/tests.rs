use super::*;
use crate::headers::{AuthorityPolicy, Level, MethodKind};

#[test]
fn a_request() {
    let mut c = Collector::new();
    c.start(HeadKind::Request, &Rules::default());
    for (n, v) in [
        (":method", "GET"),
        (":scheme", "https"),
        (":path", "/x"),
        (":authority", "a"),
        ("user-agent", "u"),
        ("x-y", "z"),
    ] {
        assert!(
            c.field(FieldIn::new(n.as_bytes(), v.as_bytes()))
                .is_continue()
        );
    }
    let got = c.finish(None).unwrap();
    assert_eq!(got.head.path(), Some(&b"/x"[..]));
    assert_eq!(got.head.get("x-y"), Some(&b"z"[..]));
    assert_eq!(got.summary.method, MethodKind::Get);
    let _ = (AuthorityPolicy::Grpc, Level::Off);
}
