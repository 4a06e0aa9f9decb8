use super::*;
use quickcheck::{TestResult, quickcheck};

const NO_LIMIT: usize = Metadata::MAX_LIST_SIZE;

fn kind(result: Result<(), MetadataError>) -> MetadataErrorKind {
    result.unwrap_err().kind()
}

fn wire(metadata: &Metadata) -> Vec<(String, Vec<u8>)> {
    metadata
        .fields()
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect()
}

#[test]
fn an_ordered_multimap() {
    let mut m = Metadata::new();
    assert!(m.is_empty());
    assert_eq!(m.heap_bytes(), 0);
    m.append("X-User", " 7 ").unwrap();
    m.append_bin("trace-Bin", &[0, 255]).unwrap();
    m.append("x-user", "8").unwrap();
    assert_eq!(m.len(), 3);
    assert_eq!(m.get("x-USER"), Some("7"));
    assert_eq!(m.get_all("x-user").collect::<Vec<_>>(), ["7", "8"]);
    assert_eq!(m.get_bin("trace-bin"), Some(&[0, 255][..]));
    assert_eq!(
        (m.get("trace-bin"), m.get_bin("x-user"), m.get("none")),
        (None, None, None)
    );
    let all: Vec<_> = m.iter().collect();
    assert_eq!(
        all,
        [
            ("x-user", &b"7"[..]),
            ("trace-bin", &[0, 255]),
            ("x-user", b"8")
        ]
    );
    assert_eq!(wire(&m)[1], ("trace-bin".to_owned(), b"AP8".to_vec()));
    assert_eq!(m.list_size(), 2 * (6 + 1 + 32) + 9 + 3 + 32);
}

#[test]
fn set_and_remove() {
    let mut m = Metadata::new();
    m.append("a", "1").unwrap();
    m.append("b", "2").unwrap();
    m.append("A", "3").unwrap();
    m.push_reserved("te", b"trailers").unwrap();
    let before = m.clone();
    assert_eq!(kind(m.set("a", "\n")), MetadataErrorKind::ValueOctet(b'\n'));
    assert_eq!(m, before);
    m.set("a", "4").unwrap();
    assert_eq!(m.get_all("a").collect::<Vec<_>>(), ["4"]);
    assert!(m.remove("B") && !m.remove("b"));
    m.set_bin("c-bin", b"\0").unwrap();
    m.set_bin("c-bin", b"\x01").unwrap();
    assert_eq!(m.get_all_bin("c-bin").collect::<Vec<_>>(), [b"\x01"]);
    assert!(m.remove("c-bin") && m.remove("a") && m.is_empty());
    assert_eq!(wire(&m), [("te".to_owned(), b"trailers".to_vec())]);
    assert_eq!(m.list_size(), 2 + 8 + 32);
}

#[test]
fn keys_and_values_that_applications_may_not_send() {
    let mut m = Metadata::new();
    for key in [
        ":path",
        "te",
        "Content-Type",
        "user-agent",
        "grpc-status",
        "GRPC-anything",
        "connection",
        "host",
        "grpc-",
    ] {
        assert_eq!(
            kind(m.append(key, "x")),
            MetadataErrorKind::Reserved,
            "{key}"
        );
    }
    assert_eq!(
        kind(m.append_bin("grpc-status-details-bin", b"x")),
        MetadataErrorKind::Reserved
    );
    assert_eq!(kind(m.append("", "x")), MetadataErrorKind::EmptyKey);
    assert_eq!(
        kind(m.append("a b", "x")),
        MetadataErrorKind::KeyOctet(b' ')
    );
    assert_eq!(
        kind(m.append("\u{e9}", "x")),
        MetadataErrorKind::KeyOctet(0xc3)
    );
    assert_eq!(kind(m.append("a-bin", "x")), MetadataErrorKind::NeedsBinary);
    assert_eq!(kind(m.append_bin("a", b"x")), MetadataErrorKind::NeedsAscii);
    assert_eq!(
        kind(m.append("a", "\u{e9}")),
        MetadataErrorKind::ValueOctet(0xc3)
    );
    assert_eq!(
        kind(m.append("a", "x\ty")),
        MetadataErrorKind::ValueOctet(b'\t')
    );
    assert_eq!(
        kind(m.append(&"k".repeat(65_536), "x")),
        MetadataErrorKind::KeyTooLong
    );
    let large = "v".repeat(Metadata::MAX_LIST_SIZE);
    assert_eq!(
        kind(m.append("a", &large)),
        MetadataErrorKind::TooLarge(Metadata::MAX_LIST_SIZE)
    );
    assert!(m.is_empty() && m.list_size() == 0);
    m.append("grpc-retry-pushback-ms", "10").unwrap();
    m.append_bin("grpc-trace-bin", &[0]).unwrap();
    assert_eq!(m.len(), 2);
}

#[test]
fn received_fields_of_the_protocol_are_hidden() {
    let mut m = Metadata::new();
    let fields: [(&str, &str); 7] = [
        ("content-type", "application/grpc"),
        ("user-agent", "grpc-go/1.85.0"),
        ("grpc-status", "0"),
        ("grpc-status-details-bin", "!! not read here"),
        ("grpc-previous-rpc-attempts", "2"),
        ("x-y", "z"),
        ("grpc-unheard-of", "1"),
    ];
    for (name, value) in fields {
        m.receive(name.as_bytes(), value.as_bytes(), NO_LIMIT)
            .unwrap();
    }
    assert_eq!(
        m.iter().map(|(k, _)| k).collect::<Vec<_>>(),
        ["grpc-previous-rpc-attempts", "x-y", "grpc-unheard-of"]
    );
    assert_eq!(m.get("grpc-status"), None);
    assert_eq!(m.reserved("grpc-status"), Some(&b"0"[..]));
    assert_eq!(m.reserved("x-y"), None);
    assert_eq!(m.user_agent(), Some("grpc-go/1.85.0"));
    assert_eq!(m.fields().count(), 7);

    let mut sent_on = Metadata::new();
    sent_on.append_all(&m).unwrap();
    assert_eq!(sent_on.fields().count(), 3);
}

