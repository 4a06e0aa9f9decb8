//! Maps whose keys peers do not choose: names that this side gives, and what a program serves.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

/// A map that is quick to look into, and no match for keys that an enemy chooses.
pub(crate) type QuickMap<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Multiplies and turns.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Quick(u64);

/// Odd, and without a pattern: the digits of pi.
const FACTOR: u64 = 0x2436_a885_a308_d313;

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for Quick {
    fn write(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while let Some((word, after)) = rest.split_first_chunk::<8>() {
            self.mix(u64::from_le_bytes(*word));
            rest = after;
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, word: u8) {
        self.mix(word.into());
    }

    fn write_u32(&mut self, word: u32) {
        self.mix(word.into());
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, word: usize) {
        self.mix(word as u64);
    }

    fn finish(&self) -> u64 {
        // Multiplying fills the upper bits; maps look at the lower ones first.
        self.0.rotate_left(26)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, hash::Hash};

    fn spread<T: Hash>(keys: impl Iterator<Item = T>) -> usize {
        let low = |key: T| {
            let mut hasher = Quick::default();
            key.hash(&mut hasher);
            hasher.finish() & 0x3ff
        };
        keys.map(low).collect::<HashSet<_>>().len()
    }

    #[test]
    fn neighbours_are_spread() {
        // As random numbers would fill 1 024 places: some 647 of them.
        assert!(spread(0..1024_u64) > 550);
        assert!(spread((0..1024_u64).map(|n| n << 32)) > 550);
        assert!(spread((0..1024).map(|n| format!("/package.Service/Method{n}"))) > 550);
    }

    #[test]
    fn it_is_a_map() {
        let mut map = QuickMap::default();
        map.insert("a".to_owned(), 1);
        map.insert("ab".to_owned(), 2);
        assert_eq!(
            (map.get("a"), map.get("ab"), map.get("abc")),
            (Some(&1), Some(&2), None)
        );
    }
}
