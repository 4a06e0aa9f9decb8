//! Short strings compared and hashed by words of eight octets, which may overlap: most names and values are shorter
//! than a call of a library takes to begin with.

/// Longer strings are left to the library.
const SHORT: usize = 16;

#[inline]
fn word(octets: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*octets)
}

#[inline]
fn half(octets: &[u8; 4]) -> u32 {
    u32::from_le_bytes(*octets)
}

/// Whether two strings are the same.
#[inline]
pub(super) fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    if a.len() > SHORT {
        return a == b;
    }
    if let (Some(a0), Some(b0), Some(a1), Some(b1)) = (
        a.first_chunk(),
        b.first_chunk(),
        a.last_chunk(),
        b.last_chunk(),
    ) {
        return (word(a0) ^ word(b0)) | (word(a1) ^ word(b1)) == 0;
    }
    if let (Some(a0), Some(b0), Some(a1), Some(b1)) = (
        a.first_chunk(),
        b.first_chunk(),
        a.last_chunk(),
        b.last_chunk(),
    ) {
        return (half(a0) ^ half(b0)) | (half(a1) ^ half(b1)) == 0;
    }
    match (a, b) {
        ([], []) => true,
        ([a0, .., a1], [b0, .., b1]) => a0 == b0 && a1 == b1 && a.get(1) == b.get(1),
        _ => a.first() == b.first(),
    }
}

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

/// Takes a word into a hash. The upper half is the better one.
#[inline]
fn mix(state: u64, word: u64) -> u64 {
    (state.rotate_left(23) ^ word).wrapping_mul(MULTIPLIER)
}

/// Takes a string into a hash.
#[inline]
pub(super) fn absorb(state: u64, string: &[u8]) -> u64 {
    let state = mix(state, string.len() as u64);
    if string.len() > SHORT {
        return absorb_long(state, string);
    }
    if let (Some(first), Some(last)) = (string.first_chunk(), string.last_chunk()) {
        return mix(mix(state, word(first)), word(last));
    }
    let word = match (string.first_chunk(), string.last_chunk()) {
        (Some(first), Some(last)) => u64::from(half(first)) | (u64::from(half(last)) << 32),
        _ => string
            .iter()
            .fold(0, |word, &octet| (word << 8) | u64::from(octet)),
    };
    mix(state, word)
}

#[inline(never)]
fn absorb_long(mut state: u64, string: &[u8]) -> u64 {
    let mut rest = string;
    while let Some((first, more)) = rest.split_first_chunk() {
        state = mix(state, word(first));
        rest = more;
    }
    string
        .last_chunk()
        .map_or(state, |last| mix(state, word(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloc::vec::Vec;

    #[test]
    fn any_difference_is_seen() {
        for length in 0..40usize {
            let a: Vec<u8> = (0..length as u8).collect();
            assert!(equal(&a, &a.clone()));
            assert!(!equal(&a, &[&a[..], &[0]].concat()));
            for at in 0..length {
                for bit in [0x01, 0x80] {
                    let mut b = a.clone();
                    b[at] ^= bit;
                    assert!(!equal(&a, &b), "{length} {at}");
                    assert_ne!(absorb(7, &a) >> 32, absorb(7, &b) >> 32, "{length} {at}");
                }
            }
        }
    }

    #[test]
    fn lengths_count() {
        let hashes: Vec<u64> = (0..20)
            .map(|length| absorb(0, &vec![0; length]) >> 32)
            .collect();
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash));
        }
    }
}
