use super::*;
use alloc::format;
use alloc::vec;

fn head(fields: &[(&str, &str)]) -> Head {
    Head::from_fields(fields)
}

/// A longer one would be taken for a number.
#[test]
fn the_longest_strings_that_an_entry_holds() {
    let low = |entry: [u8; ENTRY]| u64::from_le_bytes(entry) as u32;
    let longest = literal(MAX_LENGTH, MAX_LENGTH, false);
    assert_eq!(low(longest) & (NUMBERED | NEVER_INDEXED), 0);
    assert_eq!(u64::from_le_bytes(longest) >> 32, MAX_LENGTH as u64);
    assert_eq!(low(literal(MAX_LENGTH + 1, 0, false)), NUMBERED);
    let field = Field::new(b"a", b"b");
    assert!(!field.never_indexed && field.sensitive().never_indexed);
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

/// A field as chance makes it: names of the static table and others, pseudo-headers among them.
fn chosen((name, value, never): &(u8, Vec<u8>, bool)) -> Field<'_> {
    const NAMES: [&[u8]; 12] = [
        b":method",
        b":path",
        b":status",
        b":protocol",
        b":unknown",
        b"accept",
        b"content-type",
        b"cookie",
        b"x-a",
        b"x-b",
        b"",
        b"grpc-timeout",
    ];
    let field = Field::new(NAMES[usize::from(*name) % NAMES.len()], value);
    if *never { field.sensitive() } else { field }
}

quickcheck::quickcheck! {
    /// What goes into the arena comes out, by every way in and every way out.
    fn the_arena_is_a_list(list: Vec<(u8, Vec<u8>, bool)>) -> bool {
        let fields: Vec<Field<'_>> = list.iter().map(chosen).collect();
        let head = Head::from_fields(&fields);
        let named = |name: &'static [u8]| fields.iter().filter(move |f| f.name == name).map(|f| f.value);
        let leading = |name: &'static [u8]| {
            let pseudo = fields.iter().take_while(|f| f.name.first() == Some(&b':'));
            pseudo.into_iter().find(|f| f.name == name).map(|f| f.value)
        };
        let size: usize = fields.iter().map(|f| f.name.len() + f.value.len() + 32).sum();
        let records: usize = fields.iter().map(|f| f.name.len() + f.value.len() + ENTRY).sum();
        head.fields().eq(fields.iter().copied())
            && (&head).into_iter().len() == fields.len()
            && head.is_empty() == fields.is_empty()
            && head.list_size() as usize == size
            && head.heap_bytes() % 32 == 0
            && head.heap_bytes() <= (COUNT + records).next_multiple_of(32)
            && head.get("cookie") == named(b"cookie").next()
            && head.get_all("x-a").eq(named(b"x-a"))
            && head.method() == leading(b":method")
            && head.path() == leading(b":path")
            && head.protocol() == leading(b":protocol")
            && head.regular().eq(fields.iter().copied().filter(|f| f.name.first() != Some(&b':')))
            && head == Head::from_fields(&head)
    }

    /// Memory of any size may be handed in: the fields are the same, and not more than twice the
    /// memory is held that is needed.
    fn any_memory_will_do(list: Vec<(u8, Vec<u8>, bool)>, memory: u16) -> bool {
        let fields: Vec<Field<'_>> = list.iter().map(chosen).collect();
        let fresh = Head::from_fields(&fields);
        let mut records = fresh.0.to_vec();
        let (end, count) = (records.len(), fields.len() as u32);
        let memory = vec![0xff_u8; usize::from(memory) % 2000].into_boxed_slice();
        let used = Head::assemble(&mut records, end, count, Some(memory));
        used == fresh
            && used.heap_bytes() >= fresh.heap_bytes()
            && used.heap_bytes() <= 2 * fresh.heap_bytes()
    }

    /// Cut anywhere, an arena gives the fields that are whole in it and stops.
    fn a_cut_arena_gives_what_is_whole(list: Vec<(u8, Vec<u8>, bool)>, at: u16) -> bool {
        let fields: Vec<Field<'_>> = list.iter().map(chosen).collect();
        let whole = Head::from_fields(&fields).0;
        let at = usize::from(at) % (whole.len() + 1);
        let cut = Head(whole[..at].into());
        let mut end = COUNT;
        let fits = fields.iter().take_while(|f| {
            let numbered = names::identify(f.name) != names::LITERAL;
            end += ENTRY + f.value.len() + if numbered { 0 } else { f.name.len() };
            end <= at
        });
        cut.fields().eq(fits.copied()) && cut.status().is_none_or(|status| status >= 100)
    }
}
