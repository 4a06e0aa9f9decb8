//! Octets by words: looking at strings that nobody looked at yet, and copying short ones.

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

/// The same for :path, :authority and Host, where spaces and `@` count too.
#[inline]
pub(super) fn authority_classes(value: &[u8]) -> OctetClasses {
    if none(value, |word| {
        below(word, 0x21) | equal(word, 0x7f) | equal(word, b'@')
    }) {
        OctetClasses::NONE
    } else {
        OctetClasses::of(value)
    }
}

/// Whether two strings are equal, without a call if they are short.
#[inline(always)]
pub(super) fn equal_strings(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // Two words that may overlap.
    match a.len() {
        8..=16 => ends::<8>(a) == ends::<8>(b),
        4..=7 => ends::<4>(a) == ends::<4>(b),
        2..=3 => ends::<2>(a) == ends::<2>(b),
        _ => a == b,
    }
}

#[inline(always)]
fn ends<const N: usize>(string: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    Some((string.first_chunk()?, string.last_chunk()?))
}

/// Copies up to 32 octets to the front of `to`; whether it did.
#[inline(always)]
pub(super) fn copy_short(to: &mut [u8], from: &[u8]) -> bool {
    let Some(to) = to.get_mut(..from.len()) else {
        return false;
    };
    // Two words that may overlap.
    match from.len() {
        8..=16 => copy_two::<8>(to, from),
        17..=32 => copy_two::<16>(to, from),
        4..=7 => copy_two::<4>(to, from),
        2..=3 => copy_two::<2>(to, from),
        1 => copy_two::<1>(to, from),
        0 => {}
        _ => return false,
    }
    true
}

#[inline(always)]
fn copy_two<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
        if let Some(place) = to.first_chunk_mut::<N>() {
            *place = *first;
        }
        if let Some(place) = to.last_chunk_mut::<N>() {
            *place = *last;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::semantics::{NAME_FAULTS, VALUE_FAULTS};
    use alloc::vec;

    /// Every octet at every place of strings of every short length.
    fn everywhere(mut check: impl FnMut(&[u8])) {
        /// The interpreter is slow: it takes a few of each.
        const STEP: usize = if cfg!(miri) { 31 } else { 1 };
        let lengths = (0..20).filter(|length| STEP == 1 || matches!(length, 0..=5 | 8 | 9 | 17));
        for length in lengths {
            let mut string = vec![b'a'; length];
            check(&string);
            for at in 0..length {
                for octet in (0..=255).step_by(STEP) {
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
            let more = VALUE_FAULTS | OctetClasses::SPACE | OctetClasses::AT;
            assert_eq!(
                authority_classes(string).bits() & more.bits(),
                truth.bits() & more.bits(),
                "{string:?}"
            );
        });
    }

    /// The short way must be taken wherever it may be: a word that sees faults where there are none costs time alone,
    /// so nothing else would show it.
    #[test]
    fn words_see_no_more_than_there_is() {
        everywhere(|string| {
            let all = |good: fn(u8) -> bool| string.iter().all(|&octet| good(octet));
            let simple = all(|o| matches!(o, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
            assert_eq!(is_simple_name(string), simple, "{string:?}");
            let plain = none(string, |word| below(word, 0x20) | equal(word, 0x7f));
            assert_eq!(plain, all(|o| o >= 0x20 && o != 0x7f), "{string:?}");
            let named = none(string, |word| below(word, 0x21) | equal(word, b'@'));
            assert_eq!(named, all(|o| o > 0x20 && o != b'@'), "{string:?}");
        });
        // Not only among letters that are all the same.
        let all: [u8; 38] = *b"abcdefghijklmnopqrstuvwxyz0123456789-.";
        for length in 0..=all.len() {
            for from in 0..=all.len() - length {
                assert!(
                    is_simple_name(&all[from..from + length]),
                    "{from}, {length}"
                );
            }
        }
        for octet in 0..0x80_u8 {
            let word = ONES * u64::from(octet);
            assert_eq!(below(word, 0x20) != 0, octet < 0x20);
            assert_eq!(equal(word, 0x7f) != 0, octet == 0x7f);
            let digit = within(word, b'0', b'9') & HIGH_BITS;
            let expected = if octet.is_ascii_digit() { HIGH_BITS } else { 0 };
            assert_eq!(digit, expected, "{octet}");
        }
    }

    #[test]
    fn copies_of_every_length() {
        let from: [u8; 101] = core::array::from_fn(|i| i as u8 + 1);
        for length in 0..=100 {
            let mut to = [0; 101];
            let done = copy_short(&mut to, &from[..length]);
            assert_eq!(done, length <= 32, "{length}");
            let copied = if done { length } else { 0 };
            assert_eq!(to[..copied], from[..copied]);
            assert!(to[copied..].iter().all(|&octet| octet == 0), "{length}");
            assert!(!copy_short(&mut to[..length], &from[..=length]));
        }
    }

    #[test]
    fn equality_of_every_length() {
        let mut string: [u8; 40] = core::array::from_fn(|i| i as u8);
        let same = string;
        for length in 0..=40 {
            assert!(equal_strings(&string[..length], &same[..length]));
            assert!(length == 0 || !equal_strings(&string[..length - 1], &same[..length]));
            for at in 0..length {
                string[at] ^= 1;
                assert!(!equal_strings(&string[..length], &same[..length]), "{at}");
                string[at] ^= 1;
            }
        }
    }
}
