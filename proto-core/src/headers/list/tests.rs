use super::*;
use alloc::format;
use alloc::vec;

fn head(fields: &[(&str, &str)]) -> Head {
    Head::from_fields(fields)
}

#[test]
fn what_is_asked_of_a_request() {
    let head = head(&[
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "a.example"),
        (":path", "/chat"),
        ("accept", "x"),
        ("x-y", "1"),
        ("x-y", "2"),
    ]);
    assert_eq!(head.method(), Some(&b"CONNECT"[..]));
    assert_eq!(head.protocol(), Some(&b"websocket"[..]));
    assert_eq!(head.scheme(), Some(&b"https"[..]));
    assert_eq!(head.authority(), Some(&b"a.example"[..]));
    assert_eq!(head.path(), Some(&b"/chat"[..]));
    assert_eq!(head.status(), None);
    assert_eq!(head.len(), 8);
    assert_eq!(head.get("accept"), Some(&b"x"[..]));
    assert_eq!(head.get(b":path"), Some(&b"/chat"[..]));
    assert_eq!(head.get("x-y"), Some(&b"1"[..]));
    assert_eq!(head.get("x-z"), None);
    assert!(head.get_all("x-y").eq([b"1", b"2"]));
    assert_eq!(head.regular().count(), 3);
    assert_eq!((&head).into_iter().count(), 8);
}

#[test]
fn pseudo_headers_behind_a_field_are_none() {
    let head = head(&[(":status", "200"), ("a", "b"), (":path", "/")]);
    assert_eq!(head.status(), Some(200));
    assert_eq!(head.path(), None);
    assert_eq!(head.get(":path"), Some(&b"/"[..]));
    assert_eq!(Head::default().status(), None);
    assert_eq!(self::head(&[(":status", "2000")]).status(), None);
}

#[test]
fn cookies_are_joined() {
    assert_eq!(head(&[("a", "b")]).cookie(), None);
    let one = head(&[("cookie", "a=b; c=d")]);
    assert!(matches!(one.cookie(), Some(Cow::Borrowed(b"a=b; c=d"))));
    let three = head(&[
        ("cookie", "a=b"),
        ("x", "y"),
        ("cookie", "c=d"),
        ("cookie", "e=f"),
    ]);
    assert_eq!(three.cookie().as_deref(), Some(&b"a=b; c=d; e=f"[..]));
}

#[test]
fn secrets_are_not_shown() {
    let fields = [
        Field::new(b"authorization", b"secret").sensitive(),
        Field::new(b"x", b"\"1\"\n"),
    ];
    let head = Head::from_fields(&fields);
    let shown = format!("{head:?}");
    assert_eq!(shown, r#"[authorization: (never indexed), x: \"1\"\n]"#);
    assert_eq!(format!("{:?}", head.fields()), shown);
}

#[test]
fn equality_is_of_fields() {
    let a = head(&[("a", "b"), ("c", "d")]);
    assert_eq!(a, a.clone());
    assert_ne!(a, head(&[("a", "b")]));
    assert_ne!(a, head(&[("c", "d"), ("a", "b")]));
    assert_ne!(a, head(&[("a", "bc"), ("", "d")]));
    let secret = Head::from_fields(&[Field::new(b"a", b"b").sensitive()]);
    assert_ne!(secret, head(&[("a", "b")]));
    assert_eq!(Head::default(), head(&[]));
}

#[test]
fn iteration_knows_its_length() {
    let head = head(&[("a", "b"), ("server", "d"), ("e", "")]);
    let mut fields = head.fields();
    for left in (0..3).rev() {
        assert!(fields.next().is_some());
        assert_eq!(fields.len(), left);
        assert_eq!(fields.clone().count(), left);
    }
    assert!(fields.next().is_none());
    assert!(fields.next().is_none());
}

#[test]
fn sizes() {
    assert_eq!(
        head(&[("abc", "de"), ("server", "")]).list_size(),
        5 + 6 + 64
    );
    assert_eq!(Head::default().list_size(), 0);
    // A name of the static table is a number, other names are written out.
    assert_eq!(head(&[("host", "x")]).heap_bytes(), 32);
    assert_eq!(head(&[("host", "x".repeat(20).as_str())]).heap_bytes(), 32);
    assert_eq!(head(&[("host", "x".repeat(21).as_str())]).heap_bytes(), 64);
    assert_eq!(head(&[("x-very-long-indeed", "abc")]).heap_bytes(), 64);
    let boxed = head(&[("host", "x")]).into_box();
    assert_eq!(boxed.len(), 32);
}

#[test]
fn long_strings_survive() {
    let long = vec![b'v'; 70_000];
    let head = Head::from_fields(&[(&long, &long), (&vec![], &vec![])]);
    let field = head.fields().next().unwrap();
    assert_eq!((field.name.len(), field.value.len()), (70_000, 70_000));
    assert_eq!(head.len(), 2);
}

#[test]
fn heads_go_between_threads() {
    fn goes<T: Send + Sync + 'static>() {}
    goes::<Head>();
}
