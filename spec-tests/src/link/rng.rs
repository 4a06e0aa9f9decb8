//! Chance that repeats: splitmix64.

/// A generator of 64-bit numbers by splitmix64: the state is a counter that grows by the odd constant
/// 0x9e3779b97f4a7c15 (2^64 divided by the golden ratio), and each output is the state mixed by two rounds of
/// xor-shift and multiply. Period 2^64, all seeds are good, and the next number depends on nothing but the seed and
/// how many were drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator for a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included; `low` if the range is empty. The bias is below 2^-32 for ranges
    /// below 2^32.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        let Some(span) = high.checked_sub(low) else {
            return low;
        };
        let wide = u128::from(self.next_u64()) * (u128::from(span) + 1);
        low + (wide >> 64) as u64
    }

    /// True in `numerator` of `denominator` cases.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.range(1, denominator) <= numerator
    }

    /// A generator of its own, so that what one part draws does not change what another one gets.
    pub fn fork(&mut self) -> Self {
        Self::new(self.next_u64())
    }

    /// One of the items.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.range(0, items.len() as u64 - 1) as usize]
    }
}

#[cfg(test)]
mod tests {
    use quickcheck::quickcheck;

    use super::*;

    #[test]
    fn the_published_outputs_for_seed_1234567() {
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<_> = (0..5).map(|_| rng.next_u64()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
    }

    #[test]
    fn chance_is_as_told() {
        let mut rng = Rng::new(1);
        assert!((0..100).all(|_| rng.chance(3, 3)));
        assert!(!(0..100).any(|_| rng.chance(0, 3)));
        let hits = (0..3_000).filter(|_| rng.chance(1, 3)).count();
        assert!((900..1_100).contains(&hits), "{hits}");
    }

    quickcheck! {
        fn a_range_is_kept(seed: u64, a: u64, b: u64) -> bool {
            let (low, high) = (a.min(b), a.max(b));
            (low..=high).contains(&Rng::new(seed).range(low, high))
        }
    }
}
