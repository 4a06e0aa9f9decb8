//! content-length (RFC 9110 8.6).

/// One decimal number; `None` for anything else and beyond `u64`.
pub const fn parse(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    let mut length = 0_u64;
    let mut i = 0;
    while i < value.len() {
        let digit = value[i].wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        length = match length.checked_mul(10) {
            Some(tens) => match tens.checked_add(digit as u64) {
                Some(sum) => sum,
                None => return None,
            },
            None => return None,
        };
        i += 1;
    }
    Some(length)
}

/// A list of equal numbers, as proxies make of repeated fields: "42, 42" is 42. With the number
/// comes how many octets of the value its first writing takes.
pub(super) fn parse_list(value: &[u8]) -> Option<(u64, usize)> {
    let mut parts = value.split(|&octet| octet == b',');
    let first = parts.next()?.trim_ascii_end();
    let length = parse(first)?;
    for part in parts {
        if parse(part.trim_ascii())? != length {
            return None;
        }
    }
    Some((length, first.len()))
}

#[cfg(test)]
mod tests {
    use super::{parse, parse_list};

    #[test]
    fn one_number() {
        assert_eq!(parse(b"0"), Some(0));
        assert_eq!(parse(b"0042"), Some(42));
        assert_eq!(parse(b"18446744073709551615"), Some(u64::MAX));
        for bad in [
            "",
            " ",
            "+1",
            "-1",
            "1 ",
            " 1",
            "0x1",
            "1.0",
            "1,1",
            "18446744073709551616",
            "99999999999999999999",
            "1_0",
            "\u{663}",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn lists_of_equal_numbers() {
        assert_eq!(parse_list(b"42"), Some((42, 2)));
        assert_eq!(parse_list(b"42, 42"), Some((42, 2)));
        assert_eq!(parse_list(b"042 ,42,\t42"), Some((42, 3)));
        for bad in ["42, 43", "42,", ",42", "42,,42", "", "4 2", "42;42"] {
            assert_eq!(parse_list(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
