//! What kinds of octets a string holds, found once and carried along with it.

use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// The kinds of octets that occur in a string: neutral facts, no judgement.
///
/// HPACK finds them while it decodes and keeps them in its tables; the rules for fields
/// (RFC 9113 8.2) read them instead of the octets, so that a repeated field is looked at once.
///
/// All classes but [`EDGE_SPACE`](Self::EDGE_SPACE) depend on single octets: those of a string are
/// the union of [`of_octet`](Self::of_octet) over it, plus what [`edges`](Self::edges) says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OctetClasses(u8);

impl OctetClasses {
    /// None of the classes below.
    pub const NONE: Self = Self(0);
    /// `A` to `Z`.
    pub const UPPER: Self = Self(1);
    /// An octet that no token may hold (RFC 9110 5.6.2): controls, SP, delimiters, `:`, 0x7f-0xff.
    pub const NOT_TOKEN: Self = Self(1 << 1);
    /// A control character other than HTAB, NUL, CR and LF: 0x01-0x1f and 0x7f.
    pub const CONTROL: Self = Self(1 << 2);
    /// NUL, CR or LF.
    pub const NUL_CR_LF: Self = Self(1 << 3);
    /// The first or the last octet is SP or HTAB.
    pub const EDGE_SPACE: Self = Self(1 << 4);
    /// SP or HTAB, anywhere.
    pub const SPACE: Self = Self(1 << 5);
    /// `@`.
    pub const AT: Self = Self(1 << 6);

    /// From [`bits`](Self::bits).
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// One bit per class; bit 7 is never set here and free for tables that pack these.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The classes of one octet, [`EDGE_SPACE`](Self::EDGE_SPACE) left out.
    pub const fn of_octet(octet: u8) -> Self {
        Self(TABLE[octet as usize])
    }

    /// The classes of a whole string.
    pub const fn of(string: &[u8]) -> Self {
        let mut bits = Self::edges(string).0;
        let mut i = 0;
        while i < string.len() {
            bits |= TABLE[string[i] as usize];
            i += 1;
        }
        Self(bits)
    }

    /// [`EDGE_SPACE`](Self::EDGE_SPACE) if the string starts or ends with SP or HTAB.
    pub const fn edges(string: &[u8]) -> Self {
        match string {
            [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => Self::EDGE_SPACE,
            _ => Self::NONE,
        }
    }

    /// Both together.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any class of `other` is among these.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for OctetClasses {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for OctetClasses {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for OctetClasses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [(OctetClasses, &str); 7] = [
            (OctetClasses::UPPER, "UPPER"),
            (OctetClasses::NOT_TOKEN, "NOT_TOKEN"),
            (OctetClasses::CONTROL, "CONTROL"),
            (OctetClasses::NUL_CR_LF, "NUL_CR_LF"),
            (OctetClasses::EDGE_SPACE, "EDGE_SPACE"),
            (OctetClasses::SPACE, "SPACE"),
            (OctetClasses::AT, "AT"),
        ];
        let mut set = f.debug_set();
        for (class, name) in NAMES {
            if self.intersects(class) {
                set.entry(&format_args!("{name}"));
            }
        }
        set.finish()
    }
}

static TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        table[octet] = classify(octet as u8);
        octet += 1;
    }
    table
};

const fn classify(octet: u8) -> u8 {
    let mut classes = match octet {
        b'A'..=b'Z' => OctetClasses::UPPER.0,
        0 | b'\r' | b'\n' => OctetClasses::NUL_CR_LF.0,
        b' ' | b'\t' => OctetClasses::SPACE.0,
        0x01..=0x1f | 0x7f => OctetClasses::CONTROL.0,
        b'@' => OctetClasses::AT.0,
        _ => 0,
    };
    if !is_token(octet) {
        classes |= OctetClasses::NOT_TOKEN.0;
    }
    classes
}

const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
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
        )
}

#[cfg(test)]
mod tests {
    use super::OctetClasses as Classes;
    use alloc::format;

    #[test]
    fn every_octet_has_the_classes_of_rfc_9110() {
        for octet in 0..=255_u8 {
            let classes = Classes::of_octet(octet);
            let token = octet.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&octet);
            let expect = |class, holds: bool| {
                assert_eq!(classes.intersects(class), holds, "{octet:#x} {class:?}");
            };
            expect(Classes::UPPER, octet.is_ascii_uppercase());
            expect(Classes::NOT_TOKEN, !token);
            expect(Classes::NUL_CR_LF, b"\0\r\n".contains(&octet));
            expect(Classes::SPACE, b" \t".contains(&octet));
            expect(
                Classes::CONTROL,
                octet.is_ascii_control() && !b"\0\r\n\t".contains(&octet),
            );
            expect(Classes::AT, octet == b'@');
            expect(Classes::EDGE_SPACE, false);
            assert_eq!(classes.bits() & 0x80, 0, "bit 7 stays free");
        }
    }

    #[test]
    fn edges_count_once_and_only_at_the_edge() {
        for (string, edge) in [
            (&b""[..], false),
            (b"a b", false),
            (b" a", true),
            (b"a\t", true),
            (b" ", true),
        ] {
            assert_eq!(Classes::of(string).intersects(Classes::EDGE_SPACE), edge);
            assert_eq!(Classes::edges(string).intersects(Classes::EDGE_SPACE), edge);
        }
    }

    #[test]
    fn of_is_the_union() {
        let all = Classes::of(b"A@ \0\x01");
        let union = Classes::UPPER
            | Classes::AT
            | Classes::SPACE
            | Classes::NOT_TOKEN
            | Classes::NUL_CR_LF
            | Classes::CONTROL;
        assert_eq!(all, union);
        assert_eq!(Classes::from_bits(all.bits()), all);
        assert_eq!(format!("{:?}", Classes::UPPER | Classes::AT), "{UPPER, AT}");
        assert_eq!(Classes::of(b"x-y"), Classes::NONE);
    }
}
