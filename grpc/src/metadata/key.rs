//! Which keys there are: the application's, the protocol's, and those that no field may have.

use super::error::{MetadataError, MetadataErrorKind};

/// How a key of octets ends.
pub(super) const BINARY_SUFFIX: &[u8] = b"-bin";

/// Whether a received field belongs to the protocol, so that the application does not see it.
pub(super) fn is_protocol(name: &[u8]) -> bool {
    // Most are not: their first letter tells.
    if !matches!(name.first(), Some(b'c' | b'g' | b'h' | b't' | b'u')) {
        return false;
    }
    match name {
        b"content-type" | b"content-length" | b"te" | b"user-agent" | b"host" => true,
        _ => match name.strip_prefix(b"grpc-") {
            Some(rest) => matches!(
                rest,
                b"status"
                    | b"message"
                    | b"status-details-bin"
                    | b"timeout"
                    | b"encoding"
                    | b"accept-encoding"
                    | b"message-type"
            ),
            None => false,
        },
    }
}

/// Whether an application may not send this key. `grpc-` is the protocol's (`doc/PROTOCOL-HTTP2.md`, "Requests") but
/// for what applications and tracers have always set. Takes any case.
fn is_reserved(key: &str) -> bool {
    const RESERVED: [&str; 11] = [
        "content-type",
        "content-length",
        "te",
        "user-agent",
        "host",
        // Fields of a connection: malformed in HTTP/2 (RFC 9113 section 8.2.2).
        "connection",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
    ];
    const OPEN: [&str; 3] = ["grpc-retry-pushback-ms", "grpc-trace-bin", "grpc-tags-bin"];
    let is = |other: &&str| key.eq_ignore_ascii_case(other);
    let grpc = key
        .get(..5)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("grpc-"));
    key.starts_with(':') || RESERVED.iter().any(is) || (grpc && !OPEN.iter().any(is))
}

/// Whether a log may show the values of this key.
pub(super) fn may_be_logged(name: &str) -> bool {
    matches!(
        name,
        "content-type"
            | "te"
            | "user-agent"
            | "grpc-encoding"
            | "grpc-accept-encoding"
            | "grpc-timeout"
            | "grpc-status"
            | "grpc-message-type"
            | "grpc-previous-rpc-attempts"
            | "grpc-retry-pushback-ms"
    )
}

/// Checks a key that the application sets.
pub(super) fn check_custom(key: &str, binary: bool) -> Result<(), MetadataError> {
    let error = |kind| Err(MetadataError::new(kind, key.as_bytes()));
    if key.is_empty() {
        return error(MetadataErrorKind::EmptyKey);
    }
    if is_reserved(key) {
        return error(MetadataErrorKind::Reserved);
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if let Some(octet) = key.bytes().find(|&b| !allowed(b)) {
        return error(MetadataErrorKind::KeyOctet(octet));
    }
    let ends_in_bin = key.len() >= 4 && key[key.len() - 4..].eq_ignore_ascii_case("-bin");
    match (ends_in_bin, binary) {
        (true, false) => error(MetadataErrorKind::NeedsBinary),
        (false, true) => error(MetadataErrorKind::NeedsAscii),
        _ => Ok(()),
    }
}

/// Checks that a field could stand in an HTTP/2 field section (RFC 9113 section 8.2.1).
pub(super) fn check_field(name: &[u8], value: &[u8]) -> Result<(), MetadataError> {
    let error = |kind| Err(MetadataError::new(kind, name));
    if name.is_empty() {
        return error(MetadataErrorKind::EmptyKey);
    }
    if let Some(&octet) = name
        .iter()
        .find(|b| !matches!(b, b'!'..=b'~') || b.is_ascii_uppercase() || **b == b':')
    {
        return error(MetadataErrorKind::KeyOctet(octet));
    }
    match value.iter().find(|b| matches!(b, 0 | b'\n' | b'\r')) {
        Some(&octet) => error(MetadataErrorKind::ValueOctet(octet)),
        None => Ok(()),
    }
}
