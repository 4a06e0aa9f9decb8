//! Heads: what may be sent, what is taken, what is kept.

use arbitrary::{Arbitrary, Unstructured};
use bywash_proto::error::HeadError;
use bywash_proto::error::Violation;
use bywash_proto::headers::{
    AuthorityPolicy, Collected, Collector, Field, FieldIn, Head, HeadKind, Level, OutgoingCheck,
    Rules,
};

/// A field: often one that rules speak of.
#[derive(Arbitrary, Debug)]
struct AnyField<'a> {
    name: u8,
    value: u8,
    own_name: &'a [u8],
    own_value: &'a [u8],
    never_indexed: bool,
}

const NAMES: [&str; 20] = [
    ":method",
    ":scheme",
    ":authority",
    ":path",
    ":status",
    ":protocol",
    "host",
    "te",
    "connection",
    "cookie",
    "content-length",
    "upgrade",
    "priority",
    "expect",
    "x-a",
    "transfer-encoding",
    "keep-alive",
    "Upper",
    ":unknown",
    "accept",
];

const VALUES: [&str; 20] = [
    "GET",
    "CONNECT",
    "OPTIONS",
    "HEAD",
    "https",
    "http",
    "a.example",
    "A.example:443",
    "u@a",
    "/",
    "*",
    "200",
    "101",
    "204",
    "trailers",
    "42",
    "42, 42",
    " edge ",
    "u=1, i",
    "100-continue",
];

impl<'a> AnyField<'a> {
    fn field(&self) -> Field<'a> {
        let pick = |from: &'static [&'static str], at: u8, own: &'a [u8]| {
            from.get(usize::from(at) % 24)
                .map_or(own, |known| known.as_bytes())
        };
        Field {
            name: pick(&NAMES, self.name, self.own_name),
            value: pick(&VALUES, self.value, self.own_value),
            never_indexed: self.never_indexed,
        }
    }
}

fn collect(
    fields: &[Field<'_>],
    kind: HeadKind,
    rules: &Rules,
) -> Option<Result<Collected, Violation>> {
    let mut collector = Collector::new();
    collector.start(kind, rules);
    for field in fields {
        let field = FieldIn {
            never_indexed: field.never_indexed,
            ..FieldIn::new(field.name, field.value)
        };
        if collector.field(field).is_break() {
            return None;
        }
    }
    assert!(collector.heap_bytes() <= 4 * rules.max_list_size as usize + 4096);
    Some(collector.finish(None))
}

/// Both checks agree, levels are ordered, and a head holds what went in.
pub fn heads(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (bits, kind) = (
        u8::arbitrary(&mut input).unwrap_or(0),
        u8::arbitrary(&mut input).unwrap_or(0),
    );
    let kind = [
        HeadKind::Request,
        HeadKind::Response,
        HeadKind::RequestTrailers,
        HeadKind::ResponseTrailers,
        HeadKind::PushRequest,
    ][usize::from(kind) % 5];
    let list: Vec<AnyField<'_>> = input
        .arbitrary_iter()
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let fields: Vec<Field<'_>> = list.iter().map(AnyField::field).collect();
    let rules = Rules {
        level: Level::Strict,
        extended_connect: true,
        authority: match bits & 3 {
            0 => AuthorityPolicy::Optional,
            1 => AuthorityPolicy::Grpc,
            _ => AuthorityPolicy::Required,
        },
        max_fields: if bits & 4 == 0 { 512 } else { 8 },
        max_list_size: if bits & 8 == 0 { 1 << 20 } else { 300 },
        hard_list_size: 1 << 21,
    };
    let at = |level| collect(&fields, kind, &Rules { level, ..rules });
    let (Some(strict), Some(compatible), Some(off)) =
        (at(Level::Strict), at(Level::Compatible), at(Level::Off))
    else {
        return;
    };
    // What a stricter level takes, a laxer one takes too.
    assert!(
        strict.is_err() || compatible.is_ok(),
        "{strict:?} {compatible:?}"
    );
    assert!(
        compatible.is_err() || off.is_ok() || padded_status(&fields),
        "{compatible:?} {off:?}"
    );
    let whole = |c: &Collected| !c.summary.overlong;
    if let Ok(off) = &off {
        if whole(off) && rules.authority != AuthorityPolicy::Grpc {
            assert!(
                off.head.fields().eq(fields.iter().copied()),
                "kept as it came"
            );
            assert_eq!(off.head, Head::from_fields(&fields));
            assert_eq!(off.head.list_size(), off.summary.list_size);
        }
        assert!(off.head.len() <= rules.max_fields as usize);
        // gRPC's policy makes :authority of host, which is six octets longer.
        let promoted = if rules.authority == AuthorityPolicy::Grpc {
            6
        } else {
            0
        };
        assert!(off.head.list_size() <= rules.max_list_size + promoted);
    }
    if rules.authority == AuthorityPolicy::Required {
        senders(&fields, kind, &strict, whole);
    }
}

/// A status with white space at its edges: "compatible" trims it, "off" mends nothing and cannot read it.
fn padded_status(fields: &[Field<'_>]) -> bool {
    fields
        .iter()
        .any(|field| field.name == b":status" && field.value.trim_ascii() != field.value)
}

/// What the check of senders passes is collected as it is; what it refuses is refused for the same reason, but for
/// what only senders are held to.
fn senders(
    fields: &[Field<'_>],
    kind: HeadKind,
    strict: &Result<Collected, Violation>,
    whole: impl Fn(&Collected) -> bool,
) {
    match (OutgoingCheck::check(fields, kind, Level::Strict), strict) {
        (Ok(sent), Ok(got)) if whole(got) => {
            assert!(got.head.fields().eq(fields.iter().copied()));
            assert_eq!(sent.list_size, got.summary.list_size);
            assert_eq!(sent.content_length, got.summary.content_length);
            assert_eq!(
                (sent.method, sent.status),
                (got.summary.method, got.summary.status)
            );
        }
        (Ok(_), Err(violation)) => panic!("we may send {fields:?}, and refuse it: {violation:?}"),
        (Err(HeadError::ContentLengthForbidden), _) => {}
        (Err(error), Ok(got)) if whole(got) => {
            panic!("we take {fields:?}, and may not send it: {error:?}")
        }
        _ => {}
    }
}
