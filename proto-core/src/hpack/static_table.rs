//! The static table of RFC 7541, Appendix A, and a perfect hash of its names.

use super::octets::OctetClasses;
use super::words::equal;

/// How many entries there are; the dynamic table's indices follow.
pub(super) const LEN: usize = 61;

/// One entry, with what a decoder says of it to its consumer.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) value: &'static str,
    pub(super) name_classes: OctetClasses,
    pub(super) value_classes: OctetClasses,
    /// The lowest index with this name.
    pub(super) known: u8,
}

/// The entries; index 1 of the RFC lies at 0.
pub(super) static ENTRIES: [Entry; LEN] = ENTRY_LIST;

const ENTRY_LIST: [Entry; LEN] = entries();

#[rustfmt::skip]
const FIELDS: [(&str, &str); LEN] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];

const fn entries() -> [Entry; LEN] {
    const EMPTY: Entry = Entry {
        name: "",
        value: "",
        name_classes: OctetClasses::NONE,
        value_classes: OctetClasses::NONE,
        known: 0,
    };
    let mut entries = [EMPTY; LEN];
    let mut at = 0;
    let mut known = 1;
    while at < LEN {
        let (name, value) = FIELDS[at];
        if at > 0 && !same(name.as_bytes(), FIELDS[at - 1].0.as_bytes()) {
            known = at as u8 + 1;
        }
        entries[at] = Entry {
            name,
            value,
            name_classes: OctetClasses::of_const(name.as_bytes()),
            value_classes: OctetClasses::of_const(value.as_bytes()),
            known,
        };
        at += 1;
    }
    entries
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

const SLOTS: usize = 128;

/// From the hash of a name to the lowest index with that name, or 0.
static BY_NAME: [u8; SLOTS] = by_name();

/// No two names of the table share a slot; `by_name` refuses to compile otherwise.
const fn slot(length: usize, first: u8, last: u8) -> usize {
    (length.wrapping_mul(67))
        .wrapping_add(first as usize * 54)
        .wrapping_add(last as usize * 251)
        % SLOTS
}

const fn by_name() -> [u8; SLOTS] {
    let mut slots = [0; SLOTS];
    let mut at = 0;
    while at < LEN {
        let name = FIELDS[at].0.as_bytes();
        if at == 0 || !same(name, FIELDS[at - 1].0.as_bytes()) {
            let slot = slot(name.len(), name[0], name[name.len() - 1]);
            assert!(slots[slot] == 0, "the hash is not perfect");
            slots[slot] = at as u8 + 1;
        }
        at += 1;
    }
    slots
}

/// The entry at an index of the RFC's, which counts from 1.
#[inline]
pub(super) fn get(index: usize) -> Option<&'static Entry> {
    ENTRIES.get(index.wrapping_sub(1))
}

/// The lowest index whose name is this one, or 0.
#[inline]
pub(super) fn find_name(name: &[u8]) -> u8 {
    let (Some(&first), Some(&last)) = (name.first(), name.last()) else {
        return 0;
    };
    let index = BY_NAME[slot(name.len(), first, last)];
    match get(usize::from(index)) {
        Some(entry) if equal(entry.name.as_bytes(), name) => index,
        _ => 0,
    }
}

/// The highest index with the name of this one, if those have values; else 0.
static LAST: [u8; LEN + 1] = {
    let mut last = [0; LEN + 1];
    let mut index = LEN;
    while index > 0 {
        let entry = &ENTRY_LIST[index - 1];
        if !entry.value.is_empty() && last[entry.known as usize] == 0 {
            last[entry.known as usize] = index as u8;
        }
        index -= 1;
    }
    last
};

/// The index of the field with this value among those that share the name of index `known`, or 0.
#[inline]
pub(super) fn find_value(known: u8, value: &[u8]) -> u8 {
    match LAST.get(usize::from(known)) {
        Some(&last) if last > 0 => find_value_in(known, last, value),
        _ => 0,
    }
}

#[inline(never)]
fn find_value_in(first: u8, last: u8, value: &[u8]) -> u8 {
    let entries = ENTRIES
        .get(usize::from(first) - 1..usize::from(last))
        .unwrap_or_default();
    for (entry, index) in entries.iter().zip(first..) {
        if equal(entry.value.as_bytes(), value) {
            return index;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found() {
        for (at, entry) in ENTRIES.iter().enumerate() {
            let known = find_name(entry.name.as_bytes());
            assert_eq!(known, entry.known);
            assert!(usize::from(known) <= at + 1);
            assert_eq!(ENTRIES[usize::from(known) - 1].name, entry.name);
            if !entry.value.is_empty() {
                assert_eq!(
                    usize::from(find_value(known, entry.value.as_bytes())),
                    at + 1
                );
            }
        }
        assert_eq!(find_value(find_name(b":status"), b"200"), 8);
        assert_eq!(find_value(find_name(b":authority"), b""), 0);
    }

    #[test]
    fn strangers_are_not_found() {
        for name in [
            "",
            "x",
            ":Status",
            ":statuz",
            "content-lengtH",
            "te",
            ":protocol",
            "grpc-status",
        ] {
            assert_eq!(find_name(name.as_bytes()), 0, "{name}");
        }
        assert_eq!(find_value(8, b"201"), 0);
        assert!(get(0).is_none());
        assert!(get(62).is_none());
    }
}
