//! A window: octets that may still be sent (RFC 9113 6.9.1).

/// 31 bits and a sign: a change of INITIAL_WINDOW_SIZE may take it below zero (RFC 9113 6.9.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window(i32);

/// It would exceed 2^31-1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Overflow;

impl Window {
    pub(crate) const fn new(octets: u32) -> Self {
        Self(if octets > i32::MAX as u32 {
            i32::MAX
        } else {
            octets as i32
        })
    }

    /// What may be sent now; nothing while it is below zero.
    #[inline]
    pub(crate) const fn available(self) -> u32 {
        if self.0 > 0 { self.0 as u32 } else { 0 }
    }

    /// Takes octets out; false, and unchanged, if there are not as many.
    #[inline]
    #[must_use]
    pub(crate) fn take(&mut self, octets: u32) -> bool {
        if octets > self.available() && octets != 0 {
            return false;
        }
        // At most `available`, so it fits and does not pass zero.
        self.0 -= octets as i32;
        true
    }

    /// Puts octets in.
    #[inline]
    pub(crate) fn add(&mut self, octets: u32) -> Result<(), Overflow> {
        self.shift(i64::from(octets))
    }

    /// Moves it by a change of the initial size, either way.
    #[inline]
    pub(crate) fn shift(&mut self, by: i64) -> Result<(), Overflow> {
        match i64::from(self.0).saturating_add(by) {
            n if n > i64::from(i32::MAX) => Err(Overflow),
            n => {
                self.0 = i32::try_from(n).unwrap_or(i32::MIN);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Overflow, Window};
    use alloc::vec::Vec;

    #[test]
    fn takes_what_is_there_and_no_more() {
        let mut window = Window::new(10);
        assert!(!window.take(11));
        assert!(window.take(10));
        assert!(window.take(0));
        assert!(!window.take(1));
    }

    #[test]
    fn goes_below_zero_and_comes_back() {
        let mut window = Window::new(10);
        window.shift(-30).unwrap();
        assert_eq!(window.available(), 0);
        assert!(window.take(0), "an empty frame needs no window");
        window.add(25).unwrap();
        assert_eq!(window.available(), 5);
    }

    #[test]
    fn overflow_leaves_it_alone() {
        let mut window = Window::new(0x7fff_ffff);
        assert_eq!(window.add(1), Err(Overflow));
        assert_eq!(window.available(), 0x7fff_ffff);
    }

    #[test]
    fn larger_than_31_bits_is_the_largest() {
        for octets in [0x7fff_ffff, 0x8000_0000, u32::MAX] {
            assert_eq!(Window::new(octets).available(), 0x7fff_ffff);
        }
        assert_eq!(Window::new(0x7fff_fffe).available(), 0x7fff_fffe);
    }

    #[test]
    fn a_shift_stops_at_the_least() {
        let mut window = Window::new(5);
        assert_eq!(window.shift(i64::MIN), Ok(()));
        assert_eq!(window, Window(i32::MIN));
        assert_eq!(window.shift(i64::MAX), Err(Overflow));
        assert_eq!(window, Window(i32::MIN));
    }

    /// As plain integers do it, any amount, any change of the initial size.
    #[test]
    fn arithmetic_is_exact() {
        const LARGEST: i64 = 0x7fff_ffff;
        fn law(steps: Vec<(u8, u32, u8)>) -> bool {
            let mut window = Window::new(65_535);
            let mut model: i64 = 65_535;
            for (what, n, less) in steps {
                // Amounts of all sizes: windows are mostly full or nearly empty otherwise.
                let n = (n & 0x7fff_ffff) >> (less % 32);
                let amount = i64::from(n);
                let (told, by) = match what % 4 {
                    0 => {
                        let fits = n == 0 || amount <= model;
                        (window.take(n) == fits, if fits { -amount } else { 0 })
                    }
                    1 => {
                        let fits = model + amount <= LARGEST;
                        (window.add(n).is_ok() == fits, if fits { amount } else { 0 })
                    }
                    2 => {
                        let fits = model + amount <= LARGEST;
                        let told = window.shift(amount).is_ok() == fits;
                        (told, if fits { amount } else { 0 })
                    }
                    _ => {
                        let least = i64::from(i32::MIN);
                        (
                            window.shift(-amount).is_ok(),
                            (model - amount).max(least) - model,
                        )
                    }
                };
                model += by;
                if !told || i64::from(window.0) != model {
                    return false;
                }
                if i64::from(window.available()) != model.max(0) {
                    return false;
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_) -> bool);
    }
}
