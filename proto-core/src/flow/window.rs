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
    fn arithmetic_is_exact() {
        fn law(steps: Vec<(bool, u32)>) -> bool {
            let mut window = Window::new(65_535);
            let mut model: i64 = 65_535;
            for (take, n) in steps {
                let n = n & 0x7fff_ffff;
                if take {
                    let fits = i64::from(n) <= model.max(0);
                    if window.take(n) != fits {
                        return false;
                    }
                    model -= if fits { i64::from(n) } else { 0 };
                } else if window.add(n).is_ok() {
                    model += i64::from(n);
                }
                if i64::from(window.available()) != model.max(0) || model > 0x7fff_ffff {
                    return false;
                }
            }
            true
        }
        quickcheck::quickcheck(law as fn(_) -> bool);
    }
    use alloc::vec::Vec;
}
