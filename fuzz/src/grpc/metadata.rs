//! Metadata under any operations, against what its documentation says of each.

use arbitrary::{Arbitrary, Unstructured};
use bywash_grpc::base64;
use bywash_grpc::metadata::{Metadata, MetadataError};

/// Keys of the application, some of which it may not set.
const KEYS: [&str; 12] = [
    "a",
    "X-Upper",
    "key_of.all-sorts",
    "b-bin",
    "C-Bin",
    "-bin",
    "grpc-retry-pushback-ms",
    "grpc-trace-bin",
    "grpc-other",
    "te",
    ":path",
    "",
];

/// Keys of the protocol, which the application does not see.
const PROTOCOL: [&str; 12] = [
    "content-type",
    "content-length",
    "te",
    "user-agent",
    "host",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
    "grpc-timeout",
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-message-type",
];

#[derive(Arbitrary, Debug)]
enum Op {
    Receive {
        name: Vec<u8>,
        value: Vec<u8>,
        limit: u16,
    },
    ReceiveKnown {
        name: u8,
        value: Vec<u8>,
    },
    Append {
        key: u8,
        value: String,
    },
    AppendBin {
        key: u8,
        value: Vec<u8>,
    },
    Set {
        key: u8,
        value: String,
    },
    SetBin {
        key: u8,
        value: Vec<u8>,
    },
    Remove {
        key: u8,
    },
    Reserve {
        name: u8,
        value: Vec<u8>,
    },
    AppendAll,
}

fn known(choice: u8) -> &'static str {
    let of = [KEYS, PROTOCOL].concat();
    of[usize::from(choice) % of.len()]
}

fn key(choice: u8) -> &'static str {
    KEYS[usize::from(choice) % KEYS.len()]
}

type Fields = Vec<(String, Vec<u8>)>;

/// As it goes on the wire.
fn wire(of: &Metadata) -> Fields {
    let fields = of.fields();
    fields
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .collect()
}

fn text(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    base64::encode(octets, &mut text);
    text
}

/// Operations on one metadata.
pub fn grpc_metadata(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut metadata = Metadata::new();
    for op in input.arbitrary_iter::<Op>().into_iter().flatten() {
        let Ok(op) = op else { break };
        let before = wire(&metadata);
        apply(&mut metadata, op, before);
        check(&metadata);
        // Input is short, but what it doubles is not.
        if metadata.list_size() > 1 << 14 {
            break;
        }
    }
    sent_and_received(&metadata);
}

fn apply(metadata: &mut Metadata, op: Op, mut before: Fields) {
    match op {
        Op::Receive { name, value, limit } => {
            receive(metadata, &name, &value, limit.into(), before);
        }
        Op::ReceiveKnown { name, value } => {
            receive(metadata, known(name).as_bytes(), &value, usize::MAX, before);
        }
        Op::Append { key: choice, value } => {
            let added = (key(choice), value.trim_matches(' ').as_bytes().to_vec());
            let result = metadata.append(key(choice), &value);
            added_or_not(metadata, result, before, added);
        }
        Op::AppendBin { key: choice, value } => {
            let result = metadata.append_bin(key(choice), &value);
            added_or_not(metadata, result, before, (key(choice), text(&value)));
        }
        Op::Set { key: choice, value } => {
            let added = (key(choice), value.trim_matches(' ').as_bytes().to_vec());
            let result = metadata.set(key(choice), &value);
            if result.is_ok() {
                before.retain(|(name, _)| !name.eq_ignore_ascii_case(key(choice)));
            }
            added_or_not(metadata, result, before, added);
        }
        Op::SetBin { key: choice, value } => {
            let result = metadata.set_bin(key(choice), &value);
            if result.is_ok() {
                before.retain(|(name, _)| !name.eq_ignore_ascii_case(key(choice)));
            }
            added_or_not(metadata, result, before, (key(choice), text(&value)));
        }
        Op::Remove { key: choice } => {
            let there = metadata.contains_key(key(choice));
            assert_eq!(metadata.remove(key(choice)), there);
            assert!(!metadata.contains_key(key(choice)));
            before.retain(|(name, _)| {
                PROTOCOL.contains(&&**name) || !name.eq_ignore_ascii_case(key(choice))
            });
            assert_eq!(wire(metadata), before);
        }
        Op::Reserve { name, value } => {
            let name = PROTOCOL[usize::from(name) % PROTOCOL.len()];
            let value = value.trim_ascii();
            let result = metadata.push_reserved(name, value);
            added_or_not(metadata, result, before, (name, value.to_vec()));
        }
        Op::AppendAll => {
            let other = metadata.clone();
            metadata.append_all(&other).expect("there is room");
            before.extend_from_within(..);
            let half = before.len() / 2;
            let mut at = 0;
            before.retain(|(name, _)| {
                at += 1;
                at <= half || !PROTOCOL.contains(&&**name)
            });
            assert_eq!(wire(metadata), before);
        }
    }
}

