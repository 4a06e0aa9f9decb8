//! Which kinds of octets a string holds.

use core::fmt;
use core::ops::BitOr;

/// The kinds of octets that occur in a string, as a set of bits.
///
/// Neutral: it says what is there, not whether that is allowed. It is enough to judge names and values by
/// RFC 9113 8.2.1 and RFC 9110 5.1 and 5.5 without another look at the octets:
///
/// - a name breaks a MUST of RFC 9113 when it has any of `UPPER`, `CONTROL`, `SPACE`, `HIGH` or `COLON`
///   (`FIRST_COLON` marks a pseudo-header), and RFC 9110's grammar when it has `NOT_TOKEN` or is `EMPTY`;
/// - a value breaks a MUST when it has `NUL_CR_LF` or `EDGE_SPACE`, and RFC 9110's grammar when it has `CONTROL`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OctetClasses(u16);

impl OctetClasses {
    /// No octet of note.
    pub const NONE: Self = Self(0);
    /// `A` to `Z`.
    pub const UPPER: Self = Self(0x001);
    /// SP (0x20) or HTAB (0x09), anywhere.
    pub const SPACE: Self = Self(0x002);
    /// An octet that is no `tchar` of RFC 9110 5.6.2. A `:` counts, except as the very first octet.
    pub const NOT_TOKEN: Self = Self(0x004);
    /// A `:` other than the very first octet.
    pub const COLON: Self = Self(0x008);
    /// 0x00 to 0x1f without HTAB, or 0x7f. NUL, CR and LF count here too.
    pub const CONTROL: Self = Self(0x010);
    /// NUL, CR or LF.
    pub const NUL_CR_LF: Self = Self(0x020);
    /// 0x80 to 0xff.
    pub const HIGH: Self = Self(0x040);
    /// `@`.
    pub const AT: Self = Self(0x080);
    /// The first octet is `:`. That octet sets neither `COLON` nor `NOT_TOKEN`.
    pub const FIRST_COLON: Self = Self(0x100);
    /// There is no octet.
    pub const EMPTY: Self = Self(0x200);
    /// The first or the last octet is SP or HTAB.
    pub const EDGE_SPACE: Self = Self(0x400);

    /// The classes of a string.
    #[must_use]
    #[inline]
    pub fn of(string: &[u8]) -> Self {
        let mut bits = 0;
        let mut words = string.chunks_exact(8);
        for word in words.by_ref() {
            if let &[a, b, c, d, e, f, g, h] = word {
                // Two halves, so that the ORs do not wait for each other.
                let low = of_octet(a) | of_octet(b) | of_octet(c) | of_octet(d);
                bits |= low | (of_octet(e) | of_octet(f) | of_octet(g) | of_octet(h));
            }
        }
        for &octet in words.remainder() {
            bits |= of_octet(octet);
        }
        Self::placed(u16::from(bits), string)
    }

    /// As `of`, for tables that are computed when the crate is compiled.
    #[must_use]
    pub const fn of_const(string: &[u8]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < string.len() {
            if at == 0 && string[at] == b':' {
                bits |= Self::FIRST_COLON.0;
            } else {
                bits |= classify(string[at]) as u16;
            }
            at += 1;
        }
        if string.is_empty() {
            bits |= Self::EMPTY.0;
        }
        Self(bits)
    }

    /// Adds to what the octets say (`bits`) what their places say.
    #[inline]
    pub(crate) fn placed(bits: u16, string: &[u8]) -> Self {
        if bits & (Self::COLON.0 | Self::SPACE.0) != 0 {
            return Self::placed_slow(bits, string);
        }
        Self(if string.is_empty() {
            Self::EMPTY.0
        } else {
            bits
        })
    }

    #[inline(never)]
    fn placed_slow(mut bits: u16, string: &[u8]) -> Self {
        if let [b':', rest @ ..] = string {
            bits = rest
                .iter()
                .fold(0, |bits, &octet| bits | u16::from(of_octet(octet)));
            bits |= Self::FIRST_COLON.0;
        }
        if let [b' ' | b'\t', ..] | [.., b' ' | b'\t'] = string {
            bits |= Self::EDGE_SPACE.0;
        }
        Self(bits)
    }

