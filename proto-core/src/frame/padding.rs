//! What surrounds the field block fragment in HEADERS and PUSH_PROMISE (RFC 9113 6.2, 6.6).

use super::Flags;
use crate::error::Violation;
use crate::vocabulary::StreamId;

/// The fragment in a HEADERS payload: padding and the deprecated priority fields taken off.
pub(crate) fn headers_fragment(flags: Flags, payload: &[u8]) -> Result<&[u8], Violation> {
    let rest = unpad(flags, payload)?;
    if flags.has(Flags::PRIORITY) {
        return rest.get(5..).ok_or(Violation::TruncatedFrame);
    }
    Ok(rest)
}

/// The promised stream and the fragment in a PUSH_PROMISE payload.
pub(crate) fn push_fragment(flags: Flags, payload: &[u8]) -> Result<(StreamId, &[u8]), Violation> {
    match unpad(flags, payload)? {
        [a, b, c, d, fragment @ ..] => Ok((
            StreamId::new(u32::from_be_bytes([*a, *b, *c, *d])),
            fragment,
        )),
        _ => Err(Violation::PushLength),
    }
}

#[inline]
fn unpad(flags: Flags, payload: &[u8]) -> Result<&[u8], Violation> {
    if !flags.has(Flags::PADDED) {
        return Ok(payload);
    }
    let (&pad, rest) = payload.split_first().ok_or(Violation::TruncatedFrame)?;
    match rest.len().checked_sub(usize::from(pad)) {
        Some(end) => Ok(&rest[..end]),
        None => Err(Violation::PaddingTooLong),
    }
}

#[cfg(test)]
mod tests {
    use super::{Flags, StreamId, Violation, headers_fragment, push_fragment};

    #[test]
    fn padding_and_priority_come_off() {
        let padded = Flags::PADDED;
        assert_eq!(headers_fragment(Flags::NONE, b"abc"), Ok(&b"abc"[..]));
        assert_eq!(headers_fragment(padded, &[2, b'a', 0, 0]), Ok(&b"a"[..]));
        assert_eq!(headers_fragment(padded, &[3, 0, 0, 0]), Ok(&b""[..]));
        assert_eq!(
            headers_fragment(padded, &[4, 0, 0, 0]),
            Err(Violation::PaddingTooLong)
        );
        assert_eq!(
            headers_fragment(padded, &[]),
            Err(Violation::TruncatedFrame)
        );
        let both = padded.with(Flags::PRIORITY);
        assert_eq!(
            headers_fragment(both, &[1, 0, 0, 0, 1, 16, b'x', 0]),
            Ok(&b"x"[..])
        );
        assert_eq!(
            headers_fragment(both, &[1, 0, 0, 0, 1, 16]),
            Err(Violation::TruncatedFrame)
        );
        assert_eq!(
            headers_fragment(Flags::PRIORITY, &[0, 0, 0, 1]),
            Err(Violation::TruncatedFrame)
        );
    }

    #[test]
    fn promised_stream() {
        assert_eq!(
            push_fragment(Flags::NONE, &[0x80, 0, 0, 2, 7]),
            Ok((StreamId::new(2), &[7][..]))
        );
        assert_eq!(
            push_fragment(Flags::NONE, &[0, 0, 2]),
            Err(Violation::PushLength)
        );
    }
}
