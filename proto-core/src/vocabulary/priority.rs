//! Extensible priorities (RFC 9218).

/// The priority of a response: urgency 0 (first) to 7 (last), and whether it is of use in parts
/// (RFC 9218 4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Priority {
    urgency: u8,
    incremental: bool,
}

impl Priority {
    /// Urgency 3, not incremental (RFC 9218 4.1, 4.2).
    pub const DEFAULT: Self = Self {
        urgency: 3,
        incremental: false,
    };

    /// Urgencies above 7 are read as 7.
    pub const fn new(urgency: u8, incremental: bool) -> Self {
        let urgency = if urgency > 7 { 7 } else { urgency };
        Self {
            urgency,
            incremental,
        }
    }

    /// 0 to 7; 0 is the most urgent.
    pub const fn urgency(self) -> u8 {
        self.urgency
    }

    /// Whether the response is of use to the receiver in parts.
    pub const fn incremental(self) -> bool {
        self.incremental
    }

    /// Reads a priority field value: a structured dictionary (RFC 9218 4, RFC 8941 3.2).
    ///
    /// Unknown members, members of the wrong type and out of range are ignored, as the RFC asks;
    /// `None` only when the whole is no dictionary (the field is then to be ignored).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut priority = Self::DEFAULT;
        let mut rest = trim(value);
        while !rest.is_empty() {
            let (key, after) = key(rest)?;
            let (item, after) = match after {
                [b'=', tail @ ..] => item(tail)?,
                _ => (Item::Boolean(true), after),
            };
            match (key, item) {
                (b"u", Item::Integer(u @ 0..=7)) => priority.urgency = u as u8,
                (b"i", Item::Boolean(i)) => priority.incremental = i,
                _ => {}
            }
            rest = trim_start(parameters(after)?);
            match rest {
                [] => break,
                [b',', tail @ ..] => {
                    rest = trim_start(tail);
                    if rest.is_empty() {
                        return None;
                    }
                }
                _ => return None,
            }
        }
        Some(priority)
    }

    /// Writes the field value, defaults left out: `u=1, i` (RFC 9218 4).
    pub fn write_to(self, out: &mut alloc::vec::Vec<u8>) {
        if self.urgency != Self::DEFAULT.urgency {
            out.extend_from_slice(b"u=");
            out.push(b'0' + self.urgency);
        }
        if self.incremental {
            if self.urgency != Self::DEFAULT.urgency {
                out.extend_from_slice(b", ");
            }
            out.push(b'i');
        }
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self::DEFAULT
    }
}

enum Item {
    Boolean(bool),
    Integer(i64),
    Other,
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn trim_start(mut value: &[u8]) -> &[u8] {
    while let [first, tail @ ..] = value {
        if !is_space(*first) {
            break;
        }
        value = tail;
    }
    value
}

fn trim(value: &[u8]) -> &[u8] {
    let mut value = trim_start(value);
    while let [head @ .., last] = value {
        if !is_space(*last) {
            break;
        }
        value = head;
    }
    value
}

fn split_while(value: &[u8], keep: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = value.iter().position(|&b| !keep(b)).unwrap_or(value.len());
    value.split_at(end)
}

fn key(value: &[u8]) -> Option<(&[u8], &[u8])> {
    match value.first() {
        Some(b'a'..=b'z' | b'*') => {}
        _ => return None,
    }
    Some(split_while(
        value,
        |b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'*'),
    ))
}

fn item(value: &[u8]) -> Option<(Item, &[u8])> {
    match value {
        [b'?', b'0', rest @ ..] => Some((Item::Boolean(false), rest)),
        [b'?', b'1', rest @ ..] => Some((Item::Boolean(true), rest)),
        [b'-', rest @ ..] => number(rest).map(|(n, rest)| (negate(n), rest)),
        [b'0'..=b'9', ..] => number(value),
        [b'"', rest @ ..] => string(rest).map(|rest| (Item::Other, rest)),
        [b':', rest @ ..] => {
            let end = rest.iter().position(|&b| b == b':')?;
            Some((Item::Other, &rest[end + 1..]))
        }
        [b'(', rest @ ..] => {
            // An inner list has no meaning here; strings in it may hold a parenthesis.
            let mut rest = rest;
            loop {
                match rest {
                    [b')', tail @ ..] => return Some((Item::Other, tail)),
                    [b'"', tail @ ..] => rest = string(tail)?,
                    [_, tail @ ..] => rest = tail,
                    [] => return None,
                }
            }
        }
        [b'a'..=b'z' | b'A'..=b'Z' | b'*', ..] => {
            let (_, rest) = split_while(value, |b| {
                b.is_ascii_graphic() && !matches!(b, b',' | b';' | b'"' | b'(' | b')')
            });
            Some((Item::Other, rest))
        }
        _ => None,
    }
}

