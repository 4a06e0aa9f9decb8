//! :status, to octets and back.

/// The three digits of a status, 100 to 999.
///
/// ```
/// use bywash_proto::headers::status_octets;
///
/// assert_eq!(status_octets(204), Some(&b"204"[..]));
/// assert_eq!(status_octets(99), None);
/// ```
pub fn status_octets(status: u16) -> Option<&'static [u8]> {
    let digits = DIGITS.get(usize::from(status.checked_sub(100)?))?;
    Some(digits)
}

static DIGITS: [[u8; 3]; 900] = {
    let mut digits = [[0; 3]; 900];
    let mut status = 100;
    while status < 1000 {
        digits[status - 100] = [
            b'0' + (status / 100) as u8,
            b'0' + (status / 10 % 10) as u8,
            b'0' + (status % 10) as u8,
        ];
        status += 1;
    }
    digits
};

/// Three digits of which the first is not 0.
pub(super) const fn parse(value: &[u8]) -> Option<u16> {
    match value {
        [h @ b'1'..=b'9', t @ b'0'..=b'9', u @ b'0'..=b'9'] => {
            Some((*h as u16) * 100 + (*t as u16) * 10 + (*u as u16) - (b'0' as u16) * 111)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, status_octets};

    #[test]
    fn there_and_back() {
        for status in 0..=1100 {
            let octets = status_octets(status);
            assert_eq!(octets.is_some(), (100..=999).contains(&status));
            assert_eq!(octets.and_then(parse), octets.map(|_| status));
        }
        for bad in [
            "",
            "20",
            "2000",
            "099",
            "000",
            "2x0",
            "20 ",
            "-20",
            "20\u{663}",
            "+20",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
