//! The `grpc-timeout` field: at most eight digits and a unit (gRPC `doc/PROTOCOL-HTTP2.md`, "Requests").

use std::{fmt, time::Duration};

/// The largest number eight digits hold.
const MAX_VALUE: u64 = 99_999_999;

/// Nanoseconds in each unit, finest first.
const UNITS: [(u8, u64); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60_000_000_000),
    (b'H', 3_600_000_000_000),
];

/// Why a `grpc-timeout` value cannot be read. A server answers it with HTTP status 400.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TimeoutError {
    /// There is no digit.
    NoDigits,
    /// There are more than eight digits.
    TooManyDigits,
    /// The last octet is none of `H`, `M`, `S`, `m`, `u`, `n`.
    Unit,
    /// An octet before the unit is not a digit.
    Digit,
}

impl fmt::Display for TimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimeoutError::NoDigits => "grpc-timeout has no digits",
            TimeoutError::TooManyDigits => "grpc-timeout has more than eight digits",
            TimeoutError::Unit => "grpc-timeout does not end in one of H, M, S, m, u, n",
            TimeoutError::Digit => "grpc-timeout has something else than digits before its unit",
        })
    }
}

impl std::error::Error for TimeoutError {}

/// Reads a `grpc-timeout` value. Zero is accepted: such a call has expired already.
///
/// # Errors
/// Whatever the grammar does not allow; white space and signs are not allowed.
pub fn parse(value: &[u8]) -> Result<Duration, TimeoutError> {
    let Some((&unit, digits)) = value.split_last() else {
        return Err(TimeoutError::NoDigits);
    };
    let Some(&(_, nanos)) = UNITS.iter().find(|(letter, _)| *letter == unit) else {
        return Err(TimeoutError::Unit);
    };
    if digits.is_empty() {
        return Err(TimeoutError::NoDigits);
    }
    if digits.len() > 8 {
        return Err(TimeoutError::TooManyDigits);
    }
    let mut number = 0;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return Err(TimeoutError::Digit);
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    // 99 999 999 hours are more nanoseconds than u64 holds, but not more seconds.
    let (seconds, rest) = match nanos.checked_div(1_000_000_000) {
        Some(per_unit) if per_unit > 0 => (number * per_unit, 0),
        _ => (
            number * nanos / 1_000_000_000,
            number * nanos % 1_000_000_000,
        ),
    };
    Ok(Duration::new(seconds, rest as u32))
}

/// A `grpc-timeout` value, ready to send: digits and unit, at most nine octets, no heap.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TimeoutValue {
    octets: [u8; 9],
    start: u8,
}

impl TimeoutValue {
    /// The value for `timeout` in the finest unit whose number fits eight digits.
    ///
    /// Rounded up, so that the peer never gives up before this side does, by less than one part in 100 000 where
    /// nanoseconds do not fit. Above 99 999 999 hours it is that many hours.
    pub fn new(timeout: Duration) -> TimeoutValue {
        // Up to 99 999 999 minutes, nanoseconds fit u64; from there on hours are the finest unit anyway.
        if timeout.as_secs() < MAX_VALUE * 60 {
            let total = timeout.as_nanos() as u64;
            for (unit, nanos) in UNITS {
                let number = total.div_ceil(nanos);
                if number <= MAX_VALUE {
                    return TimeoutValue::write(number, unit);
                }
            }
        }
        let started = u64::from(timeout.subsec_nanos() > 0);
        let hours = timeout.as_secs().saturating_add(started).div_ceil(3_600);
        TimeoutValue::write(hours.min(MAX_VALUE), b'H')
    }

    fn write(mut number: u64, unit: u8) -> TimeoutValue {
        let mut octets = [b'0'; 9];
        octets[8] = unit;
        let mut start = 8;
        loop {
            start -= 1;
            octets[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 || start == 0 {
                return TimeoutValue {
                    octets,
                    start: start as u8,
                };
            }
        }
    }

    /// The octets of the field's value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.octets[usize::from(self.start)..]
    }
}

impl fmt::Display for TimeoutValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|&octet| fmt::Write::write_char(f, char::from(octet)))
    }
}

impl fmt::Debug for TimeoutValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimeoutValue({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck::quickcheck;

    #[test]
    fn reads_every_unit() {
        let cases = [
            ("1S", Duration::from_secs(1)),
            ("0n", Duration::ZERO),
            ("00000007n", Duration::from_nanos(7)),
            ("99999999u", Duration::from_micros(99_999_999)),
            ("1500m", Duration::from_millis(1500)),
            ("3M", Duration::from_secs(180)),
            ("99999999M", Duration::from_secs(99_999_999 * 60)),
            ("99999999H", Duration::from_secs(99_999_999 * 3600)),
        ];
        for (text, duration) in cases {
            assert_eq!(parse(text.as_bytes()), Ok(duration), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        let cases = [
            ("", TimeoutError::NoDigits),
            ("S", TimeoutError::NoDigits),
            ("10", TimeoutError::Unit),
            ("10s", TimeoutError::Unit),
            ("10 ", TimeoutError::Unit),
            ("123456789S", TimeoutError::TooManyDigits),
            ("-1S", TimeoutError::Digit),
            ("+1S", TimeoutError::Digit),
            (" 1S", TimeoutError::Digit),
            ("1.5S", TimeoutError::Digit),
            ("1HS", TimeoutError::Digit),
        ];
        for (text, error) in cases {
            assert_eq!(parse(text.as_bytes()), Err(error), "{text:?}");
        }
    }

    #[test]
    fn writes_the_finest_unit_that_fits_rounding_up() {
        let cases = [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_000), "100000u"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(1), "1000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::new(100_000, 1), "100001S"),
            (Duration::from_secs(100_000_000), "1666667M"),
            (Duration::from_secs(99_999_999 * 60), "1666667H"),
            (Duration::new(3_600_000_000_000, 1), "99999999H"),
            (Duration::new(7_200_000_000, 1), "2000001H"),
            (Duration::from_secs(99_999_999 * 3600), "99999999H"),
            (Duration::MAX, "99999999H"),
        ];
        for (duration, text) in cases {
            assert_eq!(TimeoutValue::new(duration).to_string(), text);
        }
    }

    quickcheck! {
        fn never_shorter_and_hardly_longer(seconds: u32, nanos: u32) -> bool {
            let sent = Duration::new(seconds.into(), nanos % 1_000_000_000);
            let value = TimeoutValue::new(sent);
            let read = parse(value.as_bytes()).unwrap();
            value.as_bytes().len() <= 9 && read >= sent && (read - sent).as_nanos() <= sent.as_nanos() / 100_000
        }

        fn any_octets_are_read_or_refused(value: Vec<u8>) -> bool {
            parse(&value).map_or(true, |read| read <= Duration::from_secs(99_999_999 * 3600))
        }
    }
}
