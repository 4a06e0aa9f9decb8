//! The octets of strings that nobody looked at yet, eight at a time.

use crate::vocabulary::OctetClasses;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// Non-zero if an octet of the word is below `limit` (at most 0x80).
#[inline]
const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES * limit as u64) & !word & HIGH_BITS
}

/// Non-zero if an octet of the word is `octet`.
#[inline]
const fn equal(word: u64, octet: u8) -> u64 {
    below(word ^ (ONES * octet as u64), 1)
}

/// Marks octets of the word from `low` to `high` (both below 0x80) by their highest bits; marks of
/// octets from 0x80 on mean nothing.
#[inline]
const fn within(word: u64, low: u8, high: u8) -> u64 {
    let word = word & !HIGH_BITS;
    (word + ONES * (0x80 - low as u64)) & !(word + ONES * (0x7f - high as u64))
}

/// Whether `bad` is zero for all octets of the string, which it is given in words that may repeat
/// some of them.
#[inline]
fn none(string: &[u8], bad: impl Fn(u64) -> u64) -> bool {
    if let Some(last) = string.last_chunk::<8>() {
        let mut found = bad(u64::from_le_bytes(*last));
        let mut rest = string;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            found |= bad(u64::from_le_bytes(*word));
            rest = after;
        }
        return found == 0;
    }
    if let (Some(first), Some(last)) = (string.first_chunk::<4>(), string.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return bad(u64::from(first) | u64::from(last) << 32) == 0;
    }
    match *string {
        [] => true,
        [a] => bad(u64::from(a) * ONES) == 0,
        [a, .., c] => {
            let b = string[string.len() / 2];
            let word = u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16;
            bad(word | word << 32 | u64::from(a) << 24 | u64::from(a) << 56) == 0
        }
    }
}

/// Whether the name has only `a` to `z`, `0` to `9`, `-` and `.`, as nearly all have.
#[inline]
fn is_simple_name(name: &[u8]) -> bool {
    none(name, |word| {
        let good = within(word, b'a', b'z') | within(word, b'0', b'9') | within(word, b'-', b'.');
        (word | !good) & HIGH_BITS
    })
}

/// The classes of a name.
#[inline]
pub(super) fn name_classes(name: &[u8]) -> OctetClasses {
    if !name.is_empty() && is_simple_name(name) {
        OctetClasses::NONE
    } else {
        OctetClasses::of(name)
    }
}

/// The classes of a value, but those that only names and pseudo-headers are judged by: all are
/// left out of values without control characters and spaces at the edges.
#[inline]
pub(super) fn value_classes(value: &[u8]) -> OctetClasses {
    let edge = matches!(value, [b' ', ..] | [.., b' ']);
    if !edge && none(value, |word| below(word, 0x20) | equal(word, 0x7f)) {
        OctetClasses::NONE
    } else {
        OctetClasses::of(value)
    }
}

/// The same for :path and :authority, where spaces count too.
#[inline]
pub(super) fn spaceless_classes(value: &[u8]) -> OctetClasses {
    if none(value, |word| below(word, 0x21) | equal(word, 0x7f)) {
        OctetClasses::NONE
    } else {
        OctetClasses::of(value)
    }
}

/// Whether the string holds `octet`.
#[inline]
pub(super) fn contains(string: &[u8], octet: u8) -> bool {
    !none(string, |word| equal(word, octet))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::semantics::{NAME_FAULTS, VALUE_FAULTS};
    use alloc::vec;

    /// Every octet at every place of strings of every short length.
    fn everywhere(mut check: impl FnMut(&[u8])) {
        for length in 0..20 {
            let mut string = vec![b'a'; length];
            check(&string);
            for at in 0..length {
                for octet in 0..=255 {
                    string[at] = octet;
                    check(&string);
                }
                string[at] = b'a';
            }
        }
    }

    #[test]
    fn words_see_what_the_table_sees() {
        everywhere(|string| {
            let truth = OctetClasses::of(string);
            let name = name_classes(string);
            assert_eq!(
                name.intersects(NAME_FAULTS),
                truth.intersects(NAME_FAULTS),
                "{string:?}"
            );
            let value = value_classes(string);
            assert_eq!(
                value.intersects(VALUE_FAULTS),
                truth.intersects(VALUE_FAULTS),
                "{string:?}"
            );
            let spaces = VALUE_FAULTS | OctetClasses::SPACE;
            assert_eq!(
                spaceless_classes(string).intersects(spaces),
                truth.intersects(spaces),
                "{string:?}"
            );
        });
    }

    #[test]
    fn contains_is_contains() {
        everywhere(|string| {
            for octet in [b'@', 0, 0xff, b'A', b'?'] {
                assert_eq!(contains(string, octet), string.contains(&octet));
            }
        });
    }
}