fn negate(item: Item) -> Item {
    match item {
        Item::Integer(n) => Item::Integer(-n),
        other => other,
    }
}

fn number(value: &[u8]) -> Option<(Item, &[u8])> {
    let (digits, rest) = split_while(value, |b| b.is_ascii_digit());
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    if let [b'.', tail @ ..] = rest {
        let (fraction, rest) = split_while(tail, |b| b.is_ascii_digit());
        return if matches!(fraction.len(), 1..=3) && digits.len() <= 12 {
            Some((Item::Other, rest))
        } else {
            None
        };
    }
    let n = digits
        .iter()
        .fold(0_i64, |n, d| n * 10 + i64::from(d - b'0'));
    Some((Item::Integer(n), rest))
}

fn string(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        match rest {
            [b'"', tail @ ..] => return Some(tail),
            [b'\\', b'"' | b'\\', tail @ ..] => rest = tail,
            [0x20..=0x5b | 0x5d..=0x7e, tail @ ..] => rest = tail,
            _ => return None,
        }
    }
}

/// Skips `;key` and `;key=item`: parameters of a member have no meaning in RFC 9218.
fn parameters(mut rest: &[u8]) -> Option<&[u8]> {
    while let [b';', tail @ ..] = rest {
        let (_, after) = key(trim_start(tail))?;
        rest = match after {
            [b'=', tail @ ..] => item(tail)?.1,
            _ => after,
        };
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::Priority;
    use alloc::vec::Vec;

    fn parse(value: &str) -> Option<(u8, bool)> {
        Priority::parse(value.as_bytes()).map(|p| (p.urgency(), p.incremental()))
    }

    #[test]
    fn members_defaults_and_unknown_ones() {
        assert_eq!(parse(""), Some((3, false)));
        assert_eq!(parse("u=0"), Some((0, false)));
        assert_eq!(parse("u=7, i"), Some((7, true)));
        assert_eq!(parse("i=?0,u=2"), Some((2, false)));
        assert_eq!(
            parse("u=1;x=\"a,b\", foo=(1 2 \")\"), i;q=1.5"),
            Some((1, true))
        );
        assert_eq!(parse("u=8"), Some((3, false)), "out of range is ignored");
        assert_eq!(
            parse("u=-1, i=1"),
            Some((3, false)),
            "wrong type is ignored"
        );
        assert_eq!(
            parse("u=2, u=5"),
            Some((5, false)),
            "the last of a key wins (RFC 8941 3.2)"
        );
        assert_eq!(parse("u=1.5"), Some((3, false)));
        assert_eq!(parse("i=?1, u=4;a;b=?0;c"), Some((4, true)));
        assert_eq!(parse("x=:aGk=:, u=1"), Some((1, false)), "octets");
        assert_eq!(parse("x=-2.25, y=a/b:c, u=1"), Some((1, false)));
        assert_eq!(parse("x=\"a\\\"\\\\b\", u=1"), Some((1, false)));
        assert_eq!(parse("u=999999999999999"), Some((3, false)), "15 digits");
        assert_eq!(parse("\tu=5 ,\t i  "), Some((5, true)));
    }

    #[test]
    fn urgency_beyond_the_least_is_the_least() {
        assert_eq!(Priority::new(7, false).urgency(), 7);
        assert_eq!(Priority::new(8, true), Priority::new(7, true));
        assert_eq!(Priority::new(255, false).urgency(), 7);
    }

    #[test]
    fn what_is_no_dictionary() {
        for value in [
            "u=",
            "U=1",
            "u=1,",
            ",",
            "u=1 i",
            "u=\"x",
            "u=1;",
            "u=(",
            "u=:a",
            "=1",
            "u==1",
            "u=1000000000000000",
            "u=1.",
            "u=1.2345",
            "u=1234567890123.1",
            "u=-",
            "u=?2",
            "u=\"\\x\"",
            "u=\"\x7f\"",
            "u=(\"",
            "u;=1",
            "u=1;A",
            "u=%",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }

    #[test]
    fn round_trip() {
        for urgency in 0..8 {
            for incremental in [false, true] {
                let mut out = Vec::new();
                Priority::new(urgency, incremental).write_to(&mut out);
                assert_eq!(
                    Priority::parse(&out),
                    Some(Priority::new(urgency, incremental))
                );
            }
        }
    }
}
