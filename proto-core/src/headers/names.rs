//! Names that have a number: those of HPACK's static table, and those that rules speak of.

use super::octets;

/// A name without a number.
pub(super) const LITERAL: u8 = 0;
pub(super) const AUTHORITY: u8 = 1;
pub(super) const METHOD: u8 = 2;
pub(super) const PATH: u8 = 4;
pub(super) const SCHEME: u8 = 6;
pub(super) const STATUS: u8 = 8;
pub(super) const CONTENT_LENGTH: u8 = 28;
pub(super) const COOKIE: u8 = 32;
pub(super) const EXPECT: u8 = 35;
pub(super) const HOST: u8 = 38;
pub(super) const TRANSFER_ENCODING: u8 = 57;
pub(super) const PROTOCOL: u8 = 62;
pub(super) const TE: u8 = 63;
pub(super) const PRIORITY: u8 = 64;
pub(super) const CONNECTION: u8 = 65;
pub(super) const PROXY_CONNECTION: u8 = 66;
pub(super) const KEEP_ALIVE: u8 = 67;
pub(super) const UPGRADE: u8 = 68;

/// By number: 1 to 61 as in RFC 7541 appendix A.
static NAMES: [&str; 69] = [
    "",
    ":authority",
    ":method",
    ":method",
    ":path",
    ":path",
    ":scheme",
    ":scheme",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    ":status",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "accept",
    "access-control-allow-origin",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-range",
    "content-type",
    "cookie",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "refresh",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "www-authenticate",
    ":protocol",
    "te",
    "priority",
    "connection",
    "proxy-connection",
    "keep-alive",
    "upgrade",
];

/// The name with this number; empty for numbers that there are not.
#[inline]
pub(super) fn name(id: u8) -> &'static [u8] {
    match NAMES.get(usize::from(id)) {
        Some(name) => name.as_bytes(),
        None => b"",
    }
}

/// From an index into HPACK's static table to a number: one per name. [`LITERAL`] beyond 61.
static NUMBERS: [u8; 256] = {
    let mut numbers = [LITERAL; 256];
    let mut index = 1;
    while index <= 61 {
        numbers[index] = match index {
            2 | 3 => METHOD,
            4 | 5 => PATH,
            6 | 7 => SCHEME,
            8..=14 => STATUS,
            _ => index as u8,
        };
        index += 1;
    }
    numbers
};

/// The number of the name at an index of HPACK's static table; [`LITERAL`] for 0 and beyond 61.
#[inline]
pub(super) fn number(index: u8) -> u8 {
    NUMBERS[usize::from(index)]
}

/// The names that a rule speaks of.
const SPECIAL: [u8; 17] = [
    AUTHORITY,
    METHOD,
    PATH,
    SCHEME,
    STATUS,
    CONTENT_LENGTH,
    COOKIE,
    EXPECT,
    HOST,
    TRANSFER_ENCODING,
    PROTOCOL,
    TE,
    PRIORITY,
    CONNECTION,
    PROXY_CONNECTION,
    KEEP_ALIVE,
    UPGRADE,
];

/// The slot of a name in [`HASHED`]: no two names with a number share one. The factors were found
/// by trying.
#[inline]
const fn slot(length: usize, second: u8, middle: u8, last: u8) -> u8 {
    (length as u8)
        .wrapping_mul(4)
        .wrapping_add(second.wrapping_mul(32))
        .wrapping_add(last.wrapping_mul(2))
        .wrapping_add(middle)
}

static HASHED: [u8; 256] = {
    let mut hashed = [LITERAL; 256];
    let mut id = 1;
    while id < NAMES.len() {
        let name = NAMES[id].as_bytes();
        let slot = slot(
            name.len(),
            name[1],
            name[name.len() / 2],
            name[name.len() - 1],
        ) as usize;
        let number = if id <= 61 { NUMBERS[id] } else { id as u8 };
        assert!(
            hashed[slot] == LITERAL || hashed[slot] == number,
            "two names in one slot"
        );
        hashed[slot] = number;
        id += 1;
    }
    hashed
};

/// The number of a name; [`LITERAL`] if it has none.
#[inline]
pub(super) fn identify(name: &[u8]) -> u8 {
    if let ([_, second, ..], Some(middle), Some(last)) =
        (name, name.get(name.len() / 2), name.last())
    {
        let id = HASHED[usize::from(slot(name.len(), *second, *middle, *last))];
        if octets::equal_strings(self::name(id), name) {
            return id;
        }
    }
    LITERAL
}

/// Whether no rule speaks of the name: true for most.
#[inline]
pub(super) fn is_plain(id: u8) -> bool {
    PLAIN[usize::from(id)]
}

static PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut i = 0;
    while i < SPECIAL.len() {
        plain[SPECIAL[i] as usize] = false;
        i += 1;
    }
    plain
};

/// Whether the number is that of a pseudo-header.
#[inline]
pub(super) const fn is_pseudo(id: u8) -> bool {
    matches!(id, AUTHORITY | METHOD | PATH | SCHEME | STATUS | PROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_agree() {
        for index in 1..=61_u8 {
            let id = number(index);
            assert_eq!(name(id), name(index), "{index}");
        }
        for known in 62..=255 {
            assert_eq!(number(known), LITERAL);
        }
        assert_eq!(name(69), b"");
        assert_eq!(name(255), b"");
    }

    #[test]
    fn names_are_found_and_no_others() {
        for id in 1..=68 {
            let normal = if id <= 61 { number(id) } else { id };
            assert_eq!(identify(name(id)), normal, "{id}");
            for at in 0..name(id).len() {
                let mut other = name(id).to_vec();
                other[at] ^= 0x80;
                assert_eq!(identify(&other), LITERAL, "{id}");
            }
        }
        for length in 0..40 {
            assert_eq!(identify(&alloc::vec![b'x'; length]), LITERAL);
        }
    }

    #[test]
    fn rules_speak_of_few() {
        assert!(is_plain(LITERAL) && is_plain(255));
        assert_eq!((1..=68).filter(|&id| !is_plain(id)).count(), SPECIAL.len());
        for id in 1..=68 {
            let pseudo = name(id).starts_with(b":") && number(id.min(61)) <= id;
            let normal = id > 61 || number(id) == id;
            assert_eq!(is_pseudo(id), pseudo && normal, "{id}");
        }
    }
}
