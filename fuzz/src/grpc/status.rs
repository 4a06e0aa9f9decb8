//! Statuses off the wire and onto it, and the other values that heads and trailers hold.

use arbitrary::{Arbitrary, Unstructured};
use bywash_grpc::content_type::ContentType;
use bywash_grpc::status::{MAX_BODY, Origin};
use bywash_grpc::timeout::{self, TimeoutValue};
use bywash_grpc::{Code, Metadata, Status, base64, compress::Registry, encoding, percent};

#[derive(Arbitrary, Debug)]
struct Trailers {
    statuses: Vec<Number>,
    message: Option<Vec<u8>>,
    details: Option<Vec<u8>>,
    more: Vec<(u8, Vec<u8>)>,
    limit: u16,
    text: String,
    http_status: u16,
}

/// A value of `grpc-status`.
#[derive(Arbitrary, Debug)]
enum Number {
    Small(u8),
    Any(u32),
    Octets(Vec<u8>),
}

impl Number {
    fn wire(&self) -> Vec<u8> {
        match self {
            Number::Small(number) => (number % 20).to_string().into_bytes(),
            Number::Any(number) => number.to_string().into_bytes(),
            Number::Octets(octets) => octets.clone(),
        }
    }
}

/// Trailers that a peer sends, and a text that we do.
pub fn grpc_status(data: &[u8]) {
    values(data);
    let Ok(input) = Trailers::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let mut fields = Metadata::new();
    let number = input
        .statuses
        .iter()
        .map(|number| ("grpc-status", number.wire()));
    let message = input
        .message
        .iter()
        .map(|value| ("grpc-message", value.clone()));
    let details = input.details.iter();
    let details = details.map(|value| ("grpc-status-details-bin", value.clone()));
    let names = ["x", "y-bin", "grpc-retry-pushback-ms", "content-type"];
    let more = input.more.iter().take(8);
    let more = more.map(|(name, value)| (names[usize::from(name % 4)], value.clone()));
    for (name, value) in number.chain(message).chain(details).chain(more) {
        // What HTTP/2 or gRPC forbids never gets as far as a status.
        let _ = fields.receive(name.as_bytes(), &value, Metadata::MAX_LIST_SIZE);
    }
    let result = Status::from_trailers(&fields);
    assert_eq!(result.as_ref().map(number_of), expected(&fields));
    if let Some(Err(status)) = result {
        received(&status, &fields);
        sent(&status, &Metadata::new(), input.limit.into());
    }
    written(&input, &fields);
    texts(&input.text, input.limit.into());
    no_status(input.http_status, &fields, data);
}

/// `None` for a value that is no number.
fn number_of(result: &Result<(), Status>) -> Option<u32> {
    match result {
        Ok(()) => Some(0),
        Err(status) if matches!(status.origin(), Origin::Local) => None,
        Err(status) => Some(status.raw_code()),
    }
}

/// The same by a plain reading of the fields.
fn expected(fields: &Metadata) -> Option<Option<u32>> {
    let values: Vec<_> = fields.reserved_all("grpc-status").collect();
    let first = *values.first()?;
    let digits = first.iter().all(u8::is_ascii_digit);
    let number = std::str::from_utf8(first)
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|_| digits && values.iter().all(|value| *value == first));
    Some(number)
}

/// What a status that came from a peer has.
fn received(status: &Status, fields: &Metadata) {
    assert_ne!(status.code(), Code::Ok);
    let number = Code::from_u32(status.raw_code());
    assert_eq!(status.code(), number.unwrap_or(Code::Unknown));
    assert!(status.trailers() == fields);
    if matches!(status.origin(), Origin::Local) {
        assert_eq!(status.code(), Code::Unknown);
        return;
    }
    let message = fields.reserved("grpc-message").unwrap_or_default();
    assert_eq!(status.message(), percent::decode(message));
    if let Ok(rpc) = status.rpc_status() {
        assert!(rpc.details.len() <= status.details().len());
    }
    let _ = status.retry_delay();
    assert!(!format!("{status} {status:?}").is_empty());
}