#[test]
fn received_binary_values_are_split_and_decoded() {
    let mut m = Metadata::new();
    m.receive(b"a-bin", b"AP8=, AP8 ,,Zg", NO_LIMIT).unwrap();
    assert_eq!(
        m.get_all_bin("a-bin").collect::<Vec<_>>(),
        [&[0, 255][..], &[0, 255], b"", b"f"]
    );
    assert_eq!(wire(&m)[0].1, b"AP8");
    let e = m.receive(b"b-bin", b"AP8,!", NO_LIMIT).unwrap_err();
    assert_eq!((e.kind(), e.key()), (MetadataErrorKind::Base64, "b-bin"));
    assert_eq!(m.get_all_bin("b-bin").count(), 1);
}

#[test]
fn what_http_allows_is_kept_and_may_be_sent_on() {
    let mut m = Metadata::new();
    m.receive(b"x!", b"\xe9\t1", NO_LIMIT).unwrap();
    m.receive(b"name", " Ren\u{e9} ".as_bytes(), NO_LIMIT)
        .unwrap();
    assert_eq!(m.get("x!"), None);
    assert_eq!(m.get("name"), Some("Ren\u{e9}"));
    let mut sent_on = Metadata::new();
    sent_on.append_all(&m).unwrap();
    assert_eq!(sent_on, m);
    assert_eq!(
        kind(m.receive(b"x", b"a\r\nb: c", NO_LIMIT)),
        MetadataErrorKind::ValueOctet(b'\r')
    );
    assert_eq!(
        kind(m.receive(b"X", b"", NO_LIMIT)),
        MetadataErrorKind::KeyOctet(b'X')
    );
    assert_eq!(
        kind(m.receive(b":status", b"200", NO_LIMIT)),
        MetadataErrorKind::KeyOctet(b':')
    );
    assert_eq!(
        kind(m.receive(b"", b"", NO_LIMIT)),
        MetadataErrorKind::EmptyKey
    );
}

#[test]
fn commas_cannot_buy_memory() {
    let mut m = Metadata::new();
    let limit = 16 * 1024;
    let result = m.receive(
        &[b"k".repeat(1000), b"-bin".to_vec()].concat(),
        &b",".repeat(15_000),
        limit,
    );
    assert_eq!(kind(result), MetadataErrorKind::TooLarge(limit));
    assert!(
        m.list_size() <= limit && m.heap_bytes() <= 2 * limit,
        "{} octets of heap",
        m.heap_bytes()
    );
}

#[test]
fn debug_and_errors_show_no_secrets() {
    let mut m = Metadata::new();
    m.append("authorization", "Bearer secret").unwrap();
    m.push_reserved("grpc-timeout", b"1S").unwrap();
    assert_eq!(
        format!("{m:?}"),
        r#"{"authorization": (13 octets), "grpc-timeout": "1S"}"#
    );
    assert!(!format!("{:?}", m.iter()).contains("secret"));
    let e = m.append("authorization", "secret\n").unwrap_err();
    assert_eq!(
        e.to_string(),
        "metadata value of \"authorization\" has the octet 0x0a; use a key that ends in -bin"
    );
}

#[test]
fn room_that_was_made_is_enough() {
    let mut m = Metadata::with_capacity(2, 5 + 5 + 2);
    let before = m.heap_bytes();
    m.append("abcde", "12345").unwrap();
    m.push_reserved("t", b"e").unwrap();
    assert_eq!(m.heap_bytes(), before);
    let mut first = Metadata::new();
    first.append("abcde", "12345").unwrap();
    assert_eq!(first.heap_bytes(), 128);
}

quickcheck! {
    fn octets_come_back_over_the_wire(values: Vec<Vec<u8>>) -> bool {
        let mut sent = Metadata::new();
        for value in &values {
            sent.append_bin("k-bin", value).unwrap();
        }
        let (mut one_by_one, mut joined) = (Metadata::new(), Metadata::new());
        for (name, value) in sent.fields() {
            one_by_one.receive(name.as_bytes(), value, NO_LIMIT).unwrap();
        }
        let list = sent.fields().map(|(_, value)| value).collect::<Vec<_>>().join(&b","[..]);
        if !values.is_empty() {
            joined.receive(b"k-bin", &list, NO_LIMIT).unwrap();
        }
        one_by_one == sent && joined == sent && sent.get_all_bin("k-bin").eq(values.iter().map(Vec::as_slice))
    }

    fn text_comes_back_over_the_wire(value: String) -> TestResult {
        let mut sent = Metadata::new();
        if sent.append("k", &value).is_err() {
            return TestResult::from_bool(sent == Metadata::new() && value.bytes().any(|b| !matches!(b, b' '..=b'~')));
        }
        let mut received = Metadata::new();
        let (name, octets) = sent.fields().next().unwrap();
        received.receive(name.as_bytes(), octets, NO_LIMIT).unwrap();
        TestResult::from_bool(received == sent && received.get("k") == Some(value.trim_matches(' ')))
    }

    fn any_fields_are_taken_or_refused_within_the_limit(fields: Vec<(Vec<u8>, Vec<u8>)>, limit: u16) -> bool {
        let mut m = Metadata::new();
        for (name, value) in &fields {
            let _ = m.receive(name, value, limit.into());
        }
        let size: usize = m.fields().map(|(name, value)| name.len() + value.len() + 32).sum();
        size == m.list_size() && size <= limit.into()
    }
}