    /// Whether any class of `other` is among these.
    #[must_use]
    #[inline]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all classes of `other` are among these.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The classes of either.
    #[must_use]
    #[inline]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The bits, each as in this type's constants.
    #[must_use]
    #[inline]
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl BitOr for OctetClasses {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl fmt::Debug for OctetClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(OctetClasses, &str); 11] = [
            (OctetClasses::AT, "AT"),
            (OctetClasses::UPPER, "UPPER"),
            (OctetClasses::SPACE, "SPACE"),
            (OctetClasses::NOT_TOKEN, "NOT_TOKEN"),
            (OctetClasses::COLON, "COLON"),
            (OctetClasses::CONTROL, "CONTROL"),
            (OctetClasses::NUL_CR_LF, "NUL_CR_LF"),
            (OctetClasses::HIGH, "HIGH"),
            (OctetClasses::EDGE_SPACE, "EDGE_SPACE"),
            (OctetClasses::FIRST_COLON, "FIRST_COLON"),
            (OctetClasses::EMPTY, "EMPTY"),
        ];
        let mut set = f.debug_set();
        for (class, name) in NAMES {
            if self.contains(class) {
                set.entry(&format_args!("{name}"));
            }
        }
        set.finish()
    }
}

static BY_OCTET: [u8; 256] = by_octet();

const fn by_octet() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = classify(octet as u8);
        octet += 1;
    }
    table
}

/// What one octet says wherever it stands; the low byte of `OctetClasses`.
#[inline]
pub(crate) fn of_octet(octet: u8) -> u8 {
    BY_OCTET[usize::from(octet)]
}

/// The rule behind the table.
pub(crate) const fn classify(octet: u8) -> u8 {
    let mut classes = OctetClasses::NONE;
    if octet.is_ascii_uppercase() {
        classes = classes.union(OctetClasses::UPPER);
    }
    if octet == b' ' || octet == b'\t' {
        classes = classes.union(OctetClasses::SPACE);
    } else if octet.is_ascii_control() {
        classes = classes.union(OctetClasses::CONTROL);
    }
    if octet == 0 || octet == b'\r' || octet == b'\n' {
        classes = classes.union(OctetClasses::NUL_CR_LF);
    }
    if octet >= 0x80 {
        classes = classes.union(OctetClasses::HIGH);
    }
    if octet == b':' {
        classes = classes.union(OctetClasses::COLON);
    }
    if octet == b'@' {
        classes = classes.union(OctetClasses::AT);
    }
    let token = octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        );
    if !token {
        classes = classes.union(OctetClasses::NOT_TOKEN);
    }
    classes.0 as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, octet by octet.
    fn plainly(string: &[u8]) -> OctetClasses {
        let mut classes = OctetClasses::NONE;
        for (at, &octet) in string.iter().enumerate() {
            let edge = at == 0 || at + 1 == string.len();
            if octet == b':' && at == 0 {
                classes = classes | OctetClasses::FIRST_COLON;
                continue;
            }
            classes = classes
                | match octet {
                    0 | b'\r' | b'\n' => {
                        OctetClasses::NUL_CR_LF | OctetClasses::CONTROL | OctetClasses::NOT_TOKEN
                    }
                    b' ' | b'\t' if edge => {
                        OctetClasses::SPACE | OctetClasses::EDGE_SPACE | OctetClasses::NOT_TOKEN
                    }
                    b' ' | b'\t' => OctetClasses::SPACE | OctetClasses::NOT_TOKEN,
                    0..=0x1f | 0x7f => OctetClasses::CONTROL | OctetClasses::NOT_TOKEN,
                    0x80.. => OctetClasses::HIGH | OctetClasses::NOT_TOKEN,
                    b':' => OctetClasses::COLON | OctetClasses::NOT_TOKEN,
                    b'@' => OctetClasses::AT | OctetClasses::NOT_TOKEN,
                    b'A'..=b'Z' => OctetClasses::UPPER,
                    b'a'..=b'z' | b'0'..=b'9' => OctetClasses::NONE,
                    _ if b"!#$%&'*+-.^_`|~".contains(&octet) => OctetClasses::NONE,
                    _ => OctetClasses::NOT_TOKEN,
                };
        }
        if string.is_empty() {
            classes = OctetClasses::EMPTY;
        }
        classes
    }

    #[test]
    fn every_octet_in_every_place() {
        assert_eq!(OctetClasses::of(b""), OctetClasses::EMPTY);
        for octet in 0..=255 {
            for string in [
                &[octet][..],
                &[octet, b'a'],
                &[b'a', octet],
                &[b'a', octet, b'a'],
                &[b':', octet],
            ] {
                assert_eq!(OctetClasses::of(string), plainly(string), "{string:?}");
                assert_eq!(
                    OctetClasses::of_const(string).union(OctetClasses::EDGE_SPACE),
                    { plainly(string).union(OctetClasses::EDGE_SPACE) }
                );
            }
        }
    }

    quickcheck::quickcheck! {
        fn of_is_the_definition(string: alloc::vec::Vec<u8>) -> bool {
            OctetClasses::of(&string) == plainly(&string)
        }
    }
}