/// Sent on, a status keeps its number, and of the rest what there is room for.
fn sent(status: &Status, trailers: &Metadata, limit: usize) {
    let result = Err(status.clone());
    let mut out = Metadata::new();
    let room = "grpc-status".len() + 10 + 32;
    if Status::write_trailers(&result, trailers, limit.max(room), &mut out).is_err() {
        panic!("no room for {status:?} in {limit}");
    }
    let own = match status.origin() {
        Origin::Application => status.trailers().list_size(),
        _ => 0,
    };
    assert!(out.list_size() <= limit.max(room) + own + trailers.list_size());
    let back = off_the_wire(&out);
    assert_eq!(back.raw_code(), status.raw_code());
    let cut = back.message().len() < status.message().len();
    assert!(status.message().starts_with(back.message()));
    assert!(back.details().is_empty() || back.details() == status.details());

    let mut out = Metadata::new();
    Status::write_trailers(&result, trailers, usize::MAX, &mut out).expect("there is room");
    let back = off_the_wire(&out);
    let all = (status.raw_code(), status.message(), status.details());
    assert_eq!((back.raw_code(), back.message(), back.details()), all);
    assert!(
        !cut || out.list_size() > limit,
        "cut although there was room"
    );
}

/// Fields written and received again, as a status that is no success.
fn off_the_wire(written: &Metadata) -> Status {
    let mut fields = Metadata::new();
    for (name, value) in written.fields() {
        fields
            .receive(name.as_bytes(), value, usize::MAX)
            .expect("what we send can be received");
    }
    match Status::from_trailers(&fields) {
        Some(Err(status)) => status,
        other => panic!("an error came back as {other:?}"),
    }
}

/// A status of our own, with what the peer sent as its trailers.
fn written(input: &Trailers, fields: &Metadata) {
    let code = Code::ALL[1 + usize::from(input.limit % 16)];
    let mut own = Metadata::new();
    own.append_all(fields).expect("there is room");
    let details = input.details.clone().unwrap_or_default();
    let status = Status::new(code, input.text.clone())
        .with_details(details)
        .with_trailers(own);
    sent(&status, &Metadata::new(), input.limit.into());
    let mut out = Metadata::new();
    Status::write_trailers(&Ok(()), fields, usize::MAX, &mut out).expect("there is room");
    assert!(matches!(Status::from_trailers(&out), Some(Ok(()))));
}

/// Any text as a message.
fn texts(text: &str, limit: usize) {
    let whole = percent::encode(text);
    assert!(whole.bytes().all(|octet| matches!(octet, b' '..=b'~')));
    assert_eq!(whole.trim_matches(' '), whole);
    assert_eq!(percent::decode(whole.as_bytes()), text);
    let cut = percent::encode_within(text, limit);
    assert!(cut.len() <= limit && cut.trim_matches(' ') == cut);
    assert!(text.starts_with(&*percent::decode(cut.as_bytes())));
    assert!(
        cut == whole || whole.len() > limit,
        "cut although there was room"
    );
}

/// Responses without a status.
fn no_status(http_status: u16, fields: &Metadata, body: &[u8]) {
    let by_type = Status::from_content_type(fields.reserved("content-type"));
    for status in [Status::from_http(http_status), by_type] {
        assert_ne!(status.code(), Code::Ok);
        let before = status.message().len();
        let shown = status.with_body(body);
        // Octets that are no text are shown as U+FFFD, and characters escaped.
        assert!(shown.message().len() <= before + 16 + 12 * MAX_BODY);
    }
    assert_ne!(Status::from_reset(http_status.into()).code(), Code::Ok);
}

/// Values that heads hold, each from any octets.
fn values(data: &[u8]) {
    let text = percent::decode(data);
    assert_eq!(percent::decode(percent::encode(&text).as_bytes()), text);
    texts(&text, data.len() / 2);
    let mut octets = Vec::new();
    if base64::decode(data, &mut octets).is_ok() {
        let (mut written, mut again) = (Vec::new(), Vec::new());
        base64::encode(&octets, &mut written);
        assert_eq!(written.len(), base64::encoded_len(octets.len()));
        base64::decode(&written, &mut again).expect("our own Base64");
        assert_eq!(again, octets);
    } else {
        assert!(octets.is_empty());
    }
    if let Ok(left) = timeout::parse(data) {
        let value = TimeoutValue::new(left);
        let again = timeout::parse(value.as_bytes()).expect("our own timeout");
        assert!(again >= left, "a peer must not give up first");
    }
    if let Some(kind) = ContentType::parse(data) {
        assert!(kind.subtype().len() <= data.len());
    }
    assert!(encoding::names(data).all(encoding::is_name));
    let registry = Registry::standard();
    let accepted = registry.accepted(data);
    for name in ["gzip", "deflate"] {
        let listed = encoding::names(data).any(|other| other.eq_ignore_ascii_case(name));
        assert_eq!(registry.agreed(accepted, name).is_some(), listed);
    }
    if let Ok(Some(compressor)) = registry.declared(Some(data)) {
        assert!(compressor.name().as_bytes().eq_ignore_ascii_case(data));
    }
}