/// A field that the peer sent: whatever is wrong, what was there stays, and the limit holds.
fn receive(metadata: &mut Metadata, name: &[u8], value: &[u8], limit: usize, mut before: Fields) {
    let size = metadata.list_size();
    let result = metadata.receive(name, value, limit);
    assert!(metadata.list_size() <= limit.max(size));
    let after = wire(metadata);
    let new = after.strip_prefix(&before[..]);
    let new = new.expect("what was there stays").to_vec();
    assert!(new.iter().all(|(new, _)| new.as_bytes() == name));
    let is_protocol = PROTOCOL.iter().any(|known| known.as_bytes() == name);
    if name.ends_with(b"-bin") && !is_protocol {
        let elements = value.split(|&octet| octet == b',').count();
        assert!(new.len() <= elements && (result.is_err() || new.len() == elements));
        return;
    }
    if result.is_ok() {
        let name = String::from_utf8_lossy(name).into_owned();
        before.push((name, value.trim_ascii().to_vec()));
    }
    assert_eq!(after, before);
}

fn added_or_not(
    metadata: &Metadata,
    result: Result<(), MetadataError>,
    mut before: Fields,
    (name, value): (&str, Vec<u8>),
) {
    if result.is_ok() {
        before.push((name.to_ascii_lowercase(), value));
    }
    assert_eq!(wire(metadata), before);
}

/// What holds of every metadata.
fn check(metadata: &Metadata) {
    let fields = wire(metadata);
    let size = |(name, value): &(String, Vec<u8>)| name.len() + value.len() + 32;
    assert_eq!(metadata.list_size(), fields.iter().map(size).sum::<usize>());
    for (name, value) in &fields {
        let legal = |octet: u8| {
            matches!(octet, b'!'..=b'~') && octet != b':' && !octet.is_ascii_uppercase()
        };
        assert!(!name.is_empty() && name.bytes().all(legal), "{name:?}");
        assert!(!value.iter().any(|octet| matches!(octet, 0 | b'\r' | b'\n')));
        assert_eq!(value.trim_ascii(), &value[..]);
    }
    // What the application sees is the rest, decoded.
    let seen: Vec<_> = metadata.iter().collect();
    let own: Vec<_> = fields
        .iter()
        .filter(|(name, _)| !PROTOCOL.contains(&&**name))
        .collect();
    assert_eq!((seen.len(), metadata.len()), (own.len(), own.len()));
    for ((key, value), (name, wire)) in seen.iter().zip(own) {
        assert_eq!(key, name);
        if name.ends_with("-bin") {
            assert_eq!(&text(value), wire);
            assert!(metadata.get_all_bin(name).any(|other| other == *value));
            assert_eq!(metadata.get(name), None);
        } else {
            assert_eq!(value, wire);
            let text = std::str::from_utf8(value).ok();
            assert!(text.is_none_or(|text| metadata.get_all(name).any(|other| other == text)));
            assert_eq!(metadata.get_bin(name), None);
        }
    }
}

/// What goes on the wire comes off it the same, within exactly its size.
fn sent_and_received(metadata: &Metadata) {
    let limit = metadata.list_size();
    let mut back = Metadata::new();
    for (name, value) in metadata.fields() {
        back.receive(name.as_bytes(), value, limit)
            .expect("what was sent can be received");
    }
    assert!(back == *metadata, "{back:?} is not {metadata:?}");
    let mut less = Metadata::new();
    let mut fields = metadata.fields();
    let refused = fields.any(|(name, value)| {
        less.receive(name.as_bytes(), value, limit.saturating_sub(1))
            .is_err()
    });
    assert_eq!(refused, limit > 0, "the limit is exact");
    // Shown to nobody but in part.
    assert!(format!("{metadata:?}").starts_with('{'));
}
