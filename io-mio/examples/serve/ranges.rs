//! Parts of a file: `Range: bytes=` with one range (RFC 9110 14).

/// What a request's `range` means for a file of a certain length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// Everything: no range, several ranges, another unit, or nonsense, which is to be ignored.
    Whole,
    /// From `first` on, `length` octets, at least one.
    Part { first: u64, length: u64 },
    /// Nothing of the file lies in it: 416.
    Nothing,
}

/// Reads `range`.
pub(crate) fn wanted(range: Option<&[u8]>, size: u64) -> Wanted {
    range
        .and_then(|range| one(std::str::from_utf8(range).ok()?, size))
        .unwrap_or(Wanted::Whole)
}

fn one(range: &str, size: u64) -> Option<Wanted> {
    let (unit, spec) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    Some(match (number(first)?, number(last)?) {
        (None, None) => return None,
        (Some(first), Some(last)) if last < first => return None,
        (Some(first), _) if first >= size => Wanted::Nothing,
        (Some(first), last) => Wanted::Part {
            first,
            length: last.map_or(size, |last| size.min(last.saturating_add(1))) - first,
        },
        (None, Some(0)) => Wanted::Nothing,
        (None, Some(_)) if size == 0 => Wanted::Nothing,
        (None, Some(suffix)) => Wanted::Part {
            first: size.saturating_sub(suffix),
            length: suffix.min(size),
        },
    })
}

/// A number, or none where there is none; `None` for what is neither. Numbers beyond all files are
/// read as the largest.
fn number(text: &str) -> Option<Option<u64>> {
    if text.is_empty() {
        return Some(None);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Some(text.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::{Wanted, wanted};

    fn part(first: u64, length: u64) -> Wanted {
        Wanted::Part { first, length }
    }

    #[test]
    fn ranges_of_a_thousand_octets() {
        for (range, meant) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=0-99", part(0, 100)),
            ("bytes=900-", part(900, 100)),
            ("bytes=999-2000", part(999, 1)),
            ("bytes=-1", part(999, 1)),
            ("bytes=-5000", part(0, 1000)),
            ("Bytes=5-5", part(5, 1)),
            ("bytes=0-99999999999999999999999", part(0, 1000)),
            ("bytes=0-18446744073709551615", part(0, 1000)),
            ("bytes=1000-", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=0-1,5-6", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(Some(range.as_bytes()), 1000), meant, "{range}");
        }
        assert_eq!(wanted(None, 1000), Wanted::Whole);
        assert_eq!(wanted(Some(b"bytes=\xff-"), 1000), Wanted::Whole);
    }

    #[test]
    fn of_an_empty_file_there_are_no_parts() {
        for range in ["bytes=0-", "bytes=-1", "bytes=0-0"] {
            assert_eq!(wanted(Some(range.as_bytes()), 0), Wanted::Nothing);
        }
    }
}
